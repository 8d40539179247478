//! Who decides and is told.

use std::ops::BitOr;
use std::sync::Arc;

use bytes::Bytes;

use crate::seams::app::ResponseDisposition;
#[cfg(feature = "download")]
use crate::seams::downloaded::DownloadedFile;
use crate::seams::exchange::Informational;
use crate::session::Session;
#[cfg(feature = "download")]
use crate::task::handle::DownloadTask;
use crate::task::handle::Task;
use crate::words::body::BodyStream;
use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::cache::CachedResponse;
use crate::words::error::Error;
use crate::words::metrics::TaskMetrics;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::retry::{RetryAttempt, RetryDecision};

/// What a delegate says to a question, or to a notice.
pub enum Answer<T> {
    /// Not mine: the session's delegate is asked, then the built-in rule holds.
    Unhandled,
    /// This, at once.
    Now(T),
    /// This, when the future is ready; `None` is as [`Unhandled`](Self::Unhandled). Until then nothing else reaches the delegate
    /// about this task, and nothing more is read for it. Other tasks go on.
    Later(BoxFuture<'static, Option<T>>),
}

impl<T> Answer<T> {
    /// An answer that `future` will give.
    pub fn later(future: impl Future<Output = T> + MaybeSend + 'static) -> Self
    where
        T: 'static,
    {
        Self::Later(Box::pin(async move { Some(future.await) }))
    }
}

impl Answer<()> {
    /// A notice was taken: nobody else is told.
    pub const HANDLED: Self = Self::Now(());
}

impl<T> From<T> for Answer<T> {
    fn from(answer: T) -> Self {
        Self::Now(answer)
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unhandled => f.write_str("Unhandled"),
            Self::Now(answer) => f.debug_tuple("Now").field(answer).finish(),
            Self::Later(_) => f.write_str("Later"),
        }
    }
}

/// Which calls a delegate wants: the others are not made, and cost nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wants(u16);

impl Wants {
    /// No call.
    pub const NONE: Self = Self(0);
    /// [`Delegate::will_perform_http_redirection`].
    pub const REDIRECTION: Self = Self(1);
    /// [`Delegate::need_new_body_stream`].
    pub const BODY_STREAM: Self = Self(1 << 1);
    /// [`Delegate::did_send_body_data`].
    pub const SENT: Self = Self(1 << 2);
    /// [`Delegate::did_receive_informational_response`].
    pub const INFORMATIONAL: Self = Self(1 << 3);
    /// [`Delegate::did_receive_response`].
    pub const RESPONSE: Self = Self(1 << 4);
    /// [`Delegate::did_receive_data`].
    pub const DATA: Self = Self(1 << 5);
    /// [`Delegate::did_complete`].
    pub const COMPLETION: Self = Self(1 << 6);
    /// [`Delegate::did_become_invalid`].
    pub const INVALIDATION: Self = Self(1 << 7);
    /// [`Delegate::did_finish_collecting_metrics`]. Nothing is collected where nobody wants it.
    pub const METRICS: Self = Self(1 << 8);
    /// [`Delegate::task_is_waiting_for_connectivity`].
    pub const WAITING_FOR_CONNECTIVITY: Self = Self(1 << 9);
    /// [`Delegate::will_retry`].
    pub const RETRY: Self = Self(1 << 10);
    /// [`Delegate::will_cache_response`]. Bodies that could be kept are gathered in memory for it.
    pub const WILL_CACHE_RESPONSE: Self = Self(1 << 11);
    /// [`Delegate::did_finish_downloading_to`].
    #[cfg(feature = "download")]
    pub const FINISHED_DOWNLOADING: Self = Self(1 << 12);
    /// [`Delegate::did_write_data`].
    #[cfg(feature = "download")]
    pub const WRITTEN: Self = Self(1 << 13);
    /// [`Delegate::did_resume_at_offset`].
    #[cfg(feature = "download")]
    pub const RESUMED: Self = Self(1 << 14);
    /// [`Delegate::did_become_download_task`]: with every call that a download makes.
    #[cfg(feature = "download")]
    pub(crate) const BECOME_DOWNLOAD: Self = Self::FINISHED_DOWNLOADING;
    /// [`Delegate::need_new_body_stream_from_offset`].
    pub const BODY_STREAM_FROM_OFFSET: Self = Self(1 << 15);
    /// Every call, the default.
    pub const ALL: Self = Self(u16::MAX);

