//! What JavaScript throws, as errors with Apple's codes.

use std::fmt;
use std::sync::Arc;

use urlsession_core::{Error, ErrorCode, Target};
use wasm_bindgen::prelude::*;

use crate::js;

/// What JavaScript threw or rejected with: the cause of a failed transfer.
#[derive(Clone, PartialEq)]
pub struct ScriptError {
    name: String,
    message: String,
    value: JsValue,
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

    /// The very value that was thrown, for whoever hands it on to JavaScript. It may be anything.
    #[must_use]
    pub fn value(&self) -> &JsValue {
        &self.value
    }

    /// Anything can be thrown: errors, text, `null`, proxies that throw when looked at.
    pub(crate) fn of(thrown: &JsValue) -> Self {
        let text = js::describe(thrown);
        let (name, message) = text.split_once('\n').unwrap_or((&text, ""));
        Self {
            name: name.to_owned(),
            message: message.to_owned(),
            value: thrown.clone(),
        }
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        f.write_str(": ")?;
        f.write_str(&self.message)
    }
}

impl fmt::Debug for ScriptError {
    /// Name and message: the value may answer anything to whoever looks at it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScriptError(")?;
        fmt::Display::fmt(self, f)?;
        f.write_str(")")
    }
}

impl std::error::Error for ScriptError {}

/// Where an exchange was when JavaScript threw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The request was being made: what it asks for is refused.
    Making,
    /// The request's body was being read, to be sent.
    Sending,
    /// The request was under way: the head did not come.
    Fetching,
    /// The browser's cache alone was asked.
    Looking,
    /// The body was being read.
    Reading,
}

impl Step {
    /// The error of what was `thrown` in this step of a transfer from `target`.
    pub(crate) fn failed(self, target: &Arc<Target>, thrown: &JsValue) -> Error {
        let url = target.as_str();
        let is_http = url.starts_with("http:") || url.starts_with("https:");
        let otherwise = match self == Self::Fetching && !is_http {
            true => ErrorCode::UnsupportedUrl.into(),
            false => self.otherwise(),
        };
        error(otherwise, thrown).with_target(target)
    }

    /// The same, where no URL is known.
    pub(crate) fn error(self, thrown: &JsValue) -> Error {
        error(self.otherwise(), thrown)
    }

    fn otherwise(self) -> Error {
        match self {
            Self::Making => ErrorCode::BadUrl.into(),
            Self::Sending | Self::Looking => ErrorCode::ResourceUnavailable.into(),
            Self::Fetching if !js::is_online() => ErrorCode::NotConnectedToInternet.into(),
            Self::Fetching => ErrorCode::CannotLoadFromNetwork.into(),
            Self::Reading => ErrorCode::NetworkConnectionLost.into(),
        }
    }
}

/// What was thrown, under this error's code where its name says nothing better.
fn error(otherwise: Error, thrown: &JsValue) -> Error {
    let cause = ScriptError::of(thrown);
    let error = match cause.name() {
        "AbortError" => ErrorCode::Cancelled.into(),
        "TimeoutError" => ErrorCode::TimedOut.into(),
        "NotFoundError" => ErrorCode::FileDoesNotExist.into(),
        "NotReadableError" => ErrorCode::NoPermissionsToReadFile.into(),
        _ => otherwise,
    };
    error.with_cause(cause)
}
