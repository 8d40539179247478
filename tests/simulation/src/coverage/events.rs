//! What happens to a task, by where it is in its life.

use std::fmt;

use urlsession_core::ErrorCode;
use urlsession_core::mock::Sight;

use super::Cell;
use super::phase::Phase;
use super::table::{Counts, table};
use crate::rules::Step;
use crate::script::{Deed, SessionDeed};
use crate::trace::{Event, Returned, What};
use crate::world::{TaskView, World};

table! {
    /// Something that happens to a task.
    Happening {
        Resume = "resume",
        Suspend = "suspend",
        Cancel = "cancel",
        SetPriority = "set_priority",
        HandleDropped = "handle dropped",
        FutureDropped = "future dropped",
        Left = "left unpolled",
        PolledAgain = "polled again",
        Finish = "finish_tasks",
        Invalidate = "invalidate_and_cancel",
        SessionDropped = "session dropped",
        Reset = "reset",
        RuntimeEnds = "runtime ends",
        Succeeds = "succeeds",
        ServerFails = "server fails it",
        IdleTimeout = "idle timeout",
        ResourceTimeout = "resource timeout",
        Panics = "callback panics",
    }
}

#[derive(Clone, Debug)]
pub(super) struct Events {
    counts: Counts,
    phases: Vec<Remembered>,
}

/// The phase in which a task was before what follows from its end, and whether that has begun.
#[derive(Clone, Copy, Debug)]
struct Remembered {
    phase: Phase,
    is_ending: bool,
}

impl Default for Events {
    fn default() -> Self {
        let counts = Counts::new(Happening::ALL.len(), Phase::ALL.len());
        Self {
            counts,
            phases: Vec::new(),
        }
    }
}

impl Events {
    pub(super) fn begin(&mut self) {
        self.phases.clear();
    }

    pub(super) fn watch(&mut self, world: &World<'_>, step: Step) {
        if let Some((number, event)) = step.event() {
            let task = world.task(number);
            let phase = self.phase_before(world.tasks.len(), number, Phase::of(task), event);
            let decided = step.decided(world).map(|(_, outcome)| outcome);
            let happening = match decided {
                Some(outcome) => of_outcome(task, outcome, world.now),
                None => of_task(task, event),
            };
            if let Some(happening) = happening {
                self.counts.add(happening as usize, phase as usize);
            }
        } else if let Some(happening) = step.of_session().and_then(of_session) {
            let made = world.tasks.iter().filter(|task| task.is_made);
            made.for_each(|task| {
                self.counts
                    .add(happening as usize, Phase::of(task) as usize)
            });
        }
    }

    /// Where the task was before this event, or before the end that brought it about.
    fn phase_before(&mut self, tasks: usize, number: u8, now: Phase, event: Event) -> Phase {
        self.phases.resize(
            tasks,
            Remembered {
                phase: Phase::Born,
                is_ending: false,
            },
        );
        let remembered = &mut self.phases[usize::from(number)];
        let is_ending = matches!(
            event,
            Event::AnswerDropped
                | Event::Ending(_)
                | Event::Completed(_)
                | Event::Server(_, Sight::Aborted | Sight::Ended)
        );
        if !(is_ending && remembered.is_ending) {
            remembered.phase = now;
        }
        remembered.is_ending = is_ending;
        remembered.phase
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
    }

    pub(super) fn cells(&self) -> Vec<Cell> {
        let rows = Happening::ALL.iter();
        let pairs = rows.flat_map(|row| Phase::ALL.iter().map(move |column| (*row, *column)));
        let possible = pairs.filter(|(row, column)| impossible(*row, *column).is_none());
        let cell = |(row, column): (Happening, Phase)| Cell {
            name: format!("{} while {}", row.text(), column.text()),
            count: self.counts.at(row as usize, column as usize),
        };
        possible.map(cell).collect()
    }
}

