//! Places that a task has beside its own, for parts of its answer.

use crate::seams::transport::Multiplexing;
use crate::session::ledger::records::Standing;
use crate::session::ledger::{Acts, Ledger};
use crate::session::turn::Slot;
use crate::task::shared::TaskShared;
use crate::words::target::OriginId;

/// Who has such places, in the order of their slots.
#[derive(Default)]
pub(super) struct MorePlaces(Vec<(Slot, More)>);

impl MorePlaces {
    fn find(&self, slot: Slot) -> Result<usize, usize> {
        self.0.binary_search_by_key(&slot, |(slot, _)| *slot)
    }

    fn get_mut(&mut self, slot: Slot) -> Option<&mut More> {
        let at = self.find(slot).ok()?;
        self.0.get_mut(at).map(|(_, more)| more)
    }

    fn remove(&mut self, slot: Slot) {
        if let Ok(at) = self.find(slot) {
            self.0.remove(at);
        }
    }
}

/// The places that one task has beside its own.
#[derive(Clone, Copy)]
pub(super) struct More {
    origin: OriginId,
    count: usize,
    /// Given back for a while, as the task's own.
    is_resting: bool,
}

impl Ledger {
    /// Takes as many more places at the task's origin as are free, `most` at most; gives how many.
    pub(crate) fn take_free_places(&mut self, task: &TaskShared, most: usize) -> usize {
        let Some(slot) = self.records.slot_of(task) else {
            return 0;
        };
        let record = self.records.at(slot);
        let Some(origin) = record.origin.as_ref().map(|origin| origin.id()) else {
            return 0;
        };
        if record.standing != Standing::Held {
            return 0;
        }
        let Err(at) = self.more_places.find(slot) else {
            return 0;
        };
        let count = self.admission.take_free(origin, most);
        if count > 0 {
            let is_resting = false;
            let more = More {
                origin,
                count,
                is_resting,
            };
            self.more_places.0.insert(at, (slot, more));
        }
        count
    }

    /// Gives back one of those.
    pub(crate) fn give_back_place(&mut self, task: &TaskShared, acts: &mut Acts) {
        let Some(slot) = self.records.slot_of(task) else {
            return;
        };
        let Some(more) = self.more_places.get_mut(slot) else {
            return;
        };
        more.count -= 1;
        let (origin, is_resting) = (more.origin, more.is_resting);
        if more.count == 0 {
            self.more_places.remove(slot);
        }
        if !is_resting {
            let admitted = self.admission.release(origin);
            self.admit(admitted, acts);
        }
    }

    /// The task is struck off: it has no places any more.
    pub(super) fn give_back_all(&mut self, slot: Slot, acts: &mut Acts) {
        self.rest_more(slot, acts);
        self.more_places.remove(slot);
    }

    /// The task gives its places back for a while.
    pub(super) fn rest_more(&mut self, slot: Slot, acts: &mut Acts) {
        let Some(more) = self.more_places.get_mut(slot) else {
            return;
        };
        let (origin, count) = (more.origin, more.count);
        if !std::mem::replace(&mut more.is_resting, true) {
            for _ in 0..count {
                let admitted = self.admission.release(origin);
                self.admit(admitted, acts);
            }
        }
    }

    /// The task takes its places again, over the limit if need be: the connections are there.
    pub(super) fn unrest_more(&mut self, slot: Slot) {
        let Some(more) = self.more_places.get_mut(slot) else {
            return;
        };
        if std::mem::replace(&mut more.is_resting, false) {
            for _ in 0..more.count {
                // The task's own place was taken before: the origin is known.
                self.admission.rejoin(more.origin, || Multiplexing::Unknown);
            }
        }
    }
}
