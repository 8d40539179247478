//! The browser's tasks, clocks and randomness.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use urlsession_core::{BoxFuture, Clock, Moment, Runtime};

use crate::engine::is_server;
use crate::executor::spawn;
use crate::js;
use crate::timer::Sleep;

/// The browser's event loop: microtasks, `setTimeout`, `performance.now`, `Date` and `crypto`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct WebRuntime;

impl WebRuntime {
    /// The runtime of this page or worker.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Clock for WebRuntime {
    fn now(&self) -> Moment {
        now()
    }
}

impl Runtime for WebRuntime {
    fn spawn(&self, future: BoxFuture<'static, ()>) {
        spawn(future);
    }

    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()> {
        Box::pin(Sleep::new(moment))
    }

    /// In Node, and in what else is no browser.
    fn sleeps_hold_program(&self) -> bool {
        is_server()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(Self)
    }

    fn wall_clock(&self) -> SystemTime {
        // `Date` counts to the year 275760; a clock before 1970 counts as 1970.
        SystemTime::UNIX_EPOCH + Duration::from_millis(js::date() as u64)
    }

    fn random(&self) -> u64 {
        u64::from(js::chance()) << 32 | u64::from(js::chance())
    }
}

/// The monotonic clock: time since the page or worker began, with the browser's resolution.
pub(crate) fn now() -> Moment {
    // The cast saturates, and takes what is no number for 0.
    Moment::from_nanos((js::clock() * 1e6) as u64)
}
