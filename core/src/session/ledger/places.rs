//! Who is on the wire: places taken, waited for, given back for a while.

use std::sync::Arc;
use std::time::Duration;

use crate::seams::transport::Multiplexing;
use crate::session::admission::Admitted;
use crate::session::ledger::records::{Record, Standing};
use crate::session::ledger::{Acts, Ledger};
use crate::session::turn::Slot;
use crate::task::lifecycle::{Event, State};
use crate::task::shared::TaskShared;
use crate::words::target::Origin;

/// Between two looks at futures that were woken and are left unpolled; at the second they lose the places that others wait for.
pub(super) const UNPOLLED_GRACE: Duration = Duration::from_millis(100);

impl Ledger {
    /// Gives the task's place back and asks for one at `origin`, if any; a task that stays where it is keeps it.
    pub(crate) fn move_to(
        &mut self,
        task: &TaskShared,
        origin: Option<&Arc<Origin>>,
        acts: &mut Acts,
    ) {
        let Some(slot) = self.records.slot_of(task) else {
            return;
        };
        let record = self.records.at(slot);
        if record.origin.as_ref().map(|held| held.id()) == origin.map(|origin| origin.id()) {
            return;
        }
        record.timers.stop_idle();
        self.withdraw_place(slot, acts);
        self.records.at(slot).origin = origin.cloned();
        self.enter(slot, acts);
        self.arm_unless_held(slot);
    }

    /// A network is waited for: the place is given back for good, the idle timer stands still.
    pub(crate) fn leave_origin(&mut self, task: &TaskShared, acts: &mut Acts) {
        let Some(slot) = self.records.slot_of(task) else {
            return;
        };
        let record = self.records.at(slot);
        record.waits_for_app = true;
        record.timers.stop_idle();
        record.task.set_resting(false);
        self.withdraw_place(slot, acts);
        self.arm(slot);
    }

    /// There is a network again: the task queues under its old ticket.
    pub(crate) fn return_to_origin(&mut self, task: &TaskShared, acts: &mut Acts) {
        let Some(slot) = self.records.slot_of(task) else {
            return;
        };
        let record = self.records.at(slot);
        record.waits_for_app = false;
        match task.internal_state() {
            State::Loading => {
                self.enter(slot, acts);
                self.arm_unless_held(slot);
            }
            // Suspended as it came back: it queues when it is resumed.
            State::Suspended => record.standing = Standing::Parked,
            State::Born
            | State::Queued
            | State::Shelved
            | State::Canceling
            | State::Finishing
            | State::Completed => {}
        }
    }

    /// True once the task has a place at its origin, or had one and rests, or needs none.
    pub(crate) fn has_place(&mut self, task: &TaskShared) -> bool {
        match self.records.slot_of(task) {
            Some(slot) => {
                let record = self.records.at(slot);
                record.origin.is_none()
                    || matches!(record.standing, Standing::Held | Standing::Resting)
            }
            None => true,
        }
    }

    /// A connection to the task's origin told what it carries.
    pub(crate) fn learned(
        &mut self,
        task: &TaskShared,
        multiplexing: Multiplexing,
        acts: &mut Acts,
    ) {
        let Some(slot) = self.records.slot_of(task) else {
            return;
        };
        if let Some(origin) = &self.records.at(slot).origin {
            let admitted = self.admission.learned(origin.id(), multiplexing);
            self.admit(admitted, acts);
        }
    }

    /// The driver polls again after its place was given back. False for a load that has not begun and must wait for its turn.
    pub(crate) fn polled_again(&mut self, task: &TaskShared, acts: &mut Acts) -> bool {
        let Some(slot) = self.records.slot_of(task) else {
            return true;
        };
        let record = self.records.at(slot);
        if matches!(record.standing, Standing::Waiting | Standing::Parked) && !task.has_begun() {
            return false;
        }
        task.set_resting(false);
        if !record.waits_for_app && task.internal_state() == State::Loading {
            self.unrest(slot, acts);
        }
        true
    }

    /// The task was suspended: it gives its place back for a while; before its load has begun, for a place in the queue.
    pub(super) fn park(&mut self, slot: Slot, acts: &mut Acts) {
        let record = self.records.at(slot);
        #[cfg(feature = "cache")]
        record.task.signals().set_still(true);
        if record.standing == Standing::Held && !record.task.has_begun() {
            self.withdraw_place(slot, acts);
            let record = self.records.at(slot);
            record.standing = Standing::Parked;
            record.task.set_resting(true);
        } else {
            self.rest(slot, acts);
        }
    }

    /// The app is asked, or holds a chunk: the place is given back, the idle timer stands still.
    pub(crate) fn begin_wait_for_app(&mut self, task: &TaskShared, acts: &mut Acts) {
        let Some(slot) = self.records.slot_of(task) else {
            return;
        };
        let record = self.records.at(slot);
        record.waits_for_app = true;
        record.timers.stop_idle();
        #[cfg(feature = "cache")]
        record.task.signals().set_still(true);
        self.rest(slot, acts);
        self.arm(slot);
    }

