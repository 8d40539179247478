//! Points in time, always given by a [`Runtime`](crate::Runtime), never read from a clock here.

use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point on a monotonic clock: nanoseconds since the runtime's own beginning.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Moment(u64);

impl Moment {
    /// The moment `nanoseconds` after the runtime's beginning.
    #[must_use]
    pub const fn from_nanos(nanoseconds: u64) -> Self {
        Self(nanoseconds)
    }

    /// Nanoseconds since the runtime's beginning.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to this moment, zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    /// Saturates: a timeout of centuries never fires, and never wraps.
    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(nanos(later)))
    }
}

/// A duration in nanoseconds, of which 584 years fit; what is longer counts as that. Not by way of 128 bits, which a browser's module has to bring.
pub(crate) fn nanos(duration: Duration) -> u64 {
    const SECOND: u64 = 1_000_000_000;
    match duration.as_secs() {
        seconds if seconds < u64::MAX / SECOND => {
            seconds * SECOND + u64::from(duration.subsec_nanos())
        }
        _ => u64::MAX,
    }
}

impl Sub for Moment {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn adding_saturates() {
        assert_eq!(
            Moment::from_nanos(5) + Duration::MAX,
            Moment::from_nanos(u64::MAX)
        );
    }

    #[test]
    fn a_duration_is_its_nanoseconds_as_far_as_they_fit() {
        let longest = Duration::from_secs(u64::MAX / 1_000_000_000 - 1);
        for duration in [Duration::ZERO, Duration::new(3, 5), longest] {
            assert_eq!(u128::from(nanos(duration)), duration.as_nanos());
        }
        assert_eq!(nanos(longest + Duration::from_secs(1)), u64::MAX);
        assert_eq!(nanos(Duration::MAX), u64::MAX);
    }

    #[test]
    fn an_earlier_moment_is_no_time_after_a_later_one() {
        assert_eq!(
            Moment::from_nanos(5) - Moment::from_nanos(9),
            Duration::ZERO
        );
    }
}
