//! What a trace tells of one task.

use urlsession_core::mock::Sight;
use urlsession_core::{ErrorCode, TaskState, Wants};

use super::retries::Trial;
use super::standing::Place;
use super::timers::Timers;
use crate::script::{Choice, Deed, Form, HeadPlan, Priority, Setup, TaskPlan, Upload};
use crate::trace::{Body, Callback, Event, Returned, Who};

/// What happened to a task, as a set: for telling what fell on one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Happened(u32);

impl Happened {
    /// Adds a thing, by its number under 32.
    pub(crate) fn add(&mut self, thing: u32) {
        self.0 |= 1 << thing;
    }

    /// True when this thing happened.
    #[must_use]
    pub(crate) fn has(self, thing: u32) -> bool {
        self.0 & (1 << thing) != 0
    }

    /// True when nothing happened.
    #[must_use]
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn clear(&mut self) {
        self.0 = 0;
    }
}

/// A kind of callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `will_perform_http_redirection`.
    Redirection,
    /// `will_retry`.
    Retry,
    /// `need_new_body_stream`.
    BodyStream,
    /// `did_send_body_data`.
    Sent,
    /// `did_receive_informational_response`.
    Informational,
    /// `did_receive_response`.
    Response,
    /// `did_receive_data`.
    Data,
    /// `did_finish_collecting_metrics`.
    Metrics,
    /// `did_complete`.
    Complete,
}

impl Kind {
    /// What a delegate says that it wants it.
    #[must_use]
    pub fn wanted(self) -> Wants {
        match self {
            Self::Redirection => Wants::REDIRECTION,
            Self::Retry => Wants::RETRY,
            Self::BodyStream => Wants::BODY_STREAM,
            Self::Sent => Wants::SENT,
            Self::Informational => Wants::INFORMATIONAL,
            Self::Response => Wants::RESPONSE,
            Self::Data => Wants::DATA,
            Self::Metrics => Wants::METRICS,
            Self::Complete => Wants::COMPLETION,
        }
    }

    /// True for what a handler or a future has in place of the session's delegate.
    #[must_use]
    pub fn goes_to_its_maker(self) -> bool {
        matches!(self, Self::Response | Self::Data | Self::Complete)
    }
}

impl Kind {
    /// True for what a delegate is told once the outcome is decided.
    #[must_use]
    pub fn is_of_the_end(self) -> bool {
        matches!(self, Self::Metrics | Self::Complete)
    }
}

impl Callback {
    /// Its kind.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Redirection => Kind::Redirection,
            Self::Retry(_) => Kind::Retry,
            Self::BodyStream => Kind::BodyStream,
            Self::Sent(_) => Kind::Sent,
            Self::Informational => Kind::Informational,
            Self::Response(_) => Kind::Response,
            Self::Data(_) => Kind::Data,
            Self::Metrics => Kind::Metrics,
            Self::Complete(_) => Kind::Complete,
        }
    }
}

/// The hop under way, or the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    /// Its number, from 0.
    pub number: u8,
    /// How many attempts at it came before this one.
    pub attempt: usize,
    /// Its connection is there.
    pub is_connected: bool,
    /// The status of its head, once it was taken.
    pub head: Option<u16>,
    /// Bytes of its body that were taken.
    pub received: u64,
    /// Bytes of the request's body that were read.
    pub sent: u64,
    /// It went to its end.
    pub has_ended: bool,
    /// It was dropped before its end.
    pub was_aborted: bool,
}

impl Hop {
    /// True when its exchange went to its end, or was dropped before.
    #[must_use]
    pub(crate) fn is_over(self) -> bool {
        self.has_ended || self.was_aborted
    }

    /// A hop that follows this one by a redirect is a GET, whatever this one is.
    fn leads_to_get(self) -> bool {
        matches!(self.head, Some(301..=303))
    }
}

/// What surrounds a task as something happens to it.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) now: u64,
    pub(super) plan: &'a TaskPlan,
    pub(super) is_finishing: bool,
    pub(super) has_executor: bool,
}

