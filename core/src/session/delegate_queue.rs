//! Where callbacks run.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::words::bounds::{Job, MaybeSend, MaybeSync};

/// Where a session's callbacks run.
///
/// Per task they are one after another and in the order of events on any queue; on a serial one, across the session too.
/// A queue can serve several sessions.
#[derive(Clone)]
pub struct DelegateQueue(Kind);

#[derive(Clone)]
enum Kind {
    Serial(Arc<Serial>),
    Concurrent,
    Executor(Arc<dyn Execute>),
}

trait Execute: MaybeSend + MaybeSync {
    fn execute(&self, job: Job);
}

impl<F: Fn(Job) + MaybeSend + MaybeSync> Execute for F {
    fn execute(&self, job: Job) {
        self(job);
    }
}

impl DelegateQueue {
    /// One callback at a time, the default. They run on whichever thread brings the event; no thread waits for another.
    #[must_use]
    pub fn serial() -> Self {
        Self(Kind::Serial(Arc::default()))
    }

    /// Callbacks of different tasks may run at the same time.
    #[must_use]
    pub fn concurrent() -> Self {
        Self(Kind::Concurrent)
    }

    /// Callbacks run where `execute` runs its jobs (a main loop, a thread pool). Each must be run once, soon, in any order;
    /// one that is dropped instead ends its task with an error.
    pub fn executor(execute: impl Fn(Job) + MaybeSend + MaybeSync + 'static) -> Self {
        Self(Kind::Executor(Arc::new(execute)))
    }

    /// Runs `callback` now if the queue is free, else gives it back.
    pub(crate) fn run_now<R, F: FnOnce() -> R>(&self, callback: F) -> Result<R, F> {
        match &self.0 {
            Kind::Concurrent => Ok(callback()),
            Kind::Serial(serial) => match serial.begin() {
                Some(_turn) => Ok(callback()),
                None => Err(callback),
            },
            Kind::Executor(_) => Err(callback),
        }
    }

    /// Runs `job` in its turn: now if the queue is free, else after those before it. A job catches its own panics.
    pub(crate) fn post(&self, job: Job) {
        match &self.0 {
            Kind::Concurrent => job(),
            Kind::Serial(serial) => serial.post(job),
            Kind::Executor(executor) => executor.execute(job),
        }
    }
}

impl Default for DelegateQueue {
    fn default() -> Self {
        Self::serial()
    }
}

impl fmt::Debug for DelegateQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Serial(_) => "DelegateQueue::serial",
            Kind::Concurrent => "DelegateQueue::concurrent",
            Kind::Executor(_) => "DelegateQueue::executor",
        })
    }
}

/// Whoever finds it free runs its callback, and then, one by one, the jobs that came meanwhile. No lock is held during any.
#[derive(Default)]
struct Serial(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    busy: bool,
    jobs: VecDeque<Job>,
}

/// The right to run callbacks. Dropped, it runs what was posted meanwhile.
struct Turn<'a>(&'a Serial);

impl Serial {
    fn begin(&self) -> Option<Turn<'_>> {
        let mut inner = self.inner();
        if inner.busy {
            return None;
        }
        inner.busy = true;
        Some(Turn(self))
    }

    fn post(&self, job: Job) {
        {
            let mut inner = self.inner();
            inner.jobs.push_back(job);
            if std::mem::replace(&mut inner.busy, true) {
                return;
            }
        }
        drop(Turn(self));
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        loop {
            let job = {
                let mut inner = self.0.inner();
                let job = inner.jobs.pop_front();
                inner.busy = job.is_some();
                job
            };
            match job {
                Some(job) => job(),
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn what_is_posted_from_inside_runs_after() {
        let (queue, log) = (DelegateQueue::serial(), Arc::new(Mutex::new(Vec::new())));
        let note = |what: &'static str| {
            let log = log.clone();
            move || log.lock().unwrap().push(what)
        };
        let ran = queue.run_now(|| {
            queue.post(Box::new(note("posted")));
            note("outer")();
        });
        assert!(ran.is_ok());
        assert_eq!(*log.lock().unwrap(), ["outer", "posted"]);
    }

    #[test]
    fn what_is_posted_runs_in_its_order() {
        let (queue, log) = (DelegateQueue::serial(), Arc::new(Mutex::new(Vec::new())));
        let ran = queue.run_now(|| {
            for number in 0..3 {
                let log = log.clone();
                queue.post(Box::new(move || log.lock().unwrap().push(number)));
            }
        });
        assert!(ran.is_ok());
        assert_eq!(*log.lock().unwrap(), [0, 1, 2]);
    }

    #[test]
    fn a_busy_queue_gives_the_callback_back() {
        let queue = DelegateQueue::serial();
        let inner = queue.run_now(|| queue.run_now(|| ()).is_err());
        assert!(matches!(inner, Ok(true)));
    }

    #[test]
    #[cfg(panic = "unwind")]
    fn a_panic_frees_the_queue() {
        let queue = DelegateQueue::serial();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = queue.run_now(|| panic!("app"));
        }));
        assert!(panicked.is_err() && queue.run_now(|| ()).is_ok());
    }
}
