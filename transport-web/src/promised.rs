//! Waiting for promises, be they the browser's or somebody's imitation.

#[cfg(feature = "cache")]
use std::task::{Context, Poll};

#[cfg(any(feature = "body-streams", feature = "cache"))]
use wasm_bindgen::prelude::*;

#[cfg(any(feature = "body-streams", feature = "cache"))]
use crate::js;
#[cfg(feature = "cache")]
use crate::wakers::{Number, Wake};

/// How a promise ended.
#[cfg(any(feature = "body-streams", feature = "cache"))]
pub(crate) type Outcome = Result<JsValue, JsValue>;

/// A promise was listened to that has not settled; the numbers are those of `js/fetch.js`.
#[cfg(feature = "cache")]
const PENDING: u32 = 1;
#[cfg(any(feature = "body-streams", feature = "cache"))]
const REJECTED: u32 = 3;

/// Waits for what JavaScript does.
#[cfg(feature = "cache")]
pub(crate) struct Promised {
    wait: js::Wait,
    number: Number,
}

#[cfg(feature = "cache")]
impl Promised {
    /// Waits for what `begin` begins.
    pub(crate) fn begun(begin: impl FnOnce(&Wake, u32) -> js::Wait) -> Self {
        let (number, wait) = Number::told(begin);
        Self { wait, number }
    }

    /// The outcome of what it waits for, once.
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
}

#[cfg(feature = "cache")]
impl Drop for Promised {
    fn drop(&mut self) {
        js::abandon(&self.wait);
    }
}

/// What has come of it.
#[cfg(any(feature = "body-streams", feature = "cache"))]
pub(crate) fn outcome(wait: &js::Wait) -> Outcome {
    let is_rejected = js::state_of(wait) == REJECTED;
    let value = js::take(wait);
    match is_rejected {
        true => Err(value),
        false => Ok(value),
    }
}
