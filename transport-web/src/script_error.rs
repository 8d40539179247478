//! What JavaScript throws, as errors with Apple's codes.

use std::fmt;
use std::sync::Arc;

use urlsession_core::{Error, ErrorCode, Target};
use wasm_bindgen::prelude::*;

use crate::js;

/// What JavaScript threw or rejected with: the cause of a failed transfer.
#[derive(Clone, PartialEq)]
pub struct ScriptError {
    /// Name and message, with a colon and a blank between them.
    text: String,
    value: JsValue,
}

impl ScriptError {
    /// The error's `name`, such as `TypeError`; the type's name when it was no object.
    #[must_use]
    pub fn name(&self) -> &str {
        self.parts().0
    }

    /// The error's `message` in the browser's words, possibly empty.
    #[must_use]
    pub fn message(&self) -> &str {
        self.parts().1
    }

    /// The very value that was thrown, for whoever hands it on to JavaScript. It may be anything.
    #[must_use]
    pub fn value(&self) -> &JsValue {
        &self.value
    }

    /// Anything can be thrown: errors, text, `null`, proxies that throw when looked at.
    pub(crate) fn of(thrown: &JsValue) -> Self {
        Self {
            text: js::describe(thrown),
            value: thrown.clone(),
        }
    }

    fn parts(&self) -> (&str, &str) {
        self.text.split_once(": ").unwrap_or((&self.text, ""))
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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
    #[cfg(feature = "body-streams")]
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
            #[cfg(feature = "body-streams")]
            Self::Sending => ErrorCode::ResourceUnavailable.into(),
            Self::Looking => ErrorCode::ResourceUnavailable.into(),
            Self::Fetching if !js::is_online() => ErrorCode::NotConnectedToInternet.into(),
            Self::Fetching => ErrorCode::CannotLoadFromNetwork.into(),
            Self::Reading => ErrorCode::NetworkConnectionLost.into(),
        }
    }
}

/// What was thrown, under this error's code where its name says nothing better.
fn error(otherwise: Error, thrown: &JsValue) -> Error {
    let cause = ScriptError::of(thrown);
    let is = |name| cause.text.starts_with(name);
    let error = if is("AbortError: ") {
        ErrorCode::Cancelled.into()
    } else if is("TimeoutError: ") {
        ErrorCode::TimedOut.into()
    } else if is("NotFoundError: ") {
        ErrorCode::FileDoesNotExist.into()
    } else if is("NotReadableError: ") {
        ErrorCode::NoPermissionsToReadFile.into()
    } else {
        otherwise
    };
    error.with_cause(cause)
}
