//! Routes with short, fixed answers.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::json;

use crate::body::Body;
use crate::exchange::{Exchange, bad_request, set, text, with_type};

/// A country's capital.
pub(super) fn country(name: &str) -> Response<Body> {
    let capital = match name {
        "Nepal" => "Kathmandu",
        "Peru" => "Lima",
        "Italy" => "Rome",
        "USA" => "Washington, D.C.",
        "UK" => "London",
        "country.txt" => {
            "A country is a region that is identified as a distinct national entity in political geography"
        }
        _ => return text(StatusCode::NOT_FOUND, "Not Found"),
    };
    text(StatusCode::OK, capital)
}

/// `/status/NNN`: any final status with a word of text, or none where none may be.
pub(super) fn status(exchange: &Exchange, code: &str) -> Response<Body> {
    let Ok(status) = StatusCode::from_bytes(code.as_bytes()) else {
        return bad_request("`/status/NNN` takes three digits, 100 to 999");
    };
    match status.as_u16() {
        100..=199 => bad_request("an interim status cannot be final"),
        204 | 304 => {
            let mut response = Response::new(crate::body::empty());
            *response.status_mut() = status;
            response
        }
        _ => text(status, format!("{} {status}", exchange.head.method)),
    }
}

/// Lets `user` with the password `passwd` in.
pub(super) fn basic_auth(exchange: &Exchange) -> Response<Body> {
    let expected = format!("Basic {}", STANDARD.encode("user:passwd"));
    if exchange.header(header::AUTHORIZATION) == Some(&expected) {
        return crate::exchange::json(&json!({ "authenticated": true, "user": "user" }));
    }
    let mut response = text(StatusCode::UNAUTHORIZED, "");
    set(
        &mut response,
        header::WWW_AUTHENTICATE,
        "Basic realm=\"Fake Realm\"",
    );
    response
}

/// Sets two cookies; the second is for a domain that is not this server's.
pub(super) fn cookies() -> Response<Body> {
    let mut response = text(StatusCode::OK, "");
    let own = "fr=anjd&232; Max-Age=7776000; path=/";
    let foreign = "nm=sddf&232; Max-Age=7776000; path=/; domain=.swift.org; secure; httponly";
    let fields = response.headers_mut();
    fields.append(header::SET_COOKIE, HeaderValue::from_static(own));
    fields.append(header::SET_COOKIE, HeaderValue::from_static(foreign));
    response
}

/// 404 to a request that has a `Content-Type`.
pub(super) fn empty_post(exchange: &Exchange) -> Response<Body> {
    match exchange.header(header::CONTENT_TYPE) {
        Some(_) => text(StatusCode::NOT_FOUND, ""),
        None => text(StatusCode::OK, ""),
    }
}

/// Says how the body was framed.
pub(super) fn upload(exchange: &Exchange) -> Response<Body> {
    if let Some(length) = exchange.header(header::CONTENT_LENGTH) {
        return text(
            StatusCode::OK,
            format!("Upload completed!, Content-Length: {length}"),
        );
    }
    if exchange.header(header::TRANSFER_ENCODING) == Some("chunked") || exchange.is_h2() {
        return text(StatusCode::OK, "Received Chunked request");
    }
    bad_request("Missing Content-Length")
}

/// Reads the body at the query's `rate`, in bytes a second, or as fast as it comes; says how long it was.
pub(super) async fn sink(mut exchange: Exchange) -> Response<Body> {
    let rate = exchange.number("rate");
    let began = tokio::time::Instant::now();
    let mut received = 0;
    while let Some(frame) = exchange.body.frame().await {
        let data = match frame.map(http_body::Frame::into_data) {
            Ok(data) => data.unwrap_or_default(),
            Err(error) => return bad_request(&error.to_string()),
        };
        received += data.len() as u64;
        if let Some(rate @ 1..) = rate {
            let due = Duration::from_secs_f64(received as f64 / rate as f64);
            tokio::time::sleep_until(began + due).await;
        }
    }
    crate::exchange::json(&json!({ "received": received }))
}

/// Addresses of this server that a page cannot know.
pub(super) fn addresses(exchange: &Exchange) -> Response<Body> {
    let closed = exchange
        .site
        .closed
        .map(|address| format!("http://{address}"));
    crate::exchange::json(&json!({ "closed": closed }))
}

/// The request's `Accept-Encoding` as text.
pub(super) fn accept_encoding(exchange: &Exchange) -> Response<Body> {
    text(
        StatusCode::OK,
        exchange.header(header::ACCEPT_ENCODING).unwrap_or_default(),
    )
}

/// The query's parameters, decoded.
pub(super) fn echo_query(exchange: &Exchange) -> Response<Body> {
    let pairs: Vec<Vec<u8>> = exchange
        .query()
        .into_iter()
        .map(|(name, value)| [name, value].join(&b'='))
        .collect();
    with_type(
        StatusCode::OK,
        "text/plain; charset=utf-8",
        pairs.join(&b'&'),
    )
}

/// A response with the fields that the query names.
pub(super) fn headers(exchange: &Exchange) -> Response<Body> {
    let mut response = text(StatusCode::OK, "");
    for (name, value) in exchange.query() {
        let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(&name),
            HeaderValue::from_bytes(&value),
        ) else {
            return bad_request("no field can be called or carry that");
        };
        match name {
            header::CONTENT_TYPE => drop(response.headers_mut().insert(name, value)),
            name => drop(response.headers_mut().append(name, value)),
        }
    }
    response
}

/// A small JSON document.
pub(super) fn json_document() -> Response<Body> {
    crate::exchange::json(&json!({
        "title": "Sample",
        "count": 3,
        "items": ["one", "two", "three"],
        "nested": { "true": true, "null": null, "text": "é ☃" },
    }))
}
