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
    /// Locked while it is polled.
    future: Mutex<Option<BoxFuture<'static, ()>>>,
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
    pub(super) fn new(
        log: &Arc<Log>,
        task: TaskNumber,
        future: BoxFuture<'static, ()>,
    ) -> Arc<Self> {
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
            future: Mutex::new(Some(future)),
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

    /// Drops the future here and now, or, if it is being polled, thereafter.
    pub(super) fn let_go_now(&self) {
        match self.future.try_lock().map(|mut future| future.take()) {
            Ok(future) => self.drop_future(future),
            Err(_) => self.let_go(),
        }
    }

    fn drop_future(&self, future: Option<BoxFuture<'static, ()>>) {
        if let Some(future) = future {
            self.state().mode = Mode::Over;
            self.log.of_task(self.task, Event::FutureDropped);
            self.log.end_shows(self.task, Some(ErrorCode::Cancelled));
            drop(future);
            wake(self.state());
        }
    }

    fn future(&self) -> MutexGuard<'_, Option<BoxFuture<'static, ()>>> {
        self.future.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The future in the hand, as the executor has it.
pub(super) struct Held {
    hand: Arc<Hand>,
    waker: Waker,
}

impl Held {
    pub(super) fn new(hand: &Arc<Hand>) -> Self {
        Self {
            hand: hand.clone(),
            waker: Waker::from(hand.clone()),
        }
    }

    fn drop_future(&self) {
        let future = self.hand.future().take();
        self.hand.drop_future(future);
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

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.mode(context) {
            Mode::Left => return Poll::Pending,
            Mode::Dropping => self.drop_future(),
            Mode::Polling | Mode::Over => {}
        }
        let mut slot = self.hand.future();
        let Some(future) = &mut *slot else {
            return Poll::Ready(());
        };
        let ended = future.as_mut().poll(&mut Context::from_waker(&self.waker));
        if ended.is_ready() {
            self.hand.state().mode = Mode::Over;
            *slot = None;
        }
        ended
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.drop_future();
    }
}
