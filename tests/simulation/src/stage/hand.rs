//! A caller with a future in its hands: it polls it, leaves it, comes back to it, drops it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use urlsession_core::{BoxFuture, ErrorCode};

use super::log::Log;
use crate::script::TaskNumber;
use crate::trace::Event;

/// What the caller does with its future, told from outside.
pub(super) struct Hand {
    log: Arc<Log>,
    task: TaskNumber,
    state: Mutex<State>,
}

struct State {
    mode: Mode,
    /// The next poll is the first, or the first after an absence.
    comes_back: bool,
    /// The future was woken since it was polled.
    is_woken: bool,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Polling,
    Left,
    Dropping,
    Over,
}

impl Hand {
    pub(super) fn new(log: &Arc<Log>, task: TaskNumber) -> Arc<Self> {
        let state = State {
            mode: Mode::Polling,
            comes_back: true,
            is_woken: false,
            waker: None,
        };
        Arc::new(Self {
            log: log.clone(),
            task,
            state: Mutex::new(state),
        })
    }

    /// Polls no more.
    pub(super) fn leave(&self) {
        let mut state = self.state();
        if state.mode == Mode::Polling {
            state.mode = Mode::Left;
            self.log.of_task(self.task, Event::Left);
            if state.is_woken {
                self.log.of_task(self.task, Event::Woken);
            }
        }
    }

    /// Polls again.
    pub(super) fn come_back(&self) {
        let mut state = self.state();
        if state.mode == Mode::Left {
            (state.mode, state.comes_back) = (Mode::Polling, true);
            wake(state);
        }
    }

    /// Drops the future.
    pub(super) fn let_go(&self) {
        let mut state = self.state();
        if state.mode != Mode::Over {
            state.mode = Mode::Dropping;
            wake(state);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(mut state: MutexGuard<'_, State>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Wake for Hand {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.state();
        let was_woken = std::mem::replace(&mut state.is_woken, true);
        if state.mode == Mode::Left && !was_woken {
            self.log.of_task(self.task, Event::Woken);
        }
        wake(state);
    }
}

/// The future in the hand.
pub(super) struct Held {
    hand: Arc<Hand>,
    waker: Waker,
    future: Option<BoxFuture<'static, ()>>,
}

impl Held {
    pub(super) fn new(hand: &Arc<Hand>, future: BoxFuture<'static, ()>) -> Self {
        Self {
            hand: hand.clone(),
            waker: Waker::from(hand.clone()),
            future: Some(future),
        }
    }

    fn drop_future(&mut self) {
        if let Some(future) = self.future.take() {
            self.hand.state().mode = Mode::Over;
            self.hand.log.of_task(self.hand.task, Event::FutureDropped);
            self.hand
                .log
                .end_shows(self.hand.task, Some(ErrorCode::Cancelled));
            drop(future);
        }
    }

    /// What to do now; the outer task is woken for what comes next.
    fn mode(&self, context: &Context<'_>) -> Mode {
        let mut state = self.hand.state();
        state.waker = Some(context.waker().clone());
        if state.mode == Mode::Polling {
            state.is_woken = false;
            if std::mem::take(&mut state.comes_back) {
                self.hand.log.of_task(self.hand.task, Event::Polled);
            }
        }
        state.mode
    }
}

impl Future for Held {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.mode(context) {
            Mode::Left => return Poll::Pending,
            Mode::Dropping => self.drop_future(),
            Mode::Polling | Mode::Over => {}
        }
        let this = &mut *self;
        let Some(future) = &mut this.future else {
            return Poll::Ready(());
        };
        let ended = future.as_mut().poll(&mut Context::from_waker(&this.waker));
        if ended.is_ready() {
            this.hand.state().mode = Mode::Over;
            this.future = None;
        }
        ended
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.drop_future();
    }
}