fn of_task(task: &TaskView, event: Event) -> Option<Happening> {
    Some(match event {
        Event::Did(Deed::Resume) => Happening::Resume,
        Event::Did(Deed::Suspend) => Happening::Suspend,
        Event::Did(Deed::Cancel) => Happening::Cancel,
        Event::Did(Deed::SetPriority(_)) => Happening::SetPriority,
        Event::HandleDropped => Happening::HandleDropped,
        Event::FutureDropped => Happening::FutureDropped,
        Event::Left => Happening::Left,
        Event::Polled if task.was_polled => Happening::PolledAgain,
        Event::AnswerPanicked if !task.is_decided() => Happening::Panics,
        Event::Returned(_, _, Returned::Panicked) if !task.is_decided() => Happening::Panics,
        _ => return None,
    })
}

fn of_outcome(task: &TaskView, outcome: Option<ErrorCode>, now: u64) -> Option<Happening> {
    match outcome {
        None => Some(Happening::Succeeds),
        Some(ErrorCode::TimedOut) => Some(of_timer(task, now)),
        Some(ErrorCode::Cancelled | ErrorCode::Unknown) => None,
        Some(_) => Some(Happening::ServerFails),
    }
}

fn of_timer(task: &TaskView, now: u64) -> Happening {
    let timers = task.timers_before_end(now).unwrap_or(task.timers);
    match timers.resource_due() {
        Some(due) if due <= now => Happening::ResourceTimeout,
        _ => Happening::IdleTimeout,
    }
}

fn of_session(what: What) -> Option<Happening> {
    let What::Did(deed) = what else {
        return None;
    };
    Some(match deed {
        SessionDeed::Finish => Happening::Finish,
        SessionDeed::InvalidateAndCancel => Happening::Invalidate,
        SessionDeed::DropHandle => Happening::SessionDropped,
        SessionDeed::Reset => Happening::Reset,
        SessionDeed::RuntimeEnds => Happening::RuntimeEnds,
        SessionDeed::WallClockJumps(_) => return None,
    })
}

/// Why this cannot happen there.
fn impossible(row: Happening, column: Phase) -> Option<&'static str> {
    use {Happening as On, Phase as At};
    Some(match (row, column) {
        (On::Left | On::PolledAgain, At::Over) => "a future that has ended is not polled",
        (On::Left, At::Unpolled) => "it is left already",
        (On::PolledAgain, At::Born) => "the first poll is a resume",
        (
            On::PolledAgain,
            At::Queued | At::Pausing | At::Connecting | At::Awaiting | At::Body | At::Asked,
        ) => "it is polled already",
        (On::FutureDropped, At::Over) => "a future that has ended is gone",
        (On::HandleDropped, At::Shelved | At::Suspended) => {
            "the last way to a suspended task is kept, or it would wait for ever"
        }
        (On::HandleDropped, At::Unpolled) => "a future has no handle",
        (
            On::Succeeds | On::ServerFails | On::Panics | On::IdleTimeout | On::ResourceTimeout,
            At::Born | At::Shelved | At::Suspended | At::Over,
        ) => "it stands still",
        (
            On::Succeeds | On::ServerFails | On::IdleTimeout | On::Panics,
            At::Queued | At::Pausing,
        ) => "nothing of it is under way",
        (
            On::Succeeds | On::ServerFails | On::Panics | On::IdleTimeout | On::ResourceTimeout,
            At::Unpolled,
        ) => "nobody polls it",
        (On::Succeeds, At::Connecting | At::Awaiting) => "there is no response yet",
        (On::Succeeds | On::ServerFails | On::IdleTimeout, At::Asked) => "the app is asked",
        (On::Panics, At::Connecting) => "nothing is told before the connection is there",
        _ => return None,
    })
}

impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:22}", "")?;
        for column in Phase::ALL {
            write!(f, "{:>11}", column.text())?;
        }
        writeln!(f)?;
        for &row in Happening::ALL {
            write!(f, "{:22}", row.text())?;
            for &column in Phase::ALL {
                match impossible(row, column) {
                    Some(_) => write!(f, "{:>11}", "-")?,
                    None => write!(f, "{:>11}", self.counts.at(row as usize, column as usize))?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