    /// What handlers and futures have in place of the session's delegate.
    #[cfg(not(feature = "download"))]
    pub(crate) const OF_OUTCOMES: Self = Self::RESPONSE.and(Self::DATA).and(Self::COMPLETION);
    /// What handlers and futures have in place of the session's delegate.
    #[cfg(feature = "download")]
    pub(crate) const OF_OUTCOMES: Self = Self::RESPONSE
        .and(Self::DATA)
        .and(Self::COMPLETION)
        .and(Self::FINISHED_DOWNLOADING)
        .and(Self::WRITTEN)
        .and(Self::RESUMED);

    /// True when all of `other` is wanted.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together, where `|` cannot stand: in constants.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is wanted here and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitOr for Wants {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

/// Decides about a session's tasks, and is told what happens to them.
///
/// Every method has a default that leaves the call unhandled: implement what you need.
///
/// # The contract
/// 1. Per task, calls come one after another and in the order of events; across the session too, unless the
///    [`DelegateQueue`](crate::DelegateQueue) is concurrent. The queue is free as soon as a method has returned: a pending [`Answer::Later`] holds
///    only its own task.
/// 2. Nothing comes between a question and its answer. The next chunk is read only after the answer to
///    [`did_receive_data`](Self::did_receive_data).
/// 3. Each task has exactly one completion, last, whatever races: finish, failure, cancel, invalidation, drop, the end of the runtime.
///    Just before it come its metrics, once, to those who want them.
/// 4. A task goes on when its handles are dropped. One that was never resumed is cancelled when its last handle goes. Dropping the future of
///    [`Session::data`](crate::Session::data) or [`bytes`](crate::Session::bytes) cancels; unpolled it makes no progress, its timers do not fire, and
///    it keeps no place that others wait for.
/// 5. Every task's completion precedes [`did_become_invalid`](Self::did_become_invalid), after which the delegate is let go.
/// 6. No lock is held during a call. [`Task::cancel`] and [`Task::suspend`] change the state at once; after they return, at most one call
///    that was under way on another thread may still finish. A call that panics ends its task, once.
/// 7. 4xx and 5xx are responses, not errors. After 20 redirects comes
///    [`HttpTooManyRedirects`](crate::ErrorCode::HttpTooManyRedirects).
/// 8. The configuration is copied when the session is made, the request when the task is. A task made in an invalidated session is complete at
///    once, with an error.
/// 9. Suspended, both timers stand still. While the delegate is asked, and while a network is waited for, the idle timer stands still and the
///    resource timer runs. The idle timer starts when
///    the exchange is admitted; the resource timer covers the queue.
/// 10. A suspended transfer goes on where it stopped while the connection lives.
#[allow(unused_variables, reason = "the names are documentation")]
pub trait Delegate: MaybeSend + MaybeSync + 'static {
    /// Which calls are made. Looked at once for each task.
    fn wants(&self) -> Wants {
        Wants::ALL
    }

    /// A redirect would be followed with `request`: with that one, another, or not at all (`None`: the 3xx itself is the answer).
    /// Unhandled: it is followed. Not called where [`Capabilities::redirects`](crate::Capabilities::redirects) is false.
    fn will_perform_http_redirection(
        &self,
        task: &Task,
        response: &Response,
        request: Request,
    ) -> Answer<Option<Request>> {
        Answer::Unhandled
    }

    /// An attempt failed: its response has a status of 400 or above, or there is none, not by the [caller's](crate::Blame::Caller) doing, and
    /// nothing of it was handed on yet. Is it made again? Unhandled: as
    /// [`proposed`](RetryAttempt::proposed), which is [`RetryDecision::Deliver`] without a [`RetryPolicy`](crate::RetryPolicy).
    ///
    /// What the policy would not do, a POST once more, say, is done by your word; nothing but the task's time limits how often.
    fn will_retry(&self, task: &Task, attempt: &RetryAttempt) -> Answer<RetryDecision> {
        Answer::Unhandled
    }

