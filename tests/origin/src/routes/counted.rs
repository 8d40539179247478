//! A resource that says how often it was asked for.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};

use crate::body::{self, Body};
use crate::exchange::{Exchange, bad_request, text};
use crate::routes::flaky::counted;

/// `/counted`: 200 with the fields that the query names, its body the number of requests for this very target so far; 304 where
/// If-None-Match is the query's `etag`.
pub(super) fn answer(exchange: &Exchange) -> Response<Body> {
    let mut response = text(StatusCode::OK, counted(exchange).to_string());
    for (name, value) in exchange.query() {
        let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(&name),
            HeaderValue::from_bytes(&value),
        ) else {
            return bad_request("no field can be called or carry that");
        };
        response.headers_mut().insert(name, value);
    }
    let tag = response.headers().get(header::ETAG);
    if tag.is_some() && exchange.head.headers.get(header::IF_NONE_MATCH) == tag {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response
}
