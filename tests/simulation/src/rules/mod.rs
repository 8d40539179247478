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
pub enum Step {
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

macro_rules! rules {
    ($($module:ident { $($name:ident),* $(,)? })*) => {
        /// Every rule by name.
        pub const RULES: &[(&str, Check)] = &[$($((stringify!($name), $module::$name),)*)*];
    };
}

rules! {
    callbacks {
        callbacks_are_serial,
        callbacks_come_in_order,
        nothing_comes_between_question_and_answer,
        unhandled_calls_are_passed_on,
        only_those_who_want_are_called,
    }
    completion {
        each_task_completes_once_and_last,
        outcomes_agree,
        cancelled_tasks_end_cancelled,
        outcomes_have_a_cause,
        panics_and_refusals_end_the_task,
    }
    lifecycle {
        states_tell_the_truth,
        stopped_tasks_stand_still,
        cancellation_is_immediate,
        nothing_is_left_undone,
    }
    session {
        completions_precede_invalidation,
        delegates_are_released,
        ended_sessions_refuse_tasks,
        nothing_leaks,
    }
    timers {
        timers_fire_when_due,
        timers_fire_only_when_due,
    }
    bodies {
        bodies_are_whole_and_in_order,
        redirects_end_at_twenty,
        statuses_are_answers,
    }
    admission {
        no_more_are_admitted_than_allowed,
        free_places_are_given_away,
        urgent_ones_go_first,
        nobody_starves,
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
    for &(rule, check) in RULES {
        if let Err(text) = check(world, step) {
            violations.push(Violation { rule, entry, text });
        }
    }
}

impl Step {
    /// The task and event of an entry about one.
    fn event(self) -> Option<(u8, Event)> {
        match self {
            Self::Entry(Entry {
                what: What::Task(task, event),
                ..
            }) => Some((task, event)),
            Self::Entry(_) | Self::InstantEnds(_) => None,
        }
    }

    /// An entry that is not about a task.
    fn of_session(self) -> Option<What> {
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
