//! Errors, as the other part takes them.

use std::error::Error as StdError;
use std::fmt;

use js_sys::Array;
use urlsession_core::{Error, ErrorCode, ResumeData};
use urlsession_transport_web::ScriptError;
use wasm_bindgen::prelude::*;

/// An error as a list: Apple's number, the text, the URL, the cause, resume data. What there is none of is undefined.
pub(crate) fn list(error: &Error) -> JsValue {
    let list = Array::new();
    list.push(&error.code().raw().into());
    list.push(&error.reason().into());
    list.push(&error.url_text().into());
    list.push(&cause(error));
    list.push(&error.resume_data().map_or(JsValue::UNDEFINED, stored));
    list.into()
}

/// Resume data as their text.
#[inline(never)]
pub(crate) fn stored(data: &ResumeData) -> JsValue {
    String::from_utf8(data.to_bytes()).ok().into()
}

/// What JavaScript threw, else the text of what caused it.
fn cause(error: &Error) -> JsValue {
    let Some(source) = error.source() else {
        return JsValue::UNDEFINED;
    };
    if let Some(Thrown(thrown)) = source.downcast_ref() {
        return thrown.clone();
    }
    match source.downcast_ref::<ScriptError>() {
        Some(script) => script.value().clone(),
        None => source.to_string().into(),
    }
}

/// What the app's own code threw, or rejected with, as the cause of a failure.
struct Thrown(JsValue);

impl fmt::Debug for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Thrown")
    }
}

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the app's code threw")
    }
}

impl StdError for Thrown {}

/// The error of what the app's own code threw, where a transfer stands or falls with it.
pub(crate) fn of_script(thrown: JsValue) -> Error {
    Error::new(ErrorCode::ResourceUnavailable).with_cause(Thrown(thrown))
}
