//! An observer that tells `tracing` what happens to tasks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{Span, field};

use crate::task::handle::Task;
use crate::task::observer::{Observer, TaskEvent};
use crate::words::error::{Error, Shown};
use crate::words::metrics::TaskMetrics;
use crate::words::request::Request;
use crate::words::response::Response;

/// A span for each task, and events in it: an [`Observer`] for [`SessionBuilder::observer`](crate::SessionBuilder::observer).
///
/// The span is `task`, target `urlsession`, level INFO, with the fields `id`, `method`, `url` and, as they come, `status`, `received` (bytes) and `error` (Apple's
/// number). A redirect and a response are events of level DEBUG, a failure is one of WARN, a cancellation one of DEBUG. URLs are shown without
/// credentials; header fields and bodies never are.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use urlsession_core::mock::MockPlatform;
/// use urlsession_core::{Configuration, Session, TracingObserver};
///
/// let mock = MockPlatform::new();
/// let session = Session::builder(mock.platform(), Configuration::default())
///     .observer(TracingObserver::default())
///     .build();
/// # drop(session); }
/// ```
#[derive(Debug, Default)]
pub struct TracingObserver {
    spans: Mutex<BTreeMap<Key, Span>>,
}

/// One task among those of all sessions that share the observer.
type Key = (usize, u64);

impl TracingObserver {
    fn spans(&self) -> MutexGuard<'_, BTreeMap<Key, Span>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The task's span. It begins when the task is first heard of, and ends with it.
    fn span(&self, task: &Task) -> Span {
        let mut spans = self.spans();
        spans
            .entry(key(task))
            .or_insert_with(|| begun(task))
            .clone()
    }
}

fn key(task: &Task) -> Key {
    let session = Arc::as_ptr(task.shared().session());
    (session.addr(), task.id())
}

fn begun(task: &Task) -> Span {
    let span = tracing::info_span!(
        target: "urlsession",
        "task",
        id = task.id(),
        method = field::Empty,
        url = field::Empty,
        status = field::Empty,
        received = field::Empty,
        error = field::Empty,
    );
    if let Some(request) = task.original_request() {
        span.record("method", request.method().as_str());
        span.record("url", field::display(Shown(request.place().as_str())));
    }
    span
}

impl Observer for TracingObserver {
    fn observe(&self, task: &Task, event: TaskEvent<'_>) {
        let span = self.span(task);
        span.in_scope(|| match event {
            TaskEvent::Started => tracing::trace!(target: "urlsession", "started"),
            TaskEvent::WaitingForConnectivity => {
                tracing::info!(target: "urlsession", "waiting for connectivity");
            }
            TaskEvent::Retrying { attempt, delay } => {
                let number = attempt.number;
                tracing::info!(target: "urlsession", number, ?delay, "retrying");
            }
            TaskEvent::Redirected(request) => redirected(request),
            TaskEvent::Responded(response) => responded(&span, response),
            TaskEvent::Metrics(metrics) => measured(metrics),
            TaskEvent::Completed(error) => completed(&span, task, error),
        });
        if matches!(event, TaskEvent::Completed(_)) {
            self.spans().remove(&key(task));
        }
    }
}

fn redirected(request: &Request) {
    tracing::debug!(target: "urlsession", url = %Shown(request.place().as_str()), "redirected");
}

fn responded(span: &Span, response: &Response) {
    let status = response.status().as_u16();
    span.record("status", status);
    tracing::debug!(target: "urlsession", status, version = ?response.version(), "responded");
}

fn measured(metrics: &TaskMetrics) {
    let (hops, redirects) = (metrics.transaction_metrics.len(), metrics.redirect_count);
    let took = metrics.task_interval.duration();
    tracing::debug!(target: "urlsession", ?took, hops, redirects, "measured");
}

fn completed(span: &Span, task: &Task, error: Option<&Error>) {
    span.record("received", task.count_of_bytes_received());
    let Some(error) = error else {
        tracing::debug!(target: "urlsession", "completed");
        return;
    };
    span.record("error", error.code().raw());
    match error.is_cancelled() {
        true => tracing::debug!(target: "urlsession", "cancelled"),
        false => {
            tracing::warn!(target: "urlsession", error = error as &dyn std::error::Error, "failed")
        }
    }
}
