//! Whose timer is next: one alarm a task, for the first of its timers; and one for all that wait in a queue.

use crate::session::admission::Admission;
use crate::session::ledger::records::Standing;
use crate::session::ledger::{Act, Acts, Ledger};
use crate::session::soonest::Soonest;
use crate::session::turn::Slot;
use crate::task::lifecycle::{Event, State};
use crate::task::shared::TaskShared;
use crate::words::error::ExpiredTimer;
use crate::words::time::Moment;

/// The alarms of a session. One may ring early, for a byte only stores a time: the timers are looked at again then.
#[derive(Default)]
pub(super) struct Alarms {
    /// Those that were set and not looked at since. One counts while its record names its moment: what was set anew, or is not needed any
    /// more, is struck off when it comes first, or when such are many.
    set: Soonest,
    /// No task that waits without an alarm of its own is due before: as a rule its turn comes long before its time is over.
    none_waiting_due_before: Option<Moment>,
    /// When futures left unpolled are looked for.
    pub(super) audit: Option<Moment>,
    /// Until when the keeper of time sleeps; `None` when there is no keeper.
    keeper_until: Option<Moment>,
    /// The keeper may sleep when nothing is due any more.
    keeper_sleeps_on: bool,
}

/// So many alarms that do not count are kept, beside one for each record.
const KEPT_ALARMS: usize = 64;

impl Alarms {
    pub(super) fn new(keeper_sleeps_on: bool) -> Self {
        Self {
            keeper_sleeps_on,
            ..Self::default()
        }
    }
}

fn earlier(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (at, None) | (None, at) => at,
    }
}

/// What a driver finds when its load has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// This timer has fired.
    Expired(ExpiredTimer),
    /// The alarm is set for when the next one will.
    Later,
}

/// What the session must do about its keeper of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// Nothing: it wakes in time.
    InTime,
    /// Start one.
    Needed,
    /// Wake it: the next alarm comes before it would, or none does and it may not sleep on.
    Astray,
}

impl Ledger {
    /// A hop begins: the idle timer runs.
    pub(crate) fn start_idle(&mut self, task: &TaskShared) {
        if let Some(slot) = self.records.slot_of(task) {
            let now = self.now();
            self.records.at(slot).timers.start_idle(now);
            self.arm(slot);
        }
    }

    /// Has the resource timer fired?
    pub(crate) fn is_overdue(&mut self, task: &TaskShared) -> bool {
        let Some(slot) = self.records.slot_of(task) else {
            return false;
        };
        let now = self.now();
        self.records
            .at(slot)
            .timers
            .resource_due()
            .is_some_and(|due| due <= now)
    }

    /// Has a timer fired? If not, the alarm is set for the first that will.
    pub(crate) fn due(&mut self, task: &TaskShared) -> Due {
        let Some(slot) = self.records.slot_of(task) else {
            return Due::Later;
        };
        let now = self.now();
        let timers = self.records.at(slot).timers;
        let is_past = |due: Moment| due <= now;
        if timers.resource_due().is_some_and(is_past) {
            return Due::Expired(ExpiredTimer::Resource);
        }
        if timers.due(task.signals().active_at()).is_some_and(is_past) {
            return Due::Expired(ExpiredTimer::Idle);
        }
        self.arm(slot);
        Due::Later
    }

    /// What the keeper of time must be told after a change of the books.
    pub(crate) fn mind_keeper(&mut self) -> Keeper {
        let before = self.alarms.keeper_until;
        let Some(at) = self.next_moment() else {
            // Left asleep, it is there for the next task.
            return match self.alarms.keeper_sleeps_on || before.is_none() {
                true => Keeper::InTime,
                false => Keeper::Astray,
            };
        };
        if before.is_some_and(|until| until <= at) {
            return Keeper::InTime;
        }
        self.alarms.keeper_until = Some(at);
        if before.is_none() {
            Keeper::Needed
        } else {
            Keeper::Astray
        }
    }

    /// Until when the keeper may sleep; `None`: it is not needed any more.
    pub(crate) fn dismiss_keeper_until(&mut self) -> Option<Moment> {
        self.alarms.keeper_until = self.next_moment();
        self.alarms.keeper_until
    }

