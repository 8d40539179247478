//! Waiting for promises, be they the browser's or somebody's imitation.

#[cfg(any(feature = "cache", feature = "download", feature = "upload"))]
use std::task::{Context, Poll};

#[cfg(any(feature = "body-streams", feature = "cache", feature = "download"))]
use wasm_bindgen::prelude::*;

#[cfg(any(feature = "body-streams", feature = "cache", feature = "download"))]
use crate::js;
#[cfg(any(feature = "cache", feature = "download", feature = "upload"))]
use crate::wakers::Number;
#[cfg(feature = "cache")]
use crate::wakers::Wake;

#[cfg(any(feature = "body-streams", feature = "cache", feature = "download"))]
/// How a promise ended.
pub(crate) type Outcome = Result<JsValue, JsValue>;

/// A promise was listened to that has not settled; the numbers are those of `js/fetch.js`.
pub(crate) const PENDING: u32 = 1;
#[cfg(any(feature = "body-streams", feature = "cache", feature = "download"))]
const REJECTED: u32 = 3;

/// Waits for one promise after another.
#[cfg(any(feature = "cache", feature = "download", feature = "upload"))]
pub(crate) struct Promised {
    wait: js::Wait,
    number: Number,
}

#[cfg(any(feature = "cache", feature = "download", feature = "upload"))]
impl Promised {
    pub(crate) fn new() -> Self {
        let (number, wait) = Number::told(js::wait);
        Self { wait, number }
    }

    /// Waits for what `begin` begins.
    #[cfg(feature = "cache")]
    pub(crate) fn begun(begin: impl FnOnce(&Wake, u32) -> js::Wait) -> Self {
        let (number, wait) = Number::told(begin);
        Self { wait, number }
    }

    /// Waits for `promise`, whose outcome [`poll`](Self::poll) gives. What is no promise is rejected, with what `then` threw.
    pub(crate) fn listen(&self, promise: &JsValue) {
        js::listen(&self.wait, promise);
    }

    /// The outcome of the promise listened to last, once.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Outcome> {
        if js::state_of(&self.wait) == PENDING {
            self.number.waits(context);
            return Poll::Pending;
        }
        Poll::Ready(outcome(&self.wait))
    }

    /// The outcome of what it waits for.
    pub(crate) async fn outcome(self) -> Outcome {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// The outcome of `promise`.
    #[cfg(any(feature = "download", feature = "upload"))]
    pub(crate) async fn outcome_of(promise: &JsValue) -> Outcome {
        let promised = Self::new();
        promised.listen(promise);
        promised.outcome().await
    }
}

#[cfg(any(feature = "cache", feature = "download", feature = "upload"))]
impl Drop for Promised {
    fn drop(&mut self) {
        js::abandon(&self.wait);
    }
}

/// What has come of it.
#[cfg(any(feature = "body-streams", feature = "cache", feature = "download"))]
pub(crate) fn outcome(wait: &js::Wait) -> Outcome {
    let is_rejected = js::state_of(wait) == REJECTED;
    let value = js::take(wait);
    match is_rejected {
        true => Err(value),
        false => Ok(value),
    }
}
