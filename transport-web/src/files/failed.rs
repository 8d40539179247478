//! What failed, by Apple's codes.

use urlsession_core::{Error, ErrorCode};
use wasm_bindgen::JsValue;

use crate::script_error::ScriptError;

/// `code`, because of what was `thrown`; but that there is no such file, or no room, is said so.
pub(super) fn failed(code: ErrorCode, thrown: &JsValue) -> Error {
    let cause = ScriptError::of(thrown);
    let code = match cause.name() {
        "NotFoundError" => ErrorCode::FileDoesNotExist,
        // As of a full disk: the file could not be written.
        "QuotaExceededError" => ErrorCode::CannotWriteToFile,
        _ => code,
    };
    Error::new(code).with_cause(cause)
}

/// The same of reading, where a folder may have the name.
pub(super) fn not_read(thrown: &JsValue) -> Error {
    let error = failed(ErrorCode::CannotOpenFile, thrown);
    let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref());
    let code = match cause.map(ScriptError::name) {
        Some("TypeMismatchError") => ErrorCode::FileIsDirectory,
        Some("NotAllowedError" | "SecurityError") => ErrorCode::NoPermissionsToReadFile,
        Some(_) | None => return error,
    };
    Error::new(code).with_cause(ScriptError::of(thrown))
}

pub(super) fn because(code: ErrorCode, cause: &'static str) -> Error {
    Error::new(code).because(cause)
}
