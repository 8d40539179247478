//! A delegate that notes every call, answers as it was told, and can be waited for.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use urlsession_core::http::Method;
use urlsession_core::{
    Answer, BodyStream, Bytes, Delegate, DownloadTask, DownloadedFile, Error, ErrorCode,
    Informational, Request, Response, ResponseDisposition, Session, Task, TaskMetrics, Url, Wants,
};

use crate::cases::downloads::content;

/// A call that a delegate got.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Call {
    Redirect(u16, Method, Url),
    NewBody,
    Waiting,
    Sent {
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    },
    Interim(u16),
    Response(u16),
    Data(Bytes),
    Written {
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    },
    Became,
    Resumed(u64, Option<u64>),
    /// The file of a download, by its content.
    File(Bytes),
    Metrics(Box<TaskMetrics>),
    Complete(Option<ErrorCode>),
    Invalid,
}

impl Call {
    fn name(&self) -> &'static str {
        match self {
            Self::Redirect(..) => "redirect",
            Self::NewBody => "new body",
            Self::Waiting => "waiting",
            Self::Sent { .. } => "sent",
            Self::Interim(_) => "interim",
            Self::Response(_) => "response",
            Self::Data(_) => "data",
            Self::Written { .. } => "written",
            Self::Became => "became a download",
            Self::Resumed(..) => "resumed",
            Self::File(_) => "file",
            Self::Metrics(_) => "metrics",
            Self::Complete(_) => "complete",
            Self::Invalid => "invalid",
        }
    }
}

/// All but metrics, for the cases that are about something else.
const BUT_METRICS: Wants = Wants::ALL.without(Wants::METRICS);

type OnRedirect = fn(&Recorder, &Task, &Response, Request) -> Answer<Option<Request>>;
type OnNewBody = fn(&Recorder, &Task) -> Answer<Option<BodyStream>>;
type OnResponse = fn(&Recorder, &Task, &Response) -> Answer<ResponseDisposition>;
type OnData = fn(&Recorder, &Task, &Bytes) -> Answer<()>;
type OnComplete = fn(&Recorder, &Task, Option<&Error>) -> Answer<()>;

/// Notes every call; leaves it unhandled unless told otherwise. A clone is the same recorder.
#[derive(Clone)]
pub(crate) struct Recorder {
    notes: Arc<Mutex<Notes>>,
    gate: Gate,
    wants: Wants,
    on_redirect: OnRedirect,
    on_new_body: OnNewBody,
    on_response: OnResponse,
    on_data: OnData,
    on_complete: OnComplete,
}

