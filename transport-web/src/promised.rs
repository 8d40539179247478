//! Waiting for promises, be they the browser's or somebody's imitation.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::prelude::*;

use crate::js::{Callback, Foreign};

/// How a promise ended.
pub(crate) type Outcome = Result<JsValue, JsValue>;

/// Waits for one promise after another, with one pair of callbacks for all.
///
/// Dropped while a promise is pending, it keeps the callbacks until the promise has settled: a
/// promise may not call what is gone.
pub(crate) struct Promised(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    callbacks: Option<(Callback, Callback)>,
    /// Promises that were given the callbacks and have not called them.
    pending: usize,
    outcome: Option<Outcome>,
    waker: Option<Waker>,
    is_abandoned: bool,
}

impl Promised {
    pub(crate) fn new() -> Self {
        let state = Rc::new(RefCell::new(State::default()));
        let fulfilled = Callback::new({
            let state = Rc::clone(&state);
            move |value| settle(&state, Ok(value))
        });
        let rejected = Callback::new({
            let state = Rc::clone(&state);
            move |reason| settle(&state, Err(reason))
        });
        state.borrow_mut().callbacks = Some((fulfilled, rejected));
        Self(state)
    }

    /// Waits for `promise`, whose outcome [`poll`](Self::poll) gives.
    ///
    /// # Errors
    /// What `then` threw: it is no promise.
    pub(crate) fn listen(&self, promise: &Foreign) -> Result<(), JsValue> {
        let callbacks = {
            let mut state = self.0.borrow_mut();
            state.pending += 1;
            state.outcome = None;
            state.callbacks.take()
        };
        // Lent to `then` without a borrow: an imitation may call back before it returns.
        let listening = match &callbacks {
            Some((fulfilled, rejected)) => promise.then(fulfilled, rejected).map(|_| ()),
            None => Err(JsValue::UNDEFINED),
        };
        let mut state = self.0.borrow_mut();
        state.callbacks = callbacks;
        if listening.is_err() {
            state.pending = state.pending.saturating_sub(1);
        }
        listening
    }

    /// The outcome of the promise listened to last, once.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Outcome> {
        let mut state = self.0.borrow_mut();
        match state.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The outcome of `promise`.
    pub(crate) async fn outcome_of(promise: &Foreign) -> Outcome {
        let promised = Self::new();
        promised.listen(promise)?;
        std::future::poll_fn(|context| promised.poll(context)).await
    }
}

impl Drop for Promised {
    fn drop(&mut self) {
        let mut state = self.0.borrow_mut();
        state.is_abandoned = true;
        let gone = (state.outcome.take(), state.waker.take());
        // The callbacks hold the state: without a promise to wait for, they would hold it for ever.
        let callbacks = if state.pending == 0 {
            state.callbacks.take()
        } else {
            None
        };
        drop(state);
        drop((gone, callbacks));
    }
}

fn settle(state: &RefCell<State>, outcome: Outcome) {
    let mut state = state.borrow_mut();
    state.pending = state.pending.saturating_sub(1);
    if !state.is_abandoned {
        state.outcome = Some(outcome);
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    } else if state.pending == 0 {
        let callbacks = state.callbacks.take();
        drop(state);
        drop(callbacks);
    }
}
