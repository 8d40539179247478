//! Requests and heads of responses as texts: one string crosses where an object of many members would.
//!
//! Lines: method and URL, or URL and status; then, for each header field, its name and its value. None of these can hold a line's end: the other part
//! puts a CR in its place, which nothing here accepts.

use std::str::Split;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use urlsession_core::{Error, ErrorCode, IntoUrl, InvalidHeader, ParsedUrl, Request, Response};
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
    let mut request = Request::with_method_name(method, url)?;
    read_fields(&mut lines, request.headers_mut())?;
    Ok(request)
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
    let mut headers = HeaderMap::new();
    read_fields(&mut lines, &mut headers).map_err(|_| none())?;
    let (url, status) = url.ok().zip(status).ok_or_else(none)?;
    Ok(Response::new(url, status, Version::HTTP_11, headers))
}

/// Reads header fields.
///
/// # Errors
/// [`InvalidHeader`] at the first one that cannot be sent.
pub(crate) fn fields(text: &str) -> Result<HeaderMap, InvalidHeader> {
    let mut headers = HeaderMap::new();
    if !text.is_empty() {
        read_fields(&mut text.split('\n'), &mut headers)?;
    }
    Ok(headers)
}

fn read_fields(lines: &mut Split<'_, char>, headers: &mut HeaderMap) -> Result<(), InvalidHeader> {
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| InvalidHeader::Name)?;
        let value = latin_1(value).and_then(|value| HeaderValue::from_bytes(&value).ok());
        let value = value.ok_or_else(|| InvalidHeader::Value(name.clone()))?;
        let is_room = headers.try_append(&name, value).is_ok();
        if !is_room {
            return Err(InvalidHeader::Name);
        }
    }
    Ok(())
}

/// A byte string's bytes: one for each character (Infra, isomorphic encode).
fn latin_1(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .map(|character| u8::try_from(character).ok())
        .collect()
}

/// The text of a request.
pub(crate) fn of_request(request: &Request) -> String {
    let mut text = two_lines(request.method().as_str(), request.url().as_str());
    write_fields(&mut text, request.headers());
    text
}

/// The text of a response's head.
pub(crate) fn of_response(response: &Response) -> String {
    let mut text = first_lines(response);
    write_fields(&mut text, response.headers());
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

fn write_fields(text: &mut String, headers: &HeaderMap) {
    for (name, value) in headers {
        text.push('\n');
        text.push_str(name.as_ref());
        text.push('\n');
        // A byte is a character (Infra, isomorphic decode).
        for byte in value.as_bytes() {
            text.push(char::from(*byte));
        }
    }
}
