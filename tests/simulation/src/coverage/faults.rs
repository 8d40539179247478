//! What servers, delegates and the world did out of the ordinary.

use std::fmt;

use urlsession_core::mock::Sight;
use urlsession_core::{ErrorCode, Multiplexing};

use super::Cell;
use super::table::{Counts, table};
use crate::rules::Step;
use crate::script::{
    BodyStep, Choice, Cut, Form, HeadPlan, HopPlan, Queue, Reading, SessionDeed, Upload,
};
use crate::trace::{Callback, Event, Returned, What, Who};
use crate::world::World;

table! {
    /// Something out of the ordinary.
    Fault {
        NeverConnects = "the connection is never made",
        Unreachable = "the connection fails",
        FailsBeforeHead = "the exchange fails before a head",
        NeverAnswers = "no head ever comes",
        ResetInBody = "the connection is reset in the body",
        ShortBody = "the body ends too early",
        FailsInBody = "the body fails",
        Stalls = "the body stalls",
        Waits = "the body pauses",
        Interim = "an interim response",
        RedirectsHere = "a redirect to the same origin",
        RedirectsThere = "a redirect to the other origin",
        RedirectsNowhere = "a redirect that cannot be followed",
        RedirectRefused = "a redirect is not followed",
        TooManyRedirects = "too many redirects",
        ClientError = "a 4xx",
        ServerError = "a 5xx",
        EarlyAnswer = "an answer before the request's body was read",
        SlowUpload = "the request's body is read slowly",
        RetriedAtOnce = "an attempt is made again at once",
        RetriedLater = "an attempt is made again later",
        RetryProposed = "a retry is proposed to the app",
        RetryRefused = "a retry that was proposed is not wanted",
        RetryUnasked = "a retry that nobody is asked about",
        OutOfStock = "no retry is in stock",
        NewBodyStream = "a new body stream is asked for",
        StreamExhausted = "no new body stream is given",
        ResponseRefused = "a response is refused",
        AnsweredLater = "an answer comes later",
        NeverAnswered = "an answer never comes",
        CallbackPanics = "a callback panics",
        AnswerPanics = "an answer panics",
        FallsThrough = "an answer falls through",
        PassedOn = "an unhandled call is passed on",
        MetricsLater = "metrics are acknowledged later",
        CompletionLater = "a completion is acknowledged later",
        Multiplexed = "exchanges multiplex",
        ScoutGoesAhead = "one goes ahead of a handshake",
        PlatformCounts = "the platform counts by itself",
        RefusedTask = "a task made in an ended session",
        BadRequest = "a task made of no request",
        Handler = "a completion handler",
        Stream = "a stream is read",
        ConcurrentQueue = "callbacks run concurrently",
        ExecutorQueue = "callbacks run on an executor",
        WallClockJumps = "the wall clock jumps",
        SessionReset = "the session is reset",
        Unobserved = "nobody observes",
        DroppedInside = "a future is dropped inside a callback",
        HandlerPanics = "a completion handler panics",
        AnsweredSuspended = "an answer suspends its task",
        FarewellPanics = "a session's delegate panics at its end",
        AwaitedEnd = "somebody waits for a task's end",
        CompletionPassedOn = "an unhandled completion is passed on",
    }
}

#[derive(Clone, Debug)]
pub(super) struct Faults(Counts);

impl Default for Faults {
    fn default() -> Self {
        Self(Counts::new(Fault::ALL.len(), 1))
    }
}

impl Faults {
    pub(super) fn watch(&mut self, world: &World<'_>, step: Step) {
        if let Some((number, event)) = step.event() {
            self.watch_event(world, number, event);
        }
        match step.of_session() {
            Some(What::Did(SessionDeed::WallClockJumps(_))) => self.add(Fault::WallClockJumps),
            Some(What::Did(SessionDeed::Reset)) => self.add(Fault::SessionReset),
            Some(What::BecameInvalid) if world.plan.setup.panics => self.add(Fault::FarewellPanics),
            _ => {}
        }
    }

    fn watch_event(&mut self, world: &World<'_>, number: u8, event: Event) {
        let plan = &world.plan.tasks[usize::from(number)];
        match event {
            Event::Server(hop, sight) => {
                let attempt = world.attempt_at(number, hop, sight);
                let plan_of_hop = plan.hop(usize::from(hop)).attempt(attempt);
                self.watch_server(world, plan_of_hop, plan.upload, sight);
            }
            Event::Made if !world.plan.setup.is_observed => self.add(Fault::Unobserved),
            Event::Made if world.is_finishing => self.add(Fault::RefusedTask),
            Event::Made if plan.is_bad => self.add(Fault::BadRequest),
            Event::Made if plan.form == Form::Handler => self.add(Fault::Handler),
            Event::Yielded => self.add(Fault::Stream),
            Event::Called(who, callback, _) => self.watch_call(world, number, who, callback),
            Event::Returned(_, callback, returned) => self.watch_return(callback, returned),
            Event::Waits => self.add(match world.task(number).question {
                Some((_, Callback::Metrics)) => Fault::MetricsLater,
                Some((_, Callback::Complete(_))) => Fault::CompletionLater,
                _ => Fault::AnsweredLater,
            }),
            Event::Answered(_) if world.task(number).suspensions > 0 => {
                self.add(Fault::AnsweredSuspended);
            }
            Event::Answered(None) => self.add(Fault::FallsThrough),
            Event::Finished(_) => self.add(Fault::AwaitedEnd),
            Event::FutureDropped if world.tasks.iter().any(|task| task.calling.is_some()) => {
                self.add(Fault::DroppedInside);
            }
            Event::Retrying(_, delay) => {
                self.add(match delay {
                    0 => Fault::RetriedAtOnce,
                    _ => Fault::RetriedLater,
                });
                if !world.task(number).trial.is_asked {
                    self.add(Fault::RetryUnasked);
                }
            }
            Event::Gave(_) if plan.panics => self.add(Fault::HandlerPanics),
            Event::AnswerDropped => self.add(Fault::NeverAnswered),
            Event::AnswerPanicked => self.add(Fault::AnswerPanics),
            Event::Completed(Some(ErrorCode::HttpTooManyRedirects)) => {
                self.add(Fault::TooManyRedirects);
            }
            Event::Completed(Some(ErrorCode::RequestBodyStreamExhausted)) => {
                self.add(Fault::StreamExhausted);
            }
            _ => {}
        }
    }

