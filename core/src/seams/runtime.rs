//! Time, tasks and chance, as inputs.

use std::sync::Arc;
use std::time::SystemTime;

use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::time::Moment;

/// A monotonic clock, readable from any thread.
pub trait Clock: Send + Sync + 'static {
    /// The time. It never goes back, whatever happens to the wall clock.
    fn now(&self) -> Moment;
}

/// The platform's executor, clocks and randomness. Core has none of its own.
pub trait Runtime: MaybeSend + MaybeSync + 'static {
    /// Runs `future` to its end in the background. One that the runtime cannot run any more is dropped.
    fn spawn(&self, future: BoxFuture<'static, ()>);

    /// Ready at `moment`, or soon after; at once when it has passed.
    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()>;

    /// True where a program does not end while anybody sleeps here, as in Node: a session then keeps no sleep when nothing of its tasks is due.
    fn sleeps_hold_program(&self) -> bool {
        false
    }

    /// The monotonic clock.
    fn clock(&self) -> Arc<dyn Clock>;

    /// What the monotonic clock says now.
    fn now(&self) -> Moment {
        self.clock().now()
    }

    /// The wall clock, for dates in messages; it may jump.
    fn wall_clock(&self) -> SystemTime;

    /// 64 bits of randomness, unpredictable natively and in the browser, seeded in the mock.
    fn random(&self) -> u64;
}
