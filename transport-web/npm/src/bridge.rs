//! The delegate of every task: it hands each call to the other part.

use bytes::Bytes;
use js_sys::Uint8Array;
use urlsession_core::{
    Answer, BodyStream, CachedResponse, Delegate, DownloadTask, DownloadedFile, Error, Request,
    Response, ResponseDisposition, RetryAttempt, RetryDecision, Session, Task, TaskKind,
    TaskMetrics, Wants,
};
use urlsession_transport_web::array_of;
use wasm_bindgen::prelude::*;

use crate::answer::{answer, notice, settled};
use crate::body::body_stream;
use crate::host::Host;
use crate::{cached, configuration, download, failure, metrics, wire};

/// The calls that the other part asks for one by one, in the order of its bits.
const OPTIONAL: [Wants; 5] = [
    Wants::DATA,
    Wants::RETRY,
    Wants::METRICS,
    Wants::WILL_CACHE_RESPONSE,
    Wants::BODY_STREAM.and(Wants::BODY_STREAM_FROM_OFFSET),
];

/// Those that are always made: they are rare, or the task cannot do without.
const ALWAYS: Wants = Wants::REDIRECTION
    .and(Wants::RESPONSE)
    .and(Wants::COMPLETION)
    .and(Wants::WAITING_FOR_CONNECTIVITY);

/// Those that a download's file is told by.
const DOWNLOADS: Wants = Wants::FINISHED_DOWNLOADING
    .and(Wants::WRITTEN)
    .and(Wants::RESUMED);

/// A task's, or a session's, by its number.
#[derive(Clone)]
pub(crate) struct Bridge {
    host: Host,
    number: u32,
    wants: Wants,
    /// A download's file has a destination, and stays there.
    keeps_file: bool,
}

impl Bridge {
    /// The delegate of a session, which hears of its end.
    pub(crate) fn of_session(host: Host, number: u32) -> Self {
        Self {
            host,
            number,
            wants: Wants::INVALIDATION,
            keeps_file: false,
        }
    }

    /// The delegate of a task. `optional` has a bit for each of [`OPTIONAL`] that is wanted.
    pub(crate) fn of_task(host: Host, number: u32, kind: TaskKind, optional: u32) -> Self {
        let mut wants = if kind == TaskKind::Upload {
            ALWAYS.and(Wants::SENT)
        } else {
            // A data task may become a download.
            ALWAYS.and(DOWNLOADS)
        };
        for (bit, call) in OPTIONAL.into_iter().enumerate() {
            if optional & (1 << bit) != 0 {
                wants = wants.and(call);
            }
        }
        Self {
            host,
            number,
            wants,
            keeps_file: false,
        }
    }

    /// The same, of a download with a destination.
    pub(crate) fn keeping_file(mut self) -> Self {
        self.keeps_file = true;
        self
    }
}

impl Delegate for Bridge {
    fn wants(&self) -> Wants {
        self.wants
    }

    fn will_perform_http_redirection(
        &self,
        _: &Task,
        response: &Response,
        request: Request,
    ) -> Answer<Option<Request>> {
        let head = wire::of_response(response);
        let text = wire::of_request(&request);
        let returned = self.host.redirection(self.number, &head, &text);
        answer(returned, move |decision| {
            if decision.is_null() {
                return Some(None);
            }
            let edited = wire::request(&decision.as_string()?).ok()?;
            // What a text does not say is the proposed request's.
            let mut made = edited.with_body(request.body().clone());
            if let Some(timeout) = request.timeout_interval() {
                made = made.with_timeout_interval(timeout);
            }
            Some(Some(made))
        })
    }

