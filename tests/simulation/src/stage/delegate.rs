//! The delegates of a schedule: they note each call and do as the plan says.

use std::sync::Arc;

use urlsession_core::{
    Answer, BodyStream, Bytes, Delegate, Error, InMemory, Informational, MaybeSend, Request,
    Response, ResponseDisposition, RetryAttempt, RetryDecision, Runtime, Session, Task,
    TaskMetrics, Wants,
};

use super::acts::do_to;
use super::answers::{Coming, Later, panic_quietly};
use super::log::{Log, number, whole};
use super::server::milliseconds;
use crate::script::{AnswerPlan, Choice, Deed, How, RETRY_DELAYS, TaskNumber, UNMEASURED};
use crate::trace::{Body, Callback, Event, Failed, Returned, What, Who};

/// What a task suspended in a callback waits for until it goes on, in milliseconds.
const SUSPENDED_FOR: u64 = 20;

/// A delegate: of the session, or of one task.
pub(super) struct Judge {
    log: Arc<Log>,
    task: Option<TaskNumber>,
    wants: Wants,
}

impl Judge {
    pub(super) fn of_session(log: &Arc<Log>, wants: Wants) -> Self {
        Self {
            log: log.clone(),
            task: None,
            wants,
        }
    }

    pub(super) fn of_task(log: &Arc<Log>, task: TaskNumber) -> Self {
        Self {
            log: log.clone(),
            task: Some(task),
            wants: if log.plan().setup.is_observed {
                Wants::ALL
            } else {
                UNMEASURED
            },
        }
    }

    fn who(&self) -> Who {
        if self.task.is_some() {
            Who::Own
        } else {
            Who::Sessions
        }
    }

    /// Notes the call, and does and answers as planned.
    fn called<T: MaybeSend + 'static>(
        &self,
        task: &Task,
        callback: Callback,
        decide: fn(Choice) -> T,
    ) -> Answer<T> {
        let (number, who) = (self.task.unwrap_or_else(|| number(task)), self.who());
        if let Callback::Complete(error) = callback {
            self.log.end_shows(number, error);
        }
        self.log
            .of_task(number, Event::Called(who, callback, task.state()));
        let plan = self.log.next_answer(number);
        if let Some(deed) = plan.deed {
            do_deed(&self.log, number, task, deed);
        }
        if let Some(other) = plan.drops {
            self.log.drop_future(other);
        }
        let is_last = matches!(callback, Callback::Complete(_));
        // An end that is never acknowledged would keep the session for ever.
        let how = if is_last && plan.how == How::Never {
            How::Unhandled
        } else {
            plan.how
        };
        let returned = match how {
            How::Unhandled => Returned::Unhandled,
            How::Now(choice) => Returned::Now(choice),
            How::Later(..) | How::LaterPanic(_) | How::Never => Returned::Later,
            How::Panic => Returned::Panicked,
        };
        self.log
            .of_task(number, Event::Returned(who, callback, returned));
        match how {
            How::Unhandled => Answer::Unhandled,
            How::Now(choice) => Answer::Now(decide(choice)),
            How::Later(..) | How::LaterPanic(_) | How::Never => {
                let later = self.later((number, task), plan);
                Answer::Later(Box::pin(async move { later.await.map(decide) }))
            }
            How::Panic => panic_quietly(),
        }
    }

    fn later(&self, (number, task): (TaskNumber, &Task), plan: AnswerPlan) -> Later {
        let (after, coming) = match plan.how {
            How::Later(after, choice) => (Some(after), Coming::Answer(choice)),
            How::LaterPanic(after) => (Some(after), Coming::Panic),
            How::Unhandled | How::Now(_) | How::Never | How::Panic => (None, Coming::Panic),
        };
        Later {
            log: self.log.clone(),
            number,
            task: task.clone(),
            deed: plan.late,
            sleep: after.map(|after| self.log.runtime().sleep(milliseconds(after))),
            coming,
            has_waited: false,
            has_ended: false,
        }
    }
}

