//! What a load asks of its task, and tells it.

use std::sync::Arc;

use http::HeaderMap;

#[cfg(feature = "cache")]
use crate::cache::session::SessionCache;
#[cfg(feature = "download")]
use crate::load::download;
use crate::policy::fields::SessionFields;
use crate::policy::retry::RetryBudget;
use crate::seams::app::{App, Content, Notice, ResponseDisposition};
#[cfg(feature = "download")]
use crate::seams::asking::told;
use crate::seams::asking::{Asking, answer};
use crate::seams::exchange::Informational;
use crate::seams::platform::Platform;
use crate::seams::protocol::list::{Protocols, Route};
use crate::seams::signals::Signals;
use crate::seams::transport::Multiplexing;
#[cfg(feature = "upload")]
use crate::seams::upload::Upload;
use crate::session::ledger::Ledger;
use crate::task::delegate::{Delegate, Wants};
#[cfg(feature = "download")]
use crate::task::handle::DownloadTask;
use crate::task::handle::Task;
use crate::task::observer::TaskEvent;
use crate::task::shared::TaskShared;
#[cfg(feature = "body-streams")]
use crate::words::body::BodyStream;
#[cfg(feature = "download")]
use crate::words::bounds::BoxFuture;
#[cfg(feature = "cache")]
use crate::words::cache::CachedResponse;
use crate::words::configuration::Configuration;
use crate::words::error::Error;
#[cfg(feature = "body-streams")]
use crate::words::file_version::FileVersion;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::retry::{RetryAttempt, RetryDecision};
use crate::words::target::Origin;

impl App for Arc<TaskShared> {
    fn configuration(&self) -> &Configuration {
        &self.session().configuration
    }

    fn platform(&self) -> &Platform {
        &self.session().platform
    }

    fn signals(&self) -> &Arc<Signals> {
        TaskShared::signals(self)
    }

    fn decodes(&self) -> bool {
        let facts = self.facts();
        let request = facts.current_request.as_ref().or(self.request());
        request.is_none_or(Request::decodes_content)
    }

    fn fields(&self) -> &SessionFields {
        &self.session().fields
    }

    fn protocols(&self) -> &Protocols {
        &self.session().protocols
    }

    fn begins(&self) -> Result<Request, Error> {
        self.set_begun();
        let request = self.first_request()?;
        self.tell_observers(TaskEvent::Started);
        Ok(request)
    }

    fn first_route(&self) -> Route {
        self.route()
    }

    async fn will_redirect(
        &self,
        response: Response,
        proposed: Request,
    ) -> Result<Option<Request>, Error> {
        let ask = {
            let proposed = proposed.clone();
            move |delegate: &dyn Delegate, task: &Task| {
                delegate.will_perform_http_redirection(task, &response, proposed.clone())
            }
        };
        let answer = answer(self.ask(Wants::REDIRECTION, ask)).await?;
        let followed = answer.unwrap_or(Some(proposed));
        if let Some(request) = &followed {
            self.tell_observers(TaskEvent::Redirected(request));
        }
        Ok(followed)
    }

    fn wants_retry(&self) -> bool {
        self.wants(Wants::RETRY)
    }

    fn retry_budget(&self) -> &RetryBudget {
        &self.session().retry_budget
    }

    async fn will_retry(&self, attempt: RetryAttempt) -> Result<RetryDecision, Error> {
        let attempt = Arc::new(attempt);
        let ask = {
            let attempt = attempt.clone();
            move |delegate: &dyn Delegate, task: &Task| delegate.will_retry(task, &attempt)
        };
        let answer = answer(self.ask(Wants::RETRY, ask)).await?;
        let decision = answer.unwrap_or(attempt.proposed);
        if let RetryDecision::Retry(delay) = decision {
            let attempt = &*attempt;
            self.tell_observers(TaskEvent::Retrying { attempt, delay });
        }
        Ok(decision)
    }

    #[cfg(feature = "cache")]
    fn cache(&self) -> Option<&Arc<SessionCache>> {
        TaskShared::cache(self)
    }

