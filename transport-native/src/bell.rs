//! The one waker that hyper and the reactor know of a connection, whoever waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Wake, Waker};

use futures::task::AtomicWaker;

/// Somebody waits for the connection.
const AWAITED: u8 = 1;
/// It has called since it was hushed.
const RUNG: u8 = 2;

/// Wakes whoever waits for a connection, and nobody while it is polled or rests.
///
/// It is the connection's for life, so that what has registered it once need not do so for every exchange. Polled, hyper calls the
/// very task that polls it: a body that takes a chunk wakes the reader that filled it. Such a call is kept until
/// [`await_by`](Self::await_by), which a poll that is ready never comes to. No call is lost: hushing, ringing and awaiting are
/// read-modify-writes of one atomic, the waker is in place before the last, and what rings has changed before what a poll will find.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    phase: AtomicU8,
    waiting: AtomicWaker,
}

impl Bell {
    /// A poll begins: it finds what has come so far.
    pub(crate) fn hush(&self) {
        self.phase.swap(0, Ordering::AcqRel);
    }

    /// The poll has found too little: `waker` is called from now on, and for what came meanwhile.
    pub(crate) fn await_by(&self, waker: &Waker) {
        self.waiting.register(waker);
        if self.phase.fetch_or(AWAITED, Ordering::AcqRel) & RUNG != 0 {
            waker.wake_by_ref();
        }
    }

    /// Nobody waits any more, and nobody's waker is kept.
    pub(crate) fn rest(&self) {
        self.hush();
        drop(self.waiting.take());
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.phase.fetch_or(RUNG, Ordering::AcqRel) & AWAITED != 0 {
            self.waiting.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Counts its calls.
    #[derive(Default)]
    struct Calls(AtomicUsize);

    impl Wake for Calls {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn rung(ring: impl FnOnce(&Arc<Bell>, &Waker)) -> usize {
        let (bell, calls) = (Arc::<Bell>::default(), Arc::<Calls>::default());
        ring(&bell, &calls.clone().into());
        calls.0.load(Ordering::Relaxed)
    }

    #[test]
    fn who_waits_is_called() {
        let calls = rung(|bell, waker| {
            bell.hush();
            bell.await_by(waker);
            bell.wake_by_ref();
        });
        assert_eq!(calls, 1);
    }

    #[test]
    fn a_call_during_a_poll_that_waits_is_made_afterwards() {
        let calls = rung(|bell, waker| {
            bell.await_by(waker);
            bell.hush();
            bell.wake_by_ref();
            bell.await_by(waker);
        });
        assert_eq!(calls, 1);
    }

    #[test]
    fn a_call_during_a_poll_that_is_ready_or_at_rest_is_for_nobody() {
        let calls = rung(|bell, waker| {
            bell.await_by(waker);
            bell.hush();
            bell.wake_by_ref();
            bell.rest();
            bell.wake_by_ref();
            bell.hush();
            bell.await_by(waker);
        });
        assert_eq!(calls, 0);
    }

    #[test]
    fn at_rest_it_keeps_no_waker() {
        let calls = Arc::<Calls>::default();
        let bell = Bell::default();
        bell.await_by(&calls.clone().into());
        assert_eq!(Arc::strong_count(&calls), 2);
        bell.rest();
        assert_eq!(Arc::strong_count(&calls), 1);
    }
}