    /// The request's body stream is needed again and cannot be read twice. Unhandled or `None`: the task fails with
    /// [`RequestBodyStreamExhausted`](crate::ErrorCode::RequestBodyStreamExhausted).
    fn need_new_body_stream(&self, task: &Task) -> Answer<Option<BodyStream>> {
        Answer::Unhandled
    }

    /// An upload goes on from this byte, and its body cannot be had from there otherwise: it is a stream that can be read once, or was not stored with
    /// the [resume data](crate::Session::upload_task_resuming). The stream is the rest of the body, from `offset` on. Unhandled or `None`:
    /// [`need_new_body_stream`](Self::need_new_body_stream) is asked for the whole.
    fn need_new_body_stream_from_offset(
        &self,
        task: &Task,
        offset: u64,
    ) -> Answer<Option<BodyStream>> {
        Answer::Unhandled
    }

    /// There is no network, or none that the task may use, and it waits for one, as
    /// [`waits_for_connectivity`](crate::Configuration::waits_for_connectivity) says. Called once a task at most, however often it waits. A later answer
    /// delays the going on.
    fn task_is_waiting_for_connectivity(&self, task: &Task) -> Answer<()> {
        Answer::Unhandled
    }

    /// `bytes` more of the request's body were sent, `total` in all, of `expected` where that is known. Starts over when the
    /// body is sent again.
    fn did_send_body_data(
        &self,
        task: &Task,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        Answer::Unhandled
    }

    /// An interim response came (102, 103, …), before the final one.
    fn did_receive_informational_response(
        &self,
        task: &Task,
        response: &Informational,
    ) -> Answer<()> {
        Answer::Unhandled
    }

    /// The answer's head is there; its body is read only after this is answered. Unhandled: allow.
    fn did_receive_response(
        &self,
        task: &Task,
        response: &Response,
    ) -> Answer<ResponseDisposition> {
        Answer::Unhandled
    }

    /// A chunk of the answer's body, never empty.
    fn did_receive_data(&self, task: &Task, data: &Bytes) -> Answer<()> {
        Answer::Unhandled
    }

    /// All data have come, from the network, and the session's cache ([`SessionBuilder::cache`](crate::SessionBuilder::cache)) would keep the
    /// response so: keep it so, another in its place, or none (`None`). Unhandled: it is kept as proposed. Called before the completion, only for
    /// a response that may be kept and fits.
    ///
    /// The proposal has the body whole, as it was received. It is gathered in memory for whoever
    /// [wants](Wants::WILL_CACHE_RESPONSE) this call, up to 8 MiB or what the cache's tier in memory takes; a larger one is not kept then.
    fn will_cache_response(
        &self,
        task: &Task,
        proposed: CachedResponse,
    ) -> Answer<Option<CachedResponse>> {
        Answer::Unhandled
    }

    /// The task was told to [become a download](ResponseDisposition::BecomeDownload) and is one, by this handle too. Made for who wants
    /// [`FINISHED_DOWNLOADING`](Wants::FINISHED_DOWNLOADING).
    #[cfg(feature = "download")]
    fn did_become_download_task(&self, task: &Task, download: &DownloadTask) -> Answer<()> {
        Answer::Unhandled
    }

    /// A download that goes on by [`ResumeData`](crate::ResumeData) does so at `offset`, of `expected` bytes where that is known; from 0 when
    /// what was there could not be used, because the resource has changed, say. Before any [`did_write_data`](Self::did_write_data).
    #[cfg(feature = "download")]
    fn did_resume_at_offset(
        &self,
        task: &DownloadTask,
        offset: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        Answer::Unhandled
    }

    /// `bytes` more of the answer's body went to the file of a download, which has `total` now, of `expected` where that is known.
    #[cfg(feature = "download")]
    fn did_write_data(
        &self,
        task: &DownloadTask,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        Answer::Unhandled
    }

    /// The download has succeeded, and this is its file: move it, or open it, now. It is removed once this is answered, unless the app
    /// named its place. Its completion follows. Not called for a task whose outcome a handler or a future takes.
    #[cfg(feature = "download")]
    fn did_finish_downloading_to(&self, task: &DownloadTask, file: &DownloadedFile) -> Answer<()> {
        Answer::Unhandled
    }

