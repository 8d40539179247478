//! What others tell a task's load without calling it: bytes moved, mail, wake-ups.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use futures::task::AtomicWaker;

use crate::seams::exchange::Mail;
use crate::seams::runtime::Clock;
use crate::words::time::Moment;

/// The driver was polled after its last wake.
const POLLED: u8 = 0;
/// It was woken and not polled since.
const WOKEN: u8 = 1;
/// Somebody has seen it woken and not polled.
const SEEN: u8 = 2;

/// One task's signals. Any thread may raise them; the task's driver reads them.
pub(crate) struct Signals {
    clock: Arc<dyn Clock>,
    wants_informational: bool,
    waker: AtomicWaker,
    woken: AtomicU8,
    rang: AtomicBool,
    active_at: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    has_mail: AtomicBool,
    mail: Mutex<VecDeque<Mail>>,
}

impl Signals {
    pub(crate) fn new(clock: Arc<dyn Clock>, wants_informational: bool) -> Self {
        Self {
            clock,
            wants_informational,
            waker: AtomicWaker::new(),
            woken: AtomicU8::new(POLLED),
            rang: AtomicBool::new(false),
            active_at: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            has_mail: AtomicBool::new(false),
            mail: Mutex::default(),
        }
    }

    /// True when somebody listens to interim responses.
    pub(crate) fn wants_informational(&self) -> bool {
        self.wants_informational
    }

    /// Notes that bytes moved: the idle timer counts from now.
    pub(crate) fn touch(&self) {
        self.active_at
            .store(self.clock.now().as_nanos(), Ordering::Relaxed);
    }

    /// When bytes moved last.
    pub(crate) fn active_at(&self) -> Moment {
        Moment::from_nanos(self.active_at.load(Ordering::Relaxed))
    }

    pub(crate) fn add_sent(&self, count: u64) {
        self.sent.fetch_add(count, Ordering::Relaxed);
        self.touch();
    }

    /// Bytes of the request's body sent so far, of this hop.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// A new hop counts its bytes from 0.
    pub(crate) fn restart_sent(&self) {
        self.sent.store(0, Ordering::Relaxed);
    }

    /// Notes a chunk of the response's body.
    pub(crate) fn add_received(&self, count: u64) {
        self.received.fetch_add(count, Ordering::Relaxed);
        self.touch();
    }

    /// Bytes of the response's body delivered so far.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(crate) fn post(&self, mail: Mail) {
        self.touch();
        self.mail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(mail);
        self.has_mail.store(true, Ordering::Release);
        self.wake();
    }

    pub(crate) fn has_mail(&self) -> bool {
        self.has_mail.load(Ordering::Acquire)
    }

    /// The oldest letter.
    pub(crate) fn take_mail(&self) -> Option<Mail> {
        let mut mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        let letter = mail.pop_front();
        self.has_mail.store(!mail.is_empty(), Ordering::Release);
        letter
    }

    /// The driver is being polled, and wakes `waker` from now on.
    pub(crate) fn polled(&self, waker: &Waker) {
        self.waker.register(waker);
        self.woken.store(POLLED, Ordering::Relaxed);
    }

    /// Has the driver polled again.
    pub(crate) fn wake(&self) {
        if self.woken.load(Ordering::Relaxed) == POLLED {
            self.woken.store(WOKEN, Ordering::Relaxed);
        }
        self.waker.wake();
    }

    /// True at the second look at a driver that was woken and is not polled.
    pub(crate) fn is_left_unpolled(&self) -> bool {
        let seen = self
            .woken
            .compare_exchange(WOKEN, SEEN, Ordering::Relaxed, Ordering::Relaxed);
        seen == Err(SEEN)
    }

    /// The alarm rings: a timer may have fired.
    pub(crate) fn ring(&self) {
        self.rang.store(true, Ordering::Release);
    }

    /// Did the alarm ring since the last poll?
    pub(crate) fn take_ring(&self) -> bool {
        self.rang.load(Ordering::Acquire) && self.rang.swap(false, Ordering::AcqRel)
    }
}

impl Wake for Signals {
    fn wake(self: Arc<Self>) {
        Self::wake(&self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Self::wake(self);
    }
}
