//! The runtime of tests: virtual time, a deterministic executor, chance from a seed.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use futures::task::waker_ref;

use super::chance::Chance;
use super::clock::Clock;
use super::executor::Executor;
use crate::seams::runtime::Runtime;
use crate::words::bounds::BoxFuture;
use crate::words::time::Moment;

/// Virtual time and an executor whose every choice comes from a seed.
///
/// Nothing runs by itself: [`block_on`](Self::block_on), [`advance`](Self::advance) and the `run_*` methods run it, on the thread that
/// calls them. Time passes only when nothing else can happen, so a timeout of days takes no time. A clone is the same runtime.
///
/// ```
/// use std::time::Duration;
/// use urlsession_core::Runtime;
/// use urlsession_core::mock::MockRuntime;
///
/// let runtime = MockRuntime::with_seed(1);
/// let week = Duration::from_secs(7 * 24 * 60 * 60);
/// runtime.block_on(runtime.sleep_until(runtime.now() + week));
/// assert_eq!(runtime.now().as_nanos(), week.as_nanos() as u64);
/// ```
///
/// When the last clone is gone nobody can run it any more, and it ends as by [`shutdown`](Self::shutdown). What a
/// [`MockPlatform`](super::MockPlatform) gives its sessions does not count.
#[derive(Clone)]
pub struct MockRuntime {
    parts: Arc<Parts>,
    /// Of whoever can run it; a session cannot, and would else keep itself by what it has spawned.
    _runner: Option<Arc<Runner>>,
}

/// Ends the runtime when it is dropped.
struct Runner(Arc<Parts>);

impl Drop for Runner {
    fn drop(&mut self) {
        // What is dropped tells delegates and handlers, and a test that has failed has no use for that.
        if !std::thread::panicking() {
            self.0.executor.shut_down();
        }
    }
}

struct Parts {
    clock: Arc<Clock>,
    executor: Executor,
    random: Chance,
}

/// Nothing can happen any more: no task is ready and no timer is left, but the future waited for is not ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("deadlock at {at:?}: nothing can happen any more, {tasks} spawned tasks wait for ever")]
#[non_exhaustive]
pub struct Deadlock {
    /// When it came to that.
    pub at: Moment,
    /// How many spawned tasks wait for what never comes.
    pub tasks: usize,
}

impl MockRuntime {
    /// A runtime of seed 0, its monotonic clock at 0, its wall clock at the beginning of 2001 (UTC).
    #[must_use]
    pub fn new() -> Self {
        Self::with_seed(0)
    }