/// Does this to the task; one that is suspended goes on after a while.
pub(super) fn do_deed(log: &Arc<Log>, number: TaskNumber, task: &Task, deed: Deed) {
    do_to(log, number, task, deed);
    if deed != Deed::Suspend {
        return;
    }
    let (later, task) = (log.clone(), task.clone());
    let sleep = log.runtime().sleep(milliseconds(SUSPENDED_FOR));
    log.runtime().spawn(Box::pin(async move {
        sleep.await;
        do_to(&later, number, &task, Deed::Resume);
    }));
}

impl Delegate for Judge {
    fn wants(&self) -> Wants {
        self.wants
    }

    fn will_perform_http_redirection(
        &self,
        task: &Task,
        _: &Response,
        request: Request,
    ) -> Answer<Option<Request>> {
        match self.called(task, Callback::Redirection, |choice| choice) {
            Answer::Unhandled => Answer::Unhandled,
            Answer::Now(choice) => Answer::Now((choice == Choice::Go).then_some(request)),
            Answer::Later(choice) => Answer::Later(Box::pin(async move {
                choice
                    .await
                    .map(|choice| (choice == Choice::Go).then_some(request))
            })),
        }
    }

    fn will_retry(&self, task: &Task, attempt: &RetryAttempt) -> Answer<RetryDecision> {
        let outcome = attempt.outcome.as_ref();
        let callback = Callback::Retry(Failed {
            number: attempt.number,
            outcome: outcome
                .map(|response| response.status().as_u16())
                .map_err(Error::code),
            proposed: match attempt.proposed {
                RetryDecision::Retry(delay) => Some(whole(delay)),
                RetryDecision::Deliver => None,
            },
        });
        let decide = match (attempt.number, number(task) % 2) {
            (1, 0) => |choice| retry(choice, RETRY_DELAYS[0]),
            (1, _) => |choice| retry(choice, RETRY_DELAYS[1]),
            _ => |_| RetryDecision::Deliver,
        };
        self.called(task, callback, decide)
    }

    fn need_new_body_stream(&self, task: &Task) -> Answer<Option<BodyStream>> {
        self.called(task, Callback::BodyStream, |choice| {
            (choice == Choice::Go).then(stream)
        })
    }

    fn did_send_body_data(&self, task: &Task, _: u64, total: u64, _: Option<u64>) -> Answer<()> {
        self.called(task, Callback::Sent(total), |_| ())
    }

    fn did_receive_informational_response(&self, task: &Task, _: &Informational) -> Answer<()> {
        self.called(task, Callback::Informational, |_| ())
    }

    fn did_receive_response(
        &self,
        task: &Task,
        response: &Response,
    ) -> Answer<ResponseDisposition> {
        let callback = Callback::Response(response.status().as_u16());
        self.called(task, callback, |choice| match choice {
            Choice::Go => ResponseDisposition::Allow,
            Choice::Refuse => ResponseDisposition::Cancel,
        })
    }

    fn did_receive_data(&self, task: &Task, data: &Bytes) -> Answer<()> {
        self.called(task, Callback::Data(Body::of(data)), |_| ())
    }

    fn did_finish_collecting_metrics(&self, task: &Task, _: &TaskMetrics) -> Answer<()> {
        self.called(task, Callback::Metrics, |_| ())
    }

    fn did_complete(&self, task: &Task, error: Option<&Error>) -> Answer<()> {
        self.called(task, Callback::Complete(error.map(Error::code)), |_| ())
    }

    fn did_become_invalid(&self, _: &Session, _: Option<&Error>) {
        self.log.note(What::BecameInvalid);
        if self.log.plan().setup.panics {
            panic_quietly();
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        match self.task {
            Some(task) => self.log.of_task(task, Event::DelegateReleased),
            None => self.log.note(What::DelegateReleased),
        }
    }
}

fn retry(choice: Choice, delay: u64) -> RetryDecision {
    match choice {
        Choice::Go => RetryDecision::Retry(milliseconds(delay)),
        Choice::Refuse => RetryDecision::Deliver,
    }
}

/// A body of four bytes that can be read once.
pub(super) fn stream() -> BodyStream {
    BodyStream::once(InMemory::new(Bytes::from_static(b"wxyz")))
}
