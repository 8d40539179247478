//! Tasks as the app holds them.

use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::Deref;
use std::sync::Arc;

use http::HeaderMap;

use crate::session::Session;
use crate::session::ledger::Ledger;
use crate::task::kind::TaskKind;
use crate::task::lifecycle::TaskState;
use crate::task::shared::TaskShared;
use crate::words::bounds::MaybeSend;
use crate::words::error::Error;
use crate::words::metrics::TaskMetrics;
use crate::words::request::Request;
use crate::words::response::Response;

/// One transfer.
///
/// A clone is another handle to the same task. A resumed task goes on when its handles are dropped.
pub struct Task(Arc<TaskShared>);

impl Task {
    pub(crate) fn of(shared: Arc<TaskShared>) -> Self {
        shared.handle_made();
        Self(shared)
    }

    pub(crate) fn shared(&self) -> &Arc<TaskShared> {
        &self.0
    }

    /// Its number, from 1, unique in its session only.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id()
    }

    /// What becomes of its bytes.
    #[must_use]
    pub fn kind(&self) -> TaskKind {
        self.0.kind()
    }

    /// What it is doing.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.0.internal_state().into()
    }

    /// Lifts one suspension; with none left, the task runs. A task is born with one. Nothing happens to a task that runs, is cancelled or has ended.
    pub fn resume(&self) {
        self.0.in_ledger(Ledger::resume);
        self.0.progress_paused();
    }

    /// Suspends: nothing is read or sent, and both timers stand still, until as many [`resume`](Self::resume)s came as suspends.
    pub fn suspend(&self) {
        self.0.note_suspension();
        self.0.in_ledger(Ledger::suspend);
        self.0.progress_paused();
    }

    /// Cancels: the task completes with [`Cancelled`](crate::ErrorCode::Cancelled), soon and once. Nothing happens to a task that has ended.
    pub fn cancel(&self) {
        self.0.in_ledger(Ledger::cancel);
    }

    /// Waits for the end: ready when the task has completed and its delegates and handler have been told.
    ///
    /// It only watches: dropping it changes nothing, and a task that is not resumed does not end.
    ///
    /// # Errors
    /// Why the task failed; [`Cancelled`](crate::ErrorCode::Cancelled) for one that was cancelled.
    pub fn finished(&self) -> impl Future<Output = Result<(), Error>> + MaybeSend + use<> {
        let task = self.0.clone();
        poll_fn(move |context| task.poll_ended(context.waker()))
    }

    /// How urgent it is among the tasks that wait for the same server: 0 to 1.
    #[must_use]
    pub fn priority(&self) -> f32 {
        self.0.facts().priority.unwrap_or(Self::DEFAULT_PRIORITY)
    }

    /// Sets how urgent it is; at any time. Outside 0 to 1 it is clamped. Without the feature `host-limits` no task waits for another.
    ///
    /// Hops that begin later tell their servers, in the field `Priority` (RFC 9218) unless the request has one: 0 is `u=7`, 0.5 `u=3`, 1 `u=0`.
    /// Where [`Capabilities::priority_field`](crate::Capabilities::priority_field) is false the platform has the hint instead.
    pub fn set_priority(&self, priority: f32) {
        self.0.set_priority(priority);
    }

    /// The priority of work nobody waits for.
    pub const LOW_PRIORITY: f32 = 0.25;
    /// The priority of a task whose priority was not set.
    pub const DEFAULT_PRIORITY: f32 = 0.5;
    /// The priority of what somebody waits for.
    pub const HIGH_PRIORITY: f32 = 0.75;

    /// The request as the app gave it; `None` when it was no request.
    #[must_use]
    pub fn original_request(&self) -> Option<Request> {
        self.0.request().cloned()
    }

    /// The request under way: after redirects, the last one.
    #[must_use]
    pub fn current_request(&self) -> Option<Request> {
        self.0.current_request()
    }

    /// True when the body comes decoded: the response's Content-Encoding and Content-Length then tell of what was sent, not of it.
    #[must_use]
    pub fn is_content_decoded(&self) -> bool {
        self.0.facts().is_decoded
    }

    /// The answer's head, once it is there.
    #[must_use]
    pub fn response(&self) -> Option<Response> {
        self.0.facts().response.clone()
    }

    /// The fields that came after the answer's body (RFC 9110 section 6.5), once it has ended: in `did_complete`, after the last chunk.
    ///
    /// They are apart from the header fields, and never merged into them; those that would have to be known before the body, such as
    /// Content-Length or Set-Cookie, are dropped. Many servers send trailers only to requests that say `TE: trailers`. `None` when there
    /// were none, or where [`Capabilities::trailers`](crate::Capabilities::trailers) is false.
    #[must_use]
    pub fn trailers(&self) -> Option<HeaderMap> {
        self.0.facts().extras()?.trailers.clone()
    }

    /// Why it failed, once it has.
    #[must_use]
    pub fn error(&self) -> Option<Error> {
        self.0.facts().error.clone()
    }

    /// What it took, once it has ended; `None` before, and where nobody wanted metrics.
    #[must_use]
    pub fn metrics(&self) -> Option<Arc<TaskMetrics>> {
        #[cfg(feature = "metrics")]
        return self.0.facts().extras()?.metrics.clone();
        #[cfg(not(feature = "metrics"))]
        None
    }

    /// Bytes of the answer's body that have come, header fields apart.
    #[must_use]
    pub fn count_of_bytes_received(&self) -> u64 {
        self.0.signals().received()
    }

    /// Bytes of the request's body that were sent, on this hop.
    #[must_use]
    pub fn count_of_bytes_sent(&self) -> u64 {
        self.0.signals().sent()
    }

    /// How long the answer's body will be; `None` while it is unknown, and for a coded body.
    #[must_use]
    pub fn count_of_bytes_expected_to_receive(&self) -> Option<u64> {
        self.0.facts().expected_to_receive.get()
    }

    /// How long the request's body is; `None` while it is unknown.
    #[must_use]
    pub fn count_of_bytes_expected_to_send(&self) -> Option<u64> {
        let begun = self.0.facts().expected_to_send.get();
        begun.or_else(|| self.0.request().and_then(|request| request.body().length()))
    }

    /// The app's label of the task.
    #[must_use]
    pub fn description(&self) -> Option<String> {
        self.0
            .facts()
            .extras()?
            .description
            .as_deref()
            .map(str::to_owned)
    }

    /// Labels the task.
    pub fn set_description(&self, description: impl Into<String>) {
        self.0.facts().extras_mut().description = Some(description.into().into());
    }

    /// The session it belongs to.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::of(self.0.session().clone())
    }
}

