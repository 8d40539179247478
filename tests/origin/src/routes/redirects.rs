//! Routes that send the client elsewhere.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use crate::body::Body;
use crate::exchange::{Exchange, bad_request, set, text};

/// A response with this status and `Location`, which may be any bytes that a field can carry.
pub(super) fn to(status: StatusCode, location: &[u8], note: String) -> Response<Body> {
    let Ok(location) = HeaderValue::from_bytes(location) else {
        return bad_request("no field can carry that Location");
    };
    let mut response = text(status, note);
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// `/redirect?status=302&to=URL`, also spelled `/r?st=302&loc=URL`; without a status, what arrived.
pub(super) fn one(exchange: &Exchange) -> Response<Body> {
    let status = exchange
        .parameter("status")
        .or_else(|| exchange.parameter("st"));
    let location = exchange
        .parameter("to")
        .or_else(|| exchange.parameter("loc"));
    let Some(status) = status else {
        return crate::exchange::json(&super::mirror::arrived(exchange, &bytes::Bytes::new()));
    };
    match (StatusCode::from_bytes(&status), location) {
        (Err(_), _) => bad_request("`status` is no status"),
        (Ok(status), _) if status.is_informational() => bad_request("`status` is not final"),
        (Ok(status), Some(location)) => to(status, &location, "redirect body".into()),
        (Ok(status), None) => text(status, "no Location"),
    }
}

/// `/redirect/N`: N hops of 302 to `?to=`, or to `/jsonBody`.
pub(super) fn countdown(exchange: &Exchange, count: &str) -> Response<Body> {
    let Ok(count) = count.parse::<u64>() else {
        return bad_request("`/redirect/N` takes a number");
    };
    let query = exchange.head.uri.query();
    let next = match count {
        0 | 1 => exchange
            .parameter("to")
            .unwrap_or_else(|| b"/jsonBody".to_vec()),
        _ => {
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            format!("/redirect/{}{query}", count - 1).into_bytes()
        }
    };
    let note = format!("Redirecting to {}", String::from_utf8_lossy(&next));
    to(StatusCode::FOUND, &next, note)
}

/// 302 to `/echoHeaders` that sets a cookie on the way.
pub(super) fn with_cookie() -> Response<Body> {
    let mut response = to(StatusCode::FOUND, b"/echoHeaders", String::new());
    set(
        &mut response,
        header::SET_COOKIE,
        "redirect=true; Max-Age=7776000; path=/",
    );
    response
}

/// 302 to a port where nothing listens.
pub(super) fn to_closed_port(exchange: &Exchange) -> Response<Body> {
    let Some(closed) = exchange.site.closed else {
        return bad_request("this server keeps no port closed");
    };
    let location = format!("http://{closed}/USA");
    let note = json!({ "redirect": location }).to_string();
    to(StatusCode::FOUND, location.as_bytes(), note)
}

/// 302 to a bare relative name.
pub(super) fn to_relative_name() -> Response<Body> {
    to(StatusCode::FOUND, b"UK", "Redirecting to UK".into())
}

/// 302 to the same host at the scheme's own port.
pub(super) fn to_default_port(exchange: &Exchange) -> Response<Body> {
    let authority = exchange.authority();
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    let location = format!("http://{host}/redirected-with-default-port");
    to(
        StatusCode::FOUND,
        location.as_bytes(),
        "Redirecting to the default port".into(),
    )
}
