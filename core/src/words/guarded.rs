//! The app's code, run so that a panic in it is an error.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::words::error::{CallbackPanicked, Error, ErrorCode};

/// Runs the app's code; a panic in it is an error, unless it is the program's end.
pub(crate) fn guarded<R>(callback: impl FnOnce() -> R) -> Result<R, Error> {
    if cfg!(panic = "abort") {
        return Ok(callback());
    }
    catch_unwind(AssertUnwindSafe(callback)).map_err(|panic| panicked(&*panic))
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let cause = CallbackPanicked(text.unwrap_or_else(|| "no message".to_owned()));
    Error::new(ErrorCode::Unknown).with_cause(cause)
}
