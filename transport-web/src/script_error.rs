//! What JavaScript throws, as errors with Apple's codes.

use std::fmt;

use urlsession_core::{Error, ErrorCode, Url};
use wasm_bindgen::prelude::*;

use crate::js::{self, Foreign};

/// What JavaScript threw or rejected with: the cause of a failed transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    name: String,
    message: String,
}

impl ScriptError {
    /// The error's `name`, such as `TypeError`; the type's name when it was no object.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The error's `message` in the browser's words, possibly empty.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Anything can be thrown: errors, text, `null`, proxies that throw when looked at.
    pub(crate) fn of(thrown: &JsValue) -> Self {
        if let Some(message) = thrown.as_string() {
            return Self {
                name: "string".to_owned(),
                message,
            };
        }
        let object: &Foreign = thrown.unchecked_ref();
        let text = |property: Result<JsValue, JsValue>| property.ok().and_then(|p| p.as_string());
        Self {
            name: text(object.name()).unwrap_or_else(|| type_of(thrown)),
            message: text(object.message()).unwrap_or_default(),
        }
    }
}

fn type_of(value: &JsValue) -> String {
    match value.is_null() {
        true => "null".to_owned(),
        false => value.js_typeof().as_string().unwrap_or_default(),
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        f.write_str(": ")?;
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScriptError {}

/// Where an exchange was when JavaScript threw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The request was being made: what it asks for is refused.
    Making,
    /// The request was under way: the head did not come.
    Fetching,
    /// The body was being read.
    Reading,
}

impl Step {
    /// The error of what was `thrown` in this step of a transfer from `url`.
    pub(crate) fn failed(self, url: &Url, thrown: &JsValue) -> Error {
        let cause = ScriptError::of(thrown);
        let code = match cause.name() {
            "AbortError" => ErrorCode::Cancelled,
            "TimeoutError" => ErrorCode::TimedOut,
            _ => self.code(url),
        };
        Error::new(code).with_url(url).with_cause(cause)
    }

    fn code(self, url: &Url) -> ErrorCode {
        match self {
            Self::Making => ErrorCode::BadUrl,
            Self::Fetching if !matches!(url.scheme(), "http" | "https") => {
                ErrorCode::UnsupportedUrl
            }
            Self::Fetching if !js::is_online() => ErrorCode::NotConnectedToInternet,
            Self::Fetching => ErrorCode::CannotLoadFromNetwork,
            Self::Reading => ErrorCode::NetworkConnectionLost,
        }
    }
}