    /// The app has answered, or wants the next chunk.
    pub(crate) fn end_wait_for_app(&mut self, task: &TaskShared, acts: &mut Acts) {
        let Some(slot) = self.records.slot_of(task) else {
            return;
        };
        self.records.at(slot).waits_for_app = false;
        if task.internal_state() == State::Loading {
            self.take_up(slot, acts);
            self.arm(slot);
        }
    }

    /// A task that loads again takes its place and its idle timer up, unless it waits for the app.
    pub(super) fn take_up(&mut self, slot: Slot, acts: &mut Acts) {
        let now = self.now();
        let record = self.records.at(slot);
        if !record.waits_for_app {
            record.timers.start_idle(now);
            #[cfg(feature = "cache")]
            record.task.signals().set_still(false);
            self.unrest(slot, acts);
        }
    }

    /// The task gives its place back for a while.
    pub(super) fn rest(&mut self, slot: Slot, acts: &mut Acts) {
        let record = self.records.at(slot);
        let Some(origin) = record.origin.as_ref().map(|origin| origin.id()) else {
            return;
        };
        match record.standing {
            Standing::Waiting => {
                record.standing = Standing::Parked;
                self.admission
                    .leave(origin, (record.urgency, record.ticket), slot);
            }
            Standing::Held => {
                record.standing = Standing::Resting;
                record.task.set_resting(true);
                let admitted = self.admission.release(origin);
                self.admit(admitted, acts);
                #[cfg(feature = "download")]
                self.rest_more(slot, acts);
            }
            Standing::Out | Standing::Parked | Standing::Resting => {}
        }
    }

    /// The task takes its place again, or waits for it again under its old ticket.
    fn unrest(&mut self, slot: Slot, acts: &mut Acts) {
        let record = self.records.at(slot);
        match (record.standing, &record.origin) {
            (Standing::Parked, _) => self.enter(slot, acts),
            (Standing::Resting, Some(origin)) => {
                let origin = origin.clone();
                record.standing = Standing::Held;
                // It may be left unpolled again, when those who wait have had their look at it.
                let may_be_left = record.task.is_callers_future();
                self.admission
                    .rejoin(origin.id(), || self.transport.multiplexing(&origin));
                #[cfg(feature = "download")]
                self.unrest_more(slot);
                if may_be_left && self.admission.has_waiting(origin.id()) {
                    self.audit_soon();
                }
            }
            (Standing::Resting, None) | (Standing::Out | Standing::Waiting | Standing::Held, _) => {
            }
        }
    }

    /// Asks for a place. A task without origin has no use for one.
    pub(super) fn enter(&mut self, slot: Slot, acts: &mut Acts) {
        let record = self.records.at(slot);
        let Some(origin) = &record.origin else {
            self.apply(slot, Event::Admit, acts);
            return;
        };
        let hint = || self.transport.multiplexing(origin);
        let place = (record.urgency, record.ticket);
        if self.admission.enter(origin.id(), hint, place, slot) {
            record.standing = Standing::Held;
            self.apply(slot, Event::Admit, acts);
        } else {
            record.standing = Standing::Waiting;
            record.timers.stop_idle();
            self.audit_soon();
        }
    }

    pub(super) fn admit(&mut self, admitted: Admitted, acts: &mut Acts) {
        for slot in admitted {
            let record = self.records.at(slot);
            record.standing = Standing::Held;
            if record.task.is_callers_future() {
                self.audit_soon();
            }
            self.apply(slot, Event::Admit, acts);
        }
    }

    pub(super) fn leave_queue(&mut self, slot: Slot) {
        let record = self.records.at(slot);
        if let Some((origin, ticket)) = record.waits_at() {
            record.standing = Standing::Out;
            self.admission.leave(origin, (record.urgency, ticket), slot);
        }
    }

    pub(super) fn withdraw_place(&mut self, slot: Slot, acts: &mut Acts) {
        self.leave_queue(slot);
        let record = self.records.at(slot);
        let before = std::mem::replace(&mut record.standing, Standing::Out);
        if before == Standing::Held
            && let Some(origin) = &record.origin
        {
            let admitted = self.admission.release(origin.id());
            self.admit(admitted, acts);
        }
    }

    fn audit_soon(&mut self) {
        if self.alarms.audit.is_none() {
            self.alarms.audit = Some(self.now() + UNPOLLED_GRACE);
        }
    }

    /// Futures that were woken and are left unpolled give up the places that others wait for.
    pub(super) fn audit(&mut self, acts: &mut Acts) {
        let blocks = |record: &&Record| {
            let origin = record.origin.as_ref().map(|origin| origin.id());
            record.standing == Standing::Held
                && record.task.is_callers_future()
                && origin.is_some_and(|origin| self.admission.has_waiting(origin))
        };
        let blocking: Vec<_> = self
            .records
            .iter()
            .filter(blocks)
            .map(|r| r.task.clone())
            .collect();
        for task in blocking {
            if !task.signals().is_left_unpolled() {
                self.audit_soon();
            } else if let Some(slot) = self.records.slot_of(&task) {
                // It may have been the turn of whoever has waited longest.
                let record = self.records.at(slot);
                if let Some(origin) = &record.origin {
                    self.admission.take_turn_back(origin.id(), record.ticket);
                }
                self.rest(slot, acts);
            }
        }
    }
}