/// What a trace tells of one task.
#[derive(Clone, Debug)]
pub(crate) struct TaskView {
    /// How it gives its outcome.
    pub form: Form,
    /// It is made of what is no request.
    pub is_bad: bool,
    /// The app has made it.
    pub is_made: bool,
    /// The app has it in its hands.
    pub is_born: bool,
    /// The session had ended before.
    pub is_refused: bool,
    /// It was resumed at least once.
    pub was_resumed: bool,
    /// Suspensions not lifted.
    pub suspensions: u32,
    /// It was cancelled, by whomever.
    pub is_cancelled: bool,
    /// Something gives it reason to end as cancelled.
    pub may_be_cancelled: bool,
    /// The response's disposition or a panic ends it.
    pub must_end_with: Option<ErrorCode>,
    /// The app's only handle was dropped.
    pub is_handle_dropped: bool,
    /// Its future was polled at least once.
    pub was_polled: bool,
    /// Its caller does not poll it.
    pub is_left: bool,
    /// Its caller has left it at least once.
    pub(crate) was_left: bool,
    /// It was woken since its caller left it.
    pub is_woken: bool,
    /// Its caller has a piece of the stream and has not asked for the next.
    pub is_in_hand: bool,
    /// Its future was dropped.
    pub is_future_dropped: bool,
    /// The callback under way.
    pub calling: Option<(Who, Callback)>,
    /// The question or notice whose answer is still to come.
    pub question: Option<(Who, Callback)>,
    /// The answer has made the load wait.
    pub waits: bool,
    /// Since when the answer asked for last is waited for.
    pub waits_since: u64,
    /// The last callback that has settled: whose it was, what, and the choice if there was one.
    pub settled: Option<(Who, Callback, Option<Choice>)>,
    /// The outcome that was decided, as the metrics show it.
    pub ending: Option<Option<ErrorCode>>,
    /// `did_finish_collecting_metrics` was called: on its own delegate, on the session's.
    pub measured: [bool; 2],
    /// The end, as observers saw it.
    pub completed: Option<Option<ErrorCode>>,
    /// What handler or future gave.
    pub gave: Option<Result<Body, ErrorCode>>,
    /// `did_complete` was called: on its own delegate, on the session's.
    pub completions: [bool; 2],
    /// Its own delegate was let go of.
    pub is_delegate_released: bool,
    /// How many wait for its end.
    pub awaited: u32,
    /// How it stands with its queue.
    pub place: Place,
    /// Its order of first resumption.
    pub ticket: Option<u32>,
    /// Its priority.
    pub priority: Priority,
    /// When its priority changed last.
    pub prioritised_at: Option<u64>,
    /// It may have been admitted without being seen.
    pub may_be_admitted: bool,
    /// It was left unpolled while it waited.
    pub was_left_waiting: bool,
    /// The origin where it is or wants to be.
    pub origin: u8,
    /// The hop.
    pub hop: Option<Hop>,
    /// Where the redirect that is being followed leads.
    pub leads_to: Option<u8>,
    /// Redirects followed.
    pub redirects: u32,
    /// It sends a body.
    pub is_post: bool,
    /// Its attempts at the hop.
    pub trial: Trial,
    /// The timers.
    pub timers: Timers,
    /// `did_receive_response` was called with this status, on its own delegate, on the session's.
    pub responses: [Option<u16>; 2],
    /// Bytes that delegates were told of by `did_receive_data`, once each.
    pub told: u64,
    /// The number of the chunk that delegates were told of last.
    pub last_chunk: Option<u8>,
    /// What happened in this instant.
    pub happened: Happened,
    /// Its timers as they were in this instant before its exchange ended, or before it was suspended.
    pub timers_at_end: Option<(u64, Timers)>,
    /// When it took up again a place that it had lent.
    pub rejoined_at: Option<u64>,
    /// When it was cancelled.
    pub cancelled_at: Option<u64>,
}

