//! The session's books: which tasks there are, who is on the wire, whose timer is next. One lock, no callback inside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::seams::transport::{Multiplexing, Transport};
use crate::session::admission::{Admission, TaskId, Ticket, Urgency};
use crate::session::lifecycle::{SessionEffect, SessionEvent, SessionState};
use crate::task::lifecycle::{Effect, Event, State};
use crate::task::shared::TaskShared;
use crate::task::timers::Timers;
use crate::words::target::Origin;
use crate::words::time::Moment;

/// A future that was woken and not polled for this long holds no place that others wait for.
const UNPOLLED_GRACE: Duration = Duration::from_millis(100);

/// The books of one session.
pub(crate) struct Ledger {
    transport: Arc<dyn Transport>,
    session: SessionState,
    tasks: BTreeMap<TaskId, Record>,
    admission: Admission,
    alarms: BTreeSet<(Moment, TaskId)>,
    next_task: TaskId,
    next_ticket: Ticket,
    next_audit: Option<Moment>,
    /// The keeper of time sleeps until then; `None` when there is no keeper.
    pub(crate) keeper_until: Option<Moment>,
}

/// What the books say of one task.
struct Record {
    task: Arc<TaskShared>,
    /// Suspensions not yet lifted; a task is born with one.
    suspensions: u32,
    urgency: Urgency,
    ticket: Ticket,
    origin: Option<Arc<Origin>>,
    standing: Standing,
    timers: Timers,
    alarm: Option<Moment>,
    /// The app is asked, or holds a chunk: no place, no idle timer, until it answers.
    waits_for_app: bool,
}

/// How a task stands with the queue of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
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

/// What must be done once the books are closed.
#[must_use]
pub(crate) enum Act {
    /// Start the driver (a future of the caller's is woken instead).
    Launch(Arc<TaskShared>),
    /// Have the driver poll.
    Wake(Arc<TaskShared>),
    /// Tell the delegate that the session is over.
    Farewell,
}

/// What the driver finds when its load has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// A timer has fired.
    Expired,
    /// An alarm is set.
    Later,
}

impl Ledger {
    pub(crate) fn new(transport: Arc<dyn Transport>, limit: usize) -> Self {
        Self {
            transport,
            session: SessionState::Active,
            tasks: BTreeMap::new(),
            admission: Admission::new(limit),
            alarms: BTreeSet::new(),
            next_task: 1,
            next_ticket: 1,
            next_audit: None,
            keeper_until: None,
        }
    }

    /// A number for a new task, and whether the session still takes tasks.
    pub(crate) fn next_task(&mut self) -> (TaskId, bool) {
        let id = self.next_task;
        self.next_task += 1;
        (id, self.session == SessionState::Active)
    }

    /// Enters a task. False when the session has ended meanwhile.
    pub(crate) fn register(&mut self, task: Arc<TaskShared>, timers: Timers) -> bool {
        if self.session != SessionState::Active {
            return false;
        }
        let record = Record {
            suspensions: 1,
            urgency: Urgency::Default,
            ticket: 0,
            origin: task
                .request()
                .map(|request| request.target().origin().clone()),
            standing: Standing::Out,
            timers,
            alarm: None,
            waits_for_app: false,
            task,
        };
        self.tasks.insert(record.task.id(), record);
        true
    }

    /// Lifts one suspension.
    pub(crate) fn resume(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        match record.suspensions {
            0 => return,
            1 => record.suspensions = 0,
            _ => {
                record.suspensions -= 1;
                return;
            }
        }
        self.apply(id, Event::Resume, now, acts);
    }

    /// Puts one suspension on.
    pub(crate) fn suspend(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        record.suspensions = record.suspensions.saturating_add(1);
        if record.suspensions == 1 {
            self.apply(id, Event::Suspend, now, acts);
        }
    }

    /// The last handle went: a task that was never resumed is cancelled.
    pub(crate) fn abandon(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        let record = self.tasks.get(&id);
        if record.is_some_and(|record| record.task.internal_state() == State::Born) {
            self.apply(id, Event::Cancel, now, acts);
        }
    }

