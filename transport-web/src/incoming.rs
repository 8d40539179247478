//! The way in: what `fetch` gave, as the head of a response.

use std::fmt;

use http::{HeaderMap, StatusCode, Version, header};
use urlsession_core::{Error, ErrorCode, IntoUrl as _, Response, Url};
use wasm_bindgen::prelude::*;

use crate::fields;
use crate::js::Foreign;

/// The head of `response`, to a request for `asked`.
///
/// # Errors
/// [`ErrorCode::CannotParseResponse`] when it is no response;
/// [`ErrorCode::BadServerResponse`] when its status is none, as that of an opaque response.
pub(crate) fn head(response: &Foreign, asked: &Url) -> Result<Response, Error> {
    let Ok(Some(status)) = response.status().map(|status| status.as_f64()) else {
        return Err(malformed(ErrorCode::CannotParseResponse, asked));
    };
    // The cast saturates; what is no number becomes 0, which is no status.
    let Ok(status) = StatusCode::from_u16(status as u16) else {
        return Err(malformed(ErrorCode::BadServerResponse, asked));
    };
    let headers = response
        .headers()
        .and_then(|headers| fields::from_browser(&headers));
    let Ok(headers) = headers else {
        return Err(malformed(ErrorCode::CannotParseResponse, asked));
    };
    // Empty in a response that a script made. To parse it costs more than to compare it.
    let url = response.url().ok().and_then(|url| url.as_string());
    let url = url
        .filter(|url| url != asked.as_str())
        .and_then(|url| url.into_url().ok())
        .unwrap_or_else(|| asked.clone());
    Ok(Response::new(url, status, Version::HTTP_11, headers))
}

/// The length of the body in bytes, where the fields tell.
///
/// Only where every field can be seen (not across origins): without Content-Encoding in sight, Content-Length may be
/// the length of what was compressed.
pub(crate) fn body_length(response: &Foreign, headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    // By Transfer-Encoding the body is of another length (RFC 9112, section 6.3).
    let is_coded = |name| headers.contains_key(name);
    if is_coded(header::CONTENT_ENCODING) || is_coded(header::TRANSFER_ENCODING) {
        return None;
    }
    let is_ours = response.kind().ok()?.as_string()? == "basic";
    length.to_str().ok().filter(|_| is_ours)?.parse().ok()
}

pub(crate) fn malformed(code: ErrorCode, url: &Url) -> Error {
    Error::new(code).with_url(url).with_cause(Malformed)
}

/// True for `null` and `undefined`: nothing is there.
pub(crate) fn is_absent(value: &JsValue) -> bool {
    value.is_null() || value.is_undefined()
}

/// The cause of a failure on what is no response: a script in between made it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fetch gave something that is no HTTP response")
    }
}

impl std::error::Error for Malformed {}
