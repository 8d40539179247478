//! What others tell a task's load without calling it: bytes moved, mail, wake-ups.

#[cfg(any(feature = "host-limits", feature = "informational"))]
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
#[cfg(any(feature = "host-limits", feature = "informational"))]
use std::sync::{Mutex, PoisonError};
use std::task::{Wake, Waker};

use futures::task::AtomicWaker;

use crate::seams::collector::{Collector, Counts, Meter};
use crate::seams::exchange::Mail;
use crate::seams::runtime::Clock;
use crate::words::metrics::{TaskMetrics, TransactionMetrics};
use crate::words::request::Request;
use crate::words::time::Moment;

/// The driver was woken, and no poll has begun since.
const WOKEN: u8 = 1;
/// Somebody has seen it woken and not polled.
const SEEN: u8 = 2;
/// It is being polled.
const POLLING: u8 = 4;

/// One task's signals. Any thread may raise them; the task's driver reads them.
///
/// # No wake is lost, and none is made for nothing
///
/// Whoever changes what the driver reads changes it first and then calls [`wake`](Self::wake), whose first step is to add
/// `WOKEN` to `phase`. A poll begins by setting `phase` to `POLLING`, then reads, and, when it must wait, registers its waker and
/// takes `POLLING` away. All of these are read-modify-writes (acquire and release) of one atomic, so they come one after the other,
/// and a wake has one of three places:
///
/// * before a poll begins: the poll reads the change, for its first step acquires what the wake's has released;
/// * during a poll: the wake leaves `WOKEN` and calls nobody. A poll that must wait finds it with its last step, and asks its
///   executor for another; a poll that ends the task needs none, and that is the common case: what hyper and h2 do while they are
///   polled wakes whoever polls them;
/// * after a poll: its waker was registered before its last step, so the wake finds it.
pub(crate) struct Signals {
    clock: Arc<dyn Clock>,
    wants_informational: bool,
    waker: AtomicWaker,
    phase: AtomicU8,
    rang: AtomicBool,
    /// The task is suspended, or waits for its app.
    #[cfg(feature = "cache")]
    is_still: AtomicBool,
    active_at: AtomicU64,
    /// Bytes moved in the poll under way: when it waits, the time is noted.
    touched: AtomicBool,
    sent: AtomicU64,
    received: AtomicU64,
    has_mail: AtomicBool,
    #[cfg(any(feature = "host-limits", feature = "informational"))]
    #[expect(
        clippy::box_collection,
        reason = "most tasks get no letter, and a queued one counts its bytes"
    )]
    mail: Mutex<Option<Box<VecDeque<Mail>>>>,
    /// Empty where nobody wants metrics.
    meter: Meter,
}

impl Signals {
    pub(crate) fn new(clock: Arc<dyn Clock>, wants_informational: bool) -> Self {
        Self {
            clock,
            wants_informational,
            waker: AtomicWaker::new(),
            phase: AtomicU8::new(0),
            rang: AtomicBool::new(false),
            #[cfg(feature = "cache")]
            is_still: AtomicBool::new(false),
            active_at: AtomicU64::new(0),
            touched: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            has_mail: AtomicBool::new(false),
            #[cfg(any(feature = "host-limits", feature = "informational"))]
            mail: Mutex::default(),
            meter: Meter::none(),
        }
    }

    /// The same, with metrics gathered where there is something to gather them.
    pub(crate) fn measuring(mut self, meter: Meter) -> Self {
        self.meter = meter;
        self
    }

    /// True when somebody listens to interim responses.
    pub(crate) fn wants_informational(&self) -> bool {
        self.wants_informational
    }

    /// Where what is measured goes, where somebody wants it.
    fn collector(&self) -> Option<&Collector> {
        self.meter.get()
    }

    /// Signals of an exchange that is made beside the task's own, to nobody: what it measures comes by [`add_beside`](Self::add_beside).
    #[cfg(feature = "download")]
    pub(crate) fn beside(&self) -> Self {
        Self::new(self.clock.clone(), false).measuring(self.meter.beside(self.now()))
    }

    /// The exchange of these signals has ended: it is among the task's attempts.
    #[cfg(feature = "download")]
    pub(crate) fn add_beside(&self, other: &Self) {
        if let (Some(collector), Some(other)) = (self.collector(), other.take_metrics()) {
            collector.add_beside(other.transaction_metrics);
        }
    }

    /// True when somebody wants metrics.
    pub(crate) fn wants_metrics(&self) -> bool {
        self.meter.is_there()
    }

    /// Works on the metrics of the attempt under way, where somebody wants them.
    pub(crate) fn measure(&self, work: impl FnOnce(&mut TransactionMetrics)) {
        if let Some(collector) = self.collector() {
            collector.last(work);
        }
    }

