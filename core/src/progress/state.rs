//! What a node of the tree knows, under its lock.

use std::sync::{Arc, Weak};

use crate::progress::fraction::Fraction;
use crate::progress::handlers::{Control, Handlers};
use crate::progress::node::Node;
use crate::progress::pace::{Done, Pace};
use crate::progress::parts::{List, Parts};
use crate::progress::watch::Watcher;
use crate::words::properties::Properties;
use crate::words::time::Moment;

/// What became of the work of a progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProgressState {
    /// It goes on, or has not begun.
    Running,
    /// It stands still until it is resumed.
    Paused,
    /// All of it is done.
    Finished,
    /// It was cancelled.
    Cancelled,
    /// It ended short of its total: the transfer failed, or nobody works on it any more.
    Stopped,
}

impl ProgressState {
    /// Nothing more will be done.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled | Self::Stopped)
    }
}

/// Where a child hangs.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) parent: Weak<Node>,
    pub(super) key: usize,
}

/// A node's counts, relations and listeners.
#[derive(Default)]
pub(super) struct State {
    pub(super) total: i64,
    pub(super) completed: i64,
    pub(super) is_cancelled: bool,
    pub(super) is_paused: bool,
    /// Its last handle is gone: it is what its children are.
    pub(super) is_abandoned: bool,
    /// Who does the work, where that is the library: such a progress is over when it says so, not by the numbers.
    pub(super) control: Option<Arc<dyn Control>>,
    pub(super) ending: Option<ProgressState>,
    pub(super) link: Option<Link>,
    pub(super) parts: Option<Box<dyn Parts>>,
    pub(super) handlers: Handlers,
    pub(super) watchers: Vec<Arc<dyn Watcher>>,
    pub(super) info: Properties,
    pace: Option<Box<Pace>>,
}

impl State {
    pub(super) fn new(total: i64) -> Self {
        Self {
            total,
            ..Self::default()
        }
    }

    pub(super) fn is_indeterminate(&self) -> bool {
        self.own().is_indeterminate()
    }

    fn own(&self) -> Fraction {
        Fraction::new(self.completed, self.total)
    }

    pub(super) fn state(&self) -> ProgressState {
        let is_finished = self.control.is_none() && self.own().is_finished();
        match self.ending {
            Some(ending) => ending,
            None if is_finished => ProgressState::Finished,
            None if self.is_cancelled => ProgressState::Cancelled,
            None if self.has_stopped() => ProgressState::Stopped,
            None if self.is_paused => ProgressState::Paused,
            None => ProgressState::Running,
        }
    }

    /// Nobody can go on with it: all that works on it is over, and no more can come.
    fn has_stopped(&self) -> bool {
        if self.control.is_some() {
            return false;
        }
        match &self.parts {
            None => self.is_abandoned,
            Some(parts) => parts.are_over() && (self.is_abandoned || parts.are_all(self.own())),
        }
    }

    /// The share of the work that is done, parts included.
    pub(super) fn fraction(&self) -> Fraction {
        match &self.parts {
            Some(parts) if self.total > 0 && !self.is_indeterminate() => parts.fraction(self.own()),
            Some(_) | None => self.own(),
        }
    }

    /// Units that were done by those who count, wherever in the tree: bytes, where those are transfers.
    pub(super) fn units(&self) -> f64 {
        match &self.parts {
            Some(parts) => parts.units(self.completed),
            None => self.completed.max(0) as f64,
        }
    }

    /// Takes a child in; gives its key.
    pub(super) fn adopt(&mut self, node: Arc<Node>, portion: i64) -> usize {
        let parts = self.parts.get_or_insert_with(|| Box::new(List::default()));
        parts.adopt(node, portion)
    }

    /// The parts that are under way.
    pub(super) fn children(&self) -> Vec<Arc<Node>> {
        self.parts
            .as_ref()
            .map_or_else(Vec::new, |parts| parts.nodes())
    }

    /// Sees how a child stands.
    pub(super) fn look_at(&mut self, key: usize, node: &Arc<Node>) {
        if let Some(parts) = &mut self.parts {
            parts.look_at(key, node, &mut self.completed);
        }
    }

    /// The pace as of `now`: units per second, and how long the rest will take.
    pub(super) fn pace(&mut self, now: Moment) -> Option<&Pace> {
        let done = Done {
            units: self.units(),
            share: self.fraction().value(),
        };
        let stands_still = self.state() != ProgressState::Running;
        let pace = self
            .pace
            .get_or_insert_with(|| Box::new(Pace::begin(now, done)));
        if stands_still {
            pace.rest(now, done);
            return None;
        }
        pace.look(now, done);
        Some(pace)
    }
}
