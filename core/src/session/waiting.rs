//! Who waits for a place, in one class.

use crate::session::soonest::Soonest;
use crate::session::turn::{Slot, Ticket};

/// So many may stand in the queue that have left it, however few wait.
const FEW: usize = 64;

/// Those who wait, by ticket. Who leaves stays in until its turn would come: two heaps are a tenth of the code of an ordered set.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The first of them waits.
    all: Soonest,
    /// Those of all who have left.
    left: Soonest,
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.first().is_none()
    }

    /// Who has waited longest.
    pub(super) fn first(&self) -> Option<(Ticket, Slot)> {
        self.all.first()
    }

    pub(super) fn insert(&mut self, task: (Ticket, Slot)) {
        self.all.add(task);
    }

    /// Takes out who waits: it must be one of them.
    pub(super) fn remove(&mut self, task: (Ticket, Slot)) {
        self.left.add(task);
        if self.left.len() > self.all.len() / 2 + FEW {
            self.strike_all();
        }
        self.strike();
    }

    pub(super) fn pop_first(&mut self) -> Option<(Ticket, Slot)> {
        let first = self.all.take();
        self.strike();
        first
    }

    /// Strikes those off who have left and would be first.
    fn strike(&mut self) {
        while self.all.first().is_some() && self.all.first() == self.left.first() {
            self.all.take();
            self.left.take();
        }
        if self.all.first().is_none() {
            *self = Self::default();
        }
    }

    /// Strikes off all who have left.
    fn strike_all(&mut self) {
        let mut all = Soonest::default();
        while let Some(task) = self.all.take() {
            if self.left.first() == Some(task) {
                self.left.take();
            } else {
                all.add(task);
            }
        }
        self.all = all;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn rest(waiting: &mut Waiting) -> Vec<Ticket> {
        std::iter::from_fn(|| waiting.pop_first())
            .map(|(ticket, _)| ticket)
            .collect()
    }

    #[test]
    fn who_has_left_is_not_there() {
        let mut waiting = Waiting::default();
        for ticket in [4, 2, 3, 1, 5] {
            waiting.insert((ticket, 0));
        }
        waiting.remove((3, 0));
        waiting.remove((1, 0));
        assert_eq!(waiting.first(), Some((2, 0)));
        assert_eq!(rest(&mut waiting), [2, 4, 5]);
        assert!(waiting.is_empty());
    }

    #[test]
    fn who_has_left_may_come_again() {
        let mut waiting = Waiting::default();
        (1..4).for_each(|ticket| waiting.insert((ticket, 0)));
        for _ in 0..3 {
            waiting.remove((2, 0));
            waiting.insert((2, 0));
        }
        assert_eq!(rest(&mut waiting), [1, 2, 3]);
        waiting.insert((1, 0));
        waiting.remove((1, 0));
        assert!(waiting.is_empty());
    }

    #[test]
    fn those_who_have_left_do_not_pile_up() {
        let mut waiting = Waiting::default();
        (0..10).for_each(|ticket| waiting.insert((ticket, 0)));
        for _ in 0..1000 {
            waiting.remove((9, 0));
            waiting.insert((9, 0));
        }
        assert!(waiting.all.len() <= 4 * FEW, "{}", waiting.all.len());
        assert_eq!(rest(&mut waiting), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
}
