//! Downloads: tasks whose answers go to files.

use std::path::Path;
use std::sync::Arc;

use crate::load::deliver::Output;
use crate::load::download::{Beside, Download, Unclaimed};
use crate::seams::downloaded::DownloadedFile;
use crate::seams::files::Existing;
use crate::session::handle::Session;
use crate::task::completion::{self as task, Completion};
use crate::task::delegate::Delegate;
use crate::task::driver::drive;
use crate::task::handle::{DownloadTask, Task};
use crate::task::kind::TaskKind;
use crate::task::shared::{Form, Handler, Plan, Transfer};
use crate::words::bounds::{BoxFuture, MaybeSend};
use crate::words::download_options::DownloadOptions;
use crate::words::error::{Error, ErrorCode};
use crate::words::request::{IntoRequest, Request};
use crate::words::response::Response;
use crate::words::resume_data::{Partial, ResumeData};

/// What a download ends with.
type Outcome = Result<(DownloadedFile, Response), Error>;

/// What can be downloaded: a request, or [`ResumeData`] to go on with; each also in a pair with [`DownloadOptions`].
pub trait IntoDownload {
    /// The request, where it goes, and what there is of it.
    fn into_download(self) -> (Result<Request, Error>, DownloadOptions, Option<ResumeData>);
}

impl<R: IntoRequest> IntoDownload for R {
    fn into_download(self) -> (Result<Request, Error>, DownloadOptions, Option<ResumeData>) {
        (self.into_request(), DownloadOptions::default(), None)
    }
}

impl<R: IntoRequest> IntoDownload for (R, DownloadOptions) {
    fn into_download(self) -> (Result<Request, Error>, DownloadOptions, Option<ResumeData>) {
        (self.0.into_request(), self.1, None)
    }
}

impl IntoDownload for ResumeData {
    fn into_download(self) -> (Result<Request, Error>, DownloadOptions, Option<ResumeData>) {
        (self, DownloadOptions::default()).into_download()
    }
}

impl IntoDownload for (ResumeData, DownloadOptions) {
    /// A destination in the options is the one that the download had.
    fn into_download(self) -> (Result<Request, Error>, DownloadOptions, Option<ResumeData>) {
        let (data, options) = self;
        (data.0.source.request(), options, Some(data))
    }
}

impl ResumeData {
    /// What lies beside `path` of a download [to it](DownloadOptions::to) that did not end, because the process was killed, say; `None`
    /// when there is none that can be gone on with.
    pub async fn for_destination(session: &Session, path: impl AsRef<Path>) -> Option<Self> {
        let files = &session.platform().files;
        let beside = Beside::new(files, path.as_ref(), Existing::Refuse);
        beside.found().await
    }
}

