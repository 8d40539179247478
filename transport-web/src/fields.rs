//! Header fields, between `http` and the browser.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use wasm_bindgen::prelude::*;

use crate::js::{Foreign, Headers};

/// Names that no script may send, beside those that begin with `proxy-` or `sec-` (Fetch, section
/// 2.2.2), and User-Agent, which Chromium keeps to itself as well.
const FORBIDDEN: [&str; 22] = [
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];

/// True when browsers do not let a script set this field: they drop it, or send their own.
///
/// What one browser really dropped is in [`WebTransport::dropped_fields`](crate::WebTransport::dropped_fields).
#[must_use]
pub fn is_forbidden(name: &HeaderName) -> bool {
    let name = name.as_str();
    FORBIDDEN.binary_search(&name).is_ok() || name.starts_with("proxy-") || name.starts_with("sec-")
}

/// The fields as the browser takes them.
///
/// # Errors
/// What the browser threw at one of them.
pub(crate) fn to_browser(fields: &HeaderMap) -> Result<Headers, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in fields {
        headers.append(name.as_str(), &text(value))?;
    }
    Ok(headers)
}

/// The names that are in `asked` and not in what the browser made of it.
pub(crate) fn dropped<'a>(
    asked: &'a HeaderMap,
    made: &'a Headers,
) -> impl Iterator<Item = &'a HeaderName> {
    let is_there = |name: &HeaderName| made.has(name.as_str()).is_ok_and(|has| has.is_truthy());
    asked.keys().filter(move |name| !is_there(name))
}

/// The fields that the browser shows, but those that `http` cannot hold.
///
/// # Errors
/// What was thrown: these are no header fields.
pub(crate) fn from_browser(headers: &Foreign) -> Result<HeaderMap, JsValue> {
    let mut fields = HeaderMap::new();
    headers.for_each(&mut |value, name| {
        let name = name
            .as_string()
            .and_then(|name| HeaderName::try_from(name).ok());
        let value = value
            .as_string()
            .and_then(|text| HeaderValue::try_from(bytes(&text)?).ok());
        if let (Some(name), Some(value)) = (name, value) {
            // More fields than a map holds: the rest is left out.
            let _ = fields.try_append(name, value);
        }
    })?;
    Ok(fields)
}

/// A value as a byte string: one character a byte (Infra, isomorphic decode).
fn text(value: &HeaderValue) -> Cow<'_, str> {
    match value.to_str() {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().copied().map(char::from).collect()),
    }
}

/// The bytes of a byte string; `None` when it is none.
fn bytes(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .map(|character| u8::try_from(character).ok())
        .collect()
}
