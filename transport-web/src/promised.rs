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
/// Dropped while a promise is pending, it keeps the callbacks until the promise has settled: a promise may not call what is gone. Callbacks that
/// only real promises have had serve again: those call once, and an imitation might again.
pub(crate) struct Promised(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    callbacks: Option<(Callback, Callback)>,
    /// Promises that were given the callbacks and have not called them.
    pending: usize,
    had_imitations: bool,
    outcome: Option<Outcome>,
    waker: Option<Waker>,
    is_abandoned: bool,
}

/// So many pairs of callbacks are kept for use again.
const KEPT: usize = 32;

thread_local! {
    static IDLE: RefCell<Vec<Rc<RefCell<State>>>> = const { RefCell::new(Vec::new()) };
}

impl Promised {
    pub(crate) fn new() -> Self {
        if let Some(state) = IDLE.with_borrow_mut(Vec::pop) {
            return Self(state);
        }
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
        let is_real = promise.is_instance_of::<js_sys::Promise>();
        let callbacks = {
            let mut state = self.0.borrow_mut();
            state.pending += 1;
            state.had_imitations |= !is_real;
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
            state.had_imitations = true;
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
    #[cfg(any(feature = "cache", feature = "download", feature = "upload"))]
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
        let is_idle = state.pending == 0;
        drop(state);
        drop(gone);
        if is_idle {
            put_away(&self.0);
        }
    }
}

fn settle(state: &Rc<RefCell<State>>, outcome: Outcome) {
    let mut held = state.borrow_mut();
    held.pending = held.pending.saturating_sub(1);
    if !held.is_abandoned {
        held.outcome = Some(outcome);
        let waker = held.waker.take();
        drop(held);
        waker.into_iter().for_each(Waker::wake);
    } else if held.pending == 0 {
        drop(held);
        put_away(state);
    }
}

/// Keeps callbacks that nobody will call, or lets go of them: they hold the state, which would hold them for ever.
fn put_away(state: &Rc<RefCell<State>>) {
    let is_kept = !state.borrow().had_imitations
        && IDLE.with_borrow_mut(|idle| {
            let has_room = idle.len() < KEPT;
            if has_room {
                idle.push(state.clone());
            }
            has_room
        });
    let mut state = state.borrow_mut();
    state.is_abandoned = !is_kept;
    let callbacks = match is_kept {
        true => None,
        false => state.callbacks.take(),
    };
    drop(state);
    drop(callbacks);
}
