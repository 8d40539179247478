//! Downloads: tasks whose answers go to files.

use std::sync::Arc;

use crate::load::deliver::Output;
use crate::load::download::{Download, Unclaimed};
use crate::seams::downloaded::DownloadedFile;
use crate::session::handle::Session;
use crate::task::completion::{self as task, Completion};
use crate::task::delegate::Delegate;
use crate::task::driver::drive;
use crate::task::handle::{DownloadTask, Task};
use crate::task::kind::TaskKind;
use crate::task::shared::{Form, Handler, Plan, Transfer};
use crate::words::bounds::{BoxFuture, MaybeSend};
use crate::words::error::{Error, ErrorCode};
use crate::words::request::IntoRequest;
use crate::words::response::Response;

/// What a download ends with.
type Outcome = Result<(DownloadedFile, Response), Error>;

impl Session {
    /// Loads a request into a file: the file, which is the caller's from then on, and the response.
    ///
    /// Nothing is sent before the future is polled, and the session must live until then. Dropping the future cancels; leaving it
    /// unpolled stops the transfer. The session's delegate
    /// decides about redirects as for any task, but is told nothing of data, file and completion.
    ///
    /// # Errors
    /// Why the transfer failed, and then there is no file. 4xx and 5xx are no failures: the file is what the server said.
    pub fn download(&self, request: impl IntoRequest) -> BoxFuture<'static, Outcome> {
        self.load_into_file(request, Part::of(Form::Future))
    }

    /// The same with a delegate for this task, which sees what is written and the completion too.
    ///
    /// # Errors
    /// As of [`download`](Self::download).
    pub fn download_with_delegate(
        &self,
        request: impl IntoRequest,
        delegate: impl Delegate,
    ) -> BoxFuture<'static, Outcome> {
        self.load_into_file(request, Part::of(Form::Future).asking(delegate))
    }

    /// Makes a task whose answer goes to a file, which the session's delegate is given
    /// ([`did_finish_downloading_to`](Delegate::did_finish_downloading_to)). It is born suspended.
    pub fn download_task(&self, request: impl IntoRequest) -> DownloadTask {
        self.make_download(request, Part::of(Form::Task))
    }

    /// Makes a download with a delegate of its own; what that one leaves unhandled goes to the session's.
    pub fn download_task_with_delegate(
        &self,
        request: impl IntoRequest,
        delegate: impl Delegate,
    ) -> DownloadTask {
        self.make_download(request, Part::of(Form::Task).asking(delegate))
    }

    /// Makes a download whose outcome goes to `handler`, once, in place of the session delegate's calls about data, file and
    /// completion. It is born suspended.
    ///
    /// The file is removed when the handler has returned: move it, or open it, before.
    pub fn download_task_with(
        &self,
        request: impl IntoRequest,
        handler: impl FnOnce(Outcome) + MaybeSend + 'static,
    ) -> DownloadTask {
        let mut part = Part::of(Form::Handler);
        let download = part.download.clone();
        part.handler = Some(Box::new(move |outcome: task::Outcome| {
            let whole = outcome.and_then(|(_, response)| Ok((whole(&download)?, response)));
            match whole {
                Ok((file, response)) => handler(Ok((file.file().clone(), response))),
                Err(error) => handler(Err(error)),
            }
        }));
        self.make_download(request, part)
    }

    fn make_download(&self, request: impl IntoRequest, part: Part) -> DownloadTask {
        let task = self.enter(request.into_request(), part.plan());
        DownloadTask::of(Task::of(task))
    }

    fn load_into_file(&self, request: impl IntoRequest, part: Part) -> BoxFuture<'static, Outcome> {
        let download = part.download.clone();
        let completion = Completion::new(self.enter(request.into_request(), part.plan()));
        Box::pin(async move {
            let (_, response) = drive(completion, Output::Delegate).await?;
            let file = whole(&download)?.claim().ok_or(ErrorCode::Unknown)?;
            Ok((file, response))
        })
    }
}

/// A download's part of the plan for its task.
struct Part {
    form: Form,
    download: Arc<Download>,
    delegate: Option<Arc<dyn Delegate>>,
    handler: Option<Handler>,
}

impl Part {
    fn of(form: Form) -> Self {
        Self {
            form,
            download: Arc::default(),
            delegate: None,
            handler: None,
        }
    }

    fn asking(mut self, delegate: impl Delegate) -> Self {
        self.delegate = Some(Arc::new(delegate));
        self
    }

    fn plan(self) -> Plan {
        Plan {
            form: self.form,
            kind: TaskKind::Download,
            delegate: self.delegate,
            handler: self.handler,
            transfer: Some(Transfer::Download(self.download)),
        }
    }
}

/// The file of a download that has succeeded.
fn whole(download: &Download) -> Result<Unclaimed, Error> {
    download.take().ok_or(ErrorCode::Unknown.into())
}
