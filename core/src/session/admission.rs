//! Who may be on the wire: per origin, so many at once; the others wait by priority, then by ticket.

use crate::seams::transport::Multiplexing;
use crate::session::turn::{Slot, Ticket, Urgency};
use crate::session::waiting::Waiting;
use crate::words::few::Few;
use crate::words::target::OriginId;

/// Who has got a place: as a rule one for one that was given back.
pub(crate) type Admitted = Few<Slot>;

/// One grant in this many goes to whoever has waited longest, whatever its priority: nobody starves.
const FAIR_TURN: u32 = 4;

/// So many origins without tasks keep their queue: making one anew for each task of a quiet program would cost more.
const KEPT_LINES: usize = 16;

/// A browser opens at most this many HTTP/1 connections to an origin.
const PLATFORM_LIMIT: usize = 6;

/// The queues of a session.
#[derive(Debug)]
pub(crate) struct Admission {
    limit: usize,
    /// In the order of the origins. Boxed: one that comes or goes moves a pointer for each of the others, no more.
    lines: Vec<(OriginId, Box<Line>)>,
}

/// One origin's queue.
#[derive(Debug)]
struct Line {
    multiplexing: Multiplexing,
    active: usize,
    turns: u32,
    /// Who had the last of the fair turns.
    last_fair: Option<Ticket>,
    /// It came to nothing.
    owes_fair_turn: bool,
    waiting: [Waiting; 3],
}

impl Admission {
    /// Tasks wait here.
    pub(crate) const QUEUES: bool = true;

    /// Queues that admit `limit` exchanges at once to an origin that does not multiplex.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            lines: Vec::new(),
        }
    }

    /// Asks for a place. True: admitted. False: it waits, and a later change names it.
    pub(crate) fn enter(
        &mut self,
        origin: OriginId,
        hint: impl FnOnce() -> Multiplexing,
        (urgency, ticket): (Urgency, Ticket),
        task: Slot,
    ) -> bool {
        let limit = self.limit;
        let line = self.line_for(origin);
        if line.is_empty() {
            line.multiplexing = hint();
        }
        if line.active < line.capacity(limit) && line.waiting.iter().all(Waiting::is_empty) {
            line.active += 1;
            return true;
        }
        line.waiting[urgency as usize].insert((ticket, task));
        false
    }

    /// A task that waits gives up waiting.
    pub(crate) fn leave(
        &mut self,
        origin: OriginId,
        (urgency, ticket): (Urgency, Ticket),
        task: Slot,
    ) {
        if let Some(line) = self.line(origin) {
            line.waiting[urgency as usize].remove((ticket, task));
            self.forget(origin);
        }
    }

    /// Takes as many places at once as are free and nobody waits for, `most` at most; gives how many.
    #[cfg(feature = "download")]
    pub(crate) fn take_free(&mut self, origin: OriginId, most: usize) -> usize {
        let limit = self.limit;
        let has_waiting = self.has_waiting(origin);
        let line = self.line(origin).filter(|_| !has_waiting);
        line.map_or(0, |line| {
            let taken = line.capacity(limit).saturating_sub(line.active).min(most);
            line.active += taken;
            taken
        })
    }

    /// Gives a place back; who is admitted instead.
    pub(crate) fn release(&mut self, origin: OriginId) -> Admitted {
        let limit = self.limit;
        let Some(line) = self.line(origin) else {
            return Admitted::new();
        };
        line.active = line.active.saturating_sub(1);
        let admitted = line.admit(limit);
        self.forget(origin);
        admitted
    }

    /// The place of whoever has this ticket came to nothing: if it was had for waiting longest, so is the next one.
    pub(crate) fn take_turn_back(&mut self, origin: OriginId, ticket: Ticket) {
        if let Some(line) = self.line(origin)
            && line.last_fair.take_if(|last| *last == ticket).is_some()
        {
            line.owes_fair_turn = true;
        }
    }

    /// Takes a place again that was given back for a while, over the limit if need be: the connection is there.
    pub(crate) fn rejoin(&mut self, origin: OriginId, hint: impl FnOnce() -> Multiplexing) {
        if self.line(origin).is_none() {
            self.line_for(origin).multiplexing = hint();
        }
        self.line_for(origin).active += 1;
    }

    /// A connection to the origin tells what it carries; who is admitted by that.
    pub(crate) fn learned(&mut self, origin: OriginId, multiplexing: Multiplexing) -> Admitted {
        let limit = self.limit;
        let Some(line) = self.line(origin) else {
            return Admitted::new();
        };
        line.multiplexing = multiplexing;
        line.admit(limit)
    }

    /// Moves a waiting task to another class, under its ticket.
    pub(crate) fn change_urgency(
        &mut self,
        origin: OriginId,
        (from, to): (Urgency, Urgency),
        waiting: (Ticket, Slot),
    ) {
        if let Some(line) = self.line(origin) {
            line.waiting[from as usize].remove(waiting);
            line.waiting[to as usize].insert(waiting);
        }
    }

    /// True when somebody waits for a place at `origin`.
    pub(crate) fn has_waiting(&self, origin: OriginId) -> bool {
        let place = self.place(origin).ok();
        let line = place.and_then(|place| self.lines.get(place));
        line.is_some_and(|(_, line)| line.waiting.iter().any(|waiting| !waiting.is_empty()))
    }

    /// Where the queue of `origin` is, else where it belongs.
    fn place(&self, origin: OriginId) -> Result<usize, usize> {
        self.lines
            .binary_search_by_key(&origin, |&(known, _)| known)
    }

    fn line(&mut self, origin: OriginId) -> Option<&mut Line> {
        let place = self.place(origin).ok()?;
        self.lines.get_mut(place).map(|(_, line)| &mut **line)
    }

    /// The same, made anew where there is none.
    fn line_for(&mut self, origin: OriginId) -> &mut Line {
        let place = self.place(origin).unwrap_or_else(|place| {
            self.lines.insert(place, (origin, Box::new(Line::new())));
            place
        });
        &mut self.lines[place].1
    }

    /// Drops the queue of an origin that has neither tasks on the wire nor waiting, if there are many.
    fn forget(&mut self, origin: OriginId) {
        if self.lines.len() > KEPT_LINES
            && let Ok(place) = self.place(origin)
            && self.lines[place].1.is_empty()
        {
            self.lines.remove(place);
        }
    }
}

