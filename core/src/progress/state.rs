//! What a node of the tree knows, under its lock.

use std::sync::{Arc, Weak};

use crate::progress::fraction::Fraction;
use crate::progress::handlers::{Control, Handlers};
use crate::progress::node::Node;
use crate::progress::pace::{Done, Pace};
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

/// A part of the work that is under way.
pub(super) struct Child {
    pub(super) node: Arc<Node>,
    /// How many of the parent's units it is.
    pub(super) portion: i64,
    pub(super) is_over: bool,
}

/// A part of the work that is done: its portion counts as the parent's own.
pub(super) struct Credit {
    portion: i64,
    units: f64,
}

/// A part of the work.
enum Part {
    Child(Child),
    Credit(Credit),
}

/// A node's counts, relations and listeners. Children are looked at, and locked, with the parent's lock held, never the other way.
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
    /// In the order of their coming; a part's key is its place.
    parts: Vec<Part>,
    /// All parts before this place are done.
    first: usize,
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
        if self.control.is_some() || self.children().any(|child| !child.is_over) {
            return false;
        }
        self.is_abandoned || (self.children().next().is_some() && self.is_handed_out())
    }

    /// Every unit is done, or some child's.
    fn is_handed_out(&self) -> bool {
        let pending = self.children().map(|child| i128::from(child.portion));
        self.total > 0 && i128::from(self.completed) + pending.sum::<i128>() >= self.total.into()
    }

    /// The share of the work that is done, children's included.
    pub(super) fn fraction(&self) -> Fraction {
        if self.total <= 0 || self.is_indeterminate() {
            return self.own();
        }
        let children = self.children().map(|child| {
            let fraction = child.node.lock().fraction();
            (fraction, Fraction::new(child.portion, self.total))
        });
        children
            .filter(|(fraction, _)| !fraction.is_indeterminate() && fraction.completed > 0)
            .fold(self.own(), |sum, (fraction, portion)| {
                sum + fraction * portion
            })
    }

    /// Units that were done by those who count, wherever in the tree: bytes, where those are transfers.
    fn units(&self) -> f64 {
        let credited = self.parts.iter().filter_map(|part| match part {
            Part::Credit(credit) => Some(credit),
            Part::Child(_) => None,
        });
        let credited = credited.fold((0_i128, 0.0), |(portions, units), credit| {
            (portions + i128::from(credit.portion), units + credit.units)
        });
        let own = (i128::from(self.completed) - credited.0).max(0) as f64;
        let children: f64 = self.children().map(|child| child.node.lock().units()).sum();
        own + credited.1 + children
    }

    /// Takes a child in; gives its key.
    pub(super) fn adopt(&mut self, node: Arc<Node>, portion: i64) -> usize {
        self.parts.push(Part::Child(Child {
            node,
            portion,
            is_over: false,
        }));
        self.parts.len() - 1
    }

    /// The parts that are under way.
    pub(super) fn children(&self) -> impl Iterator<Item = &Child> {
        let parts = self.parts.iter().skip(self.first);
        parts.filter_map(|part| match part {
            Part::Child(child) => Some(child),
            Part::Credit(_) => None,
        })
    }

    /// Sees how a child stands: what is finished counts as the parent's own, and no more once it is not.
    pub(super) fn look_at(&mut self, key: usize, node: &Arc<Node>) {
        let child = node.lock();
        let state = child.state();
        let is_finished = state == ProgressState::Finished;
        let Some(part) = self.parts.get_mut(key) else {
            return;
        };
        match part {
            Part::Child(Child { portion, .. }) if is_finished => {
                let (portion, units) = (*portion, child.units());
                *part = Part::Credit(Credit { portion, units });
                self.completed = self.completed.saturating_add(portion);
                while let Some(Part::Credit(_)) = self.parts.get(self.first) {
                    self.first += 1;
                }
            }
            Part::Child(child) => child.is_over = state.is_over(),
            Part::Credit(Credit { portion, .. }) if !is_finished => {
                let portion = *portion;
                *part = Part::Child(Child {
                    node: node.clone(),
                    portion,
                    is_over: state.is_over(),
                });
                self.completed = self.completed.saturating_sub(portion);
                self.first = self.first.min(key);
            }
            Part::Credit(_) => {}
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