impl Session {
    /// Loads a request into a file: the file, which is the caller's from then on, and the response.
    ///
    /// Nothing is sent before the future is polled, and the session must live until then. Dropping the future cancels; leaving it
    /// unpolled stops the transfer. The session's delegate
    /// decides about redirects as for any task, but is told nothing of data, file and completion.
    ///
    /// ```
    /// use urlsession_core::{DownloadOptions, Error, Session};
    ///
    /// async fn fetch(session: &Session) -> Result<(), Error> {
    ///     let (file, _) = session.download("https://example.com/a.iso").await?;
    ///     println!("{}", file.path().display());
    ///     let options = DownloadOptions::new().to("b.iso");
    ///     session.download(("https://example.com/b.iso", options)).await?;
    ///     Ok(())
    /// }
    /// # drop(fetch);
    /// ```
    ///
    /// # Errors
    /// Why the transfer failed, and then there is no file; [`Error::resume_data`] may go on. 4xx and 5xx are no failures, unless a
    /// destination was named: the file is what the server said.
    pub fn download(&self, download: impl IntoDownload) -> BoxFuture<'static, Outcome> {
        self.load_into_file(Part::taken(download, Form::Future))
    }

    /// The same with a delegate for this task, which sees what is written and the completion too.
    ///
    /// # Errors
    /// As of [`download`](Self::download).
    pub fn download_with_delegate(
        &self,
        download: impl IntoDownload,
        delegate: impl Delegate,
    ) -> BoxFuture<'static, Outcome> {
        self.load_into_file(Part::taken(download, Form::Future).asking(delegate))
    }

    /// Makes a task whose answer goes to a file, which the session's delegate is given
    /// ([`did_finish_downloading_to`](Delegate::did_finish_downloading_to)). It is born suspended.
    pub fn download_task(&self, download: impl IntoDownload) -> DownloadTask {
        self.make_download(Part::of(download, Form::TASK))
    }

    /// Makes a download with a delegate of its own; what that one leaves unhandled goes to the session's.
    pub fn download_task_with_delegate(
        &self,
        download: impl IntoDownload,
        delegate: impl Delegate,
    ) -> DownloadTask {
        self.make_download(Part::of(download, Form::TASK).asking(delegate))
    }

    /// Makes a download whose outcome goes to `handler`, once, in place of the session delegate's calls about data, file and
    /// completion. It is born suspended.
    ///
    /// The file is removed when the handler has returned, unless it has a destination: move it, or open it, before.
    pub fn download_task_with(
        &self,
        download: impl IntoDownload,
        handler: impl FnOnce(Outcome) + MaybeSend + 'static,
    ) -> DownloadTask {
        let mut part = Part::taken(download, Form::HANDLER);
        let download = part.download.clone();
        part.handler = Some(Box::new(move |outcome: task::Outcome| {
            let whole = outcome.and_then(|(_, response)| Ok((whole(&download)?, response)));
            match whole {
                Ok((file, response)) => handler(Ok((file.file().clone(), response))),
                Err(error) => handler(Err(error)),
            }
        }));
        self.make_download(part)
    }

    /// Makes a task that goes on where `data` says that another stopped. It is born suspended. The delegate is told first where it goes on
    /// ([`did_resume_at_offset`](Delegate::did_resume_at_offset)).
    ///
    /// The rest is asked for by Range and If-Range (RFC 9110 sections 13.1.5, 14.2); when the resource has changed, when the server gives the
    /// whole, or when the partial file is not there any more, it starts over.
    ///
    /// # Errors
    /// [`FileOutsideSafeArea`](ErrorCode::FileOutsideSafeArea) when the partial file would not be one of the session's, or its destination
    /// is not named: see [`ResumeData::with_destination`].
    pub fn download_task_resuming(&self, data: ResumeData) -> Result<DownloadTask, Error> {
        let is_inside = match &data.0.partial {
            Partial::Temporary(name) => self.platform().files.temporary_at(name).is_some(),
            Partial::Beside(destination) => destination.is_some(),
        };
        if !is_inside {
            let error = Error::new(ErrorCode::FileOutsideSafeArea).with_url(&data.url());
            return Err(error.because("the partial file is not one of this session's"));
        }
        Ok(self.download_task(data))
    }

    fn make_download(&self, part: Part) -> DownloadTask {
        let (request, plan) = part.plan();
        DownloadTask::of(Task::of(self.enter(request, plan)))
    }

    fn load_into_file(&self, part: Part) -> BoxFuture<'static, Outcome> {
        let download = part.download.clone();
        let (request, plan) = part.plan();
        let completion = Completion::new(self.enter(request, plan));
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
    request: Result<Request, Error>,
    download: Arc<Download>,
    delegate: Option<Arc<dyn Delegate>>,
    handler: Option<Handler>,
}

impl Part {
    fn of(download: impl IntoDownload, form: Form) -> Self {
        let (request, options, data) = download.into_download();
        Self::new(form, request, Download::new(options, data))
    }

    fn taken(download: impl IntoDownload, form: Form) -> Self {
        let (request, options, data) = download.into_download();
        Self::new(form, request, Download::new(options, data).taken())
    }

    fn new(form: Form, request: Result<Request, Error>, download: Download) -> Self {
        Self {
            form,
            request,
            download: Arc::new(download),
            delegate: None,
            handler: None,
        }
    }

    fn asking(mut self, delegate: impl Delegate) -> Self {
        self.delegate = Some(Arc::new(delegate));
        self
    }

    fn plan(self) -> (Result<Request, Error>, Plan) {
        let plan = Plan {
            form: self.form,
            kind: TaskKind::Download,
            delegate: self.delegate,
            handler: self.handler,
            transfer: Some(Transfer::Download(self.download)),
            #[cfg(feature = "upload")]
            upload: None,
        };
        (self.request, plan)
    }
}

/// The file of a download that has succeeded.
fn whole(download: &Download) -> Result<Unclaimed, Error> {
    download.take().ok_or(ErrorCode::Unknown.into())
}
