//! A task's two timers, as numbers.

use std::time::Duration;

use crate::words::time::{Moment, nanos};

/// The idle timer (`timeout_interval_for_request`) and the resource timer (`timeout_interval_for_resource`).
///
/// Every task in the books has them, so they are kept in few bytes: durations in nanoseconds, of which 584 years fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timers {
    idle: u64,
    resource: Clock,
    /// Since when the idle timer runs, bytes apart; [`STOPPED`] for not at all.
    idle_since: Moment,
}

#[derive(Clone, Copy, Debug)]
enum Clock {
    Stopped { left: u64 },
    Running { due: Moment },
}

const STOPPED: Moment = Moment::from_nanos(u64::MAX);

fn later(moment: Moment, nanoseconds: u64) -> Moment {
    Moment::from_nanos(moment.as_nanos().saturating_add(nanoseconds))
}

impl Timers {
    /// Both stopped.
    pub(crate) fn new(idle: Duration, resource: Duration) -> Self {
        Self {
            idle: nanos(idle),
            resource: Clock::Stopped {
                left: nanos(resource),
            },
            idle_since: STOPPED,
        }
    }

    /// The resource timer runs on: the task was resumed.
    pub(crate) fn start_resource(&mut self, now: Moment) {
        if let Clock::Stopped { left } = self.resource {
            let due = later(now, left);
            self.resource = Clock::Running { due };
        }
    }

    /// Both stand still: the task was suspended. The idle timer starts anew when it goes on.
    pub(crate) fn stop(&mut self, now: Moment) {
        if let Clock::Running { due } = self.resource {
            let left = nanos(due - now);
            self.resource = Clock::Stopped { left };
        }
    }

    /// The idle timer starts anew: an exchange was admitted, the task resumed, an answer came.
    pub(crate) fn start_idle(&mut self, now: Moment) {
        self.idle_since = now;
    }

    /// The idle timer stands still: the task waits in a queue, or for the app.
    pub(crate) fn stop_idle(&mut self) {
        self.idle_since = STOPPED;
    }

    /// When the resource timer fires.
    pub(crate) fn resource_due(&self) -> Option<Moment> {
        match self.resource {
            Clock::Running { due } => Some(due),
            Clock::Stopped { .. } => None,
        }
    }

    /// When the first of them fires, bytes having moved last at `active_at`. The idle timer runs only while the resource timer does.
    pub(crate) fn due(&self, active_at: Moment) -> Option<Moment> {
        let resource = self.resource_due()?;
        if self.idle_since == STOPPED {
            return Some(resource);
        }
        let idle = later(self.idle_since.max(active_at), self.idle);
        Some(resource.min(idle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Moment {
        Moment::from_nanos(seconds * 1_000_000_000)
    }

    fn running() -> Timers {
        let mut timers = Timers::new(10 * SECOND, 100 * SECOND);
        timers.start_resource(at(0));
        timers
    }

    #[test]
    fn in_the_queue_only_the_resource_timer_runs() {
        assert_eq!(running().due(at(0)), Some(at(100)));
    }

    #[test]
    fn a_byte_restarts_the_idle_timer() {
        let mut timers = running();
        timers.start_idle(at(1));
        assert_eq!(timers.due(at(0)), Some(at(11)));
        assert_eq!(timers.due(at(7)), Some(at(17)));
        assert_eq!(timers.due(at(95)), Some(at(100)));
    }

    #[test]
    fn suspended_both_stand_still() {
        let mut timers = running();
        timers.start_idle(at(1));
        timers.stop(at(40));
        assert_eq!(timers.due(at(39)), None);
        timers.start_resource(at(1000));
        timers.start_idle(at(1000));
        assert_eq!(timers.due(at(39)), Some(at(1010)));
        assert_eq!(timers.resource_due(), Some(at(1060)));
    }

    #[test]
    fn asked_only_the_idle_timer_stands_still() {
        let mut timers = running();
        timers.start_idle(at(1));
        timers.stop_idle();
        assert_eq!(timers.due(at(2)), Some(at(100)));
    }
}
