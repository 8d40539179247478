//! Hands a task's metrics and completion to the app, in that order, and strikes the task off.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use crate::session::ledger::Ledger;
use crate::task::completion::Outcome;
use crate::task::delegate::{Answer, Wants};
use crate::task::dispatch::Guarded;
use crate::task::handle::Task;
use crate::task::observer::TaskEvent;
use crate::task::shared::{Audience, Handler, TaskShared};
use crate::words::bounds::BoxFuture;
use crate::words::error::Error;
use crate::words::guarded::guarded;
use crate::words::metrics::TaskMetrics;

/// The duty to tell the app how a task has ended; done even if the queue drops it.
pub(crate) struct Handover {
    task: Arc<TaskShared>,
    error: Option<Error>,
    handler: Option<(Handler, Outcome)>,
    step: Step,
}

/// How far it has come, with the delegates still to be told, in turn, until one takes it as its own.
enum Step {
    Begin,
    Metrics(Arc<TaskMetrics>, Audience),
    Completion(Audience),
}

impl Handover {
    pub(crate) fn new(task: &Arc<TaskShared>, handler: Option<(Handler, Outcome)>) -> Self {
        Self {
            task: task.clone(),
            error: task.facts().error.clone(),
            handler,
            step: Step::Begin,
        }
    }

    pub(crate) fn fulfil(mut self) {
        if let Some(answer) = self.tell() {
            self.tell_later(answer);
        }
    }

    /// Tells who is to be told, up to an answer that is to be waited for, if there is one.
    fn tell(&mut self) -> Option<BoxFuture<'static, Option<()>>> {
        loop {
            match self.tell_next()? {
                Ok(Answer::Unhandled) => {}
                Ok(Answer::Later(answer)) => return Some(answer),
                // Its task has ended already: a panic has nothing left to end.
                Ok(Answer::Now(())) | Err(_) => self.is_taken(),
            }
        }
    }

    /// What the next delegate says; `None` when all is told.
    fn tell_next(&mut self) -> Option<Result<Answer<()>, Error>> {
        loop {
            match &mut self.step {
                Step::Begin => self.begin(),
                Step::Metrics(..) if !cfg!(feature = "delegate") => self.complete(),
                Step::Metrics(metrics, audience) => {
                    let Some(delegate) = audience.next() else {
                        self.complete();
                        continue;
                    };
                    let (task, metrics) = (Task::of(self.task.clone()), metrics.clone());
                    return Some(guarded(|| {
                        delegate.did_finish_collecting_metrics(&task, &metrics)
                    }));
                }
                Step::Completion(_) if !cfg!(feature = "delegate") => return None,
                Step::Completion(audience) => {
                    let (delegate, task) = (audience.next()?, Task::of(self.task.clone()));
                    return Some(guarded(|| {
                        delegate.did_complete(&task, self.error.as_ref())
                    }));
                }
            }
        }
    }

    /// The metrics come first, where there are any.
    fn begin(&mut self) {
        match self.task.signals().take_metrics() {
            Some(metrics) => self.begin_with(Arc::new(metrics)),
            None => self.complete(),
        }
    }

    #[inline(never)]
    fn begin_with(&mut self, metrics: Arc<TaskMetrics>) {
        #[cfg(feature = "metrics")]
        {
            self.task.facts().extras_mut().metrics = Some(metrics.clone());
        }
        self.task.tell_observers(TaskEvent::Metrics(&metrics));
        self.step = Step::Metrics(metrics, self.task.audience(Wants::METRICS));
    }

    /// Completes the task, and tells all but the delegates.
    fn complete(&mut self) {
        self.task.in_ledger(Ledger::complete);
        self.task
            .tell_observers(TaskEvent::Completed(self.error.as_ref()));
        if let Some((handler, outcome)) = self.handler.take() {
            // Its task has ended already: a panic in it has nothing left to end.
            let _ = guarded(|| handler.take(outcome));
        }
        self.step = Step::Completion(self.task.audience(Wants::COMPLETION));
    }

    /// A delegate has taken it as its own: nobody else is told.
    fn is_taken(&mut self) {
        drop(self.swap_audience(Audience::default()));
    }

    /// Puts `others` in the place of those still to be told.
    fn swap_audience(&mut self, others: Audience) -> Audience {
        match &mut self.step {
            Step::Begin => others,
            Step::Metrics(_, audience) | Step::Completion(audience) => {
                std::mem::replace(audience, others)
            }
        }
    }

    /// The session does not end before the answer is there. Unless that falls through, nobody else is told the same.
    fn tell_later(mut self, answer: BoxFuture<'static, Option<()>>) {
        let (others, patience) = (self.swap_audience(Audience::default()), self.patience());
        let runtime = self.task.session().runtime().clone();
        let mut waiting = Waiting(Some(self));
        runtime.spawn(Box::pin(async move {
            let answer = wait(Guarded(answer), patience).await;
            let Some(mut duty) = waiting.0.take() else {
                return;
            };
            if let Ok(None) = answer {
                duty.swap_audience(others);
            } else if let Step::Completion(_) = duty.step {
                return;
            }
            let queue = duty.task.session().queue.clone();
            queue.post(Box::new(move || duty.fulfil()));
        }));
    }

    /// How long an answer to the metrics holds the completion, which comes whatever the app does. One to the completion holds nothing.
    fn patience(&self) -> Option<BoxFuture<'static, ()>> {
        let Step::Metrics(..) = self.step else {
            return None;
        };
        let session = self.task.session();
        let runtime = session.runtime();
        let longest = session.configuration.timeout_interval_for_request;
        Some(runtime.sleep_until(runtime.now() + longest))
    }
}

/// A duty that waits for an answer. Where the runtime ends meanwhile, the rest is told in its turn all the same.
struct Waiting(Option<Handover>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(duty) = self.0.take() {
            let queue = duty.task.session().queue.clone();
            queue.post(Box::new(move || drop(duty)));
        }
    }
}

/// Waits for an answer as long as `patience` lasts; afterwards it counts as given.
async fn wait(
    mut answer: Guarded<()>,
    patience: Option<BoxFuture<'static, ()>>,
) -> Result<Option<()>, Error> {
    let Some(mut patience) = patience else {
        return answer.await;
    };
    poll_fn(|context| match Pin::new(&mut answer).poll(context) {
        Poll::Pending => patience.as_mut().poll(context).map(|()| Ok(Some(()))),
        answered @ Poll::Ready(_) => answered,
    })
    .await
}

impl Drop for Handover {
    fn drop(&mut self) {
        // An answer that would come later is not waited for: who waits has gone.
        while let Some(answer) = self.tell() {
            drop(answer);
            self.is_taken();
        }
        self.task.release_delegate();
        self.task.retire();
    }
}