impl TaskView {
    pub(super) fn new(plan: &TaskPlan, setup: Setup) -> Self {
        Self {
            form: plan.form,
            is_bad: plan.is_bad,
            is_made: false,
            is_born: false,
            is_refused: false,
            was_resumed: false,
            suspensions: 1,
            is_cancelled: false,
            may_be_cancelled: false,
            must_end_with: None,
            is_handle_dropped: false,
            was_polled: false,
            is_left: false,
            was_left: false,
            is_woken: false,
            is_in_hand: false,
            is_future_dropped: false,
            calling: None,
            question: None,
            waits: false,
            waits_since: 0,
            settled: None,
            ending: None,
            measured: [false; 2],
            completed: None,
            gave: None,
            completions: [false; 2],
            is_delegate_released: false,
            awaited: 0,
            place: Place::Out,
            ticket: None,
            priority: Priority::Default,
            prioritised_at: None,
            may_be_admitted: false,
            was_left_waiting: false,
            origin: plan.origin,
            hop: None,
            leads_to: None,
            redirects: 0,
            is_post: plan.upload != Upload::Nothing,
            trial: Trial::default(),
            timers: Timers::new(plan.idle.unwrap_or(setup.idle), setup.resource),
            responses: [None; 2],
            told: 0,
            last_chunk: None,
            happened: Happened::default(),
            timers_at_end: None,
            rejoined_at: None,
            cancelled_at: None,
        }
    }

    /// True while something can still become of it.
    #[must_use]
    pub(crate) fn is_live(&self) -> bool {
        self.is_made && !self.is_refused && !self.is_cancelled && !self.is_decided()
    }

    /// True once its outcome is decided.
    #[must_use]
    pub(crate) fn is_decided(&self) -> bool {
        self.ending.is_some() || self.completed.is_some()
    }

    /// True when it has ended, and nobody is being told of it.
    #[must_use]
    pub(crate) fn is_done_with(&self) -> bool {
        self.completed.is_some() && self.calling.is_none() && self.question.is_none()
    }

    /// True when it should go on by itself: resumed, not suspended, and polled if it is a future.
    #[must_use]
    pub(crate) fn runs(&self) -> bool {
        self.is_live() && self.was_resumed && self.suspensions == 0 && !self.is_unpolled()
    }

    /// True when its caller leaves it alone.
    #[must_use]
    pub(crate) fn is_unpolled(&self) -> bool {
        self.form.is_future() && (!self.was_polled || self.is_left || self.is_in_hand)
    }

    /// The state that it should show.
    #[must_use]
    pub(crate) fn state(&self) -> TaskState {
        if self.completed.is_some() || self.is_refused {
            TaskState::Completed
        } else if self.ending.is_some() {
            TaskState::Running
        } else if self.is_cancelled {
            TaskState::Canceling
        } else if self.suspensions > 0 {
            TaskState::Suspended
        } else {
            TaskState::Running
        }
    }

    pub(super) fn cancel(&mut self, now: u64) {
        if !self.is_decided() && !self.is_cancelled {
            (self.is_cancelled, self.cancelled_at) = (true, Some(now));
        }
        self.may_be_cancelled = true;
    }

