//! A record a task, in a table of slots.

use std::sync::Arc;

use crate::session::soonest::Soonest;
use crate::session::turn::{Slot, Ticket, Urgency};
use crate::task::shared::TaskShared;
use crate::task::timers::Timers;
use crate::words::target::{Origin, OriginId};
use crate::words::time::Moment;

/// What the books say of one task.
pub(super) struct Record {
    pub(super) task: Arc<TaskShared>,
    /// Where it needs a place, if anywhere.
    pub(super) origin: Option<Arc<Origin>>,
    pub(super) ticket: Ticket,
    pub(super) timers: Timers,
    /// When its alarm is set for; [`Moment::default`] for none.
    pub(super) alarm: Moment,
    /// Suspensions not yet lifted; a task is born with one.
    pub(super) suspensions: u32,
    pub(super) urgency: Urgency,
    pub(super) standing: Standing,
    /// The app is asked, or holds a chunk, or a network is waited for: no place, no idle timer, until that is over.
    pub(super) waits_for_app: bool,
}

/// How a task stands with the queue of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Neither waits nor holds.
    Out,
    /// Waits for a place.
    Waiting,
    /// Would wait, were it not suspended.
    Parked,
    /// Has a place.
    Held,
    /// Has given its place back for a while: suspended, being asked, or left unpolled.
    Resting,
}

impl Record {
    /// Where it waits, and under which ticket.
    pub(super) fn waits_at(&self) -> Option<(OriginId, Ticket)> {
        let origin = self
            .origin
            .as_ref()
            .filter(|_| self.standing == Standing::Waiting)?;
        Some((origin.id(), self.ticket))
    }
}

/// The records. A task knows its slot.
#[derive(Default)]
pub(super) struct Records {
    slots: Vec<Option<Record>>,
    free: Vec<Slot>,
}

impl Records {
    pub(super) fn insert(&mut self, task: Arc<TaskShared>, timers: Timers) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            Slot::try_from(self.slots.len() - 1).expect("fewer tasks at once than 2^32")
        });
        task.set_slot(slot);
        self.slots[slot as usize] = Some(Record {
            origin: task.first_origin().cloned(),
            ticket: 0,
            timers,
            alarm: Moment::default(),
            suspensions: 1,
            urgency: Urgency::Default,
            standing: Standing::Out,
            waits_for_app: false,
            task,
        });
    }

    /// The slot of a task that is in the books; a slot is used again, so the task must still be there.
    pub(super) fn slot_of(&self, task: &TaskShared) -> Option<Slot> {
        let slot = task.slot();
        let record = self.slots.get(slot as usize)?.as_ref()?;
        std::ptr::eq(&*record.task, task).then_some(slot)
    }

    /// The record in a slot that a task of the books, a queue or an alarm names.
    pub(super) fn at(&mut self, slot: Slot) -> &mut Record {
        let record = self.slots[slot as usize].as_mut();
        record.expect("who leaves the books leaves queues and alarms first")
    }

    /// When the alarm of the record in `slot` is set for; [`Moment::default`] for none.
    pub(super) fn alarm_of(&self, slot: Slot) -> Moment {
        let record = self.slots.get(slot as usize).and_then(Option::as_ref);
        record.map_or_else(Moment::default, |record| record.alarm)
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        self.slots[slot as usize] = None;
        self.free.push(slot);
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those in the books, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.slots.iter().flatten()
    }

    /// The tasks, in the order of their making.
    pub(super) fn tasks(&self) -> Vec<Arc<TaskShared>> {
        let mut order = Soonest::of(
            self.iter()
                .map(|record| (record.task.id(), record.task.slot())),
        );
        let mut tasks = Vec::new();
        while let Some((_, slot)) = order.take() {
            let record = self.slots.get(slot as usize).and_then(Option::as_ref);
            tasks.extend(record.map(|record| record.task.clone()));
        }
        tasks
    }
}
