//! The session's books: which tasks there are, who is on the wire, whose timer is next. One lock, no callback inside.

mod alarms;
#[cfg(feature = "download")]
mod more_places;
mod places;
mod records;

use std::sync::Arc;

use crate::seams::platform::Platform;
use crate::seams::runtime::Clock;
use crate::seams::transport::Transport;
use crate::session::admission::Admission;
use crate::session::ledger::alarms::Alarms;
use crate::session::ledger::records::Records;
use crate::session::lifecycle::{SessionEffect, SessionEvent, SessionState};
use crate::session::turn::{Slot, Ticket, Urgency};
use crate::task::lifecycle::{Effect, Event, State};
use crate::task::shared::TaskShared;
use crate::task::timers::Timers;
use crate::words::few::Few;
use crate::words::time::Moment;

pub(crate) use crate::session::ledger::alarms::{Due, Keeper};

/// A task's number in its session, from 1.
pub(crate) type TaskId = u64;

/// The books of one session.
pub(crate) struct Ledger {
    clock: Arc<dyn Clock>,
    transport: Arc<dyn Transport>,
    session: SessionState,
    records: Records,
    admission: Admission,
    #[cfg(feature = "download")]
    more_places: more_places::MorePlaces,
    alarms: Alarms,
    next_ticket: Ticket,
}

/// What must be done once the books are closed, in this order: as a rule one thing.
pub(crate) type Acts = Few<Act>;

/// See [`Acts`].
#[must_use]
pub(crate) enum Act {
    /// Start the driver (a future of the caller's is woken instead).
    Launch(Arc<TaskShared>),
    /// Have the driver poll.
    Wake(Arc<TaskShared>),
    /// Tell the delegate that the session is over.
    Farewell,
}