    pub(super) fn apply(&mut self, event: Event, scene: Scene<'_>) {
        let now = scene.now;
        match event {
            Event::Made => (self.is_made, self.is_refused) = (true, scene.is_finishing),
            Event::Did(deed) => self.apply_deed(deed, scene),
            Event::HandleDropped => {
                self.is_handle_dropped = true;
                if !self.was_resumed {
                    self.cancel(now);
                }
            }
            Event::Polled => self.apply_polled(now),
            Event::Takes => {
                self.is_in_hand = false;
                self.go_on(now);
            }
            Event::Left => {
                (self.is_left, self.was_left) = (true, true);
                self.was_left_waiting |= matches!(self.place, Place::Waiting { .. });
            }
            Event::Woken => self.is_woken = true,
            Event::FutureDropped => {
                self.is_future_dropped = true;
                self.cancel(now);
            }
            Event::Yielded => {
                self.is_in_hand = true;
                self.timers.stop_idle();
            }
            Event::Called(who, callback, _) => self.apply_call(who, callback),
            Event::Returned(who, callback, returned) => {
                self.apply_return(who, callback, returned);
                if scene.has_executor && self.is_live() {
                    self.go_on(now);
                }
            }
            Event::Waits => {
                (self.waits, self.waits_since) = (true, now);
                self.timers.stop_idle();
            }
            Event::Answered(choice) => self.apply_answer(choice, now),
            Event::AnswerPanicked => {
                self.panicked();
                self.apply_answer(Some(Choice::Refuse), now);
            }
            Event::AnswerDropped => (self.question, self.waits) = (None, false),
            Event::Ending(error) => {
                self.ending = Some(error);
                self.timers.stop(now);
            }
            Event::Completed(error) => {
                self.completed = Some(error);
                self.timers.stop(now);
            }
            Event::Gave(outcome) => self.gave = Some(outcome),
            Event::DelegateReleased => self.is_delegate_released = true,
            Event::Awaited => self.awaited += 1,
            Event::Finished(_) => self.awaited = self.awaited.saturating_sub(1),
            Event::Server(number, sight) => self.apply_sight(number, sight, scene),
            Event::Born(_) => self.is_born = true,
            Event::State(..) | Event::Expired(_) | Event::Retrying(..) => {}
        }
    }

    fn apply_deed(&mut self, deed: Deed, scene: Scene<'_>) {
        let now = scene.now;
        match deed {
            Deed::Resume => {
                let before = self.suspensions;
                self.suspensions = before.saturating_sub(1);
                if before == 1 && self.is_live() {
                    self.was_resumed = true;
                    self.timers.run_resource(now);
                    self.go_on(now);
                }
            }
            Deed::Suspend => {
                self.suspensions += 1;
                if scene.has_executor {
                    // The outcome may be decided already.
                    self.remember_timers(now);
                }
                self.timers.stop(now);
            }
            Deed::Cancel => self.cancel(now),
            Deed::SetPriority(priority) => {
                self.priority = priority;
                self.prioritised_at = Some(now);
            }
        }
    }

    /// The timers to judge an end by, where what follows from it is seen before.
    pub(super) fn remember_timers(&mut self, now: u64) {
        if self.timers_before_end(now).is_none() {
            self.timers_at_end = Some((now, self.timers));
        }
    }

    /// The timers as they were in this instant before what follows from an end began.
    #[must_use]
    pub(crate) fn timers_before_end(&self, now: u64) -> Option<Timers> {
        self.timers_at_end
            .filter(|(at, _)| *at == now)
            .map(|(_, timers)| timers)
    }

    fn apply_polled(&mut self, now: u64) {
        (self.is_left, self.is_woken) = (false, false);
        if !std::mem::replace(&mut self.was_polled, true) {
            self.was_resumed = true;
            self.suspensions = 0;
            self.timers.run_resource(now);
        }
    }

    /// The idle timer starts anew where the task waits for nobody but the server.
    fn go_on(&mut self, now: u64) {
        let loads = matches!(self.place, Place::Held { .. });
        if loads && self.suspensions == 0 && !self.waits && !self.is_in_hand {
            self.timers.start_idle(now);
        }
    }

    fn apply_call(&mut self, who: Who, callback: Callback) {
        self.calling = Some((who, callback));
        match callback {
            Callback::Response(status) => self.responses[who as usize] = Some(status),
            Callback::Metrics => self.measured[who as usize] = true,
            Callback::Complete(_) => self.completions[who as usize] = true,
            Callback::Data(body) if self.is_first_to_hear(who) => {
                self.told += body.length;
                self.last_chunk = Some(body.first);
            }
            Callback::Redirection
            | Callback::Retry(_)
            | Callback::BodyStream
            | Callback::Sent(_)
            | Callback::Informational
            | Callback::Data(_) => {}
        }
    }

