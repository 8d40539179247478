//! Waiting for promises, be they the browser's or somebody's imitation; and promises of this program's.

use std::task::{Context, Poll};

use urlsession_core::BoxFuture;
use wasm_bindgen::prelude::*;

use crate::executor::spawn;
use crate::js;
use crate::wakers::{Number, Wake};

/// How a promise ended.
pub(crate) type Outcome = Result<JsValue, JsValue>;

/// A promise was listened to that has not settled; the numbers are those of `js/fetch.js`.
const PENDING: u32 = 1;
const REJECTED: u32 = 3;

/// Waits for what JavaScript does.
pub(crate) struct Promised {
    wait: js::Wait,
    number: Number,
}

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

impl Drop for Promised {
    fn drop(&mut self) {
        js::abandon(&self.wait);
    }
}

/// What has come of it.
pub(crate) fn outcome(wait: &js::Wait) -> Outcome {
    let is_rejected = js::state_of(wait) == REJECTED;
    let value = js::take(wait);
    match is_rejected {
        true => Err(value),
        false => Ok(value),
    }
}

/// Waits, from now on, for a promise, be it the browser's or somebody's imitation.
///
/// `js_sys::futures::JsFuture` does the same. A program that needs nothing else of that module is smaller by this, and by [`promise_of`].
///
/// # Errors
/// What it was rejected with.
pub fn settled(promise: &JsValue) -> impl Future<Output = Result<JsValue, JsValue>> + use<> {
    Promised::begun(|wake, number| js::awaiting(promise, wake, number)).outcome()
}

/// The browser's promise of what `work` comes to, which is run in microtasks: its value, or what it is rejected with.
#[must_use]
pub fn promise_of(work: BoxFuture<'static, Result<JsValue, JsValue>>) -> JsValue {
    let promise = js::promise();
    let made = promise.clone();
    spawn(Box::pin(async move {
        let (is_rejected, value) = match work.await {
            Ok(value) => (false, value),
            Err(value) => (true, value),
        };
        js::settle_promise(&made, is_rejected, &value);
    }));
    promise
}