impl Line {
    fn new() -> Self {
        Self {
            multiplexing: Multiplexing::Unknown,
            active: 0,
            turns: 0,
            last_fair: None,
            owes_fair_turn: false,
            waiting: Default::default(),
        }
    }

    fn is_empty(&self) -> bool {
        self.active == 0 && self.waiting.iter().all(Waiting::is_empty)
    }

    fn capacity(&self, limit: usize) -> usize {
        match self.multiplexing {
            Multiplexing::Unknown => 1,
            Multiplexing::No => limit,
            Multiplexing::Streams(streams) => streams.max(1),
            Multiplexing::Platform if limit < PLATFORM_LIMIT => limit,
            Multiplexing::Platform => usize::MAX,
        }
    }

    fn admit(&mut self, limit: usize) -> Admitted {
        let mut admitted = Admitted::new();
        while self.active < self.capacity(limit) {
            let Some(task) = self.pick() else { break };
            self.active += 1;
            admitted.push(task);
        }
        admitted
    }

    fn pick(&mut self) -> Option<Slot> {
        if self.waiting.iter().all(Waiting::is_empty) {
            return None;
        }
        let is_owed = std::mem::take(&mut self.owes_fair_turn);
        if !is_owed {
            self.turns = self.turns.wrapping_add(1);
        }
        let is_fair = is_owed || self.turns.is_multiple_of(FAIR_TURN);
        let mut waiting = self.waiting.iter_mut();
        let line = if is_fair {
            waiting
                .filter(|waiting| !waiting.is_empty())
                .min_by_key(|waiting| waiting.first())
        } else {
            waiting.find(|waiting| !waiting.is_empty())
        };
        let (ticket, task) = line?.pop_first()?;
        if is_fair {
            self.last_fair = Some(ticket);
        }
        Some(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use crate::words::target::Target;

    struct Queue {
        admission: Admission,
        origin: OriginId,
        multiplexing: Multiplexing,
    }

    fn queue(limit: usize, multiplexing: Multiplexing) -> Queue {
        let origin = Target::parse("http://queue.example/")
            .unwrap()
            .origin()
            .id();
        Queue {
            admission: Admission::new(limit),
            origin,
            multiplexing,
        }
    }

    impl Queue {
        fn enter(&mut self, task: Slot, urgency: Urgency) -> bool {
            self.admission.enter(
                self.origin,
                || self.multiplexing,
                (urgency, u64::from(task)),
                task,
            )
        }

        fn release(&mut self) -> Vec<Slot> {
            self.admission.release(self.origin).into_iter().collect()
        }
    }

    #[test]
    fn the_seventh_waits() {
        let mut queue = queue(6, Multiplexing::No);
        assert!((1..=6).all(|task| queue.enter(task, Urgency::Default)));
        assert!(!queue.enter(7, Urgency::Default));
        assert_eq!(queue.release(), [7]);
        assert!(queue.release().is_empty());
    }

    #[test]
    fn urgent_ones_go_first_and_nobody_starves() {
        let mut queue = queue(1, Multiplexing::No);
        queue.enter(1, Urgency::Default);
        queue.enter(2, Urgency::Low);
        (3..9).for_each(|task| assert!(!queue.enter(task, Urgency::High)));
        let order: Vec<_> = (0..7).flat_map(|_| queue.release()).collect();
        assert_eq!(order, [3, 4, 5, 2, 6, 7, 8]);
    }

    #[test]
    fn the_turn_of_whoever_leaves_it_unused_is_had_by_the_next_that_has_waited_longest() {
        let mut queue = queue(1, Multiplexing::No);
        queue.enter(1, Urgency::Default);
        queue.enter(2, Urgency::Low);
        queue.enter(3, Urgency::Low);
        (4..9).for_each(|task| assert!(!queue.enter(task, Urgency::High)));
        let order: Vec<_> = (0..4).flat_map(|_| queue.release()).collect();
        assert_eq!(order, [4, 5, 6, 2]);
        // The ticket of whoever has had the place as one of the urgent.
        queue.admission.take_turn_back(queue.origin, 6);
        queue.admission.take_turn_back(queue.origin, 2);
        assert_eq!(queue.release(), [3]);
        assert_eq!(queue.release(), [7]);
    }

    #[test]
    fn one_goes_ahead_until_the_handshake_tells() {
        let mut queue = queue(6, Multiplexing::Unknown);
        assert!(queue.enter(1, Urgency::Default));
        (2..=9).for_each(|task| assert!(!queue.enter(task, Urgency::Default)));
        let admitted = queue
            .admission
            .learned(queue.origin, Multiplexing::Streams(100));
        let admitted: Vec<_> = admitted.into_iter().collect();
        assert_eq!(admitted, [2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn a_failed_scout_lets_the_next_go_ahead() {
        let mut queue = queue(6, Multiplexing::Unknown);
        (1..=3).for_each(|task| {
            queue.enter(task, Urgency::Default);
        });
        assert_eq!(queue.release(), [2]);
    }

    #[test]
    fn who_left_is_not_admitted() {
        let mut queue = queue(1, Multiplexing::No);
        (1..=3).for_each(|task| {
            queue.enter(task, Urgency::Default);
        });
        queue
            .admission
            .leave(queue.origin, (Urgency::Default, 2), 2);
        assert_eq!(queue.release(), [3]);
    }

    #[test]
    fn a_rejoined_place_counts() {
        let mut queue = queue(1, Multiplexing::No);
        (1..=3).for_each(|task| {
            queue.enter(task, Urgency::Default);
        });
        assert_eq!(queue.release(), [2]);
        queue.admission.rejoin(queue.origin, || Multiplexing::No);
        assert!(queue.release().is_empty());
        assert_eq!(queue.release(), [3]);
    }

    #[test]
    fn a_browser_counts_by_itself_unless_asked_for_less() {
        let mut free = queue(6, Multiplexing::Platform);
        assert!((1..=50).all(|task| free.enter(task, Urgency::Default)));
        let mut fewer = queue(2, Multiplexing::Platform);
        assert!(fewer.enter(1, Urgency::Default) && fewer.enter(2, Urgency::Default));
        assert!(!fewer.enter(3, Urgency::Default));
    }

    #[test]
    fn empty_queues_are_forgotten_when_there_are_many() {
        let mut admission = Admission::new(1);
        let targets: Vec<_> = (0..100)
            .map(|n| Target::parse(&format!("http://{n}.example/")).unwrap())
            .collect();
        for target in &targets {
            let origin = target.origin().id();
            admission.enter(origin, || Multiplexing::No, (Urgency::Default, 1), 1);
            admission.release(origin);
        }
        assert!(admission.lines.len() <= KEPT_LINES + 1);
    }

    #[test]
    fn queues_in_use_are_kept_however_many_there_are() {
        let mut admission = Admission::new(1);
        let targets: Vec<_> = (0..100)
            .map(|n| Target::parse(&format!("http://{n}.example/")).unwrap())
            .collect();
        let mut enter = |target: &Target, task| {
            let place = (Urgency::Default, u64::from(task));
            admission.enter(target.origin().id(), || Multiplexing::No, place, task)
        };
        assert!(targets.iter().all(|target| enter(target, 1)));
        assert!(targets.iter().all(|target| !enter(target, 2)));
        for target in &targets {
            admission.leave(target.origin().id(), (Urgency::Default, 2), 2);
        }
        let mut enter = |target: &Target| {
            let place = (Urgency::Default, 3);
            admission.enter(target.origin().id(), || Multiplexing::No, place, 3)
        };
        assert!(!targets.iter().any(&mut enter));
    }
}
