//! Requests and heads of responses as texts: one string crosses where an object of many members would.
//!
//! Lines: method and URL, or URL and status; then, for each header field, its name and its value. None of these can hold a line's end: the other part
//! puts a CR in its place, which nothing here accepts.

use http::{StatusCode, Version};
use urlsession_core::{Error, ErrorCode, HeaderFields, IntoUrl, ParsedUrl, Request, Response};
use wasm_bindgen::prelude::*;

/// Reads a request.
///
/// # Errors
/// [`ErrorCode::BadUrl`] when method, URL or a header field cannot be sent.
pub(crate) fn request(text: &str) -> Result<Request, Error> {
    request_of(text, |url| url.into_parsed())
}

/// The same, its URL read by `url`.
pub(crate) fn request_of(
    text: &str,
    url: fn(&str) -> Result<ParsedUrl, Error>,
) -> Result<Request, Error> {
    let mut lines = text.split('\n');
    let method = lines.next().unwrap_or_default();
    let url = url(lines.next().unwrap_or_default())?;
    let request = Request::with_method_name(method, url)?;
    let fields = HeaderFields::written(&mut lines)?;
    Ok(match fields.is_empty() {
        true => request,
        false => request.with_header_fields(fields),
    })
}

/// Reads the head of a response.
///
/// # Errors
/// [`ErrorCode::CannotParseResponse`] when it is none.
pub(crate) fn response(text: &str) -> Result<Response, Error> {
    let none = || Error::new(ErrorCode::CannotParseResponse);
    let mut lines = text.split('\n');
    let url = lines.next().unwrap_or_default().into_url();
    let status = lines.next().and_then(|status| status.parse().ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let fields = HeaderFields::written(&mut lines).map_err(|_| none())?;
    let (url, status) = url.ok().zip(status).ok_or_else(none)?;
    let version = Version::HTTP_11;
    Ok(Response::new(url, status, version, fields.into()))
}

/// Reads header fields.
///
/// # Errors
/// [`ErrorCode::BadUrl`] at the first one that cannot be sent.
pub(crate) fn fields(text: &str) -> Result<HeaderFields, Error> {
    match text.is_empty() {
        true => Ok(HeaderFields::new()),
        false => HeaderFields::written(&mut text.split('\n')),
    }
}

/// The text of a request.
pub(crate) fn of_request(request: &Request) -> String {
    let mut text = two_lines(request.method().as_str(), request.url().as_str());
    let mut write = |name: &str, value: &[u8]| write_field(&mut text, name, value);
    request.header_fields().tell(&mut write);
    text
}

/// The text of a response's head.
pub(crate) fn of_response(response: &Response) -> String {
    let mut text = first_lines(response);
    response.tell_headers(&mut |name, value| write_field(&mut text, name, value));
    text
}

/// The same as two values: where the browser has the fields, they are its `Headers`, and not in the text.
pub(crate) fn of_head(response: &Response) -> [JsValue; 2] {
    let fields = response.native_headers();
    match fields.and_then(|fields| fields.downcast_ref::<JsValue>()) {
        Some(fields) => [first_lines(response).into(), fields.clone()],
        None => [of_response(response).into(), JsValue::UNDEFINED],
    }
}

fn first_lines(response: &Response) -> String {
    let status = response.status().as_u16();
    let mut text = two_lines(response.url_text(), "");
    // Not by `as_str`, which has the digits of all there are.
    for digit in [status / 100, status / 10 % 10, status % 10] {
        text.push(char::from(b'0' + digit as u8));
    }
    text
}

fn two_lines(first: &str, second: &str) -> String {
    [first, "\n", second].concat()
}

fn write_field(text: &mut String, name: &str, value: &[u8]) {
    for part in ["\n", name, "\n"] {
        text.push_str(part);
    }
    // A byte is a character (Infra, isomorphic decode).
    text.extend(value.iter().copied().map(char::from));
}