    /// Carries an event through the lifecycle table and does what the table says.
    pub(crate) fn apply(
        &mut self,
        id: TaskId,
        event: Event,
        now: Moment,
        acts: &mut Vec<Act>,
    ) -> Effect {
        let Some(record) = self.tasks.get_mut(&id) else {
            return Effect::Nothing;
        };
        let effect = record.task.step(event);
        match effect {
            Effect::Nothing | Effect::HandOver => {}
            Effect::Enqueue => {
                record.timers.start_resource(now);
                if record.ticket == 0 {
                    record.ticket = self.next_ticket;
                    self.next_ticket += 1;
                }
                self.enter(id, now, acts);
                self.arm(id, now);
            }
            Effect::Launch => {
                self.arm(id, now);
                acts.push(Act::Launch(self.tasks[&id].task.clone()));
            }
            Effect::Shelve | Effect::Park => {
                record.timers.stop(now);
                self.rest(id, now, acts);
                self.disarm(id);
            }
            Effect::LaunchCancelled => {
                let task = record.task.clone();
                self.withdraw(id, now, acts);
                acts.push(Act::Launch(task));
            }
            Effect::Unpark => {
                record.timers.start_resource(now);
                let task = record.task.clone();
                self.take_up(id, now, acts);
                self.arm(id, now);
                acts.push(Act::Wake(task));
            }
            Effect::Wake => acts.push(Act::Wake(record.task.clone())),
            Effect::Deliver | Effect::DeliverCancelled => self.withdraw(id, now, acts),
        }
        effect
    }

