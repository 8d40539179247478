//! What failed, by Apple's codes.

use urlsession_core::{Error, ErrorCode};
use wasm_bindgen::JsValue;

use super::work::Operation;
use crate::script_error::ScriptError;

/// Why a file is refused, by the numbers of `js/more.js` from this one downwards.
const FIRST: i32 = -4;
const REASONS: [&str; 7] = [
    NO_NAME,
    NO_NAME,
    "somebody else writes to the file",
    "there is a file already",
    "the file is shorter",
    "the file was closed",
    "there is no room for more",
];
const NO_NAME: &str = "the path names no file below the root";

/// There is no such file.
const ABSENT: i32 = -3;

/// The file is refused, for this reason; `None` where something was thrown.
pub(super) fn refused(operation: Operation, reason: i32) -> Option<Error> {
    if reason == ABSENT {
        return Some(ErrorCode::FileDoesNotExist.into());
    }
    // What names no file names none that is there.
    let code = match reason == FIRST {
        true => ErrorCode::FileDoesNotExist,
        false => operation.code(),
    };
    let place = usize::try_from(FIRST - reason).ok()?;
    let why = *REASONS.get(place)?;
    Some(Error::new(code).because(why))
}

/// The operation failed because of what was `thrown`. That there is no such file, or no room, is said so; where it was to be read, that it is a
/// folder or not to be seen.
pub(super) fn failed(operation: Operation, thrown: &JsValue) -> Error {
    let cause = ScriptError::of(thrown);
    let code = match (cause.name(), operation.is_reading()) {
        ("NotFoundError", _) => ErrorCode::FileDoesNotExist,
        // As of a full disk: the file could not be written.
        ("QuotaExceededError", _) => ErrorCode::CannotWriteToFile,
        ("TypeMismatchError", true) => ErrorCode::FileIsDirectory,
        ("NotAllowedError" | "SecurityError", true) => ErrorCode::NoPermissionsToReadFile,
        _ => operation.code(),
    };
    Error::new(code).with_cause(cause)
}
