//! Futures that nobody waits for: each is polled in a microtask of its own, as often as it is woken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use urlsession_core::BoxFuture;

use crate::js;
use crate::wakers::{Number, WAKE};

/// A future that was spawned. While it is polled, it is in nobody's place: what panics there is lost, and nothing else is.
pub(crate) struct Spawned {
    future: BoxFuture<'static, ()>,
    number: Number,
    turn: Arc<Turn>,
}

/// Runs `future` to its end, after what was spawned or woken before.
pub(crate) fn spawn(future: BoxFuture<'static, ()>) {
    let number = Number::new();
    let turn = Arc::new(Turn {
        number: number.get(),
        is_queued: AtomicBool::new(false),
    });
    let first = Arc::clone(&turn);
    Number::keeps(Spawned {
        future,
        number,
        turn,
    });
    first.wake();
}

impl Spawned {
    pub(crate) fn number(&self) -> &Number {
        &self.number
    }

    /// It is its turn.
    pub(crate) fn poll(mut self) {
        self.turn.is_queued.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.turn));
        let polled = self.future.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_pending() {
            Number::keeps(self);
        } else {
            // Whoever wakes it late has nothing queued.
            self.turn.is_queued.store(true, Ordering::Relaxed);
        }
    }
}

/// What a future's wakers have of it.
struct Turn {
    number: u32,
    /// A microtask will poll it, or it has ended.
    is_queued: AtomicBool,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::Relaxed) {
            WAKE.with(|wake| js::soon(wake, self.number));
        }
    }
}
