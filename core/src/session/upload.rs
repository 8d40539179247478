//! Upload tasks: made of a request and what it carries.

use std::sync::Arc;

use bytes::Bytes;

use crate::load::deliver::Output;
use crate::load::form;
use crate::policy::upload::is_fit;
use crate::seams::upload::Upload;
use crate::session::handle::Session;
use crate::task::completion::Completion;
use crate::task::delegate::Delegate;
use crate::task::driver::drive;
use crate::task::handle::UploadTask;
use crate::task::kind::TaskKind;
use crate::task::shared::{Form, Plan, TaskShared};
use crate::words::body::RequestBody;
use crate::words::bounds::{BoxFuture, MaybeSend};
use crate::words::error::Error;
use crate::words::request::{IntoRequest, Request};
use crate::words::response::Response;
use crate::words::upload_body::UploadBody;
use crate::words::upload_draft::UploadDraft;
use crate::words::upload_resume_data::UploadResumeData;

/// Uploads.
impl Session {
    /// Sends `body` and loads the answer into memory: its body and the response.
    ///
    /// `body` goes in place of any that the request has: bytes, a [file](crate::FileRef), a [stream](crate::BodyStream) or a
    /// [form](crate::MultipartForm). Otherwise as [`data`](Self::data).
    ///
    /// ```no_run
    /// # use urlsession_core::{Error, Request, Session, UploadBody};
    /// # async fn example(session: Session) -> Result<(), Error> {
    /// let request = Request::put("https://example.com/a.bin")?;
    /// let (body, response) = session.upload(request, UploadBody::file("a.bin")).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Why the transfer failed. 4xx and 5xx are no failures. A file that changes while it is sent fails with
    /// [`RequestBodyStreamExhausted`](crate::ErrorCode::RequestBodyStreamExhausted) and [`FileChanged`](crate::FileChanged) as its cause.
    pub fn upload(
        &self,
        request: impl IntoRequest,
        body: impl Into<UploadBody>,
    ) -> BoxFuture<'static, Result<(Bytes, Response), Error>> {
        self.upload_by(Plan::upload(Form::Future), request, body)
    }

    /// The same with a delegate for this task: it sees response, data and completion too.
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    pub fn upload_with_delegate(
        &self,
        request: impl IntoRequest,
        body: impl Into<UploadBody>,
        delegate: impl Delegate,
    ) -> BoxFuture<'static, Result<(Bytes, Response), Error>> {
        let plan = Plan {
            delegate: Some(Arc::new(delegate)),
            ..Plan::upload(Form::Future)
        };
        self.upload_by(plan, request, body)
    }

    fn upload_by(
        &self,
        plan: Plan,
        request: impl IntoRequest,
        body: impl Into<UploadBody>,
    ) -> BoxFuture<'static, Result<(Bytes, Response), Error>> {
        let task = self.enter_upload(self.carrying(request, body), plan);
        Box::pin(drive(Completion::new(task), Output::Collect))
    }

    /// Makes a task that sends `body`, in place of any that the request has, and reports to the session's delegate. It is born suspended.
    pub fn upload_task(
        &self,
        request: impl IntoRequest,
        body: impl Into<UploadBody>,
    ) -> UploadTask {
        let request = self.carrying(request, body);
        UploadTask::of(self.enter_upload(request, Plan::upload(Form::TASK)))
    }

    /// Makes a task with a delegate of its own; what that one leaves unhandled goes to the session's.
    pub fn upload_task_with_delegate(
        &self,
        request: impl IntoRequest,
        body: impl Into<UploadBody>,
        delegate: impl Delegate,
    ) -> UploadTask {
        let plan = Plan {
            delegate: Some(Arc::new(delegate)),
            ..Plan::upload(Form::TASK)
        };
        UploadTask::of(self.enter_upload(self.carrying(request, body), plan))
    }

    /// Makes a task whose outcome goes to `handler`, once, in place of the session delegate's calls about response, data
    /// and completion. It is born suspended.
    pub fn upload_task_with(
        &self,
        request: impl IntoRequest,
        body: impl Into<UploadBody>,
        handler: impl FnOnce(Result<(Bytes, Response), Error>) + MaybeSend + 'static,
    ) -> UploadTask {
        let plan = Plan {
            handler: Some(Box::new(handler)),
            ..Plan::upload(Form::HANDLER)
        };
        UploadTask::of(self.enter_upload(self.carrying(request, body), plan))
    }

    /// Makes a task that goes on with an upload that was broken off, and reports to the session's delegate. It is born suspended.
    ///
    /// The server is asked how much it has, and gets the rest; `did_send_body_data` counts from there. A body that the resume data do not hold is asked for by
    /// [`need_new_body_stream_from_offset`](Delegate::need_new_body_stream_from_offset). The task fails with [`FileChanged`](crate::FileChanged) as
    /// its cause when the file is not what it was, and with an [`UploadFailure`](crate::UploadFailure) when the server cannot go on; at once with
    /// [`UnsupportedUrl`](crate::ErrorCode::UnsupportedUrl) without the feature `informational`.
    pub fn upload_task_resuming(&self, data: UploadResumeData) -> UploadTask {
        UploadTask::of(self.resume_upload(data, Plan::upload(Form::TASK)))
    }

    /// The same with a delegate of its own; what that one leaves unhandled goes to the session's.
    pub fn upload_task_resuming_with_delegate(
        &self,
        data: UploadResumeData,
        delegate: impl Delegate,
    ) -> UploadTask {
        let plan = Plan {
            delegate: Some(Arc::new(delegate)),
            ..Plan::upload(Form::TASK)
        };
        UploadTask::of(self.resume_upload(data, plan))
    }

    /// The same, its outcome going to `handler`.
    pub fn upload_task_resuming_with(
        &self,
        data: UploadResumeData,
        handler: impl FnOnce(Result<(Bytes, Response), Error>) + MaybeSend + 'static,
    ) -> UploadTask {
        let plan = Plan {
            handler: Some(Box::new(handler)),
            ..Plan::upload(Form::HANDLER)
        };
        UploadTask::of(self.resume_upload(data, plan))
    }

    /// Goes on with an upload that was broken off, and loads the answer into memory. See [`upload_task_resuming`](Self::upload_task_resuming).
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    pub fn upload_resuming(
        &self,
        data: UploadResumeData,
    ) -> BoxFuture<'static, Result<(Bytes, Response), Error>> {
        let task = self.resume_upload(data, Plan::upload(Form::Future));
        Box::pin(drive(Completion::new(task), Output::Collect))
    }

    fn resume_upload(&self, data: UploadResumeData, mut plan: Plan) -> Arc<TaskShared> {
        plan.upload = Some(Box::new(Upload::resuming(&data)));
        self.enter(Ok(data.request), plan)
    }

    fn enter_upload(&self, request: Result<Request, Error>, mut plan: Plan) -> Arc<TaskShared> {
        let draft = request
            .as_ref()
            .ok()
            .and_then(|request| self.draft(request));
        plan.upload = Some(Box::new(Upload::new(draft)));
        self.enter(request, plan)
    }

    /// The draft of resumable uploads that is spoken about the request's.
    fn draft(&self, request: &Request) -> Option<UploadDraft> {
        let configured = self.configuration().resumable_uploads;
        let draft = match request.resumable_upload() {
            Some(true) => Some(configured.unwrap_or_default()),
            Some(false) => None,
            None => configured,
        };
        let hears = cfg!(feature = "informational") && self.capabilities().informational;
        draft.filter(|_| hears && is_fit(request))
    }

    /// The request with this body, and with a type where the body knows its own.
    fn carrying(
        &self,
        request: impl IntoRequest,
        body: impl Into<UploadBody>,
    ) -> Result<Request, Error> {
        let mut request = request.into_request()?;
        let body = match body.into() {
            UploadBody::Bytes(bytes) => RequestBody::Bytes(bytes),
            UploadBody::File(file) => RequestBody::File(file),
            UploadBody::Stream(stream) => RequestBody::Stream(stream),
            UploadBody::Multipart(form) => form::carried_by(&mut request, form, self.platform()),
        };
        Ok(request.with_body(body))
    }
}

impl Plan {
    fn upload(form: Form) -> Self {
        Self {
            form,
            kind: TaskKind::Upload,
            delegate: None,
            handler: None,
            #[cfg(feature = "download")]
            transfer: None,
            upload: None,
        }
    }
}
