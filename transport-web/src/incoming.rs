//! The way in: what `fetch` gave, as the head of a response.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use http::{StatusCode, Version};
use urlsession_core::{Error, ErrorCode, FieldSource, Response, Target};
use wasm_bindgen::prelude::*;

use crate::js;

/// What has come before a response's body.
pub(crate) struct Head {
    /// Its URL and its fields are the browser's until somebody asks.
    pub(crate) response: Response,
    /// The length of the body in bytes, where the fields tell.
    ///
    /// Only where every field can be seen (not across origins): without Content-Encoding in sight, Content-Length may be the length of what was
    /// compressed.
    pub(crate) length: Option<u64>,
    /// The target, where the response came from there.
    pub(crate) place: Option<Arc<Target>>,
}

/// The head of the response that has come, to a request for `target`, by its status.
///
/// # Errors
/// [`ErrorCode::BadServerResponse`] when its status is none, as that of an opaque response.
pub(crate) fn head(
    exchange: &js::Exchange,
    status: usize,
    target: &Arc<Target>,
) -> Result<Head, Error> {
    // JavaScript has looked whether it is one, and says 0 where it is not.
    let status = StatusCode::from_u16(status as u16)
        .map_err(|_| malformed(ErrorCode::BadServerResponse.into()).with_target(target))?;
    let traits = js::traits_of(exchange);
    let fields = Fields {
        headers: js::headers_of(exchange),
        length: js::length_of(exchange),
        is_coded: traits & IS_CODED != 0,
    };
    let length = fields.content_length().filter(|_| traits & IS_OWN != 0);
    let url = js::moved_to(exchange);
    let url = (!url.is_empty()).then_some(url);
    let place = url.is_none().then(|| target.clone());
    let version = Version::HTTP_11;
    Ok(Head {
        response: Response::told_by(target.clone(), url, status, version, Arc::new(fields)),
        length,
        place,
    })
}

/// The bits of `traitsOf`.
const IS_CODED: u32 = 1;
const IS_OWN: u32 = 2;

/// The fields that the browser shows.
struct Fields {
    /// Its `Headers`.
    headers: JsValue,
    /// Content-Length, where it is a number, else one below 0.
    length: f64,
    is_coded: bool,
}

impl FieldSource for Fields {
    fn lines(&self) -> String {
        js::fields_of(&self.headers)
    }

    fn content_length(&self) -> Option<u64> {
        // The cast saturates.
        (self.length >= 0.0).then_some(self.length as u64)
    }

    fn is_coded(&self) -> bool {
        self.is_coded
    }

    /// A `JsValue`.
    fn native(&self) -> Option<&dyn Any> {
        Some(&self.headers)
    }
}

pub(crate) fn malformed(error: Error) -> Error {
    error.with_cause(Malformed)
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
