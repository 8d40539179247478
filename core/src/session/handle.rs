//! The session as the app holds it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

#[cfg(feature = "cache")]
use crate::cache::UrlCache;
use crate::load::deliver::{Outlet, Output};
use crate::seams::platform::Platform;
use crate::session::builder::SessionBuilder;
use crate::session::lifecycle::SessionEvent;
use crate::session::shared::{self, SessionShared};
use crate::task::bytes::BodyBytes;
use crate::task::completion::Completion;
use crate::task::delegate::Delegate;
use crate::task::driver::drive;
use crate::task::handle::{DataTask, Task};
use crate::task::kind::TaskKind;
use crate::task::shared::{Form, Handler, Plan, TaskShared};
use crate::words::bounds::{BoxFuture, MaybeSend};
use crate::words::configuration::Configuration;
use crate::words::error::Error;
use crate::words::request::{IntoRequest, Request};
use crate::words::response::Response;

/// A session: tasks that share a configuration, connections, a delegate and an end.
///
/// A clone is another handle to the same session. When the last one is dropped, the session finishes its tasks and becomes
/// invalid, as by [`finish_tasks_and_invalidate`](Self::finish_tasks_and_invalidate).
pub struct Session(pub(super) Arc<SessionShared>);

impl Session {
    /// Makes a session on a platform, part by part.
    pub fn builder(platform: Platform, configuration: Configuration) -> SessionBuilder {
        SessionBuilder::new(platform, configuration)
    }

    /// Makes a session without delegate on a platform.
    #[must_use]
    pub fn new(platform: Platform, configuration: Configuration) -> Self {
        Self::builder(platform, configuration).build()
    }

    pub(crate) fn of(shared: Arc<SessionShared>) -> Self {
        shared.handle_made();
        Self(shared)
    }

