//! The contract as a checker: from a trace to what it breaks, one function a rule.

mod admission;
mod bodies;
mod callbacks;
mod completion;
mod lifecycle;
mod session;
mod timers;

use std::fmt;

use crate::script::Schedule;
use crate::trace::{Entry, Event, What};
use crate::world::World;

/// A step of a trace, as a rule is asked about it. The world is as it was before.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// This entry comes.
    Entry(Entry),
    /// An instant is over; the next one, `None` when nothing more comes.
    InstantEnds(Option<u64>),
}

/// A rule: what is wrong with this step in this world, if anything.
type Check = fn(&World<'_>, Step) -> Result<(), String>;

/// A rule broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its name.
    pub rule: &'static str,
    /// The entry at which it was seen.
    pub entry: usize,
    /// How.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (entry {}): {}", self.rule, self.entry, self.text)
    }
}

/// When a rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// At each entry.
    Entry,
    /// At the end of each instant.
    InstantEnd,
}

macro_rules! rules {
    ($($module:ident { $($name:ident at $asked:ident),* $(,)? })*) => {
        /// Every rule by name.
        pub const RULES: &[&str] = &[$($(stringify!($name),)*)*];

        const CHECKS: &[(&str, Asked, Check)] =
            &[$($((stringify!($name), Asked::$asked, $module::$name),)*)*];
    };
}

rules! {
    callbacks {
        callbacks_are_serial at Entry,
        callbacks_come_in_order at Entry,
        nothing_comes_between_question_and_answer at Entry,
        unhandled_calls_are_passed_on at Entry,
        only_those_who_want_are_called at Entry,
    }
    completion {
        each_task_completes_once_and_last at Entry,
        outcomes_agree at Entry,
        cancelled_tasks_end_cancelled at Entry,
        outcomes_have_a_cause at Entry,
        panics_and_refusals_end_the_task at Entry,
    }
    lifecycle {
        states_tell_the_truth at Entry,
        stopped_tasks_stand_still at Entry,
        cancellation_is_immediate at InstantEnd,
        nothing_is_left_undone at Entry,
    }
    session {
        completions_precede_invalidation at Entry,
        delegates_are_released at Entry,
        ended_sessions_refuse_tasks at Entry,
        nothing_leaks at Entry,
    }
    timers {
        timers_fire_when_due at InstantEnd,
        timers_fire_only_when_due at Entry,
    }
    bodies {
        bodies_are_whole_and_in_order at Entry,
        redirects_end_at_twenty at Entry,
        statuses_are_answers at Entry,
    }
    admission {
        no_more_are_admitted_than_allowed at Entry,
        free_places_are_given_away at InstantEnd,
        urgent_ones_go_first at InstantEnd,
        nobody_starves at InstantEnd,
    }
}

/// What `entries`, observed of `schedule`, break.
#[must_use]
pub fn check(schedule: &Schedule, entries: &[Entry]) -> Vec<Violation> {
    walk(schedule, entries, |_, _| {})
}

/// Like [`check`], and shows every step to `watch`, the world as it is before.
pub(crate) fn walk(
    schedule: &Schedule,
    entries: &[Entry],
    mut watch: impl FnMut(&mut World<'_>, Step),
) -> Vec<Violation> {
    let mut world = World::new(schedule);
    let mut violations = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let step = Step::Entry(*entry);
        inspect(&world, step, number, &mut violations);
        watch(&mut world, step);
        world.apply(entry);
        let next = entries.get(number + 1).map(|next| next.at);
        if next != Some(entry.at) {
            world.settle_instant();
            let step = Step::InstantEnds(next);
            inspect(&world, step, number, &mut violations);
            watch(&mut world, step);
            world.end_instant();
        }
    }
    violations
}

fn inspect(world: &World<'_>, step: Step, entry: usize, violations: &mut Vec<Violation>) {
    let asked = match step {
        Step::Entry(_) => Asked::Entry,
        Step::InstantEnds(_) => Asked::InstantEnd,
    };
    for &(rule, _, check) in CHECKS.iter().filter(|(_, when, _)| *when == asked) {
        if let Err(text) = check(world, step) {
            violations.push(Violation { rule, entry, text });
        }
    }
}

impl Step {
    /// The task and event of an entry about one.
    pub(crate) fn event(self) -> Option<(u8, Event)> {
        match self {
            Self::Entry(Entry {
                what: What::Task(task, event),
                ..
            }) => Some((task, event)),
            Self::Entry(_) | Self::InstantEnds(_) => None,
        }
    }

    /// An entry that is not about a task.
    pub(crate) fn of_session(self) -> Option<What> {
        match self {
            Self::Entry(Entry {
                what: What::Task(..),
                ..
            })
            | Self::InstantEnds(_) => None,
            Self::Entry(entry) => Some(entry.what),
        }
    }
}

fn ensure(holds: bool, text: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(text()) }
}
