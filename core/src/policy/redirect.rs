//! Where a redirect leads (Fetch, HTTP-redirect fetch; RFC 9110 section 15.4).

use std::fmt::Write as _;
use std::sync::Arc;

use http::{HeaderName, Method, StatusCode, header};
use url::Url;

use crate::policy::fields;
use crate::words::body::RequestBody;
use crate::words::error::{Error, ErrorCode};
use crate::words::parsing::join_url;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::target::{Target, without_user};

/// How many redirects are followed; the next one is an error (Fetch, HTTP-redirect fetch).
pub(crate) const REDIRECT_LIMIT: u32 = 20;

/// What follows from a response.
#[derive(Debug)]
pub(crate) enum Next {
    /// It is the answer.
    Deliver,
    /// It leads on; this is the request that would be sent.
    Follow(Request),
}

/// Decides about `response` to `request`, after `followed` redirects. Across origins the app's `safe` fields are kept.
///
/// # Errors
/// [`ErrorCode::HttpTooManyRedirects`] past the limit, [`ErrorCode::RedirectToNonExistentLocation`] when the Location is no
/// http(s) URL.
pub(crate) fn next(
    request: &Request,
    response: &Response,
    followed: u32,
    safe: &[HeaderName],
) -> Result<Next, Error> {
    let Some(location) = location(response) else {
        return Ok(Next::Deliver);
    };
    let url = resolve(request.url(), &location)?;
    check_count(followed, &url)?;
    let target = Arc::new(Target::from_url(url).map_err(|error| no_url(request.url(), &error))?);
    let crosses = Some(target.origin().id()) != request.origin().map(|origin| origin.id());
    let mut proposed = request.clone().with_target(target);
    if becomes_get(response.status(), request.method()) {
        proposed = proposed
            .with_method(Method::GET)
            .with_body(RequestBody::Empty);
        fields::remove_body_fields(proposed.headers_mut());
    }
    if crosses && !proposed.headers().is_empty() {
        fields::keep_safe(proposed.headers_mut(), safe);
    }
    Ok(Next::Follow(proposed))
}

/// Decides about the redirect that a protocol makes by itself, from `request` to `to`: another request of the protocol's own making.
///
/// # Errors
/// [`ErrorCode::HttpTooManyRedirects`] past the limit, [`ErrorCode::RedirectToNonExistentLocation`] when it leads neither to http(s) nor
/// to the scheme that it comes from.
pub(crate) fn by_protocol(request: &Request, to: Request, followed: u32) -> Result<Next, Error> {
    let scheme = to.url().scheme();
    if to.target().is_none() && scheme != request.url().scheme() {
        return Err(nowhere(request.url()).because(to_scheme(scheme)));
    }
    check_count(followed, to.url())?;
    Ok(Next::Follow(to))
}

fn check_count(followed: u32, url: &Url) -> Result<(), Error> {
    if followed < REDIRECT_LIMIT {
        return Ok(());
    }
    let why = format!("{REDIRECT_LIMIT} redirects were followed already");
    Err(Error::new(ErrorCode::HttpTooManyRedirects)
        .with_url(url)
        .because(why))
}

fn to_scheme(scheme: &str) -> String {
    format!("a redirect to the scheme {scheme}")
}

/// The Location of a redirect, bytes beyond ASCII percent-encoded; `None` when the response is no redirect.
fn location(response: &Response) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let value = response.headers().get(header::LOCATION)?.as_bytes();
    if value.is_empty() {
        return None;
    }
    let mut text = String::with_capacity(value.len());
    for &byte in value {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    Some(text)
}

fn resolve(base: &Url, location: &str) -> Result<Url, Error> {
    let mut url = join_url(base, location).map_err(|error| no_url(base, &error))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(nowhere(base).because(to_scheme(url.scheme())));
    }
    if url.fragment().is_none() {
        url.set_fragment(base.fragment());
    }
    // A user in the Location is followed without being used.
    Ok(without_user(url))
}

/// A redirect to what is no URL; why it is none, `error` says.
fn no_url(base: &Url, error: &Error) -> Error {
    nowhere(base).with_cause_of(error)
}

fn nowhere(base: &Url) -> Error {
    Error::new(ErrorCode::RedirectToNonExistentLocation).with_url(base)
}

fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        301 | 302 => method == Method::POST,
        303 => !matches!(*method, Method::GET | Method::HEAD),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use http::{HeaderMap, HeaderValue, Version};

    fn respond(status: u16, location: Option<&[u8]>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(location) = location {
            headers.insert("location", HeaderValue::from_bytes(location).unwrap());
        }
        let url = Url::parse("http://a.example/dir/r?q#f").unwrap();
        Response::new(
            url,
            StatusCode::from_u16(status).unwrap(),
            Version::HTTP_11,
            headers,
        )
    }

    fn request(method: &str) -> Request {
        Request::with_method_name(method, "http://a.example/dir/r?q#f").unwrap()
    }

    fn follow(request: &Request, status: u16, location: &[u8]) -> Request {
        match next(request, &respond(status, Some(location)), 0, &[]).unwrap() {
            Next::Follow(request) => request,
            Next::Deliver => panic!("not followed"),
        }
    }

    #[test]
    fn methods_change_as_fetch_has_it() {
        let table = [
            (301, "POST", "GET"),
            (302, "POST", "GET"),
            (301, "PUT", "PUT"),
            (302, "HEAD", "HEAD"),
            (303, "PUT", "GET"),
            (303, "HEAD", "HEAD"),
            (303, "FOO", "GET"),
            (307, "POST", "POST"),
            (308, "PATCH", "PATCH"),
        ];
        for (status, before, after) in table {
            let followed = follow(&request(before), status, b"/t");
            assert_eq!(followed.method().as_str(), after, "{status} {before}");
        }
    }

    #[test]
    fn a_body_that_goes_takes_its_fields_along() {
        let post = request("POST").with_body("abc");
        let post = post
            .header("content-type", "t")
            .unwrap()
            .header("x-a", "1")
            .unwrap();
        let got = follow(&post, 303, b"/t");
        assert!(got.body().is_empty() && !got.headers().contains_key("content-type"));
        assert_eq!(got.headers()["x-a"], "1");
        assert_eq!(follow(&post, 307, b"/t").body(), post.body());
    }

    #[test]
    fn locations_resolve_as_urls_do() {
        let table: [(&[u8], &str); 9] = [
            (b"t2", "http://a.example/dir/t2#f"),
            (b"/t", "http://a.example/t#f"),
            (b"?q=1", "http://a.example/dir/r?q=1#f"),
            (b"//b.example/t4", "http://b.example/t4#f"),
            (b"/x/../t5#own", "http://a.example/t5#own"),
            ("/\u{2603}".as_bytes(), "http://a.example/%E2%98%83#f"),
            (b"/\xff", "http://a.example/%FF#f"),
            (b" /a b", "http://a.example/a%20b#f"),
            (b"http://u:p@a.example/t8", "http://a.example/t8#f"),
        ];
        for (location, expected) in table {
            assert_eq!(
                follow(&request("GET"), 302, location).url().as_str(),
                expected
            );
        }
    }

    #[test]
    fn a_tab_in_the_middle_is_dropped() {
        assert_eq!(follow(&request("GET"), 302, b"/a\tb").url().path(), "/ab");
    }

    #[test]
    fn these_are_answers_not_redirects() {
        for status in [200, 300, 304, 305, 306, 310] {
            let answer = next(&request("GET"), &respond(status, Some(b"/t")), 0, &[]);
            assert!(matches!(answer, Ok(Next::Deliver)), "{status}");
        }
        for location in [None, Some(&b""[..])] {
            let answer = next(&request("GET"), &respond(302, location), 0, &[]);
            assert!(matches!(answer, Ok(Next::Deliver)));
        }
    }

    #[test]
    fn only_http_is_followed() {
        for location in [
            &b"file:///etc/passwd"[..],
            b"data:,x",
            b"ftp://a/",
            b"http://a:99999/",
            b"http://[/",
        ] {
            let error = next(&request("GET"), &respond(302, Some(location)), 0, &[]).unwrap_err();
            assert_eq!(error.code(), ErrorCode::RedirectToNonExistentLocation);
        }
    }

    #[test]
    fn a_protocol_leads_to_http_or_stays_in_its_scheme() {
        let app = request_for("app:a");
        let table = [
            ("app:b", true),
            ("http://a.example/", true),
            ("https://a.example/", true),
            ("file:///etc/passwd", false),
            ("data:,x", false),
            ("other:b", false),
        ];
        for (to, is_followed) in table {
            assert_eq!(
                by_protocol(&app, request_for(to), 0).is_ok(),
                is_followed,
                "{to}"
            );
        }
        let stub = request("GET");
        assert!(by_protocol(&stub, request_for("app:b"), 0).is_err());
        assert_eq!(
            by_protocol(&app, request_for("app:b"), 20)
                .unwrap_err()
                .code(),
            ErrorCode::HttpTooManyRedirects
        );
    }

    fn request_for(url: &str) -> Request {
        Request::get(url).unwrap()
    }

    #[test]
    fn the_twenty_first_is_too_many() {
        let response = respond(302, Some(b"/t"));
        assert!(next(&request("GET"), &response, 19, &[]).is_ok());
        let error = next(&request("GET"), &response, 20, &[]).unwrap_err();
        assert_eq!(error.code(), ErrorCode::HttpTooManyRedirects);
        assert_eq!(error.url().unwrap().path(), "/t");
    }

    #[test]
    fn secrets_do_not_cross_origins() {
        let get = request("GET").header("authorization", "s").unwrap();
        let get = get
            .header("x-key", "s")
            .unwrap()
            .header("accept", "a")
            .unwrap();
        for away in [
            "http://b.example/",
            "https://a.example/",
            "http://a.example:81/",
        ] {
            let followed = follow(&get, 302, away.as_bytes());
            let names: Vec<_> = followed.headers().keys().map(HeaderName::as_str).collect();
            assert_eq!(names, ["accept"], "{away}");
        }
        assert_eq!(follow(&get, 302, b"/t").headers(), get.headers());
    }
}