    fn watch_server(&mut self, world: &World<'_>, plan: &HopPlan, upload: Upload, sight: Sight) {
        match sight {
            Sight::Began if plan.connect.is_none() => self.add(Fault::NeverConnects),
            Sight::Began if world.plan.setup.before == Multiplexing::Unknown => {
                self.add(Fault::ScoutGoesAhead);
            }
            Sight::Connected => self.watch_connection(world, plan),
            Sight::Informational(_) => self.add(Fault::Interim),
            Sight::Head(_) => self.watch_head(plan, upload),
            Sight::Ended => self.watch_end(plan),
            _ => {}
        }
    }

    fn watch_connection(&mut self, world: &World<'_>, plan: &HopPlan) {
        match world.plan.setup.connected {
            Multiplexing::Streams(_) => self.add(Fault::Multiplexed),
            Multiplexing::Platform => self.add(Fault::PlatformCounts),
            Multiplexing::Unknown | Multiplexing::No => {}
        }
        if plan.head == HeadPlan::Never {
            self.add(Fault::NeverAnswers);
        }
    }

    fn watch_head(&mut self, plan: &HopPlan, upload: Upload) {
        match plan.head {
            HeadPlan::Status(400..=499) => self.add(Fault::ClientError),
            HeadPlan::Status(500..=599) => self.add(Fault::ServerError),
            HeadPlan::Redirect(_, 0) => self.add(Fault::RedirectsHere),
            HeadPlan::Redirect(..) => self.add(Fault::RedirectsThere),
            HeadPlan::Nowhere => self.add(Fault::RedirectsNowhere),
            HeadPlan::Status(_)
            | HeadPlan::Error(_)
            | HeadPlan::Unreachable(_)
            | HeadPlan::Never => {}
        }
        let has_upload = upload != Upload::Nothing;
        match plan.reading {
            Reading::First | Reading::Nothing if has_upload => self.add(Fault::EarlyAnswer),
            Reading::Slowly(_) if has_upload => self.add(Fault::SlowUpload),
            Reading::All | Reading::Slowly(_) | Reading::First | Reading::Nothing => {}
        }
        if plan.body.contains(&BodyStep::Stall) {
            self.add(Fault::Stalls);
        }
        if plan
            .body
            .iter()
            .any(|step| matches!(step, BodyStep::Wait(_)))
        {
            self.add(Fault::Waits);
        }
    }

    fn watch_end(&mut self, plan: &HopPlan) {
        match (plan.head, plan.cut) {
            (HeadPlan::Unreachable(_), _) => self.add(Fault::Unreachable),
            (HeadPlan::Error(_), _) => self.add(Fault::FailsBeforeHead),
            (_, Some(Cut::Reset(_))) => self.add(Fault::ResetInBody),
            (_, Some(Cut::Short)) => self.add(Fault::ShortBody),
            (_, Some(Cut::Fail(_))) => self.add(Fault::FailsInBody),
            (_, None) => {}
        }
    }

    fn watch_call(&mut self, world: &World<'_>, number: u8, who: Who, callback: Callback) {
        match world.plan.setup.queue {
            Queue::Serial => {}
            Queue::Concurrent => self.add(Fault::ConcurrentQueue),
            Queue::Executor => self.add(Fault::ExecutorQueue),
        }
        match callback {
            Callback::BodyStream => self.add(Fault::NewBodyStream),
            Callback::Retry(failed) if failed.proposed.is_some() => self.add(Fault::RetryProposed),
            Callback::Retry(_) if world.is_out_of_stock() => self.add(Fault::OutOfStock),
            _ => {}
        }
        if who == Who::Sessions && world.plan.tasks[usize::from(number)].has_delegate {
            self.add(match callback {
                Callback::Complete(_) => Fault::CompletionPassedOn,
                _ => Fault::PassedOn,
            });
        }
    }

    fn watch_return(&mut self, callback: Callback, returned: Returned) {
        match (callback, returned) {
            (_, Returned::Panicked) => self.add(Fault::CallbackPanics),
            (Callback::Redirection, Returned::Now(Choice::Refuse)) => {
                self.add(Fault::RedirectRefused);
            }
            (Callback::Retry(failed), Returned::Now(choice)) => {
                let is_delivered = choice == Choice::Refuse || failed.number > 1;
                if failed.proposed.is_some() && is_delivered {
                    self.add(Fault::RetryRefused);
                }
            }
            (Callback::Response(_), Returned::Now(Choice::Refuse)) => {
                self.add(Fault::ResponseRefused);
            }
            _ => {}
        }
    }

    fn add(&mut self, fault: Fault) {
        self.0.add(fault as usize, 0);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    pub(super) fn cells(&self) -> Vec<Cell> {
        let cell = |fault: &Fault| Cell {
            name: fault.text().to_owned(),
            count: self.0.at(*fault as usize, 0),
        };
        Fault::ALL.iter().map(cell).collect()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for cell in self.cells() {
            writeln!(f, "{:46}{:>11}", cell.name, cell.count)?;
        }
        Ok(())
    }
}