impl Clone for Task {
    fn clone(&self) -> Self {
        Self::of(self.0.clone())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.handle_dropped();
    }
}

impl PartialEq for Task {
    /// Two handles are equal when they are of the same task.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Task {}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id())
            .field("state", &self.state())
            .field("request", &self.original_request())
            .finish_non_exhaustive()
    }
}

/// A handle of one kind of task: the task's own, with what only this kind has.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $kind:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(Task);

        impl Deref for $name {
            type Target = Task;

            fn deref(&self) -> &Task {
                &self.0
            }
        }

        impl From<$name> for Task {
            fn from(task: $name) -> Self {
                task.0
            }
        }

        impl TryFrom<Task> for $name {
            type Error = Task;

            /// Gives the task back when it is of another kind.
            fn try_from(task: Task) -> Result<Self, Task> {
                match task.kind() == TaskKind::$kind {
                    true => Ok(Self(task)),
                    false => Err(task),
                }
            }
        }
    };
}

handle! {
    /// A task whose answer goes to memory, or to a delegate chunk by chunk.
    DataTask, Data
}

handle! {
    /// A task whose answer goes to a file.
    DownloadTask, Download
}

handle! {
    /// A task that sends a body, and whose answer goes where a [`DataTask`]'s goes.
    UploadTask, Upload
}

#[cfg(feature = "upload")]
impl UploadTask {
    pub(crate) fn of(shared: Arc<TaskShared>) -> Self {
        Self(Task::of(shared))
    }
}

#[cfg(feature = "download")]
impl DownloadTask {
    pub(crate) fn of(task: Task) -> Self {
        Self(task)
    }
}

impl DataTask {
    pub(crate) fn of(shared: Arc<TaskShared>) -> Self {
        Self(Task::of(shared))
    }
}
