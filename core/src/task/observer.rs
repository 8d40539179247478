//! Who watches without a say.

use std::time::Duration;

use crate::task::handle::Task;
use crate::words::bounds::{MaybeSend, MaybeSync};
use crate::words::error::Error;
use crate::words::metrics::TaskMetrics;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::retry::RetryAttempt;

/// Something that happens to a task, as an [`Observer`] sees it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum TaskEvent<'a> {
    /// It was admitted; the first hop begins.
    Started,
    /// There is no network, or none that it may use: it waits for one. Seen once a task.
    WaitingForConnectivity,
    /// An attempt failed before anything of it was handed on; the next one is made after this long.
    Retrying {
        /// The one that failed.
        attempt: &'a RetryAttempt,
        /// How long is waited.
        delay: Duration,
    },
    /// A redirect is followed with this request.
    Redirected(&'a Request),
    /// The answer's head is there.
    Responded(&'a Response),
    /// It is about to end; this is what it took. Only where somebody [wants](Observer::wants_metrics) metrics.
    Metrics(&'a TaskMetrics),
    /// It has ended.
    Completed(Option<&'a Error>),
}

/// Watches tasks, for logs and metrics: it cannot change, delay or end anything, and must return soon.
///
/// It is called where the event happens, outside the delegate queue, perhaps from several threads. A panic in it is its own.
pub trait Observer: MaybeSend + MaybeSync + 'static {
    /// `event` happened to `task`.
    fn observe(&self, task: &Task, event: TaskEvent<'_>);

    /// True when it wants [`TaskEvent::Metrics`], which cost each task a little. Looked at once, when the session is made. Default false.
    fn wants_metrics(&self) -> bool {
        false
    }
}

impl<F: Fn(&Task, TaskEvent<'_>) + MaybeSend + MaybeSync + 'static> Observer for F {
    fn observe(&self, task: &Task, event: TaskEvent<'_>) {
        self(task, event);
    }
}