    /// A hop begins with `request`. Its predecessor has counted to its end.
    pub(crate) fn measure_hop(&self, request: &Request) {
        if let Some(collector) = self.collector() {
            collector.begin(request.clone(), self.now(), self.sent());
        }
    }

    /// The hop is tried again.
    pub(crate) fn measure_again(&self) {
        if let Some(collector) = self.collector() {
            collector.begin_again(self.now(), self.sent());
        }
    }

    /// A redirect is followed.
    pub(crate) fn measure_redirect(&self) {
        if let Some(collector) = self.collector() {
            collector.redirected();
        }
    }

    /// The task's metrics, when it has ended: once.
    pub(crate) fn take_metrics(&self) -> Option<TaskMetrics> {
        let collector = self.collector()?;
        let counts = Counts {
            sent: self.sent(),
            received: self.received(),
        };
        collector.take(self.now(), &counts)
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Notes that bytes moved: the idle timer counts from now. The clock is read once a poll, and not at all in one that ends the task.
    pub(crate) fn touch(&self) {
        if !self.is_polling() {
            return self.note_time();
        }
        // Whoever is second here and in `poll_waits`, of whose swaps one comes first, sees what the other did.
        let is_first =
            !self.touched.load(Ordering::Relaxed) && !self.touched.swap(true, Ordering::AcqRel);
        if is_first && !self.is_polling() && self.touched.swap(false, Ordering::AcqRel) {
            self.note_time();
        }
    }

    fn is_polling(&self) -> bool {
        self.phase.load(Ordering::Acquire) & POLLING != 0
    }

    fn note_time(&self) {
        self.active_at
            .store(self.clock.now().as_nanos(), Ordering::Relaxed);
    }

    /// When bytes moved last.
    pub(crate) fn active_at(&self) -> Moment {
        match self.touched.load(Ordering::Relaxed) {
            true => self.clock.now(),
            false => Moment::from_nanos(self.active_at.load(Ordering::Relaxed)),
        }
    }

    pub(crate) fn add_sent(&self, count: u64) {
        self.sent.fetch_add(count, Ordering::Relaxed);
        self.touch();
    }

    /// Bytes of the request's body sent so far, of this hop.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// A new hop counts its bytes anew, from those that need not be sent any more.
    pub(crate) fn restart_sent(&self, before: u64) {
        self.sent.store(before, Ordering::Relaxed);
    }

    /// Notes a chunk of the response's body.
    pub(crate) fn add_received(&self, count: u64) {
        self.received.fetch_add(count, Ordering::Relaxed);
        self.touch();
    }

    /// The body is counted on from what is there.
    #[cfg(feature = "download")]
    pub(crate) fn restart_received(&self, count: u64) {
        self.received.store(count, Ordering::Relaxed);
    }

    /// Bytes of the response's body delivered so far.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// A poll of the driver begins.
    pub(crate) fn poll_begins(&self) {
        self.phase.swap(POLLING, Ordering::AcqRel);
    }

    /// The poll has found nothing to do: from now on, and for what came meanwhile, `waker` is woken.
    pub(crate) fn poll_waits(&self, waker: &Waker) {
        self.waker.register(waker);
        let phase = self.phase.fetch_and(!POLLING, Ordering::AcqRel);
        if self.touched.swap(false, Ordering::AcqRel) {
            self.note_time();
        }
        if phase & WOKEN != 0 {
            waker.wake_by_ref();
        }
    }

    /// Has the driver polled again.
    pub(crate) fn wake(&self) {
        if self.phase.fetch_or(WOKEN, Ordering::AcqRel) & POLLING == 0 {
            self.waker.wake();
        }
    }

    /// True at the second look at a driver that was woken and is not polled.
    pub(crate) fn is_left_unpolled(&self) -> bool {
        let seen = WOKEN | SEEN;
        let look = self
            .phase
            .compare_exchange(WOKEN, seen, Ordering::Relaxed, Ordering::Relaxed);
        look == Err(seen)
    }

    /// Notes whether the task is suspended, or waits for its app.
    #[cfg(feature = "cache")]
    pub(crate) fn set_still(&self, is_still: bool) {
        self.is_still.store(is_still, Ordering::Release);
    }

    /// True when nobody should wait for this task: it is suspended, or waits for its app, or was woken and is left unpolled.
    #[cfg(feature = "cache")]
    pub(crate) fn stands_still(&self) -> bool {
        self.is_still.load(Ordering::Acquire) || self.is_left_unpolled()
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

/// The mailbox.
#[cfg(any(feature = "host-limits", feature = "informational"))]
impl Signals {
    pub(crate) fn post(&self, mail: Mail) {
        self.touch();
        self.mail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_default()
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
        let mail = mail.as_deref_mut()?;
        let letter = mail.pop_front();
        self.has_mail.store(!mail.is_empty(), Ordering::Release);
        letter
    }
}

/// Without queues of hosts and interim responses nobody reads a letter.
#[cfg(not(any(feature = "host-limits", feature = "informational")))]
impl Signals {
    pub(crate) fn post(&self, _: Mail) {
        self.touch();
    }

    pub(crate) fn has_mail(&self) -> bool {
        false
    }

    pub(crate) fn take_mail(&self) -> Option<Mail> {
        None
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::testing::test;

    /// Each look is a nanosecond after the one before.
    #[derive(Default)]
    struct Looks(AtomicU64);

    impl Clock for Looks {
        fn now(&self) -> Moment {
            Moment::from_nanos(self.0.fetch_add(1, Ordering::Relaxed) + 1)
        }
    }

    /// Counts its wakes.
    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    struct Driver {
        signals: Signals,
        wakes: Arc<Wakes>,
        clock: Arc<Looks>,
    }

    impl Driver {
        fn new() -> Self {
            let clock = Arc::<Looks>::default();
            Self {
                signals: Signals::new(clock.clone(), false),
                wakes: Arc::default(),
                clock,
            }
        }

        fn looks(&self) -> u64 {
            self.clock.0.load(Ordering::Relaxed)
        }

        fn waits(&self) {
            self.signals.poll_waits(&self.wakes.clone().into());
        }

        fn wakes(&self) -> usize {
            self.wakes.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn between_polls_a_wake_has_the_driver_polled() {
        let driver = Driver::new();
        driver.signals.poll_begins();
        driver.waits();
        driver.signals.wake();
        assert_eq!(driver.wakes(), 1);
    }

    #[test]
    fn a_wake_during_a_poll_that_waits_has_the_driver_polled_again() {
        let driver = Driver::new();
        driver.signals.poll_begins();
        driver.signals.wake();
        assert_eq!(driver.wakes(), 0);
        driver.waits();
        assert_eq!(driver.wakes(), 1);
        driver.signals.poll_begins();
        driver.waits();
        assert_eq!(driver.wakes(), 1);
    }

    #[test]
    fn a_wake_during_a_poll_that_ends_the_task_wakes_nobody() {
        let driver = Driver::new();
        driver.signals.poll_begins();
        driver.waits();
        driver.signals.poll_begins();
        driver.signals.wake();
        assert_eq!(driver.wakes(), 0);
    }

    #[test]
    fn a_wake_before_the_first_poll_is_in_it() {
        let driver = Driver::new();
        driver.signals.wake();
        driver.signals.poll_begins();
        driver.waits();
        assert_eq!(driver.wakes(), 0);
    }

    #[test]
    fn a_poll_in_which_bytes_move_looks_at_the_clock_when_it_waits() {
        let driver = Driver::new();
        driver.signals.poll_begins();
        driver.signals.touch();
        driver.signals.add_received(1);
        assert_eq!(driver.looks(), 0);
        driver.waits();
        assert_eq!(driver.signals.active_at().as_nanos(), 1);
        driver.waits();
        assert_eq!(driver.signals.active_at().as_nanos(), 1);
        driver.signals.poll_begins();
        driver.waits();
        assert_eq!(driver.looks(), 1);
    }

    #[test]
    fn bytes_that_move_in_a_poll_move_now_for_who_looks_meanwhile() {
        let driver = Driver::new();
        driver.signals.touch();
        driver.signals.poll_begins();
        assert_eq!(driver.signals.active_at().as_nanos(), 1);
        driver.signals.touch();
        assert_eq!(driver.signals.active_at().as_nanos(), 2);
    }

    #[test]
    fn bytes_that_move_between_polls_move_at_once() {
        let driver = Driver::new();
        driver.signals.poll_begins();
        driver.waits();
        driver.signals.add_sent(1);
        assert_eq!(driver.signals.active_at().as_nanos(), 1);
    }

    #[test]
    fn the_second_look_finds_a_woken_driver_unpolled() {
        let driver = Driver::new();
        driver.signals.poll_begins();
        driver.signals.wake();
        assert!(!driver.signals.is_left_unpolled());
        driver.waits();
        assert!(!driver.signals.is_left_unpolled());
        assert!(driver.signals.is_left_unpolled());
        driver.signals.poll_begins();
        driver.waits();
        assert!(!driver.signals.is_left_unpolled());
        assert!(!driver.signals.is_left_unpolled());
    }
}
