//! The contract as a checker: from a trace to what it breaks, one function a rule.

mod admission;
mod bodies;
mod callbacks;
mod completion;
mod lifecycle;
mod retries;
mod session;
mod timers;

use std::fmt;

use urlsession_core::ErrorCode;

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

/// The kinds of steps at which a rule is asked, as a set.
mod kinds {
    pub(super) const CALLED: u16 = 1;
    pub(super) const RETURNED: u16 = 1 << 1;
    pub(super) const SERVER: u16 = 1 << 2;
    /// Completions, what handlers and futures give, and what those who wait are told.
    pub(super) const ENDED: u16 = 1 << 3;
    /// States that show.
    pub(super) const STATE: u16 = 1 << 4;
    /// Delegates of tasks, and their answers, let go of.
    pub(super) const RELEASED: u16 = 1 << 5;
    /// What is not about one task.
    pub(super) const SESSION: u16 = 1 << 6;
    /// The end of an instant.
    pub(super) const INSTANT: u16 = 1 << 7;
    /// Retries that observers see.
    pub(super) const RETRIED: u16 = 1 << 8;
}

use kinds::{CALLED, ENDED, INSTANT, RELEASED, RETRIED, RETURNED, SERVER, SESSION, STATE};

macro_rules! rules {
    ($($module:ident { $($name:ident at $($kind:ident)|+,)* })*) => {
        /// Every rule by name.
        pub const RULES: &[&str] = &[$($(stringify!($name),)*)*];

        const CHECKS: &[(&str, u16, Check)] =
            &[$($((stringify!($name), $($kind)|+, $module::$name),)*)*];
    };
}

rules! {
    callbacks {
        callbacks_are_serial at CALLED | RETURNED,
        callbacks_come_in_order at CALLED,
        nothing_comes_between_question_and_answer at CALLED | SERVER,
        unhandled_calls_are_passed_on at CALLED | INSTANT,
        only_those_who_want_are_called at CALLED,
        callbacks_run_on_their_queue at CALLED | ENDED | SESSION,
        answers_are_waited_for at RELEASED,
    }
    completion {
        each_task_completes_once_and_last at CALLED | ENDED | SESSION,
        metrics_come_just_before_the_end at CALLED | ENDED,
        outcomes_agree at CALLED | ENDED,
        cancelled_tasks_end_cancelled at ENDED,
        outcomes_have_a_cause at ENDED,
        panics_and_refusals_end_the_task at CALLED,
        those_who_wait_for_the_end_are_told at ENDED | INSTANT,
    }
    lifecycle {
        states_tell_the_truth at CALLED | STATE,
        stopped_tasks_stand_still at CALLED | SERVER,
        cancellation_is_immediate at INSTANT,
        nothing_is_left_undone at SESSION,
    }
    session {
        completions_precede_invalidation at CALLED | SESSION,
        delegates_are_released at RELEASED | SESSION | INSTANT,
        ended_sessions_refuse_tasks at CALLED | SERVER | STATE,
        nothing_leaks at SESSION,
    }
    timers {
        timers_fire_when_due at INSTANT,
        timers_fire_only_when_due at ENDED,
    }
    bodies {
        bodies_are_whole_and_in_order at CALLED | ENDED,
        redirects_end_at_twenty at SERVER | ENDED,
        statuses_are_answers at CALLED,
    }
    retries {
        retries_keep_to_the_policy at CALLED | RETRIED,
        failures_are_made_again at CALLED | ENDED,
        retries_wait_their_time at SERVER,
    }
    admission {
        no_more_are_admitted_than_allowed at SERVER,
        free_places_are_given_away at INSTANT,
        urgent_ones_go_first at INSTANT,
        nobody_starves at INSTANT,
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
    let kind = step.kind();
    for &(rule, _, check) in CHECKS.iter().filter(|(_, kinds, _)| kinds & kind != 0) {
        if let Err(text) = check(world, step) {
            violations.push(Violation { rule, entry, text });
        }
    }
}

impl Step {
    /// Its kind; none at which any rule is asked for what only moves the world.
    fn kind(self) -> u16 {
        let Some((_, event)) = self.event() else {
            return if matches!(self, Self::Entry(_)) {
                SESSION
            } else {
                INSTANT
            };
        };
        match event {
            Event::Called(..) => CALLED,
            Event::Returned(..) => RETURNED,
            Event::Server(..) => SERVER,
            Event::Expired(_)
            | Event::Ending(_)
            | Event::Completed(_)
            | Event::Gave(_)
            | Event::Finished(_) => ENDED,
            Event::Born(_) | Event::State(..) => STATE,
            Event::DelegateReleased | Event::AnswerDropped => RELEASED,
            Event::Retrying(..) => RETRIED,
            Event::Made
            | Event::Did(_)
            | Event::HandleDropped
            | Event::Polled
            | Event::Takes
            | Event::Left
            | Event::Woken
            | Event::FutureDropped
            | Event::Yielded
            | Event::Waits
            | Event::Answered(_)
            | Event::AnswerPanicked
            | Event::Awaited => 0,
        }
    }

    /// When the entry comes.
    pub(crate) fn time(self) -> Option<u64> {
        match self {
            Self::Entry(entry) => Some(entry.at),
            Self::InstantEnds(_) => None,
        }
    }

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

    /// The task whose outcome is decided here, and the outcome: with its metrics, or where nobody wants them with its end.
    pub(crate) fn decided(self, world: &World<'_>) -> Option<(u8, Option<ErrorCode>)> {
        match self.event()? {
            (number, Event::Ending(error)) => Some((number, error)),
            (number, Event::Completed(error)) if world.task(number).ending.is_none() => {
                Some((number, error))
            }
            _ => None,
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
