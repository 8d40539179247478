//! How fast work goes on, out of what was seen at given moments.

use std::time::Duration;

use crate::words::time::Moment;

/// What lies this far back weighs about a third of what was seen last, in seconds.
const MEMORY: f64 = 3.0;

/// What is measured: units done, and the share of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Done {
    pub(super) units: f64,
    pub(super) share: f64,
}

/// A moving average of speed, by time, not by number of looks: who looks often and who looks seldom see the same.
#[derive(Debug)]
pub(super) struct Pace {
    at: Moment,
    done: Done,
    /// The weighted sum of speeds, per second, and of weights.
    speed: Done,
    weight: f64,
    /// The work stood still on purpose at the last look.
    rests: bool,
}

impl Pace {
    /// Measures from here on.
    pub(super) fn begin(at: Moment, done: Done) -> Self {
        Self {
            at,
            done,
            speed: Done::default(),
            weight: 0.0,
            rests: false,
        }
    }

    /// So much is done at `now`.
    pub(super) fn look(&mut self, now: Moment, done: Done) {
        if std::mem::take(&mut self.rests) {
            return self.skip(now, done);
        }
        let seconds = (now - self.at).as_secs_f64();
        if seconds <= 0.0 {
            return;
        }
        let fresh = 1.0 - (-seconds / MEMORY).exp();
        let blend = |old: f64, from: f64, to: f64| {
            // What starts over has not gone backwards.
            let speed = (to - from).max(0.0) / seconds;
            old * (1.0 - fresh) + speed * fresh
        };
        self.speed.units = blend(self.speed.units, self.done.units, done.units);
        self.speed.share = blend(self.speed.share, self.done.share, done.share);
        self.weight = self.weight * (1.0 - fresh) + fresh;
        self.skip(now, done);
    }

    /// The work stands still on purpose: the time until the next look does not count.
    pub(super) fn rest(&mut self, now: Moment, done: Done) {
        self.rests = true;
        self.skip(now, done);
    }

    fn skip(&mut self, now: Moment, done: Done) {
        self.at = self.at.max(now);
        self.done = done;
    }

    /// Units per second; `None` before two looks at different moments.
    pub(super) fn units_per_second(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.speed.units / self.weight)
    }

    /// How long the rest will take at this pace; `None` when nothing moves, or nobody knows.
    pub(super) fn remaining(&self) -> Option<Duration> {
        let per_second = (self.weight > 0.0).then(|| self.speed.share / self.weight)?;
        let left = (1.0 - self.done.share).max(0.0);
        Duration::try_from_secs_f64(left / per_second).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn at(milliseconds: u64) -> Moment {
        Moment::from_nanos(milliseconds * 1_000_000)
    }

    fn done(units: f64) -> Done {
        Done {
            units,
            share: units / 1000.0,
        }
    }

    fn near(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-6)
    }

    #[test]
    fn one_look_tells_nothing() {
        let mut pace = Pace::begin(at(0), done(0.0));
        pace.look(at(0), done(10.0));
        assert_eq!((pace.units_per_second(), pace.remaining()), (None, None));
    }

    #[test]
    fn steady_work_has_its_speed_however_often_it_is_looked_at() {
        for step in [1, 50, 900] {
            let mut pace = Pace::begin(at(0), done(0.0));
            for time in (step..=900).step_by(step as usize) {
                pace.look(at(time), done(time as f64 / 2.0));
            }
            assert!(near(pace.units_per_second(), 500.0), "{step}");
            let left = pace.remaining().unwrap_or_default().as_secs_f64();
            assert!(near(Some(left), 1.1), "{step} {left}");
        }
    }

    #[test]
    fn a_stall_is_seen_and_the_past_fades() {
        let mut pace = Pace::begin(at(0), done(0.0));
        pace.look(at(1000), done(500.0));
        pace.look(at(4000), done(500.0));
        let slower = pace.units_per_second().unwrap_or_default();
        assert!(slower > 0.0 && slower < 250.0, "{slower}");
    }

    #[test]
    fn what_starts_over_is_not_negative() {
        let mut pace = Pace::begin(at(0), done(500.0));
        pace.look(at(1000), done(0.0));
        assert!(near(pace.units_per_second(), 0.0));
        assert_eq!(pace.remaining(), None);
    }

    #[test]
    fn time_at_rest_does_not_count() {
        let mut pace = Pace::begin(at(0), done(0.0));
        pace.look(at(1000), done(500.0));
        pace.rest(at(1000), done(500.0));
        pace.look(at(60_000), done(500.0));
        pace.look(at(61_000), done(1000.0));
        assert!(near(pace.units_per_second(), 500.0));
    }
}