    /// When there is something to do next.
    fn next_moment(&mut self) -> Option<Moment> {
        let alarm = self.next_alarm().map(|(at, _)| at);
        match Admission::QUEUES {
            true => {
                let Alarms {
                    none_waiting_due_before,
                    audit,
                    ..
                } = &self.alarms;
                earlier(earlier(alarm, *none_waiting_due_before), *audit)
            }
            false => alarm,
        }
    }

    /// The first alarm that counts.
    fn next_alarm(&mut self) -> Option<(Moment, Slot)> {
        while let Some((at, slot)) = self.alarms.set.first() {
            let at = Moment::from_nanos(at);
            if self.records.alarm_of(slot) == at {
                return Some((at, slot));
            }
            self.alarms.set.take();
        }
        None
    }

    /// Time has come to `now`: drivers whose timers may have fired poll; queued tasks whose time is over are launched to say so.
    pub(crate) fn tick(&mut self, now: Moment, acts: &mut Acts) {
        let waiting = &mut self.alarms.none_waiting_due_before;
        if Admission::QUEUES && waiting.take_if(|at| *at <= now).is_some() {
            self.arm_all();
        }
        while let Some((at, slot)) = self.next_alarm()
            && at <= now
        {
            self.alarms.set.take();
            let record = self.records.at(slot);
            record.alarm = Moment::default();
            let task = record.task.clone();
            if record
                .timers
                .due(task.signals().active_at())
                .is_none_or(|due| due > now)
            {
                self.arm(slot);
                continue;
            }
            task.signals().ring();
            if task.internal_state() == State::Queued {
                self.leave_queue(slot);
                self.apply(slot, Event::Admit, acts);
            } else {
                acts.push(Act::Wake(task));
            }
        }
        if Admission::QUEUES && self.alarms.audit.is_some_and(|at| at <= now) {
            self.alarms.audit = None;
            self.audit(acts);
        }
    }

    /// Sets the alarm for the first timer, unless one is set that comes no later.
    pub(super) fn arm(&mut self, slot: Slot) {
        let record = self.records.at(slot);
        let Some(due) = record.timers.due(record.task.signals().active_at()) else {
            return;
        };
        // The clock's beginning stands for no alarm: what is due then rings a nanosecond later.
        let due = due.max(Moment::from_nanos(1));
        let before = record.alarm;
        if before == Moment::default() || due < before {
            record.alarm = due;
            self.alarms.set.add((due.as_nanos(), slot));
            self.strike_off_alarms();
        }
    }

    /// How many alarms are kept, those that do not count among them.
    #[cfg(test)]
    pub(crate) fn kept_alarms(&self) -> usize {
        self.alarms.set.len()
    }

    /// Keeps only the alarms that count, where others are many.
    fn strike_off_alarms(&mut self) {
        if self.alarms.set.len() > 2 * self.records.len() + KEPT_ALARMS {
            let counting = self
                .records
                .iter()
                .filter(|record| record.alarm != Moment::default());
            let counting = counting.map(|record| (record.alarm.as_nanos(), record.task.slot()));
            self.alarms.set = Soonest::of(counting);
        }
    }

    /// The same for a task that may wait; one that has its place arms when its hop begins.
    pub(super) fn arm_unless_held(&mut self, slot: Slot) {
        let record = self.records.at(slot);
        match record.standing {
            Standing::Held => {}
            Standing::Waiting if Admission::QUEUES => {
                let due = record.timers.resource_due();
                let before = &mut self.alarms.none_waiting_due_before;
                *before = earlier(*before, due);
            }
            Standing::Waiting | Standing::Out | Standing::Parked | Standing::Resting => {
                self.arm(slot)
            }
        }
    }

    /// Sets the alarms of those that wait without.
    fn arm_all(&mut self) {
        let slots: Vec<_> = self
            .records
            .iter()
            .map(|record| record.task.slot())
            .collect();
        for slot in slots {
            self.arm(slot);
        }
    }

    /// Nobody waits any more.
    pub(super) fn disarm_waiting(&mut self) {
        self.alarms.none_waiting_due_before = None;
    }

    pub(super) fn disarm(&mut self, slot: Slot) {
        self.records.at(slot).alarm = Moment::default();
    }
}