    /// What the task took, just before its completion; also for a task with a handler or a future, and for one that failed or was
    /// cancelled. Not called for a task that the session refused. An answer that comes later than the session's
    /// [`timeout_interval_for_request`](crate::Configuration::timeout_interval_for_request) is not waited for.
    fn did_finish_collecting_metrics(&self, task: &Task, metrics: &TaskMetrics) -> Answer<()> {
        Answer::Unhandled
    }

    /// The task has ended; the last call about it. `error` is `None` when the answer came whole, whatever its status.
    fn did_complete(&self, task: &Task, error: Option<&Error>) -> Answer<()> {
        Answer::Unhandled
    }

    /// The session is over; its last call. `error` is `None` when the app invalidated it.
    fn did_become_invalid(&self, session: &Session, error: Option<&Error>) {}
}

/// A delegate that several sessions or tasks share.
impl<D: Delegate + ?Sized> Delegate for Arc<D> {
    fn wants(&self) -> Wants {
        (**self).wants()
    }

    fn will_perform_http_redirection(
        &self,
        task: &Task,
        response: &Response,
        request: Request,
    ) -> Answer<Option<Request>> {
        (**self).will_perform_http_redirection(task, response, request)
    }

    fn will_retry(&self, task: &Task, attempt: &RetryAttempt) -> Answer<RetryDecision> {
        (**self).will_retry(task, attempt)
    }

    fn need_new_body_stream(&self, task: &Task) -> Answer<Option<BodyStream>> {
        (**self).need_new_body_stream(task)
    }

    fn need_new_body_stream_from_offset(
        &self,
        task: &Task,
        offset: u64,
    ) -> Answer<Option<BodyStream>> {
        (**self).need_new_body_stream_from_offset(task, offset)
    }

    fn task_is_waiting_for_connectivity(&self, task: &Task) -> Answer<()> {
        (**self).task_is_waiting_for_connectivity(task)
    }

    fn did_send_body_data(
        &self,
        task: &Task,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        (**self).did_send_body_data(task, bytes, total, expected)
    }

    fn did_receive_informational_response(
        &self,
        task: &Task,
        response: &Informational,
    ) -> Answer<()> {
        (**self).did_receive_informational_response(task, response)
    }

    fn did_receive_response(
        &self,
        task: &Task,
        response: &Response,
    ) -> Answer<ResponseDisposition> {
        (**self).did_receive_response(task, response)
    }

    fn did_receive_data(&self, task: &Task, data: &Bytes) -> Answer<()> {
        (**self).did_receive_data(task, data)
    }

    fn will_cache_response(
        &self,
        task: &Task,
        proposed: CachedResponse,
    ) -> Answer<Option<CachedResponse>> {
        (**self).will_cache_response(task, proposed)
    }

    #[cfg(feature = "download")]
    fn did_become_download_task(&self, task: &Task, download: &DownloadTask) -> Answer<()> {
        (**self).did_become_download_task(task, download)
    }

    #[cfg(feature = "download")]
    fn did_resume_at_offset(
        &self,
        task: &DownloadTask,
        offset: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        (**self).did_resume_at_offset(task, offset, expected)
    }

    #[cfg(feature = "download")]
    fn did_write_data(
        &self,
        task: &DownloadTask,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        (**self).did_write_data(task, bytes, total, expected)
    }

    #[cfg(feature = "download")]
    fn did_finish_downloading_to(&self, task: &DownloadTask, file: &DownloadedFile) -> Answer<()> {
        (**self).did_finish_downloading_to(task, file)
    }

    fn did_finish_collecting_metrics(&self, task: &Task, metrics: &TaskMetrics) -> Answer<()> {
        (**self).did_finish_collecting_metrics(task, metrics)
    }

    fn did_complete(&self, task: &Task, error: Option<&Error>) -> Answer<()> {
        (**self).did_complete(task, error)
    }

    fn did_become_invalid(&self, session: &Session, error: Option<&Error>) {
        (**self).did_become_invalid(session, error);
    }
}
