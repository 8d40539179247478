//! Cross-origin permission for every route, so that the suite runs in a browser.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request};

use crate::body::{self, Body};

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");
/// How long a browser may remember a preflight's answer, in seconds.
const PREFLIGHT_AGE: HeaderValue = HeaderValue::from_static("600");

/// Whether a request is a CORS preflight (Fetch, section 3.3.2).
pub(crate) fn is_preflight(head: &request::Parts) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key(header::ORIGIN)
        && head
            .headers
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Allows what the preflight asks for.
pub(crate) fn preflight(request: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let asked = [
        (
            header::ACCESS_CONTROL_REQUEST_METHOD,
            header::ACCESS_CONTROL_ALLOW_METHODS,
        ),
        (
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
        ),
    ];
    let headers = response.headers_mut();
    for (question, answer) in asked {
        if let Some(value) = request.get(question) {
            headers.insert(answer, value.clone());
        }
    }
    headers.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE);
    response
}

/// Lets the page that asked read the response and every field of it.
///
/// The page's origin is echoed with credentials allowed; `*` stands for no origin. Fields are
/// exposed by name, because `*` does not count for a request with credentials.
pub(crate) fn allow(origin: Option<&HeaderValue>, response: &mut HeaderMap) {
    // The date is set later, as the response goes out.
    let names = response.keys().chain([&header::DATE]);
    let exposed: Vec<&str> = names.map(HeaderName::as_str).collect();
    let exposed = HeaderValue::from_str(&exposed.join(", "));
    if let Ok(exposed) = exposed {
        response.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    match origin {
        Some(origin) => {
            response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            let credentials = HeaderValue::from_static("true");
            response.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials);
        }
        None => {
            let any = HeaderValue::from_static("*");
            response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
        }
    }
    response.insert(TIMING_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
}
