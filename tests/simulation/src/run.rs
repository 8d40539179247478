//! Plays many schedules and checks each.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::coverage::Coverage;
use crate::rules::{Violation, walk};
use crate::script::Schedule;
use crate::stage::{Played, play};
use crate::trace::{Entry, Shown};

/// One schedule in this many is played twice, and must give the same trace.
const REPLAYED: u64 = 10;

/// How many schedules a thread takes at once.
const BATCH: u64 = 64;

/// Which schedules to play.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// How many.
    pub schedules: u64,
    /// The first seed; the others follow.
    pub seed: u64,
    /// On how many threads.
    pub threads: usize,
}

/// What a run without a violation has done.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Schedules played, those played again not counted.
    pub schedules: u64,
    /// Steps of the executor, over all schedules.
    pub steps: u64,
    /// Entries checked.
    pub entries: u64,
    /// What was seen.
    pub coverage: Coverage,
}

/// A schedule that breaks the contract.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// What is broken.
    pub reason: Reason,
    /// What was observed.
    pub entries: Vec<Entry>,
}

/// How a schedule can break the contract.
#[derive(Clone, Debug)]
pub enum Reason {
    /// These rules are broken.
    Violations(Vec<Violation>),
    /// Played twice it gave two traces: the entry of the first difference.
    NotTheSame(usize),
    /// It turns in circles.
    Endless,
    /// A panic came out of the session or the runtime.
    Panicked,
}

impl Run {
    /// Plays them all, or up to the first that breaks the contract.
    ///
    /// # Errors
    /// The failure of the lowest seed among those found.
    pub fn play(self) -> Result<Report, Box<Failure>> {
        let (next, stops) = (AtomicU64::new(0), AtomicBool::new(false));
        let work = || self.work(&next, &stops);
        let results: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads.max(1))
                .map(|_| scope.spawn(work))
                .collect();
            threads
                .into_iter()
                .filter_map(|thread| thread.join().ok())
                .collect()
        });
        let mut all = Report::default();
        let mut failures = Vec::new();
        for result in results {
            match result {
                Ok(report) => all.merge(&report),
                Err(failure) => failures.push(failure),
            }
        }
        match failures.into_iter().min_by_key(|failure| failure.seed) {
            Some(failure) => Err(failure),
            None => Ok(all),
        }
    }

    fn work(self, next: &AtomicU64, stops: &AtomicBool) -> Result<Report, Box<Failure>> {
        let mut report = Report::default();
        while !stops.load(Ordering::Relaxed) {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= self.schedules {
                break;
            }
            for number in first..self.schedules.min(first + BATCH) {
                let seed = self.seed.wrapping_add(number);
                if let Err(failure) = report.add(seed, number % REPLAYED == 0) {
                    stops.store(true, Ordering::Relaxed);
                    return Err(failure);
                }
            }
        }
        Ok(report)
    }
}

impl Report {
    fn add(&mut self, seed: u64, is_replayed: bool) -> Result<(), Box<Failure>> {
        let fail = |reason, entries| {
            Err(Box::new(Failure {
                seed,
                reason,
                entries,
            }))
        };
        let schedule = Arc::new(Schedule::of(seed));
        let Some(played) = attempt(&schedule) else {
            return fail(Reason::Panicked, Vec::new());
        };
        self.coverage.begin();
        let coverage = &mut self.coverage;
        let violations = walk(&schedule, &played.entries, |world, step| {
            coverage.watch(world, step)
        });
        self.schedules += 1;
        self.steps += played.steps;
        self.entries += played.entries.len() as u64;
        if played.is_endless {
            return fail(Reason::Endless, played.entries);
        }
        if !violations.is_empty() {
            return fail(Reason::Violations(violations), played.entries);
        }
        match is_replayed
            .then(|| difference(&played, attempt(&schedule).as_ref()))
            .flatten()
        {
            Some(entry) => fail(Reason::NotTheSame(entry), played.entries),
            None => Ok(()),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.schedules += other.schedules;
        self.steps += other.steps;
        self.entries += other.entries;
        self.coverage.merge(&other.coverage);
    }
}

/// `None` when a panic came out of it.
fn attempt(schedule: &Arc<Schedule>) -> Option<Played> {
    catch_unwind(AssertUnwindSafe(|| play(schedule))).ok()
}

/// The first entry in which two plays of one schedule differ.
fn difference(one: &Played, other: Option<&Played>) -> Option<usize> {
    let Some(other) = other else {
        return Some(0);
    };
    if one == other {
        return None;
    }
    let mut pairs = one.entries.iter().zip(&other.entries);
    let differs = pairs.position(|(one, other)| one != other);
    Some(differs.unwrap_or(one.entries.len().min(other.entries.len())))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Shown(&self.entries))?;
        writeln!(f, "seed {}", self.seed)?;
        match &self.reason {
            Reason::Violations(violations) => violations
                .iter()
                .try_for_each(|violation| writeln!(f, "{violation}")),
            Reason::NotTheSame(entry) => writeln!(f, "played twice, it differs at entry {entry}"),
            Reason::Endless => writeln!(f, "it turns in circles"),
            Reason::Panicked => writeln!(f, "a panic came out of it"),
        }
    }
}
