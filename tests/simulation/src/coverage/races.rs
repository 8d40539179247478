//! What fell on one instant, to one task.

use std::fmt;

use urlsession_core::ErrorCode;
use urlsession_core::mock::Sight;

use super::Cell;
use super::table::{Counts, table};
use crate::rules::Step;
use crate::script::{Deed, SessionDeed};
use crate::trace::{Event, What};
use crate::world::World;

table! {
    /// What the app did.
    Act {
        Resume = "resume",
        Suspend = "suspend",
        Cancel = "cancel",
        SetPriority = "set_priority",
        HandleDropped = "handle dropped",
        FutureDropped = "future dropped",
        Left = "left unpolled",
        Invalidate = "invalidated",
        RuntimeEnds = "runtime ends",
    }
}

table! {
    /// What came from elsewhere.
    News {
        Began = "admitted",
        Connected = "connected",
        Head = "head",
        Chunk = "chunk",
        Ended = "body's end",
        Answered = "answer",
        TimedOut = "timeout",
        Completed = "completion",
    }
}

#[derive(Clone, Debug)]
pub(super) struct Races(Counts);

impl Default for Races {
    fn default() -> Self {
        Self(Counts::new(Act::ALL.len(), News::ALL.len()))
    }
}

/// News are numbered after acts.
const FIRST_NEWS: u32 = 16;

impl Races {
    pub(super) fn watch(&mut self, world: &mut World<'_>, step: Step) {
        match step {
            Step::Entry(entry) => match entry.what {
                What::Task(number, event) => {
                    let happened = &mut world.tasks[usize::from(number)].happened;
                    of_app(event)
                        .into_iter()
                        .for_each(|act| happened.add(act as u32));
                    of_others(event)
                        .into_iter()
                        .flatten()
                        .for_each(|news| happened.add(FIRST_NEWS + news as u32));
                }
                What::Did(deed) => note_for_all(world, deed),
                What::BecameInvalid
                | What::DelegateReleased
                | What::JobBegan
                | What::JobEnded
                | What::Quiet
                | What::Over(_) => {}
            },
            Step::InstantEnds(_) => self.count(world),
        }
    }

    fn count(&mut self, world: &World<'_>) {
        for task in world.tasks.iter().filter(|task| !task.happened.is_empty()) {
            for &act in Act::ALL {
                if !task.happened.has(act as u32) {
                    continue;
                }
                for &news in News::ALL {
                    if task.happened.has(FIRST_NEWS + news as u32) {
                        self.0.add(act as usize, news as usize);
                    }
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    pub(super) fn cells(&self) -> Vec<Cell> {
        let rows = Act::ALL.iter();
        let pairs = rows.flat_map(|row| News::ALL.iter().map(move |column| (*row, *column)));
        let possible = pairs.filter(|(row, column)| impossible(*row, *column).is_none());
        let cell = |(row, column): (Act, News)| Cell {
            name: format!("{} and {}", row.text(), column.text()),
            count: self.0.at(row as usize, column as usize),
        };
        possible.map(cell).collect()
    }
}

/// Why these cannot fall on one instant.
fn impossible(act: Act, news: News) -> Option<&'static str> {
    match (act, news) {
        (Act::FutureDropped, News::TimedOut) => Some("a future that has ended is gone"),
        _ => None,
    }
}

fn note_for_all(world: &mut World<'_>, deed: SessionDeed) {
    let act = match deed {
        SessionDeed::Finish | SessionDeed::InvalidateAndCancel => Act::Invalidate,
        SessionDeed::RuntimeEnds => Act::RuntimeEnds,
        SessionDeed::DropHandle | SessionDeed::Reset | SessionDeed::WallClockJumps(_) => return,
    };
    world
        .tasks
        .iter_mut()
        .for_each(|task| task.happened.add(act as u32));
}

fn of_app(event: Event) -> Option<Act> {
    Some(match event {
        Event::Did(Deed::Resume) => Act::Resume,
        Event::Did(Deed::Suspend) => Act::Suspend,
        Event::Did(Deed::Cancel) => Act::Cancel,
        Event::Did(Deed::SetPriority(_)) => Act::SetPriority,
        Event::HandleDropped => Act::HandleDropped,
        Event::FutureDropped => Act::FutureDropped,
        Event::Left => Act::Left,
        _ => return None,
    })
}

fn of_others(event: Event) -> [Option<News>; 2] {
    let one = |news| [Some(news), None];
    match event {
        Event::Server(_, Sight::Began) => one(News::Began),
        Event::Server(_, Sight::Connected) => one(News::Connected),
        Event::Server(_, Sight::Head(_)) => one(News::Head),
        Event::Server(_, Sight::Chunk(_)) => one(News::Chunk),
        Event::Server(_, Sight::Ended) => one(News::Ended),
        Event::Answered(_) => one(News::Answered),
        Event::Completed(Some(ErrorCode::TimedOut)) => {
            [Some(News::TimedOut), Some(News::Completed)]
        }
        Event::Completed(_) => one(News::Completed),
        _ => [None, None],
    }
}

impl fmt::Display for Races {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:22}", "")?;
        for column in News::ALL {
            write!(f, "{:>11}", column.text())?;
        }
        writeln!(f)?;
        for &row in Act::ALL {
            write!(f, "{:22}", row.text())?;
            for &column in News::ALL {
                match impossible(row, column) {
                    Some(_) => write!(f, "{:>11}", "-")?,
                    None => write!(f, "{:>11}", self.0.at(row as usize, column as usize))?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
