//! What a run has seen: each event in each phase, each race, each fault, counted.

mod events;
mod faults;
mod phase;
mod races;
mod table;

use std::fmt;

use self::events::Events;
use self::faults::Faults;
use self::races::Races;
use crate::rules::Step;
use crate::world::World;

/// What a run has seen.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    events: Events,
    races: Races,
    faults: Faults,
}

impl Coverage {
    /// Before the first entry of another trace.
    pub(crate) fn begin(&mut self) {
        self.events.begin();
    }

    /// Counts one step, the world as it is before.
    pub(crate) fn watch(&mut self, world: &mut World<'_>, step: Step) {
        self.events.watch(world, step);
        self.faults.watch(world, step);
        self.races.watch(world, step);
    }

    /// Adds what another run has seen.
    pub fn merge(&mut self, other: &Self) {
        self.events.merge(&other.events);
        self.races.merge(&other.races);
        self.faults.merge(&other.faults);
    }

    /// The cells that were seen less than `least` times, those that cannot happen left out.
    #[must_use]
    pub fn missing(&self, least: u64) -> Vec<String> {
        let cells = [self.events.cells(), self.races.cells(), self.faults.cells()];
        let rare = cells
            .into_iter()
            .flatten()
            .filter(|cell| cell.count < least);
        rare.map(|cell| format!("{}: {}", cell.name, cell.count))
            .collect()
    }
}

/// A cell that can be filled.
struct Cell {
    name: String,
    count: u64,
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "event x phase (a dash: it cannot happen)\n{}",
            self.events
        )?;
        writeln!(f, "races: in one instant, to one task\n{}", self.races)?;
        write!(f, "faults and special cases\n{}", self.faults)
    }
}
