//! Drives one task's load: suspends by not polling it, cancels by dropping it, and minds its timers.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::load::deliver::{Output, load};
use crate::session::ledger::{Due, Ledger};
use crate::task::completion::{Completion, Outcome, complete_watched};
#[cfg(feature = "download")]
use crate::task::kind::TaskKind;
use crate::task::lifecycle::State;
use crate::task::refusal::refuse;
use crate::task::shared::{Form, TaskShared, Ways};
use crate::words::error::{ErrorCode, ExpiredTimer};

/// The ways of every task that no future of the caller's drives.
const WAYS: &Ways = &Ways {
    launch,
    complete: complete_watched,
    refuse,
};

impl Form {
    pub(crate) const TASK: Self = Self::Task(WAYS);
    pub(crate) const HANDLER: Self = Self::Handler(WAYS);
}

/// Starts the driver of a task that was admitted, or cancelled before it was.
fn launch(task: Arc<TaskShared>) {
    let output = match task.form() {
        Form::Handler(_) => Output::Collect,
        Form::Task(_) | Form::Future => Output::Delegate,
    };
    let runtime = task.session().runtime().clone();
    let completion = Completion::new(task);
    runtime.spawn(Box::pin(async move {
        // The outcome went to handler and delegates.
        let _ = drive(completion, output).await;
    }));
}

/// Drives the task to its end. The completion is an argument: a future dropped before its first poll completes too.
pub(crate) async fn drive(completion: Completion, output: Output) -> Outcome {
    let task = completion.task();
    if task.is_callers_future() {
        task.in_ledger(Ledger::begin);
    }
    let outcome = {
        let mut load = pin!(Some(begin(&task, output)));
        let mut found = None;
        poll_fn(|context| {
            task.signals().poll_begins();
            let outcome = task.poll_load(load.as_mut(), &mut found);
            match outcome {
                Poll::Ready(_) => load.set(None),
                Poll::Pending => task.signals().poll_waits(context.waker()),
            }
            outcome
        })
        .await
    };
    #[cfg(feature = "download")]
    let outcome = match outcome {
        Err(error) if task.kind() == TaskKind::Download => Err(task.settle_download(error).await),
        outcome => outcome,
    };
    drop(task);
    completion.deliver(outcome)
}

#[cfg(feature = "download")]
async fn begin(task: &Arc<TaskShared>, output: Output) -> Outcome {
    if task.kind() == TaskKind::Download {
        return Box::pin(task.download_to_end()).await;
    }
    load(task, output).await
}

#[cfg(not(feature = "download"))]
use load as begin;

impl TaskShared {
    fn poll_load<L: Future<Output = Outcome>>(
        &self,
        mut load: Pin<&mut Option<L>>,
        found: &mut Option<Outcome>,
    ) -> Poll<Outcome> {
        let has_place = !self.is_resting() || self.in_ledger(Ledger::polled_again);
        // A task that is suspended or queued hears the alarm when it loads.
        let loads = self.internal_state() == State::Loading;
        let rang = loads && self.signals().take_ring();
        if loads && found.is_none() {
            if rang && self.in_ledger(|ledger, task, _| ledger.is_overdue(task)) {
                return Poll::Ready(Err(ExpiredTimer::Resource.into()));
            }
            let waker = Waker::from(self.signals().clone());
            if has_place
                && let Some(load) = load.as_mut().as_pin_mut()
                && let Poll::Ready(outcome) = load.poll(&mut Context::from_waker(&waker))
            {
                *found = Some(outcome);
            }
        }
        // Read again: a callback may have suspended or cancelled the task during the poll.
        match self.internal_state() {
            State::Loading => match found.take() {
                Some(outcome) => Poll::Ready(outcome),
                None if rang => self.poll_timers(),
                None => Poll::Pending,
            },
            State::Born | State::Queued | State::Shelved | State::Suspended => Poll::Pending,
            State::Canceling | State::Finishing | State::Completed => {
                Poll::Ready(Err(ErrorCode::Cancelled.into()))
            }
        }
    }

    /// The alarm rang: has a timer fired, or had bytes moved since it was set?
    fn poll_timers(&self) -> Poll<Outcome> {
        match self.in_ledger(|ledger, task, _| ledger.due(task)) {
            Due::Expired(timer) => Poll::Ready(Err(timer.into())),
            Due::Later => Poll::Pending,
        }
    }
}