    fn will_retry(&self, _: &Task, attempt: &RetryAttempt) -> Answer<RetryDecision> {
        let proposed = match attempt.proposed {
            RetryDecision::Deliver => -1.0,
            RetryDecision::Retry(delay) => delay.as_secs_f64(),
        };
        let (head, error) = match &attempt.outcome {
            Ok(response) => (Some(wire::of_response(response)), JsValue::UNDEFINED),
            Err(error) => (None, failure::list(error)),
        };
        let returned = self
            .host
            .retry(self.number, attempt.number, head, error, proposed);
        answer(returned, |decision| {
            let delay = decision.as_f64()?;
            Some(match delay >= 0.0 {
                true => RetryDecision::Retry(configuration::duration(delay)),
                false => RetryDecision::Deliver,
            })
        })
    }

    fn task_is_waiting_for_connectivity(&self, _: &Task) -> Answer<()> {
        notice(self.host.waiting(self.number))
    }

    fn did_send_body_data(
        &self,
        _: &Task,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        let (bytes, total) = (bytes as f64, total as f64);
        notice(self.host.sent(self.number, bytes, total, known(expected)))
    }

    fn did_receive_response(&self, _: &Task, response: &Response) -> Answer<ResponseDisposition> {
        let head = wire::of_response(response);
        answer(self.host.response(self.number, &head), |disposition| {
            Some(match disposition.as_f64()? as u8 {
                1 => ResponseDisposition::Cancel,
                2 => ResponseDisposition::BecomeDownload,
                _ => ResponseDisposition::Allow,
            })
        })
    }

    fn did_receive_data(&self, _: &Task, data: &Bytes) -> Answer<()> {
        let chunk = array_of(data).unwrap_or_else(|| Uint8Array::from(&**data));
        notice(self.host.data(self.number, chunk.into()))
    }

    fn will_cache_response(
        &self,
        _: &Task,
        proposed: CachedResponse,
    ) -> Answer<Option<CachedResponse>> {
        let (head, data, info, storage) = cached::parts(&proposed);
        let returned = self.host.cache(self.number, &head, data, info, storage);
        answer(returned, |decision| {
            if decision.is_null() {
                return Some(None);
            }
            cached::of_list(decision).map(Some)
        })
    }

    fn need_new_body_stream(&self, _: &Task) -> Answer<Option<BodyStream>> {
        answer(self.host.body(self.number, 0.0), body_stream)
    }

    fn did_become_download_task(&self, _: &Task, _: &DownloadTask) -> Answer<()> {
        notice(self.host.became(self.number))
    }

    fn did_resume_at_offset(
        &self,
        _: &DownloadTask,
        offset: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        notice(
            self.host
                .resumed(self.number, offset as f64, known(expected)),
        )
    }

    fn did_write_data(
        &self,
        _: &DownloadTask,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        let (bytes, total) = (bytes as f64, total as f64);
        notice(
            self.host
                .written(self.number, bytes, total, known(expected)),
        )
    }

    fn did_finish_downloading_to(&self, _: &DownloadTask, file: &DownloadedFile) -> Answer<()> {
        let (host, number, keeps) = (self.host.clone(), self.number, self.keeps_file);
        let file = file.clone();
        Answer::Later(Box::pin(async move {
            let (object, path) = download::object(file, keeps).await;
            // What the app says of it is its task's matter.
            let _ = settled(host.file(number, object, path)).await;
            Some(())
        }))
    }

    fn did_finish_collecting_metrics(&self, _: &Task, metrics: &TaskMetrics) -> Answer<()> {
        let (numbers, texts) = metrics::lists(metrics);
        notice(self.host.metrics(self.number, numbers, texts))
    }

    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        let error = error.map_or(JsValue::UNDEFINED, failure::list);
        // Nobody waits for more than the call.
        let _ = self.host.complete(self.number, error);
        Answer::HANDLED
    }

    fn did_become_invalid(&self, _: &Session, error: Option<&Error>) {
        let error = error.map_or(JsValue::UNDEFINED, failure::list);
        let _ = self.host.invalid(self.number, error);
    }
}

/// A count; not a number where it is unknown.
fn known(count: Option<u64>) -> f64 {
    count.map_or(f64::NAN, |count| count as f64)
}