    /// Loads a request into memory: the body and the response.
    ///
    /// Nothing is sent before the future is polled, and the session must live until then. Dropping the future cancels; leaving it
    /// unpolled stops the transfer. The session's delegate
    /// decides about redirects as for any task, but is told nothing of response, data and completion.
    ///
    /// # Errors
    /// Why the transfer failed. 4xx and 5xx are no failures.
    pub fn data(
        &self,
        request: impl IntoRequest,
    ) -> BoxFuture<'static, Result<(Bytes, Response), Error>> {
        let request = request.into_request();
        #[cfg(feature = "cache")]
        if let Some(answer) = self.0.answer_at_once(&request) {
            return Box::pin(std::future::ready(Ok(answer)));
        }
        let task = self.make(request, Form::Future, None, None);
        Box::pin(drive(Completion::new(task), Output::Collect))
    }

    /// The same with a delegate for this task: it sees response, data and completion too.
    ///
    /// # Errors
    /// Why the transfer failed. 4xx and 5xx are no failures.
    #[cfg(feature = "delegate")]
    pub fn data_with_delegate(
        &self,
        request: impl IntoRequest,
        delegate: impl Delegate,
    ) -> BoxFuture<'static, Result<(Bytes, Response), Error>> {
        let task = self.make(request, Form::Future, Some(Arc::new(delegate)), None);
        Box::pin(drive(Completion::new(task), Output::Collect))
    }

    /// Loads a request and gives its body as a stream, ready when the response's head is there.
    ///
    /// A chunk is read from the network only when it is asked for. Dropping the future or the stream cancels.
    ///
    /// # Errors
    /// Why there is no response.
    pub fn bytes(
        &self,
        request: impl IntoRequest,
    ) -> BoxFuture<'static, Result<(BodyBytes, Response), Error>> {
        let task = self.make(request, Form::Future, None, None);
        let outlet = Arc::<Outlet>::default();
        let driver = drive(
            Completion::new(task.clone()),
            Output::Stream(outlet.clone()),
        );
        Box::pin(BodyBytes::begin(task, outlet, Box::pin(driver)))
    }

    /// Makes a task that reports to the session's delegate. It is born suspended.
    pub fn data_task(&self, request: impl IntoRequest) -> DataTask {
        DataTask::of(self.make(request, Form::TASK, None, None))
    }

    /// Makes a task with a delegate of its own; what that one leaves unhandled goes to the session's.
    #[cfg(feature = "delegate")]
    pub fn data_task_with_delegate(
        &self,
        request: impl IntoRequest,
        delegate: impl Delegate,
    ) -> DataTask {
        DataTask::of(self.make(request, Form::TASK, Some(Arc::new(delegate)), None))
    }

    /// Makes a task whose outcome goes to `handler`, once, in place of the session delegate's calls about response, data
    /// and completion. It is born suspended.
    pub fn data_task_with(
        &self,
        request: impl IntoRequest,
        handler: impl FnOnce(Result<(Bytes, Response), Error>) + MaybeSend + 'static,
    ) -> DataTask {
        DataTask::of(self.make(request, Form::HANDLER, None, Some(Box::new(handler))))
    }

    fn make(
        &self,
        request: impl IntoRequest,
        form: Form,
        delegate: Option<Arc<dyn Delegate>>,
        handler: Option<Handler>,
    ) -> Arc<TaskShared> {
        let plan = Plan {
            form,
            kind: TaskKind::Data,
            delegate,
            handler,
            #[cfg(feature = "download")]
            transfer: None,
            #[cfg(feature = "upload")]
            upload: None,
        };
        self.enter(request.into_request(), plan)
    }

    /// Makes a task, and enters it in the books.
    pub(super) fn enter(&self, request: Result<Request, Error>, plan: Plan) -> Arc<TaskShared> {
        let session = &self.0;
        shared::enter(session, |id| {
            TaskShared::new(session.clone(), id, request, plan)
        })
    }

    /// The tasks that were resumed at least once and are neither cancelled nor finished, oldest first.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let tasks = self.0.ledger().live_tasks();
        tasks.into_iter().map(Task::of).collect()
    }

    /// How many tasks the session still keeps, whatever their state.
    #[must_use]
    pub fn task_count(&self) -> usize {
        self.0.ledger().len()
    }

    /// The cache, where the session has one; what is asked of this handle is looked for as this session would send it.
    #[cfg(feature = "cache")]
    #[must_use]
    pub fn url_cache(&self) -> Option<UrlCache> {
        let cache = self.0.cache.as_ref();
        cache.map(|cache| cache.url_cache().clone())
    }

    /// The delegate; `None` when the session has none, or none any more.
    #[must_use]
    pub fn delegate(&self) -> Option<Arc<dyn Delegate>> {
        self.0.delegate()
    }

    /// The app's label of the session.
    #[must_use]
    pub fn description(&self) -> Option<String> {
        self.0.description().clone()
    }

    /// Labels the session.
    pub fn set_description(&self, description: impl Into<String>) {
        *self.0.description() = Some(description.into());
    }

    /// Takes no more tasks, cancels those never resumed, and becomes invalid when the others have ended. Returns at once.
    pub fn finish_tasks_and_invalidate(&self) {
        self.0.invalidate(SessionEvent::Finish);
    }

    /// Takes no more tasks, cancels all, and becomes invalid when each has had its completion. Returns at once.
    pub fn invalidate_and_cancel(&self) {
        self.0.invalidate(SessionEvent::Cancel);
    }

    /// Forgets what the session has learned: its cache is emptied, later requests use new connections. Those under way go on.
    pub async fn reset(&self) {
        self.0.platform.transport.reset();
        #[cfg(feature = "cache")]
        if let Some(cache) = self.url_cache() {
            cache.remove_all_cached_responses().await;
        }
    }

    /// Writes out what is still to be written; later requests use new connections. Those under way go on.
    pub async fn flush(&self) {
        self.0.platform.transport.reset();
        #[cfg(feature = "cache")]
        if let Some(cache) = self.url_cache() {
            cache.flush().await;
        }
    }
}

impl Clone for Session {
    fn clone(&self) -> Self {
        Self::of(self.0.clone())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.0.handle_dropped();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("description", &self.description())
            .field("tasks", &self.task_count())
            .finish_non_exhaustive()
    }
}