impl Ledger {
    pub(crate) fn new(platform: &Platform, clock: Arc<dyn Clock>, limit: usize) -> Self {
        Self {
            clock,
            transport: platform.transport.clone(),
            session: SessionState::Active,
            records: Records::default(),
            admission: Admission::new(limit),
            #[cfg(feature = "download")]
            more_places: more_places::MorePlaces::default(),
            alarms: Alarms::new(!platform.runtime.sleeps_hold_program()),
            next_ticket: 1,
        }
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    /// True while the session takes tasks.
    #[cfg(feature = "cache")]
    pub(crate) fn is_active(&self) -> bool {
        self.session == SessionState::Active
    }

    /// Enters a task. False when the session takes no more.
    pub(crate) fn register(&mut self, task: Arc<TaskShared>, timers: Timers) -> bool {
        if self.session != SessionState::Active {
            return false;
        }
        self.records.insert(task, timers);
        true
    }

    /// A future of the caller's is polled for the first time: it needs nobody to resume it.
    pub(crate) fn begin(&mut self, task: &TaskShared, acts: &mut Acts) {
        self.lift(task, acts);
    }

    /// Lifts one suspension.
    pub(crate) fn resume(&mut self, task: &TaskShared, acts: &mut Acts) {
        if let Some((slot, Effect::Unpark)) = self.lift(task, acts) {
            let now = self.now();
            let record = self.records.at(slot);
            acts.push(Act::Wake(record.task.clone()));
            record.timers.start_resource(now);
            self.take_up(slot, acts);
            self.arm(slot);
        }
    }

    fn lift(&mut self, task: &TaskShared, acts: &mut Acts) -> Option<(Slot, Effect)> {
        let slot = self.records.slot_of(task)?;
        let record = self.records.at(slot);
        if record.suspensions == 1 {
            record.suspensions = 0;
            return Some((slot, self.apply(slot, Event::Resume, acts)));
        }
        record.suspensions = record.suspensions.saturating_sub(1);
        None
    }

    /// Puts one suspension on.
    pub(crate) fn suspend(&mut self, task: &TaskShared, acts: &mut Acts) {
        let Some(slot) = self.records.slot_of(task) else {
            return;
        };
        let record = self.records.at(slot);
        record.suspensions = record.suspensions.saturating_add(1);
        if record.suspensions != 1 {
            return;
        }
        if let Effect::Shelve | Effect::Park = self.apply(slot, Event::Suspend, acts) {
            let now = self.now();
            self.records.at(slot).timers.stop(now);
            self.park(slot, acts);
            self.disarm(slot);
        }
    }

    /// Cancels.
    pub(crate) fn cancel(&mut self, task: &TaskShared, acts: &mut Acts) {
        if let Some(slot) = self.records.slot_of(task) {
            self.apply(slot, Event::Cancel, acts);
        }
    }

    /// The last handle went: a task that was never resumed is cancelled.
    pub(crate) fn abandon(&mut self, task: &TaskShared, acts: &mut Acts) {
        if task.internal_state() == State::Born {
            self.cancel(task, acts);
        }
    }

    /// The driver has an outcome, or is gone. Whether the outcome stands.
    pub(crate) fn finish(&mut self, task: &TaskShared, acts: &mut Acts) -> Effect {
        match self.records.slot_of(task) {
            Some(slot) => self.apply(slot, Event::Finish, acts),
            None => Effect::Nothing,
        }
    }

    /// The app is about to get the completion.
    pub(crate) fn complete(&mut self, task: &TaskShared, acts: &mut Acts) {
        if let Some(slot) = self.records.slot_of(task) {
            self.apply(slot, Event::Complete, acts);
        }
    }

    /// Strikes a task off: the app has had its completion.
    pub(crate) fn retire(&mut self, task: &TaskShared, acts: &mut Acts) {
        if let Some(slot) = self.records.slot_of(task) {
            self.apply(slot, Event::Complete, acts);
            self.disarm(slot);
            #[cfg(feature = "download")]
            self.give_back_all(slot, acts);
            self.records.remove(slot);
        }
        if self.records.is_empty() {
            self.disarm_waiting();
        }
        self.end_if_drained(acts);
    }

    /// Another priority; a waiting task changes queues under its ticket.
    pub(crate) fn set_urgency(&mut self, task: &TaskShared, urgency: Urgency) {
        let Some(slot) = self.records.slot_of(task) else {
            return;
        };
        let record = self.records.at(slot);
        let before = std::mem::replace(&mut record.urgency, urgency);
        if let Some((origin, ticket)) = record.waits_at() {
            self.admission
                .change_urgency(origin, (before, urgency), (ticket, slot));
        }
    }

    /// What happens to the session as a whole.
    pub(crate) fn on_session(&mut self, event: SessionEvent, acts: &mut Acts) {
        self.session_step(event, acts);
        self.end_if_drained(acts);
    }

    fn end_if_drained(&mut self, acts: &mut Acts) {
        if self.records.is_empty() && self.session == SessionState::Finishing {
            self.session_step(SessionEvent::Drained, acts);
        }
    }

    fn session_step(&mut self, event: SessionEvent, acts: &mut Acts) {
        let effect;
        (self.session, effect) = self.session.on(event);
        let only_born = match effect {
            SessionEffect::Nothing => return,
            SessionEffect::Farewell => return acts.push(Act::Farewell),
            SessionEffect::CancelBorn => true,
            SessionEffect::CancelAll => false,
        };
        for task in self.records.tasks() {
            if !only_born || task.internal_state() == State::Born {
                self.cancel(&task, acts);
            }
        }
    }

    /// The tasks that were resumed and have not ended, in the order of their making.
    pub(crate) fn live_tasks(&self) -> Vec<Arc<TaskShared>> {
        let mut tasks = self.records.tasks();
        tasks.retain(|task| {
            matches!(
                task.internal_state(),
                State::Queued | State::Shelved | State::Loading | State::Suspended
            )
        });
        tasks
    }

    /// Is the task in the books?
    pub(crate) fn has(&self, task: &TaskShared) -> bool {
        self.records.slot_of(task).is_some()
    }

    /// How many tasks are in the books.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Carries an event through the lifecycle table and does what the table says, but for what only who suspends and resumes meets: they
    /// do it themselves, and a program that makes no task has none of it linked.
    fn apply(&mut self, slot: Slot, event: Event, acts: &mut Acts) -> Effect {
        let record = self.records.at(slot);
        let effect = record.task.step(event);
        match effect {
            Effect::Nothing | Effect::HandOver | Effect::Shelve | Effect::Park | Effect::Unpark => {
            }
            Effect::Enqueue => self.enqueue(slot, acts),
            Effect::Launch => acts.push(Act::Launch(record.task.clone())),
            Effect::Wake => acts.push(Act::Wake(record.task.clone())),
            Effect::LaunchCancelled => {
                acts.push(Act::Launch(record.task.clone()));
                self.withdraw(slot, acts);
            }
            Effect::Deliver | Effect::DeliverCancelled => self.withdraw(slot, acts),
        }
        effect
    }

    /// The task takes its ticket and a place in the queue; the resource timer runs.
    fn enqueue(&mut self, slot: Slot, acts: &mut Acts) {
        let now = self.now();
        let record = self.records.at(slot);
        record.timers.start_resource(now);
        if record.ticket == 0 {
            record.ticket = self.next_ticket;
            self.next_ticket += 1;
        }
        #[cfg(feature = "cache")]
        if record.task.is_answered_at_once() {
            record.origin = None;
        }
        self.enter(slot, acts);
        self.arm_unless_held(slot);
    }

    /// The task has done with its origin, and with time.
    fn withdraw(&mut self, slot: Slot, acts: &mut Acts) {
        self.withdraw_place(slot, acts);
        self.disarm(slot);
    }
}