    /// A runtime that chooses among ready tasks, and makes its random numbers, by `seed`.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        let parts = Arc::new(Parts {
            clock: Arc::new(Clock::new()),
            executor: Executor::new(seed),
            random: Chance::new(!seed),
        });
        let runner = Arc::new(Runner(parts.clone()));
        Self {
            parts,
            _runner: Some(runner),
        }
    }

    /// The same runtime for a session and what belongs to it.
    pub(super) fn for_sessions(&self) -> Self {
        Self {
            parts: self.parts.clone(),
            _runner: None,
        }
    }

    /// Runs `future` and all spawned tasks until `future` is ready. Time moves on whenever nothing else can happen.
    ///
    /// # Panics
    /// When nothing can happen any more (see [`try_block_on`](Self::try_block_on)), and when called from one of its own tasks.
    #[expect(
        clippy::panic,
        reason = "the answer of a test's tool to a test that hangs"
    )]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.try_block_on(future)
            .unwrap_or_else(|deadlock| panic!("{deadlock}"))
    }

    /// Like [`block_on`](Self::block_on), but a deadlock is an error.
    ///
    /// # Errors
    /// [`Deadlock`] when no task is ready and no timer is left.
    ///
    /// # Panics
    /// When called from one of its own tasks.
    pub fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, Deadlock> {
        let _running = self.parts.executor.run();
        let mut future = pin!(future);
        let wakeup = self.parts.executor.wakeup_of_caller();
        let waker = waker_ref(&wakeup);
        let mut context = Context::from_waker(&waker);
        loop {
            match self.parts.executor.take_ready() {
                Some(woken) if Arc::ptr_eq(&woken, &wakeup) => {
                    if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                        return Ok(output);
                    }
                }
                Some(woken) => self.parts.executor.poll(&woken),
                None if self.move_on() => {}
                None => {
                    return Err(Deadlock {
                        at: self.now(),
                        tasks: self.spawned_tasks(),
                    });
                }
            }
        }
    }

    /// Runs what is ready until nothing is. Time stands still.
    ///
    /// # Panics
    /// When called from one of its own tasks.
    pub fn run_until_stalled(&self) {
        let _running = self.parts.executor.run();
        self.run_ready();
    }

    /// Runs until nothing can happen any more: no task is ready and no timer is left. Time moves as far as that takes.
    ///
    /// # Panics
    /// When called from one of its own tasks.
    pub fn run_until_idle(&self) {
        let _running = self.parts.executor.run();
        self.run_ready();
        while self.move_on() {
            self.run_ready();
        }
    }

    /// Lets `duration` pass, and runs all that happens meanwhile, each thing at its time.
    ///
    /// # Panics
    /// When called from one of its own tasks.
    pub fn advance(&self, duration: Duration) {
        let _running = self.parts.executor.run();
        let end = self.now() + duration;
        self.run_ready();
        while let Some(due) = self.parts.clock.next_due().filter(|due| *due <= end) {
            self.parts.clock.move_to(due);
            self.run_ready();
        }
        self.parts.clock.move_to(end);
    }

    /// One step: polls one ready task, or else moves on to the next timer. False when nothing can happen any more.
    ///
    /// # Panics
    /// When called from one of its own tasks.
    pub fn step(&self) -> bool {
        let _running = self.parts.executor.run();
        match self.parts.executor.take_ready() {
            Some(woken) => {
                self.parts.executor.poll(&woken);
                true
            }
            None => self.move_on(),
        }
    }

    /// The runtime's end: every spawned task is dropped, and later ones as they are spawned.
    ///
    /// Futures given to [`block_on`](Self::block_on) still run.
    pub fn shutdown(&self) {
        self.parts.executor.shut_down();
    }

    /// Sets the wall clock, forward or back. Timers follow the monotonic clock and do not notice.
    pub fn set_wall_clock(&self, time: SystemTime) {
        self.parts.clock.set_wall_clock(time);
    }

    /// How many spawned tasks have not ended.
    #[must_use]
    pub fn spawned_tasks(&self) -> usize {
        self.parts.executor.living()
    }

    /// How many sleeps are waited for.
    #[must_use]
    pub fn pending_timers(&self) -> usize {
        self.parts.clock.sleeping()
    }

    /// How often spawned tasks were polled so far.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.parts.executor.polls()
    }

    /// Waits on the virtual clock.
    pub fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(self.parts.clock.sleep(duration))
    }

    pub(super) fn clock(&self) -> &Arc<Clock> {
        &self.parts.clock
    }

    fn run_ready(&self) {
        while let Some(woken) = self.parts.executor.take_ready() {
            self.parts.executor.poll(&woken);
        }
    }

    fn move_on(&self) -> bool {
        let due = self.parts.clock.next_due();
        if let Some(due) = due {
            self.parts.clock.move_to(due);
        }
        due.is_some()
    }
}

impl Runtime for MockRuntime {
    fn spawn(&self, future: BoxFuture<'static, ()>) {
        self.parts.executor.spawn(future);
    }

    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()> {
        Box::pin(self.parts.clock.sleep_until(moment))
    }

    fn clock(&self) -> Arc<dyn crate::Clock> {
        self.parts.clock.clone()
    }

    fn wall_clock(&self) -> SystemTime {
        self.parts.clock.wall_clock()
    }

    fn random(&self) -> u64 {
        self.parts.random.next()
    }
}

