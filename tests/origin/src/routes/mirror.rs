//! Routes that answer with what they were sent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};

use crate::body::Body;
use crate::exchange::{Exchange, set, text, with_type};

/// Paths that redirect cases end at, besides `/t` and `/t` with digits.
const REDIRECT_TARGETS: [&str; 5] = ["ab", "a%20b", "a%09b", "%E2%98%83", "%FF"];

/// Whether the route's answer depends on the request's body.
pub(super) fn needs_body(segments: &[&str]) -> bool {
    match *segments {
        [name] => {
            method_of(name).is_some()
                || matches!(name, "jsonBody" | "requestHeaders" | "echoHeaders")
                || status_of(name).is_some()
                || is_redirect_target(name)
        }
        ["expect", _] => true,
        _ => false,
    }
}

/// Answers a path for which [`needs_body`] is true.
pub(super) fn answer(exchange: &Exchange, segments: &[&str], body: &Bytes) -> Response<Body> {
    let name = segments.first().copied().unwrap_or_default();
    if let Some(status) = status_of(name) {
        return with_status(exchange, status, body);
    }
    if is_redirect_target(name) {
        return crate::exchange::json(&arrived(exchange, body));
    }
    match (name, method_of(name)) {
        ("requestHeaders" | "echoHeaders", _) => text(StatusCode::OK, head_as_text(exchange)),
        (_, Some(method)) if method != exchange.head.method => {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
            if let Ok(allowed) = HeaderValue::from_str(method.as_str()) {
                response.headers_mut().insert(header::ALLOW, allowed);
            }
            response
        }
        _ => crate::exchange::json(&request_as_json(exchange, body)),
    }
}

/// Streams the body back as it comes, with its type and length.
pub(super) fn echo(exchange: Exchange) -> Response<Body> {
    let mut fields = HeaderMap::new();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        if let Some(value) = exchange.head.headers.get(&name) {
            fields.insert(name, value.clone());
        }
    }
    let mut response = Response::new(exchange.body.boxed_unsync());
    *response.headers_mut() = fields;
    response
}

/// What arrived, in the field names of the redirect cases.
pub(super) fn arrived(exchange: &Exchange, body: &Bytes) -> Value {
    json!({
        "method": exchange.head.method.as_str(),
        "wire": exchange.target(),
        "body": body.len(),
        "ct": exchange.header(header::CONTENT_TYPE),
        "cl": exchange.header(header::CONTENT_LANGUAGE),
        "auth": exchange.header(header::AUTHORIZATION),
        "x": exchange.header("x-custom"),
        "port": exchange.site.address.port(),
    })
}

/// The request line, the fields and the body in base64.
fn request_as_json(exchange: &Exchange, body: &Bytes) -> Value {
    let head = &exchange.head;
    let mut fields = Map::new();
    for name in head.headers.keys() {
        let values: Vec<_> = head
            .headers
            .get_all(name)
            .iter()
            .map(|value| latin1(value.as_bytes()))
            .collect();
        fields.insert(name.to_string(), values.join(", ").into());
    }
    json!({
        "request_line": request_line(exchange),
        "method": head.method.as_str(),
        "target": exchange.target(),
        "headers": fields,
        "body_base64": STANDARD.encode(body),
        "body_length": body.len(),
    })
}

fn request_line(exchange: &Exchange) -> String {
    format!(
        "{} {} {:?}",
        exchange.head.method,
        exchange.target(),
        exchange.head.version
    )
}

/// The request's head with one field a line.
fn head_as_text(exchange: &Exchange) -> String {
    let mut lines = vec![request_line(exchange)];
    for (name, value) in &exchange.head.headers {
        lines.push(format!("{name}: {}", latin1(value.as_bytes())));
    }
    lines.join("\r\n")
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

fn with_status(exchange: &Exchange, status: StatusCode, body: &Bytes) -> Response<Body> {
    let method = &exchange.head.method;
    match status.as_u16() {
        300..=303 | 305..=308 => {
            let given = exchange.parameter("location");
            let location =
                given.unwrap_or_else(|| format!("/{method}").to_ascii_lowercase().into_bytes());
            let note = format!(
                "Redirecting to {method} {}",
                String::from_utf8_lossy(&location)
            );
            super::redirects::to(status, &location, note)
        }
        code => {
            let json = request_as_json(exchange, body).to_string();
            let mut response = with_type(status, "application/json", json);
            if matches!(code, 204 | 304) {
                *response.body_mut() = crate::body::empty();
            }
            if code == 401 {
                set(
                    &mut response,
                    header::WWW_AUTHENTICATE,
                    "Basic realm=\"Fake Realm\"",
                );
            }
            response
        }
    }
}

/// The method that a route is named after.
fn method_of(name: &str) -> Option<Method> {
    match name {
        "get" => Some(Method::GET),
        "put" => Some(Method::PUT),
        "post" => Some(Method::POST),
        "delete" => Some(Method::DELETE),
        "head" => Some(Method::HEAD),
        _ => None,
    }
}

/// The final status that a route is named after: three digits, 200 to 999.
fn status_of(name: &str) -> Option<StatusCode> {
    let digits = name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_digit());
    let status = StatusCode::from_bytes(name.as_bytes())
        .ok()
        .filter(|_| digits)?;
    (!status.is_informational()).then_some(status)
}

fn is_redirect_target(name: &str) -> bool {
    let numbered = name
        .strip_prefix('t')
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    numbered || REDIRECT_TARGETS.contains(&name)
}
