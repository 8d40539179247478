//! What a trace tells so far: a model of the contract, moved on by each entry.

mod retries;
mod standing;
mod task;
mod timers;

use urlsession_core::mock::Sight;
use urlsession_core::{Multiplexing, Wants};

use crate::script::{Queue, Schedule, SessionDeed, TaskNumber};
use crate::trace::{Callback, Entry, Event, What, Who};

use self::task::Scene;

pub(crate) use self::retries::{Proposal, Stock, Trial};
pub(crate) use self::standing::{Place, Queueing};
pub(crate) use self::task::{Hop, Kind, TaskView};
pub(crate) use self::timers::Timers;

/// What a trace tells of a schedule up to some entry.
#[derive(Clone, Debug)]
pub(crate) struct World<'a> {
    /// The schedule.
    pub plan: &'a Schedule,
    /// The time of the last entry.
    pub now: u64,
    /// The tasks, by number.
    pub tasks: Vec<TaskView>,
    /// The queues, by origin.
    pub queues: [Queueing; 2],
    /// The session takes no more tasks.
    pub is_finishing: bool,
    /// The session's delegate was told of the end.
    pub became_invalid: bool,
    /// The session's delegate was let go of.
    pub was_released: bool,
    /// The runtime has ended.
    pub has_runtime_ended: bool,
    /// The app's executor does a job of the delegate queue.
    pub is_in_job: bool,
    /// The retries in stock.
    pub stock: Stock,
    next_ticket: u32,
}

impl<'a> World<'a> {
    /// Before the first entry.
    #[must_use]
    pub(crate) fn new(plan: &'a Schedule) -> Self {
        Self {
            plan,
            now: 0,
            tasks: plan
                .tasks
                .iter()
                .map(|task| TaskView::new(task, plan.setup))
                .collect(),
            queues: [Queueing::default(), Queueing::default()],
            is_finishing: false,
            became_invalid: false,
            was_released: false,
            has_runtime_ended: false,
            is_in_job: false,
            stock: Stock::of(plan.setup.retries),
            next_ticket: 1,
        }
    }

    /// The task of this number.
    #[must_use]
    pub(crate) fn task(&self, number: TaskNumber) -> &TaskView {
        &self.tasks[usize::from(number)]
    }

    /// True when this delegate hears of this.
    #[must_use]
    pub(crate) fn hears(&self, number: TaskNumber, who: Who, kind: Kind) -> bool {
        let plan = &self.plan.tasks[usize::from(number)];
        match who {
            Who::Own => {
                let is_for_observed = matches!(kind, Kind::Metrics | Kind::Retry);
                plan.has_delegate && (!is_for_observed || self.plan.setup.is_observed)
            }
            Who::Sessions => {
                let wants = self.plan.setup.delegate.unwrap_or(Wants::NONE);
                wants.contains(kind.wanted())
                    && (plan.form == crate::script::Form::Delegate || !kind.goes_to_its_maker())
            }
        }
    }

    /// What the task's delegate has left unhandled, and the session's is still to be called for.
    #[must_use]
    pub(crate) fn passed_on(&self, number: TaskNumber) -> Option<Callback> {
        match self.task(number).settled {
            Some((Who::Own, before, None)) if self.hears(number, Who::Sessions, before.kind()) => {
                Some(before)
            }
            _ => None,
        }
    }