#[derive(Default)]
struct Notes {
    calls: Vec<(u64, Call)>,
    waiting: Vec<Waker>,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self {
            notes: Arc::default(),
            gate: Gate::default(),
            wants: BUT_METRICS,
            on_redirect: |_, _, _, _| Answer::Unhandled,
            on_new_body: |_, _| Answer::Unhandled,
            on_response: |_, _, _| Answer::Unhandled,
            on_data: |_, _, _| Answer::Unhandled,
            on_complete: |_, _, _| Answer::Unhandled,
        }
    }

    /// Notes metrics too.
    pub(crate) fn measuring(mut self) -> Self {
        self.wants = Wants::ALL;
        self
    }

    pub(crate) fn on_redirect(mut self, answer: OnRedirect) -> Self {
        self.on_redirect = answer;
        self
    }

    pub(crate) fn on_new_body(mut self, answer: OnNewBody) -> Self {
        self.on_new_body = answer;
        self
    }

    pub(crate) fn on_response(mut self, answer: OnResponse) -> Self {
        self.on_response = answer;
        self
    }

    pub(crate) fn on_data(mut self, answer: OnData) -> Self {
        self.on_data = answer;
        self
    }

    pub(crate) fn on_complete(mut self, answer: OnComplete) -> Self {
        self.on_complete = answer;
        self
    }

    /// Closed until a case opens it, for answers that come late.
    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The metrics of the one task that has ended.
    pub(crate) async fn metrics(&self) -> TaskMetrics {
        self.called("metrics").await;
        let measured = self.calls().into_iter().find_map(|call| {
            let Call::Metrics(metrics) = call else {
                return None;
            };
            Some(*metrics)
        });
        measured.expect("a call of that name was noted")
    }

    /// All calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.lock()
            .calls
            .iter()
            .map(|(_, call)| call.clone())
            .collect()
    }

    /// The calls about one task so far.
    pub(crate) fn calls_of(&self, task: &Task) -> Vec<Call> {
        let notes = self.lock();
        let of_task = notes.calls.iter().filter(|(id, _)| *id == task.id());
        of_task.map(|(_, call)| call.clone()).collect()
    }

    /// The names of the calls in order; several of one name in a row count as one.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.calls().iter().map(Call::name).collect();
        names.dedup();
        names
    }

    /// The tasks whose completion came, in order.
    pub(crate) fn completed_tasks(&self) -> Vec<u64> {
        let notes = self.lock();
        let complete = notes
            .calls
            .iter()
            .filter(|(_, call)| matches!(call, Call::Complete(_)));
        complete.map(|(id, _)| *id).collect()
    }

    /// How many completions came.
    pub(crate) fn completions(&self) -> usize {
        self.completed_tasks().len()
    }

    /// All data, joined.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for call in self.calls() {
            if let Call::Data(chunk) = call {
                body.extend_from_slice(&chunk);
            }
        }
        body
    }

    /// What was written at last, and what was expected then.
    pub(crate) fn written(&self) -> Option<(u64, Option<u64>)> {
        self.calls().iter().rev().find_map(|call| {
            let &Call::Written {
                total, expected, ..
            } = call
            else {
                return None;
            };
            Some((total, expected))
        })
    }

    /// Waits for the first completion; its error's code.
    pub(crate) async fn completion(&self) -> Option<ErrorCode> {
        self.found(|calls| {
            calls.iter().find_map(|call| {
                let Call::Complete(code) = call else {
                    return None;
                };
                Some(*code)
            })
        })
        .await
    }

    /// Waits until so many completions came.
    pub(crate) async fn all_complete(&self, count: usize) {
        let is_complete = |call: &&Call| matches!(call, Call::Complete(_));
        self.until(|calls| calls.iter().filter(is_complete).count() >= count)
            .await;
    }

    /// Waits until the calls satisfy `condition`.
    pub(crate) async fn until(&self, condition: impl Fn(&[Call]) -> bool) {
        self.found(|calls| condition(calls).then_some(())).await;
    }

    /// Waits for a call of this name.
    pub(crate) async fn called(&self, name: &str) {
        self.until(|calls| calls.iter().any(|call| call.name() == name))
            .await;
    }

    async fn found<T>(&self, find: impl Fn(&[Call]) -> Option<T>) -> T {
        poll_fn(|context| match find(&self.calls()) {
            Some(found) => Poll::Ready(found),
            None => {
                self.lock().waiting.push(context.waker().clone());
                // A call may have come in between.
                find(&self.calls()).map_or(Poll::Pending, Poll::Ready)
            }
        })
        .await
    }

    fn note(&self, task: u64, call: Call) {
        let waiting = {
            let mut notes = self.lock();
            notes.calls.push((task, call));
            std::mem::take(&mut notes.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Delegate for Recorder {
    fn wants(&self) -> Wants {
        self.wants
    }

    fn will_perform_http_redirection(
        &self,
        task: &Task,
        response: &Response,
        request: Request,
    ) -> Answer<Option<Request>> {
        let status = response.status().as_u16();
        let (method, url) = (request.method().clone(), request.url().clone());
        self.note(task.id(), Call::Redirect(status, method, url));
        (self.on_redirect)(self, task, response, request)
    }

    fn need_new_body_stream(&self, task: &Task) -> Answer<Option<BodyStream>> {
        self.note(task.id(), Call::NewBody);
        (self.on_new_body)(self, task)
    }

    fn task_is_waiting_for_connectivity(&self, task: &Task) -> Answer<()> {
        self.note(task.id(), Call::Waiting);
        Answer::Unhandled
    }

    fn did_send_body_data(
        &self,
        task: &Task,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        self.note(
            task.id(),
            Call::Sent {
                bytes,
                total,
                expected,
            },
        );
        Answer::Unhandled
    }

    fn did_receive_informational_response(
        &self,
        task: &Task,
        response: &Informational,
    ) -> Answer<()> {
        self.note(task.id(), Call::Interim(response.status.as_u16()));
        Answer::Unhandled
    }

    fn did_receive_response(
        &self,
        task: &Task,
        response: &Response,
    ) -> Answer<ResponseDisposition> {
        self.note(task.id(), Call::Response(response.status().as_u16()));
        (self.on_response)(self, task, response)
    }

    fn did_receive_data(&self, task: &Task, data: &Bytes) -> Answer<()> {
        self.note(task.id(), Call::Data(data.clone()));
        (self.on_data)(self, task, data)
    }

    fn did_become_download_task(&self, task: &Task, _: &DownloadTask) -> Answer<()> {
        self.note(task.id(), Call::Became);
        Answer::Unhandled
    }

    fn did_resume_at_offset(
        &self,
        task: &DownloadTask,
        offset: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        self.note(task.id(), Call::Resumed(offset, expected));
        Answer::Unhandled
    }

    fn did_write_data(
        &self,
        task: &DownloadTask,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        let written = Call::Written {
            bytes,
            total,
            expected,
        };
        self.note(task.id(), written);
        Answer::Unhandled
    }

    fn did_finish_downloading_to(&self, task: &DownloadTask, file: &DownloadedFile) -> Answer<()> {
        let (recorder, task, file) = (self.clone(), task.id(), file.clone());
        Answer::later(async move {
            let content = content(&file).await.unwrap_or_default();
            recorder.note(task, Call::File(content));
        })
    }

    fn did_finish_collecting_metrics(&self, task: &Task, metrics: &TaskMetrics) -> Answer<()> {
        self.note(task.id(), Call::Metrics(Box::new(metrics.clone())));
        Answer::Unhandled
    }

    fn did_complete(&self, task: &Task, error: Option<&Error>) -> Answer<()> {
        self.note(task.id(), Call::Complete(error.map(Error::code)));
        (self.on_complete)(self, task, error)
    }

    fn did_become_invalid(&self, _: &Session, _: Option<&Error>) {
        self.note(0, Call::Invalid);
    }
}

/// Shut until it is opened, once. A clone is the same gate.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<(bool, Vec<Waker>)>>);

impl Gate {
    pub(crate) fn open(&self) {
        let waiting = {
            let mut gate = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            gate.0 = true;
            std::mem::take(&mut gate.1)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Ready once it is open.
    pub(crate) fn opened(&self) -> impl Future<Output = ()> + 'static + use<> {
        let gate = self.0.clone();
        poll_fn(move |context| {
            let mut gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
            if gate.0 {
                return Poll::Ready(());
            }
            gate.1.push(context.waker().clone());
            Poll::Pending
        })
    }
}

/// Takes one value out of a handler.
pub(crate) struct Outcome<T>(Arc<Mutex<Vec<T>>>, Gate);

impl<T> Clone for Outcome<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), self.1.clone())
    }
}

impl<T> Outcome<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::default(), Gate::default())
    }

    pub(crate) fn put(&self, value: T) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(value);
        self.1.open();
    }

    /// How often a value was put and not taken.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits for the first value.
    pub(crate) async fn taken(&self) -> T {
        self.1.opened().await;
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(0)
    }
}