    #[cfg(feature = "cache")]
    fn wants_will_cache(&self) -> bool {
        self.wants(Wants::WILL_CACHE_RESPONSE)
    }

    #[cfg(feature = "cache")]
    async fn will_cache(&self, proposed: CachedResponse) -> Result<Option<CachedResponse>, Error> {
        let ask = {
            let proposed = proposed.clone();
            move |delegate: &dyn Delegate, task: &Task| {
                delegate.will_cache_response(task, proposed.clone())
            }
        };
        let answer = answer(self.ask(Wants::WILL_CACHE_RESPONSE, ask)).await?;
        Ok(answer.unwrap_or(Some(proposed)))
    }

    #[cfg(feature = "body-streams")]
    fn need_new_body_stream(&self) -> Option<Asking<'_, Option<Option<BodyStream>>>> {
        self.ask(Wants::BODY_STREAM, |delegate, task| {
            delegate.need_new_body_stream(task)
        })
    }

    fn did_receive_response(
        &self,
        response: &Response,
    ) -> Option<Asking<'_, Option<ResponseDisposition>>> {
        self.tell_observers(TaskEvent::Responded(response));
        if !self.wants(Wants::RESPONSE) {
            return None;
        }
        let response = response.clone();
        self.ask(Wants::RESPONSE, move |delegate, task| {
            delegate.did_receive_response(task, &response)
        })
    }

    fn notify(&self, notice: Notice) -> Option<Asking<'_, ()>> {
        let wanted = match notice {
            Notice::Sent { .. } => Wants::SENT,
            Notice::Informational(_) => Wants::INFORMATIONAL,
            Notice::Data(_) => Wants::DATA,
            #[cfg(feature = "download")]
            Notice::Written { .. } => Wants::WRITTEN,
            #[cfg(feature = "download")]
            Notice::Resumed { .. } => Wants::RESUMED,
            #[cfg(feature = "download")]
            Notice::Downloaded(_) => Wants::FINISHED_DOWNLOADING,
            Notice::WaitingForConnectivity => Wants::WAITING_FOR_CONNECTIVITY,
        };
        let tell = move |delegate: &dyn Delegate, task: &Task| match &notice {
            &Notice::Sent {
                bytes,
                total,
                expected,
            } => delegate.did_send_body_data(task, bytes, total, expected),
            Notice::Informational(interim) => {
                delegate.did_receive_informational_response(task, interim)
            }
            Notice::Data(chunk) => delegate.did_receive_data(task, chunk),
            #[cfg(feature = "download")]
            &Notice::Written {
                bytes,
                total,
                expected,
            } => delegate.did_write_data(&DownloadTask::of(task.clone()), bytes, total, expected),
            #[cfg(feature = "download")]
            &Notice::Resumed { offset, expected } => {
                delegate.did_resume_at_offset(&DownloadTask::of(task.clone()), offset, expected)
            }
            #[cfg(feature = "download")]
            Notice::Downloaded(file) => {
                delegate.did_finish_downloading_to(&DownloadTask::of(task.clone()), file)
            }
            Notice::WaitingForConnectivity => delegate.task_is_waiting_for_connectivity(task),
        };
        self.tell(wanted, tell)
    }

    fn wants_sent(&self) -> bool {
        self.wants(Wants::SENT)
    }

    fn watches_sent(&self) -> bool {
        self.wants(Wants::SENT) || self.has_progress()
    }

    #[cfg(feature = "download")]
    fn responded(&self, response: &Response) {
        self.tell_observers(TaskEvent::Responded(response));
    }

    #[cfg(feature = "download")]
    fn download_instead(&self, content: Content) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            let (download, request) = self.become_download()?;
            let tell = |delegate: &dyn Delegate, task: &Task| {
                delegate.did_become_download_task(task, &DownloadTask::of(task.clone()))
            };
            told(self.tell(Wants::BECOME_DOWNLOAD, tell)).await?;
            download::take_over(self, request, content, &download).await
        })
    }

    #[cfg(feature = "download")]
    fn wants_written(&self) -> bool {
        self.wants(Wants::WRITTEN)
    }

    fn wants_data(&self) -> bool {
        self.wants(Wants::DATA)
    }

    #[cfg(feature = "download")]
    fn current_request(&self) -> Option<Request> {
        TaskShared::current_request(self)
    }

    #[cfg(feature = "download")]
    fn take_free_places(&self, most: usize) -> usize {
        self.in_ledger(|ledger, task, _| ledger.take_free_places(task, most))
    }

    #[cfg(feature = "download")]
    fn give_back_place(&self) {
        self.in_ledger(Ledger::give_back_place);
    }

    #[cfg(feature = "download")]
    fn priority(&self) -> Option<f32> {
        self.facts().priority
    }

    fn set_current_request(&self, request: &Request) {
        self.facts().current_request = Some(request.clone());
    }

    fn set_response(&self, content: &Content) {
        let mut facts = self.facts();
        facts.response = Some(content.response.clone());
        facts.expected_to_receive = content.expected.into();
        facts.is_decoded = content.is_decoded;
        drop(facts);
        TaskShared::progressed(self);
    }

    fn progressed(&self) {
        TaskShared::progressed(self);
    }

    fn set_trailers(&self, trailers: HeaderMap) {
        self.facts().extras_mut().trailers = Some(trailers);
    }

    fn hop_begins(&self, expected_to_send: Option<u64>) -> Option<f32> {
        let priority = {
            let mut facts = self.facts();
            let (before, expected) = facts.sent_before(expected_to_send);
            facts.expected_to_send = expected.into();
            TaskShared::signals(self).restart_sent(before);
            facts.priority
        };
        TaskShared::progressed(self);
        self.in_ledger(|ledger, task, _| ledger.start_idle(task));
        priority
    }

    #[cfg(feature = "upload")]
    fn upload<R>(&self, work: impl FnOnce(&mut Upload) -> R) -> Option<R> {
        TaskShared::upload(self, work)
    }

    #[cfg(feature = "upload")]
    fn file_opened(&self, version: FileVersion) {
        TaskShared::upload(self, |upload| {
            upload.length = Some(version.length());
            upload.version = Some(version);
        });
    }

    #[cfg(all(feature = "body-streams", not(feature = "upload")))]
    fn file_opened(&self, _: FileVersion) {}

    #[cfg(feature = "upload")]
    fn heard(&self, interim: &Informational) -> Result<(), Error> {
        let current = self.facts().current_request.clone();
        let Some(request) = current.as_ref().or(self.request()) else {
            return Ok(());
        };
        let heard = TaskShared::upload(self, |upload| upload.hear(&interim.headers, request.url()));
        heard.unwrap_or(Ok(()))
    }

    #[cfg(not(feature = "upload"))]
    fn heard(&self, _: &Informational) -> Result<(), Error> {
        Ok(())
    }

    #[cfg(feature = "upload")]
    fn need_new_body_stream_from_offset(
        &self,
        offset: u64,
    ) -> Option<Asking<'_, Option<Option<BodyStream>>>> {
        self.ask(Wants::BODY_STREAM_FROM_OFFSET, move |delegate, task| {
            delegate.need_new_body_stream_from_offset(task, offset)
        })
    }

    fn expected_to_send(&self) -> Option<u64> {
        self.facts().expected_to_send.get()
    }

    async fn move_to(&self, origin: Option<&Arc<Origin>>) {
        self.in_ledger(|ledger, task, acts| ledger.move_to(task, origin, acts));
        self.place().await;
    }

    fn leave_origin(&self) {
        self.in_ledger(Ledger::leave_origin);
    }

    async fn return_to_origin(&self) {
        self.in_ledger(Ledger::return_to_origin);
        self.place().await;
    }

    fn begins_to_wait_for_connectivity(&self) -> bool {
        let begins = self.begin_to_wait_for_connectivity();
        if begins {
            self.tell_observers(TaskEvent::WaitingForConnectivity);
        }
        begins
    }

    fn learned(&self, multiplexing: Multiplexing) {
        self.in_ledger(|ledger, task, acts| ledger.learned(task, multiplexing, acts));
    }
}