    /// True unless the other delegate was told the same just before.
    #[must_use]
    pub(crate) fn is_first_to_hear(&self, who: Who) -> bool {
        let passed_on = |&(before, callback, choice): &(Who, Callback, Option<Choice>)| {
            before == Who::Own && choice.is_none() && callback.kind() == Kind::Data
        };
        who == Who::Own || !self.settled.as_ref().is_some_and(passed_on)
    }

    fn apply_return(&mut self, who: Who, callback: Callback, returned: Returned) {
        self.calling = None;
        match returned {
            Returned::Unhandled => self.settle(who, callback, None),
            Returned::Now(choice) => self.settle(who, callback, Some(choice)),
            Returned::Later => self.question = Some((who, callback)),
            Returned::Panicked => {
                self.settle(who, callback, Some(Choice::Refuse));
                if callback.kind() != Kind::Complete {
                    self.panicked();
                }
            }
        }
    }

    fn apply_answer(&mut self, choice: Option<Choice>, now: u64) {
        let had_waited = std::mem::take(&mut self.waits);
        if let Some((who, callback)) = self.question.take() {
            self.settle(who, callback, choice);
        }
        if had_waited && self.is_live() {
            self.go_on(now);
        }
    }

    fn panicked(&mut self) {
        if !self.is_decided() {
            self.must_end_with = Some(ErrorCode::Unknown);
        }
    }

    /// A callback is over, its answer there.
    fn settle(&mut self, who: Who, callback: Callback, choice: Option<Choice>) {
        self.settled = Some((who, callback, choice));
        match (callback.kind(), choice) {
            (Kind::Redirection, Some(Choice::Refuse)) => self.leads_to = None,
            (Kind::Response, Some(Choice::Refuse)) => {
                self.must_end_with.get_or_insert(ErrorCode::Cancelled);
            }
            (Kind::BodyStream, Some(Choice::Refuse)) => {
                self.must_end_with
                    .get_or_insert(ErrorCode::RequestBodyStreamExhausted);
            }
            _ => {}
        }
    }

    fn apply_sight(&mut self, number: u8, sight: Sight, scene: Scene<'_>) {
        let now = scene.now;
        if sight == Sight::Began {
            let is_led = self.leads_to.take().is_some();
            self.redirects += u32::from(is_led);
            self.is_post &= !(is_led && self.hop.is_some_and(Hop::leads_to_get));
            let before = self.hop.filter(|hop| hop.number == number);
            self.hop = Some(Hop {
                number,
                attempt: before.map_or(0, |hop| hop.attempt + 1),
                is_connected: false,
                head: None,
                received: 0,
                sent: 0,
                has_ended: false,
                was_aborted: false,
            });
            self.timers.start_idle(now);
        }
        let Some(hop) = &mut self.hop else {
            return;
        };
        match sight {
            Sight::Connected => hop.is_connected = true,
            Sight::Read(count) => hop.sent += count as u64,
            Sight::Head(status) => {
                hop.head = Some(status);
                let plan = scene.plan.hop(usize::from(number)).attempt(hop.attempt);
                if let HeadPlan::Redirect(_, origin) = plan.head {
                    self.leads_to = Some(origin);
                }
            }
            Sight::Chunk(count) => hop.received += count as u64,
            Sight::Ended => hop.has_ended = true,
            Sight::Aborted => hop.was_aborted = true,
            _ => {}
        }
        self.follow_sight(sight, now);
    }

    fn follow_sight(&mut self, sight: Sight, now: u64) {
        match sight {
            Sight::Ended | Sight::Aborted => {
                self.remember_timers(now);
                if matches!(self.place, Place::Waiting { .. }) {
                    self.timers.stop_idle();
                }
            }
            _ => self.timers.touch(now),
        }
    }
}
