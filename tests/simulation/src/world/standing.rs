//! Who waits for a place among the exchanges, and who has one.

use super::{TaskView, World};
use crate::script::Priority;

/// How a task stands with the queue of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Neither waits nor has a place.
    Out,
    /// Waits.
    Waiting {
        /// For a place here.
        origin: u8,
        /// Since then.
        since: u64,
    },
    /// Would wait, were it not suspended.
    Parked {
        /// For a place here.
        origin: u8,
    },
    /// Has a place, though it may have lent it.
    Held {
        /// Here.
        origin: u8,
    },
    /// Has given its place back, and makes another attempt after a while.
    Away {
        /// Here.
        origin: u8,
        /// When it asks for a place again, if it runs then.
        until: u64,
    },
}

/// One origin's queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queueing {
    /// A connection has told what it carries.
    pub is_known: bool,
    /// The session has forgotten, or is about to forget, what it knew.
    pub was_reset: bool,
    /// When a place was last given back.
    pub freed_at: Option<u64>,
    /// Who was seen to be admitted in this instant after having waited: ticket, priority, number.
    pub admitted: Vec<(u32, Priority, usize)>,
    /// How many may have been admitted in this instant without being seen.
    unseen_picks: u32,
    /// The oldest of them, by ticket.
    unseen_oldest: Option<u32>,
    /// Picks since the last that went to whoever has waited longest.
    pub picks_since_fair: u32,
    /// Whoever has waited longest, and how many were admitted past it.
    pub oldest: Option<(usize, u32)>,
    /// Since when places are free while somebody waits.
    pub idle_since: Option<u64>,
}

impl Queueing {
    /// Whoever has this ticket may have been admitted in this instant, and it does not show.
    pub(super) fn pick_unseen(&mut self, ticket: Option<u32>) {
        self.unseen_picks += 1;
        self.unseen_oldest = [self.unseen_oldest, ticket].into_iter().flatten().min();
    }

    /// Picks in this instant, seen and perhaps unseen.
    #[must_use]
    pub(crate) fn picks(&self) -> u32 {
        self.unseen_picks + u32::try_from(self.admitted.len()).unwrap_or(u32::MAX)
    }

    /// `oldest` is whoever has waited longest, with its ticket.
    pub(super) fn end_instant(&mut self, oldest: Option<(usize, u32)>) {
        let seen = u32::try_from(self.admitted.len()).unwrap_or(u32::MAX);
        self.picks_since_fair = self.picks_since_fair.saturating_add(self.picks());
        self.oldest = oldest.map(|(number, ticket)| {
            // One still older may have come, and gone with the turn of the oldest; or it had its turn, and came back by a redirect.
            let admitted = self.admitted.iter().map(|(other, _, _)| *other);
            let had_turn = admitted
                .chain(self.unseen_oldest)
                .any(|other| other <= ticket);
            match self.oldest {
                Some((before, passed)) if before == number && !had_turn => (number, passed + seen),
                _ => (number, 0),
            }
        });
        self.admitted.clear();
        (self.unseen_picks, self.unseen_oldest) = (0, None);
    }
}

impl TaskView {
    /// True when it waits and its caller would take the place at once.
    #[must_use]
    pub(crate) fn is_waiting_at(&self, here: u8) -> bool {
        matches!(self.place, Place::Waiting { origin, .. } if origin == here) && !self.is_left
    }

    /// True when it has a place and keeps it: it runs, is polled and waits for nobody but the server.
    #[must_use]
    pub(crate) fn keeps_place_at(&self, here: u8) -> bool {
        matches!(self.place, Place::Held { origin } if origin == here) && self.keeps_place()
    }

    /// True when it has a place anywhere and keeps it.
    #[must_use]
    pub(crate) fn keeps_place(&self) -> bool {
        matches!(self.place, Place::Held { .. })
            && self.suspensions == 0
            && !self.waits
            && !self.is_in_hand
            && !self.is_left
            && !self.is_decided()
    }

    /// True when it may keep a place: like [`keeps_place_at`](Self::keeps_place_at), or left unpolled and not woken since.
    #[must_use]
    pub(crate) fn may_keep_place_at(&self, here: u8) -> bool {
        self.keeps_place_at(here)
            || (matches!(self.place, Place::Held { origin } if origin == here)
                && self.is_left
                && !self.is_woken
                && self.suspensions == 0
                && !self.waits
                && !self.is_in_hand
                && !self.is_decided())
    }
}

impl World<'_> {
    /// Whoever has waited longest at `origin`, by ticket, of those polled all the time; and the ticket.
    #[must_use]
    pub(crate) fn oldest_waiting(&self, origin: u8) -> Option<(usize, u32)> {
        let waiting = self.tasks.iter().enumerate();
        let waiting =
            waiting.filter(|(_, task)| task.is_waiting_at(origin) && !task.was_left_waiting);
        waiting
            .filter_map(|(number, task)| Some((number, task.ticket?)))
            .min_by_key(|(_, ticket)| *ticket)
    }

    /// Somebody waits at `origin` though there is a place.
    pub(super) fn has_idle_place(&self, origin: u8) -> bool {
        let waits = self
            .tasks
            .iter()
            .any(|task| task.runs() && task.is_waiting_at(origin));
        let keep = self
            .tasks
            .iter()
            .filter(|task| task.may_keep_place_at(origin))
            .count();
        waits && keep < self.capacity(origin).0
    }

    /// How many futures were ever left unpolled: each may have kept a place from others in turn.
    #[must_use]
    pub(crate) fn ever_left(&self) -> usize {
        self.tasks.iter().filter(|task| task.was_left).count()
    }

    /// How many keep a place at `origin` beyond doubt, this one not counted, nor those who have only now taken theirs again.
    #[must_use]
    pub(crate) fn keepers(&self, origin: u8, except: usize) -> usize {
        let keeps = |(number, task): &(usize, &TaskView)| {
            let came_back = task.rejoined_at == Some(self.now);
            *number != except && task.keeps_place_at(origin) && !came_back
        };
        self.tasks.iter().enumerate().filter(keeps).count()
    }
}