    /// Gives the task's place back and asks for one at `origin`; a task that stays where it is keeps it.
    pub(crate) fn move_to(
        &mut self,
        id: TaskId,
        origin: &Arc<Origin>,
        now: Moment,
        acts: &mut Vec<Act>,
    ) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        if record
            .origin
            .as_ref()
            .is_some_and(|held| held.id() == origin.id())
        {
            return;
        }
        record.timers.stop_idle();
        self.withdraw_place(id, now, acts);
        let record = self.tasks.get_mut(&id).expect("the record was just there");
        record.origin = Some(origin.clone());
        self.enter(id, now, acts);
    }

    /// True once the task has a place at its origin, or had one and rests.
    pub(crate) fn has_place(&self, id: TaskId) -> bool {
        self.tasks
            .get(&id)
            .is_none_or(|record| matches!(record.standing, Standing::Held | Standing::Resting))
    }

    /// A connection to the task's origin told what it carries.
    pub(crate) fn learned(
        &mut self,
        id: TaskId,
        multiplexing: Multiplexing,
        now: Moment,
        acts: &mut Vec<Act>,
    ) {
        let Some(origin) = self.tasks.get(&id).and_then(|record| record.origin.clone()) else {
            return;
        };
        let admitted = self.admission.learned(origin.id(), multiplexing);
        self.admit(admitted, now, acts);
    }

    /// The task gives its place back for a while.
    fn rest(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        let Some(origin) = record.origin.as_ref().map(|origin| origin.id()) else {
            return;
        };
        match record.standing {
            Standing::Waiting => {
                record.standing = Standing::Parked;
                self.admission
                    .leave(origin, (record.urgency, record.ticket));
            }
            Standing::Held => {
                record.standing = Standing::Resting;
                record.task.set_resting(true);
                let admitted = self.admission.release(origin);
                self.admit(admitted, now, acts);
            }
            Standing::Out | Standing::Parked | Standing::Resting => {}
        }
    }

    /// The driver polls again after it had given its place back unpolled.
    pub(crate) fn polled_again(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        record.task.set_resting(false);
        if !record.waits_for_app && record.task.internal_state() == State::Loading {
            self.unrest(id, now, acts);
        }
    }

    /// The app is asked, or holds a chunk: the place is given back, the idle timer stands still.
    pub(crate) fn begin_wait_for_app(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        record.waits_for_app = true;
        record.timers.stop_idle();
        self.rest(id, now, acts);
    }

    /// The app has answered, or wants the next chunk.
    pub(crate) fn end_wait_for_app(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        record.waits_for_app = false;
        if record.task.internal_state() == State::Loading {
            self.take_up(id, now, acts);
        }
    }

    /// A task that loads again takes its place and its idle timer up, unless it waits for the app.
    fn take_up(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        if !record.waits_for_app {
            record.timers.start_idle(now);
            self.unrest(id, now, acts);
        }
    }

    /// The task takes its place again, or waits for it again under its old ticket.
    fn unrest(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        match (record.standing, record.origin.clone()) {
            (Standing::Parked, _) => self.enter(id, now, acts),
            (Standing::Resting, Some(origin)) => {
                record.standing = Standing::Held;
                let transport = &self.transport;
                self.admission
                    .rejoin(origin.id(), || transport.multiplexing(&origin));
            }
            (Standing::Resting, None) | (Standing::Out | Standing::Waiting | Standing::Held, _) => {
            }
        }
    }

    /// A hop begins: the idle timer runs.
    pub(crate) fn start_idle(&mut self, id: TaskId, now: Moment) {
        if let Some(record) = self.tasks.get_mut(&id) {
            record.timers.start_idle(now);
        }
    }

    /// Has the resource timer fired?
    pub(crate) fn is_overdue(&self, id: TaskId, now: Moment) -> bool {
        let due = self
            .tasks
            .get(&id)
            .and_then(|record| record.timers.resource_due());
        due.is_some_and(|due| due <= now)
    }

    /// Has a timer fired? If not, an alarm is set for the first that will.
    pub(crate) fn due(&mut self, id: TaskId, now: Moment) -> Due {
        let Some(record) = self.tasks.get(&id) else {
            return Due::Later;
        };
        let due = record.timers.due(record.task.signals().active_at());
        if due.is_some_and(|due| due <= now) {
            return Due::Expired;
        }
        self.arm(id, now);
        Due::Later
    }

    /// Another priority; a waiting task changes queues under its ticket.
    pub(crate) fn set_urgency(&mut self, id: TaskId, urgency: Urgency) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        let before = std::mem::replace(&mut record.urgency, urgency);
        if record.standing == Standing::Waiting
            && before != urgency
            && let Some(origin) = record.origin.clone()
        {
            let ticket = record.ticket;
            self.admission
                .change_urgency(origin.id(), before, urgency, ticket);
        }
    }

    /// Strikes a task off: its completion was handed over.
    pub(crate) fn retire(&mut self, id: TaskId, acts: &mut Vec<Act>) {
        self.disarm(id);
        self.tasks.remove(&id);
        self.on_session(None, Moment::default(), acts);
    }

    /// What happens to the session as a whole; without an event, only whether it is drained is looked at.
    pub(crate) fn on_session(
        &mut self,
        event: Option<SessionEvent>,
        now: Moment,
        acts: &mut Vec<Act>,
    ) {
        if let Some(event) = event {
            self.session_step(event, now, acts);
        }
        if self.tasks.is_empty() {
            self.session_step(SessionEvent::Drained, now, acts);
        }
    }

    fn session_step(&mut self, event: SessionEvent, now: Moment, acts: &mut Vec<Act>) {
        let effect;
        (self.session, effect) = self.session.on(event);
        let only_born = match effect {
            SessionEffect::Nothing => return,
            SessionEffect::Farewell => return acts.push(Act::Farewell),
            SessionEffect::CancelBorn => true,
            SessionEffect::CancelAll => false,
        };
        let ids: Vec<_> = self.tasks.keys().copied().collect();
        for id in ids {
            if !only_born || self.tasks[&id].task.internal_state() == State::Born {
                self.apply(id, Event::Cancel, now, acts);
            }
        }
    }

    /// The tasks that were resumed and have not ended, in the order of their making.
    pub(crate) fn live_tasks(&self) -> Vec<Arc<TaskShared>> {
        let live = |state| {
            matches!(
                state,
                State::Queued | State::Shelved | State::Loading | State::Suspended
            )
        };
        let tasks = self.tasks.values().map(|record| &record.task);
        tasks
            .filter(|task| live(task.internal_state()))
            .cloned()
            .collect()
    }

    /// How many tasks are in the books.
    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// The next moment at which [`Ledger::tick`] has something to do.
    pub(crate) fn next_alarm(&self) -> Option<Moment> {
        let alarm = self.alarms.first().map(|&(at, _)| at);
        match (alarm, self.next_audit) {
            (Some(alarm), Some(audit)) => Some(alarm.min(audit)),
            (at, None) | (None, at) => at,
        }
    }

    /// Time has come to `now`: drivers whose timers may have fired poll, queued tasks whose time is over are launched to say so.
    pub(crate) fn tick(&mut self, now: Moment, acts: &mut Vec<Act>) {
        while let Some(&(at, id)) = self.alarms.first() {
            if at > now {
                break;
            }
            self.alarms.pop_first();
            let Some(record) = self.tasks.get_mut(&id) else {
                continue;
            };
            record.alarm = None;
            let task = record.task.clone();
            if record
                .timers
                .due(task.signals().active_at())
                .is_none_or(|due| due > now)
            {
                self.arm(id, now);
            } else if task.internal_state() == State::Queued {
                self.leave_queue(id);
                self.apply(id, Event::Admit, now, acts);
            } else {
                acts.push(Act::Wake(task));
            }
        }
        if self.next_audit.is_some_and(|at| at <= now) {
            self.audit(now, acts);
        }
    }

    /// Futures that were woken and are left unpolled give up the places that others wait for.
    fn audit(&mut self, now: Moment, acts: &mut Vec<Act>) {
        self.next_audit = None;
        let unpolled = |record: &&Record| {
            record.standing == Standing::Held
                && record.task.is_callers_future()
                && record
                    .origin
                    .as_ref()
                    .is_some_and(|origin| self.admission.has_waiting(origin.id()))
        };
        let held: Vec<_> = self
            .tasks
            .values()
            .filter(unpolled)
            .map(|record| record.task.clone())
            .collect();
        for task in held {
            match task.signals().unanswered_wake() {
                Some(woken) if woken + UNPOLLED_GRACE <= now => self.rest(task.id(), now, acts),
                Some(_) | None => self.next_audit = Some(now + UNPOLLED_GRACE),
            }
        }
    }

    fn enter(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        let record = self
            .tasks
            .get_mut(&id)
            .expect("a task enters the queue while it is in the books");
        let Some(origin) = record.origin.clone() else {
            self.apply(id, Event::Admit, now, acts);
            return;
        };
        let transport = &self.transport;
        let hint = || transport.multiplexing(&origin);
        if self
            .admission
            .enter(origin.id(), hint, (record.urgency, record.ticket), id)
        {
            record.standing = Standing::Held;
            self.apply(id, Event::Admit, now, acts);
        } else {
            record.standing = Standing::Waiting;
            record.timers.stop_idle();
            self.next_audit.get_or_insert(now + UNPOLLED_GRACE);
        }
    }

    fn admit(&mut self, admitted: Vec<TaskId>, now: Moment, acts: &mut Vec<Act>) {
        for id in admitted {
            if let Some(record) = self.tasks.get_mut(&id) {
                record.standing = Standing::Held;
                if record.task.is_callers_future() {
                    self.next_audit.get_or_insert(now + UNPOLLED_GRACE);
                }
                self.apply(id, Event::Admit, now, acts);
            }
        }
    }

    fn leave_queue(&mut self, id: TaskId) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        if record.standing == Standing::Waiting
            && let Some(origin) = &record.origin
        {
            self.admission
                .leave(origin.id(), (record.urgency, record.ticket));
            record.standing = Standing::Out;
        }
    }

    /// The task has done with its origin.
    fn withdraw_place(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        self.leave_queue(id);
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        let before = std::mem::replace(&mut record.standing, Standing::Out);
        if before == Standing::Held
            && let Some(origin) = &record.origin
        {
            let admitted = self.admission.release(origin.id());
            self.admit(admitted, now, acts);
        }
    }

    fn withdraw(&mut self, id: TaskId, now: Moment, acts: &mut Vec<Act>) {
        self.withdraw_place(id, now, acts);
        self.disarm(id);
    }

    /// Sets the alarm for the first timer, unless one is set that comes no later.
    fn arm(&mut self, id: TaskId, now: Moment) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        let Some(due) = record.timers.due(record.task.signals().active_at()) else {
            return;
        };
        let due = due.max(now);
        match record.alarm {
            Some(alarm) if alarm <= due => {}
            before => {
                record.alarm = Some(due);
                if let Some(before) = before {
                    self.alarms.remove(&(before, id));
                }
                self.alarms.insert((due, id));
            }
        }
    }

    fn disarm(&mut self, id: TaskId) {
        let Some(record) = self.tasks.get_mut(&id) else {
            return;
        };
        if let Some(alarm) = record.alarm.take() {
            self.alarms.remove(&(alarm, id));
        }
    }
}
