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
use crate::host::{Event, NO_COUNTS, tell, tell_counts, tell_value};
use crate::{cached, configuration, download, failure, metrics, task, wire};

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
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bridge {
    number: u32,
    wants: Wants,
    /// A download's file has a destination, and stays there.
    keeps_file: bool,
}

impl Bridge {
    /// The delegate of a session, which hears of its end.
    pub(crate) fn of_session(number: u32) -> Self {
        Self {
            number,
            wants: Wants::INVALIDATION,
            keeps_file: false,
        }
    }

    /// The delegate of a task. `optional` has a bit for each of [`OPTIONAL`] that is wanted.
    pub(crate) fn of_task(number: u32, kind: TaskKind, optional: u32) -> Self {
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
        let texts = [
            wire::of_response(response).into(),
            wire::of_request(&request).into(),
        ];
        let told = tell(Event::Redirection, self.number, NO_COUNTS, texts);
        answer(told, move |decision| {
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
        let outcome = match &attempt.outcome {
            Ok(response) => [wire::of_response(response).into(), JsValue::UNDEFINED],
            Err(error) => [JsValue::UNDEFINED, failure::list(error)],
        };
        let counts = [attempt.number.into(), proposed, 0.0];
        answer(
            tell(Event::Retry, self.number, counts, outcome),
            |decision| {
                let delay = decision.as_f64()?;
                Some(match delay >= 0.0 {
                    true => RetryDecision::Retry(configuration::duration(delay)),
                    false => RetryDecision::Deliver,
                })
            },
        )
    }

    fn task_is_waiting_for_connectivity(&self, _: &Task) -> Answer<()> {
        notice(tell_counts(Event::Waiting, self.number, NO_COUNTS))
    }

    fn did_send_body_data(
        &self,
        _: &Task,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        let counts = [bytes as f64, total as f64, known(expected)];
        notice(tell_counts(Event::Sent, self.number, counts))
    }

    fn did_receive_response(&self, _: &Task, response: &Response) -> Answer<ResponseDisposition> {
        let head = wire::of_head(response);
        answer(
            tell(Event::Response, self.number, NO_COUNTS, head),
            |disposition| {
                Some(match disposition.as_f64()? as u8 {
                    1 => ResponseDisposition::Cancel,
                    2 => ResponseDisposition::BecomeDownload,
                    _ => ResponseDisposition::Allow,
                })
            },
        )
    }

    fn did_receive_data(&self, _: &Task, data: &Bytes) -> Answer<()> {
        let chunk = array_of(data).unwrap_or_else(|| Uint8Array::from(&**data));
        notice(tell_value(Event::Data, self.number, chunk.into()))
    }

    fn will_cache_response(
        &self,
        _: &Task,
        proposed: CachedResponse,
    ) -> Answer<Option<CachedResponse>> {
        let told = tell_value(Event::Cache, self.number, cached::list(&proposed));
        answer(told, |decision| {
            if decision.is_null() {
                return Some(None);
            }
            cached::of_list(decision).map(Some)
        })
    }

    fn need_new_body_stream(&self, _: &Task) -> Answer<Option<BodyStream>> {
        answer(
            tell_counts(Event::Body, self.number, NO_COUNTS),
            body_stream,
        )
    }

    fn did_become_download_task(&self, _: &Task, _: &DownloadTask) -> Answer<()> {
        notice(tell_counts(Event::Became, self.number, NO_COUNTS))
    }

    fn did_resume_at_offset(
        &self,
        _: &DownloadTask,
        offset: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        let counts = [offset as f64, known(expected), 0.0];
        notice(tell_counts(Event::Resumed, self.number, counts))
    }

    fn did_write_data(
        &self,
        _: &DownloadTask,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        let counts = [bytes as f64, total as f64, known(expected)];
        notice(tell_counts(Event::Written, self.number, counts))
    }

    fn did_finish_downloading_to(&self, _: &DownloadTask, file: &DownloadedFile) -> Answer<()> {
        let (number, keeps) = (self.number, self.keeps_file);
        let file = file.clone();
        Answer::Later(Box::pin(async move {
            let (object, path) = download::object(file, keeps).await;
            // What the app says of it is its task's matter.
            let told = tell(Event::File, number, NO_COUNTS, [object, path.into()]);
            let _ = settled(told).await;
            Some(())
        }))
    }

    fn did_finish_collecting_metrics(&self, _: &Task, metrics: &TaskMetrics) -> Answer<()> {
        let lists = metrics::lists(metrics);
        notice(tell(Event::Metrics, self.number, NO_COUNTS, lists))
    }

    fn did_complete(&self, task: &Task, error: Option<&Error>) -> Answer<()> {
        let error = error.map_or(JsValue::UNDEFINED, failure::list);
        let last = [error, task::numbers(task)];
        // Nobody waits for more than the call.
        let _ = tell(Event::Complete, self.number, NO_COUNTS, last);
        task::free(self.number);
        Answer::HANDLED
    }

    fn did_become_invalid(&self, _: &Session, error: Option<&Error>) {
        let error = error.map_or(JsValue::UNDEFINED, failure::list);
        let _ = tell_value(Event::Invalid, self.number, error);
    }
}

/// A count; not a number where it is unknown.
pub(crate) fn known(count: Option<u64>) -> f64 {
    count.map_or(f64::NAN, |count| count as f64)
}