    /// The tasks with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (TaskNumber, &TaskView)> {
        (0..).zip(&self.tasks)
    }

    /// How many exchanges with `origin` may be under way by what is known of it: at least, and at most.
    #[must_use]
    pub(crate) fn capacity(&self, origin: u8) -> (usize, usize) {
        let setup = self.plan.setup;
        let [before, connected] = [setup.before, setup.connected].map(|known| self.carries(known));
        let queue = &self.queues[usize::from(origin)];
        match (queue.is_known, queue.was_reset) {
            (false, _) => (before, before),
            (true, false) => (connected, connected),
            (true, true) => (before.min(connected), before.max(connected)),
        }
    }

    fn carries(&self, multiplexing: Multiplexing) -> usize {
        let setup = self.plan.setup;
        match multiplexing {
            Multiplexing::Unknown => 1,
            Multiplexing::No => setup.limit.max(1),
            Multiplexing::Streams(streams) => streams.max(1),
            Multiplexing::Platform if setup.limit < 6 => setup.limit.max(1),
            Multiplexing::Platform => usize::MAX,
        }
    }

    /// Callbacks run elsewhere: between an event and its callback, others may come.
    #[must_use]
    pub(crate) fn has_executor(&self) -> bool {
        self.plan.setup.queue == Queue::Executor
    }

    /// Moves on by one entry.
    pub(crate) fn apply(&mut self, entry: &Entry) {
        self.now = entry.at;
        self.come_back();
        match entry.what {
            What::Task(number, event) => self.apply_to(number, event),
            What::Did(deed) => self.apply_to_session(deed),
            What::BecameInvalid => self.became_invalid = true,
            What::DelegateReleased => self.was_released = true,
            What::JobBegan => self.is_in_job = true,
            What::JobEnded => self.is_in_job = false,
            What::Quiet | What::Over(_) => {}
        }
    }

    /// An instant is about to be over: what the rules about places look at.
    pub(crate) fn settle_instant(&mut self) {
        self.come_back();
        for origin in [0, 1] {
            let is_idle = self.has_idle_place(origin);
            let (now, queue) = (self.now, &mut self.queues[usize::from(origin)]);
            queue.idle_since = if is_idle {
                queue.idle_since.or(Some(now))
            } else {
                None
            };
        }
    }

    /// An instant is over: what is only true within it ends.
    pub(crate) fn end_instant(&mut self) {
        for origin in [0, 1] {
            let oldest = self.oldest_waiting(origin);
            self.queues[usize::from(origin)].end_instant(oldest);
        }
        for task in &mut self.tasks {
            task.happened.clear();
        }
    }

    fn apply_to_session(&mut self, deed: SessionDeed) {
        match deed {
            SessionDeed::Finish | SessionDeed::DropHandle => self.finish(|task| !task.was_resumed),
            SessionDeed::InvalidateAndCancel => self.finish(|_| true),
            SessionDeed::RuntimeEnds => {
                self.has_runtime_ended = true;
                for task in &mut self.tasks {
                    task.may_be_cancelled = true;
                }
            }
            // The queues may or may not have learned anew before the next task asks.
            SessionDeed::Reset => {
                for queue in &mut self.queues {
                    queue.was_reset = true;
                }
            }
            SessionDeed::WallClockJumps(_) => {}
        }
    }

    fn finish(&mut self, is_cancelled: impl Fn(&TaskView) -> bool) {
        let was_finishing = std::mem::replace(&mut self.is_finishing, true);
        let now = self.now;
        for number in 0..self.tasks.len() {
            let task = &mut self.tasks[number];
            let cancels = is_cancelled(task) && (!was_finishing || task.was_resumed);
            if task.is_made && !task.is_refused && cancels {
                task.cancel(now);
                if !task.form.is_future() {
                    self.leave_queue(number, now);
                }
            }
        }
    }

    fn leave_queue(&mut self, number: usize, now: u64) {
        let task = &mut self.tasks[number];
        if let Place::Waiting { origin, since } = task.place {
            task.place = Place::Out;
            let ticket = task.ticket;
            if since == now || self.may_have_freed(origin) {
                self.queues[usize::from(origin)].pick_unseen(ticket);
            }
        }
    }

    fn apply_to(&mut self, number: TaskNumber, event: Event) {
        let index = usize::from(number);
        self.count_retries(index, event);
        self.queue_up(index, event);
        let scene = Scene {
            now: self.now,
            plan: &self.plan.tasks[index],
            is_finishing: self.is_finishing,
            has_executor: self.has_executor(),
        };
        let task = &mut self.tasks[index];
        let kept = task.keeps_place();
        task.apply(event, scene);
        let is_new = matches!(event, Event::Server(_, Sight::Began));
        if !kept && !is_new && task.keeps_place() {
            task.rejoined_at = Some(self.now);
        }
        self.put_retry_back(index, event);
    }

    /// Moves the task in and out of queues, before the event is applied to the task itself.
    fn queue_up(&mut self, index: usize, event: Event) {
        use crate::script::Deed;
        let now = self.now;
        match event {
            Event::Did(Deed::Resume) => {
                let task = &self.tasks[index];
                if task.suspensions == 1 && task.is_live() {
                    self.enter(index, now);
                }
            }
            Event::Polled if self.is_entered(index) => self.enter(index, now),
            Event::Did(Deed::Suspend) => self.park(index, now),
            // A future leaves with its next poll, which may be long in coming.
            Event::Did(Deed::Cancel) if !self.tasks[index].form.is_future() => {
                self.leave_queue(index, now);
            }
            Event::FutureDropped => self.leave_queue(index, now),
            Event::HandleDropped if !self.tasks[index].was_resumed => self.leave_queue(index, now),
            // A new body is asked for once the task has its place.
            Event::Server(_, Sight::Began) | Event::Called(_, Callback::BodyStream, _) => {
                self.hold(index, now);
            }
            Event::Server(_, Sight::Connected) => {
                if let Place::Held { origin } = self.tasks[index].place {
                    let queue = &mut self.queues[usize::from(origin)];
                    (queue.is_known, queue.freed_at) = (true, Some(now));
                }
            }
            Event::Server(_, Sight::Ended | Sight::Aborted) => self.move_on(index, now),
            Event::Waits | Event::Yielded => self.freed(index, now),
            Event::Ending(_) | Event::Completed(_) => {
                self.leave_queue(index, now);
                self.freed(index, now);
                self.tasks[index].place = Place::Out;
            }
            Event::Made
            | Event::Born(_)
            | Event::Did(Deed::Cancel | Deed::SetPriority(_))
            | Event::State(..)
            | Event::HandleDropped
            | Event::Polled
            | Event::Takes
            | Event::Left
            | Event::Woken
            | Event::Called(..)
            | Event::Returned(..)
            | Event::Answered(_)
            | Event::AnswerPanicked
            | Event::AnswerDropped
            | Event::Expired(_)
            | Event::Gave(_)
            | Event::Awaited
            | Event::Finished(_)
            | Event::Retrying(..)
            | Event::DelegateReleased
            | Event::Server(..) => {}
        }
    }

    /// True when a poll has the task ask for a place: the first, or one after an absence in which it was due to come back.
    fn is_entered(&self, index: usize) -> bool {
        let task = &self.tasks[index];
        task.is_live() && (!task.was_polled || matches!(task.place, Place::Away { .. }))
    }

    /// The task asks for a place, for the first time or again.
    fn enter(&mut self, index: usize, now: u64) {
        let task = &mut self.tasks[index];
        if task.ticket.is_none() {
            task.ticket = Some(self.next_ticket);
            self.next_ticket += 1;
        }
        task.was_left_waiting |= task.is_left;
        task.place = match task.place {
            Place::Out if task.is_bad => Place::Out,
            Place::Out => Place::Waiting {
                origin: task.origin,
                since: now,
            },
            Place::Parked { origin } => Place::Waiting { origin, since: now },
            Place::Away { origin, until } => Place::Away {
                origin,
                until: until.max(now),
            },
            place @ (Place::Waiting { .. } | Place::Held { .. }) => place,
        };
    }

    /// A suspended task waits no more.
    fn park(&mut self, index: usize, now: u64) {
        self.freed(index, now);
        if let Place::Waiting { origin, since } = self.tasks[index].place {
            let maybe = since == now || self.may_have_freed(origin);
            let task = &mut self.tasks[index];
            task.may_be_admitted |= maybe;
            task.place = Place::Parked { origin };
            let ticket = task.ticket;
            if maybe {
                self.queues[usize::from(origin)].pick_unseen(ticket);
            }
        }
    }

    /// An exchange began: the task has its place.
    fn hold(&mut self, index: usize, now: u64) {
        let task = &mut self.tasks[index];
        if task.may_be_admitted || task.was_left_waiting {
            task.rejoined_at = Some(now);
        }
        match task.place {
            Place::Waiting { origin, since } => {
                let queue = &mut self.queues[usize::from(origin)];
                let is_plain = !task.may_be_admitted && !task.was_left_waiting;
                if since < now && is_plain && task.prioritised_at != Some(now) {
                    let ticket = task.ticket.unwrap_or_default();
                    queue.admitted.push((ticket, task.priority, index));
                } else {
                    queue.pick_unseen(task.ticket);
                }
                task.place = Place::Held { origin };
            }
            Place::Out | Place::Parked { .. } | Place::Away { .. } => {
                task.place = Place::Held {
                    origin: task.origin,
                }
            }
            Place::Held { .. } => {}
        }
        (task.may_be_admitted, task.was_left_waiting) = (false, false);
    }

    /// A redirect's exchange is done with: the task goes where it leads.
    fn move_on(&mut self, index: usize, now: u64) {
        let task = &self.tasks[index];
        let goes_on = task.is_live() && task.must_end_with.is_none();
        if goes_on {
            self.pause(index);
        }
        let task = &self.tasks[index];
        let following = task.leads_to.filter(|_| goes_on);
        let (Some(next), Place::Held { origin }) = (following, task.place) else {
            return;
        };
        self.tasks[index].trial = Trial::default();
        if next != origin {
            self.freed(index, now);
            let task = &mut self.tasks[index];
            task.origin = next;
            task.place = Place::Waiting {
                origin: next,
                since: now,
            };
        }
    }

    /// True when a place at `origin` may have been given back in this instant.
    fn may_have_freed(&self, origin: u8) -> bool {
        let is_left_there = |task: &TaskView| {
            task.is_left && matches!(task.place, Place::Held { origin: there } if there == origin)
        };
        self.queues[usize::from(origin)].freed_at == Some(self.now)
            || self.tasks.iter().any(is_left_there)
    }

    /// The task's place, if it has one, may be another's from now on.
    fn freed(&mut self, index: usize, now: u64) {
        if let Place::Held { origin } = self.tasks[index].place {
            self.queues[usize::from(origin)].freed_at = Some(now);
        }
    }
}
