//! The one completion of a task, whatever ends it.

use std::sync::Arc;

use bytes::Bytes;

use crate::session::ledger::Ledger;
use crate::task::delegate::{Answer, Delegate, Wants};
use crate::task::dispatch::{Guarded, guarded};
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
    if task.is_callers_future() {
        let duty = Handover::new(task, None);
        if task.wants(Wants::COMPLETION) {
            let queue = task.session().queue.clone();
            queue.post(Box::new(move || duty.fulfil()));
        } else {
            duty.fulfil();
        }
        return outcome;
    }
    let handler = task.take_handler().map(|handler| (handler, outcome));
    let duty = Handover::new(task, handler);
    let queue = task.session().queue.clone();
    queue.post(Box::new(move || duty.fulfil()));
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
        task.tell_waiting();
        return found;
    }
    let error = located(task, cancelled(found));
    task.facts().error = Some(error.clone());
    task.tell_waiting();
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
    handler: Option<(Handler, Outcome)>,
    /// Who is still to be told; `None` when nobody was.
    audience: Option<std::vec::IntoIter<Arc<dyn Delegate>>>,
}

impl Handover {
    fn new(task: &Arc<TaskShared>, handler: Option<(Handler, Outcome)>) -> Self {
        Self {
            task: task.clone(),
            error: task.facts().error.clone(),
            handler,
            audience: None,
        }
    }

    fn fulfil(mut self) {
        self.begin();
        self.tell();
    }

    /// Completes the task, and tells all but the delegates.
    fn begin(&mut self) {
        self.task.in_ledger(Ledger::complete);
        self.task
            .tell_observers(TaskEvent::Completed(self.error.as_ref()));
        if let Some((handler, outcome)) = self.handler.take() {
            // Its task has ended already: a panic in it has nothing left to end.
            let _ = guarded(|| handler.take(outcome));
        }
        let [own, sessions] = self.task.audience(Wants::COMPLETION);
        let audience = own.into_iter().chain(sessions).collect::<Vec<_>>();
        self.audience = Some(audience.into_iter());
    }

    /// Tells the delegates in turn, until one takes it as its own.
    fn tell(mut self) {
        if let Some(answer) = self.tell_delegates() {
            self.tell_later(answer);
        }
    }

    /// What is to be waited for before the next delegate is told, if anything.
    fn tell_delegates(&mut self) -> Option<BoxFuture<'static, Option<()>>> {
        while let Some(delegate) = self.audience.as_mut()?.next() {
            let task = Task::of(self.task.clone());
            match guarded(|| delegate.did_complete(&task, self.error.as_ref())) {
                Ok(Answer::Unhandled) => {}
                Ok(Answer::Later(answer)) => return Some(answer),
                Ok(Answer::Now(())) | Err(_) => break,
            }
        }
        self.audience = Some(Vec::new().into_iter());
        None
    }

    /// The session does not end before the answer is there. Unless that falls through, nobody else is told.
    fn tell_later(mut self, answer: BoxFuture<'static, Option<()>>) {
        let others = self.audience.replace(Vec::new().into_iter());
        let runtime = self.task.session().runtime().clone();
        runtime.spawn(Box::pin(async move {
            if let Ok(None) = Guarded(answer).await {
                self.audience = others;
                let queue = self.task.session().queue.clone();
                queue.post(Box::new(move || self.tell()));
            }
        }));
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        if self.audience.is_none() {
            self.begin();
        }
        // An answer that would come later is not waited for: who waits has gone.
        drop(self.tell_delegates());
        self.task.release_delegate();
        self.task.retire();
    }
}
