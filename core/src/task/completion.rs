//! The one completion of a task, whatever ends it.

use std::sync::Arc;

use bytes::Bytes;

use crate::session::ledger::Ledger;
use crate::task::delegate::{Answer, Delegate, Wants};
use crate::task::dispatch::guarded;
use crate::task::handle::Task;
use crate::task::lifecycle::Effect;
use crate::task::observer::TaskEvent;
use crate::task::shared::{Handler, TaskShared};
use crate::words::bounds::BoxFuture;
use crate::words::error::{Error, ErrorCode};
use crate::words::response::Response;

/// What a task ends with.
pub(crate) type Outcome = Result<(Bytes, Response), Error>;

/// The duty to complete a task: done by its driver, or, when the driver is dropped, by the drop.
pub(crate) struct Completion(Option<Arc<TaskShared>>);

impl Completion {
    pub(crate) fn new(task: Arc<TaskShared>) -> Self {
        Self(Some(task))
    }

    pub(crate) fn task(&self) -> Arc<TaskShared> {
        self.0
            .clone()
            .expect("a completion has its task until it is delivered or dropped")
    }

    /// Completes the task with what its driver found; what its future, if it has one, returns.
    pub(crate) fn deliver(mut self, found: Outcome) -> Outcome {
        match self.0.take() {
            Some(task) => complete(&task, found),
            None => found,
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            let _ = complete(&task, Err(ErrorCode::Cancelled.into()));
        }
    }
}

fn complete(task: &Arc<TaskShared>, found: Outcome) -> Outcome {
    if found.is_ok() && task.is_unwatched() {
        return complete_unwatched(task, found);
    }
    let effect = task.in_ledger(Ledger::finish);
    let outcome = match effect {
        Effect::Deliver => found,
        Effect::DeliverCancelled => Err(cancelled(found)),
        // An ended session had refused it: it was complete before it began.
        Effect::Nothing
        | Effect::Enqueue
        | Effect::Shelve
        | Effect::Launch
        | Effect::LaunchCancelled
        | Effect::Park
        | Effect::Unpark
        | Effect::Wake
        | Effect::HandOver => {
            return Err(task
                .facts()
                .error
                .clone()
                .unwrap_or(ErrorCode::Cancelled.into()));
        }
    };
    let outcome = outcome.map_err(|error| located(task, error));
    task.facts().error = outcome.as_ref().err().cloned();
    let handler = task.take_handler();
    let duty = Handover {
        task: task.clone(),
        error: task.facts().error.clone(),
    };
    if task.is_callers_future() {
        if task.wants(Wants::COMPLETION) {
            task.session()
                .queue
                .post(Box::new(move || duty.fulfil(None)));
        } else {
            duty.fulfil(None);
        }
        return outcome;
    }
    let handler = handler.map(|handler| (handler, outcome));
    task.session()
        .queue
        .post(Box::new(move || duty.fulfil(handler)));
    // Nobody polls for it: the driver of such a task returns to the executor.
    Err(ErrorCode::Unknown.into())
}

/// A success that nobody but the caller's future is told of: all in one step.
fn complete_unwatched(task: &TaskShared, found: Outcome) -> Outcome {
    let effect = task.in_ledger(|ledger, task, acts| {
        let effect = ledger.finish(task, acts);
        ledger.retire(task, acts);
        effect
    });
    if effect == Effect::Deliver {
        return found;
    }
    let error = located(task, cancelled(found));
    task.facts().error = Some(error.clone());
    Err(error)
}

/// The error of a cancelled task: the driver's own if it says so, else a plain one.
fn cancelled(found: Outcome) -> Error {
    match found {
        Err(error) if error.is_cancelled() => error,
        Ok(_) | Err(_) => ErrorCode::Cancelled.into(),
    }
}

/// Every error names the URL that failed.
fn located(task: &TaskShared, error: Error) -> Error {
    let facts = task.facts();
    match facts.current_request.as_ref().or(task.request()) {
        Some(request) => error.with_url(request.url()),
        None => error,
    }
}

/// The duty to hand a completion to the app and strike the task off; done even if the queue drops it.
struct Handover {
    task: Arc<TaskShared>,
    error: Option<Error>,
}

impl Handover {
    fn fulfil(self, handler: Option<(Handler, Outcome)>) {
        self.task.in_ledger(Ledger::complete);
        self.task
            .tell_observers(TaskEvent::Completed(self.error.as_ref()));
        if let Some((handler, outcome)) = handler {
            // Its task has ended already: a panic in it has nothing left to end.
            let _ = guarded(|| handler.take(outcome));
        }
        let [own, sessions] = self.task.audience(Wants::COMPLETION);
        let audience = own.into_iter().chain(sessions).collect::<Vec<_>>();
        self.tell(audience.into_iter());
    }

    /// Tells the delegates in turn, until one takes it as its own.
    fn tell(self, mut audience: std::vec::IntoIter<Arc<dyn Delegate>>) {
        while let Some(delegate) = audience.next() {
            let task = Task::of(self.task.clone());
            match guarded(|| delegate.did_complete(&task, self.error.as_ref())) {
                Ok(Answer::Unhandled) => {}
                Ok(Answer::Now(())) | Err(_) => return,
                Ok(Answer::Later(answer)) => return self.tell_later(answer, audience),
            }
        }
    }

    /// The session does not end before the answer is there.
    fn tell_later(
        self,
        answer: BoxFuture<'static, Option<()>>,
        audience: std::vec::IntoIter<Arc<dyn Delegate>>,
    ) {
        let session = self.task.session().clone();
        session.runtime().spawn(Box::pin(async move {
            if answer.await.is_none() {
                let queue = self.task.session().queue.clone();
                queue.post(Box::new(move || self.tell(audience)));
            }
        }));
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        self.task.release_delegate();
        self.task.in_ledger(Ledger::retire);
    }
}
