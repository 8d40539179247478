//! The one completion of a task, whatever ends it.

use std::sync::Arc;

use bytes::Bytes;

use crate::session::ledger::Ledger;
use crate::task::delegate::Wants;
use crate::task::handover::Handover;
use crate::task::lifecycle::Effect;
use crate::task::shared::TaskShared;
#[cfg(feature = "upload")]
use crate::task::upload::upload_ended;
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
    match task.ways() {
        Some(ways) => (ways.complete)(task, found),
        None if cfg!(not(feature = "delegate")) || task.is_unwatched() => {
            complete_unwatched(task, found)
        }
        None => complete_watched(task, found),
    }
}

/// Ends a task that others are told of than the caller's future.
pub(crate) fn complete_watched(task: &Arc<TaskShared>, found: Outcome) -> Outcome {
    let outcome = decided(task, task.in_ledger(Ledger::finish), found)?;
    let outcome = outcome.map_err(|error| ended(task, error));
    task.end_progress();
    if task.is_callers_future() {
        let duty = Handover::new(task, None);
        if task.wants(Wants::COMPLETION) || task.wants(Wants::METRICS) {
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

/// Ends a task of which nobody but the caller's future is told: a success in one step.
fn complete_unwatched(task: &Arc<TaskShared>, found: Outcome) -> Outcome {
    let succeeds = found.is_ok();
    let effect = task.in_ledger(|ledger, task, acts| {
        let effect = ledger.finish(task, acts);
        if succeeds && effect == Effect::Deliver {
            ledger.retire(task, acts);
        }
        effect
    });
    match decided(task, effect, found)? {
        Ok(answer) => {
            task.end_progress();
            task.tell_waiting();
            Ok(answer)
        }
        Err(error) => {
            let error = ended(task, error);
            task.release_delegate();
            task.retire();
            Err(error)
        }
    }
}

/// The outcome that stands.
///
/// # Errors
/// An ended session had refused the task: it was complete before it began, with this.
fn decided(task: &TaskShared, effect: Effect, found: Outcome) -> Result<Outcome, Error> {
    match effect {
        Effect::Deliver => Ok(found),
        Effect::DeliverCancelled => Ok(Err(cancelled(found))),
        Effect::Nothing
        | Effect::Enqueue
        | Effect::Shelve
        | Effect::Launch
        | Effect::LaunchCancelled
        | Effect::Park
        | Effect::Unpark
        | Effect::Wake
        | Effect::HandOver => {
            let refusal = task.facts().error.clone();
            Err(refusal.unwrap_or(ErrorCode::Cancelled.into()))
        }
    }
}

/// The task has failed: its error is complete, and known to whoever asks the task.
fn ended(task: &Arc<TaskShared>, error: Error) -> Error {
    let error = located(task, error);
    #[cfg(feature = "upload")]
    let error = upload_ended(task, error);
    task.facts().error = Some(error.clone());
    task.abandon_transfer();
    error
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
        Some(request) => error.with_place(request.place()),
        None => error,
    }
}
