//! The mock's runtime, its chance on a grid.

use std::sync::Arc;
use std::time::SystemTime;

use urlsession_core::mock::MockRuntime;
use urlsession_core::{BoxFuture, Clock, Moment, Runtime};

use crate::script::DELAY_PARTS;

/// Draws only so coarse that waits are whole milliseconds, as all times of a schedule are.
pub(super) struct Grid(pub(super) MockRuntime);

impl Runtime for Grid {
    fn spawn(&self, future: BoxFuture<'static, ()>) {
        self.0.spawn(future);
    }

    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()> {
        self.0.sleep_until(moment)
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock()
    }

    fn wall_clock(&self) -> SystemTime {
        self.0.wall_clock()
    }

    fn random(&self) -> u64 {
        let part = u64::MAX / DELAY_PARTS + 1;
        self.0.random() / part * part
    }
}