impl Default for MockRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MockRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockRuntime")
            .field("now", &self.now())
            .field("spawned_tasks", &self.spawned_tasks())
            .field("pending_timers", &self.pending_timers())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::test;
    use std::future::pending;
    use std::sync::Mutex;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn sleepers(runtime: &MockRuntime, count: u64) -> Arc<Mutex<Vec<u64>>> {
        let woken = Arc::<Mutex<Vec<u64>>>::default();
        for n in 0..count {
            let (woken, sleep) = (woken.clone(), runtime.sleep(SECOND));
            runtime.spawn(Box::pin(async move {
                sleep.await;
                woken.lock().unwrap().push(n);
            }));
        }
        woken
    }

    fn order(seed: u64) -> Vec<u64> {
        let runtime = MockRuntime::with_seed(seed);
        let woken = sleepers(&runtime, 10);
        runtime.run_until_idle();
        woken.lock().unwrap().clone()
    }

    #[test]
    fn the_seed_chooses_the_order() {
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }

    #[test]
    fn advancing_runs_what_is_due_and_no_more() {
        let runtime = MockRuntime::new();
        let woken = sleepers(&runtime, 3);
        runtime.advance(SECOND - Duration::from_nanos(1));
        assert_eq!(woken.lock().unwrap().len(), 0);
        runtime.advance(Duration::from_nanos(1));
        assert_eq!(woken.lock().unwrap().len(), 3);
        assert_eq!(runtime.spawned_tasks(), 0);
    }

    #[test]
    fn a_future_that_nothing_can_finish_is_a_deadlock() {
        let runtime = MockRuntime::new();
        runtime.spawn(Box::pin(pending()));
        let deadlock = runtime.try_block_on(pending::<()>()).unwrap_err();
        assert_eq!(deadlock.tasks, 1);
        assert!(deadlock.to_string().contains("nothing can happen any more"));
    }

    #[test]
    fn a_dropped_sleep_does_not_hold_time() {
        let runtime = MockRuntime::new();
        let mut sleep = runtime.sleep(SECOND);
        runtime.block_on(async { assert!(futures::poll!(&mut sleep).is_pending()) });
        assert_eq!(runtime.pending_timers(), 1);
        drop(sleep);
        runtime.run_until_idle();
        assert_eq!(
            (runtime.now(), runtime.pending_timers()),
            (Moment::default(), 0)
        );
    }

    #[test]
    fn a_sleep_wakes_whoever_polled_it_last() {
        let runtime = MockRuntime::new();
        let mut sleep = runtime.sleep(SECOND);
        runtime.block_on(async { assert!(futures::poll!(&mut sleep).is_pending()) });
        runtime.block_on(sleep);
        assert_eq!(runtime.now(), Moment::default() + SECOND);
    }

    #[test]
    fn the_end_drops_tasks_and_those_spawned_later() {
        let runtime = MockRuntime::new();
        let held = Arc::new(());
        for _ in 0..2 {
            let copy = held.clone();
            runtime.spawn(Box::pin(async move {
                pending::<()>().await;
                drop(copy);
            }));
        }
        runtime.run_until_stalled();
        runtime.shutdown();
        assert_eq!((Arc::strong_count(&held), runtime.spawned_tasks()), (1, 0));
        let copy = held.clone();
        runtime.spawn(Box::pin(async move { drop(copy) }));
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[test]
    fn a_jump_of_the_wall_clock_leaves_timers_alone() {
        let runtime = MockRuntime::new();
        let before = runtime.wall_clock();
        let woken = sleepers(&runtime, 1);
        runtime.set_wall_clock(before + 1000 * SECOND);
        runtime.run_until_stalled();
        assert_eq!(woken.lock().unwrap().len(), 0);
        runtime.run_until_idle();
        assert_eq!(runtime.now(), Moment::default() + SECOND);
        assert_eq!(runtime.wall_clock(), before + 1001 * SECOND);
    }
}
