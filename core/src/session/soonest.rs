//! Tasks in the order of a number: a moment, or an id.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::session::turn::Slot;

/// A heap with the least number at hand.
#[derive(Debug, Default)]
pub(crate) struct Soonest(BinaryHeap<Reverse<(u64, Slot)>>);

impl Soonest {
    pub(crate) fn of(entries: impl Iterator<Item = (u64, Slot)>) -> Self {
        let mut all = Self::default();
        // One by one: `collect` would bring code of its own.
        entries.for_each(|entry| all.add(entry));
        all
    }

    pub(crate) fn add(&mut self, entry: (u64, Slot)) {
        self.0.push(Reverse(entry));
    }

    pub(crate) fn first(&self) -> Option<(u64, Slot)> {
        self.0.peek().map(|&Reverse(entry)| entry)
    }

    pub(crate) fn take(&mut self) -> Option<(u64, Slot)> {
        self.0.pop().map(|Reverse(entry)| entry)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
