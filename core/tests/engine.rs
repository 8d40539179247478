//! The engine on the mock: what each form of a task gives.
#![cfg(feature = "mock")]
// Natively the lint knows a test by its attribute.
#![cfg_attr(
    target_arch = "wasm32",
    expect(clippy::unwrap_used, reason = "a test fails where it stands")
)]

use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use http::Method;
use urlsession_core::mock::{MockPlatform, MockRuntime, Reply};
use urlsession_core::{
    Answer, Body, BodyStream, BoxFuture, Bytes, Clock, Configuration, Delegate, DelegateQueue,
    Error, ErrorCode, FileRef, InMemory, Job, Moment, Request, RequestBody, Response,
    ResponseDisposition, Runtime, Session, Task, TaskMetrics, TaskState,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const URL: &str = "http://a.example/";

type Loading = BoxFuture<'static, Result<(Bytes, Response), Error>>;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, what: impl Into<String>) {
        self.0
            .lock()
            .expect("no test panics with the log open")
            .push(what.into());
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no test panics with the log open"))
    }
}

impl Delegate for Log {
    fn will_perform_http_redirection(
        &self,
        _: &Task,
        response: &Response,
        request: Request,
    ) -> Answer<Option<Request>> {
        self.note(format!(
            "redirect {} {}",
            response.status().as_u16(),
            request.url()
        ));
        Answer::Unhandled
    }

    fn did_receive_response(&self, _: &Task, response: &Response) -> Answer<ResponseDisposition> {
        self.note(format!("response {}", response.status().as_u16()));
        Answer::Unhandled
    }

    fn did_receive_data(&self, _: &Task, data: &Bytes) -> Answer<()> {
        self.note(format!("data {}", String::from_utf8_lossy(data)));
        ().into()
    }

    fn did_complete(&self, task: &Task, error: Option<&Error>) -> Answer<()> {
        assert_eq!(task.state(), TaskState::Completed);
        self.note(format!("complete {:?}", error.map(Error::code)));
        ().into()
    }

    fn did_become_invalid(&self, _: &Session, _: Option<&Error>) {
        self.note("invalid");
    }
}

fn session(mock: &MockPlatform) -> Session {
    Session::new(mock.platform(), Configuration::default())
}

#[test]
fn data_gives_body_and_response() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::new(200).chunk("he").chunk("llo"));
    let session = session(&mock);
    let (body, response) = mock.runtime().block_on(session.data(URL)).unwrap();
    assert_eq!(
        (&body[..], response.status().as_u16()),
        (&b"hello"[..], 200)
    );
    assert_eq!(session.task_count(), 0);
}

/// What is larger than 1,032 bytes costs glibc's allocator several hundred instructions more.
#[test]
fn the_future_of_a_load_is_small() {
    let session = session(&MockPlatform::new());
    let loading: Loading = session.data(URL);
    let size = size_of_val(&*loading);
    assert!(size <= 1032, "{size} bytes");
}

#[test]
fn bytes_give_chunks() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::new(200).chunk("he").chunk("llo"));
    let session = session(&mock);
    let chunks = mock.runtime().block_on(async {
        let (body, _) = session.bytes(URL).await.unwrap();
        body.map(Result::unwrap).collect::<Vec<_>>().await
    });
    assert_eq!(chunks, ["he", "llo"]);
}

#[test]
fn a_delegate_is_told_in_order() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::redirect(302, "/b"));
    mock.transport()
        .on(Method::GET, "http://a.example/b")
        .reply(Reply::new(200).chunk("x"));
    let log = Log::default();
    let session = Session::builder(mock.platform(), Configuration::default())
        .delegate(log.clone())
        .build();
    let task = session.data_task(URL);
    assert_eq!(task.state(), TaskState::Suspended);
    task.resume();
    session.finish_tasks_and_invalidate();
    mock.runtime().run_until_idle();
    assert_eq!(task.state(), TaskState::Completed);
    assert_eq!(
        log.taken(),
        [
            "redirect 302 http://a.example/b",
            "response 200",
            "data x",
            "complete None",
            "invalid"
        ]
    );
}

#[test]
fn a_handler_replaces_the_delegates_calls() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::new(404).chunk("x"));
    let log = Log::default();
    let session = Session::builder(mock.platform(), Configuration::default())
        .delegate(log.clone())
        .build();
    let handler = log.clone();
    session
        .data_task_with(URL, move |result| {
            handler.note(format!("handler {}", result.unwrap().1.status().as_u16()));
        })
        .resume();
    mock.runtime().run_until_idle();
    assert_eq!(log.taken(), ["handler 404"]);
}

#[test]
fn the_end_of_a_task_can_be_awaited() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::new(200).chunk("x"));
    let log = Log::default();
    let session = Session::builder(mock.platform(), Configuration::default())
        .delegate(log.clone())
        .build();
    let (done, cancelled) = (session.data_task(URL), session.data_task(URL));
    done.resume();
    let ended = mock.runtime().block_on(done.finished());
    assert!(ended.is_ok());
    assert_eq!(log.taken(), ["response 200", "data x", "complete None"]);
    cancelled.cancel();
    let ended = mock.runtime().block_on(cancelled.finished());
    assert!(ended.unwrap_err().is_cancelled());
    assert!(mock.runtime().block_on(cancelled.finished()).is_err());
}

#[test]
fn nothing_for_the_idle_time_is_a_timeout() {
    let mock = MockPlatform::new();
    mock.transport().on(Method::GET, URL).reply(Reply::never());
    let session = session(&mock);
    let request = Request::get(URL)
        .unwrap()
        .with_timeout_interval(Duration::from_secs(7));
    let error = mock.runtime().block_on(session.data(request)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TimedOut);
    assert_eq!(error.url().unwrap().as_str(), URL);
}

/// The mock's runtime, of a program that does not end while somebody sleeps.
struct Holding(MockRuntime);

impl Runtime for Holding {
    fn spawn(&self, future: BoxFuture<'static, ()>) {
        self.0.spawn(future);
    }

    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()> {
        self.0.sleep_until(moment)
    }

    fn sleeps_hold_program(&self) -> bool {
        true
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock()
    }

    fn wall_clock(&self) -> SystemTime {
        self.0.wall_clock()
    }

    fn random(&self) -> u64 {
        self.0.random()
    }
}

#[test]
fn the_last_task_leaves_a_sleep_for_the_next_but_where_it_would_hold_the_program() {
    let mock = MockPlatform::new();
    let reply = Reply::new(200).after(Duration::from_secs(1));
    mock.transport().on(Method::GET, URL).reply(reply);
    let mut holding = mock.platform();
    holding.runtime = Arc::new(Holding(mock.runtime().clone()));
    for (platform, left) in [(mock.platform(), 1), (holding, 0)] {
        let session = Session::new(platform, Configuration::default());
        for _ in 0..2 {
            mock.runtime().block_on(session.data(URL)).unwrap();
            mock.runtime().run_until_stalled();
            assert_eq!(mock.runtime().pending_timers(), left);
        }
        drop(session);
        mock.runtime().run_until_stalled();
    }
}

#[test]
fn in_the_queue_each_has_its_own_time() {
    let mock = MockPlatform::new();
    mock.transport().on(Method::GET, URL).reply(Reply::never());
    let seconds = Duration::from_secs;
    let mut configuration = Configuration::default();
    configuration.http_maximum_connections_per_host = 1;
    configuration.timeout_interval_for_resource = seconds(20);
    let session = Session::new(mock.platform(), configuration);
    let start = mock.runtime().now();
    let tasks: [_; 4] = std::array::from_fn(|_| session.data_task(URL));
    let [holder, hurried, next, last] = &tasks;
    holder.resume();
    hurried.resume();
    mock.runtime().advance(seconds(9));
    hurried.suspend();
    mock.runtime().advance(seconds(1));
    next.resume();
    holder.cancel();
    mock.runtime().advance(seconds(2));
    hurried.resume();
    last.resume();
    let ended = |task: &Task| {
        let error = mock.runtime().block_on(task.finished()).unwrap_err();
        (error.code(), mock.runtime().now() - start)
    };
    // Of its 20 seconds it had waited 9; it is still in the queue. The last has just got the place of the next.
    assert_eq!(ended(hurried), (ErrorCode::TimedOut, seconds(23)));
    assert_eq!(ended(next), (ErrorCode::TimedOut, seconds(30)));
    assert_eq!(ended(last), (ErrorCode::TimedOut, seconds(32)));
    assert_eq!(mock.transport().total_exchanges(), 3);
}

#[test]
fn cancel_completes_once_with_the_url() {
    let mock = MockPlatform::new();
    mock.transport().on(Method::GET, URL).reply(Reply::never());
    let log = Log::default();
    let session = Session::builder(mock.platform(), Configuration::default())
        .delegate(log.clone())
        .build();
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().run_until_stalled();
    task.cancel();
    assert_eq!(task.state(), TaskState::Canceling);
    task.cancel();
    task.resume();
    mock.runtime().run_until_idle();
    assert_eq!(log.taken(), ["complete Some(Cancelled)"]);
    assert_eq!(task.error().unwrap().url().unwrap().as_str(), URL);
    assert_eq!(mock.transport().open_exchanges(), 0);
}

/// A body that suspends its task as it is read.
struct Suspending(Arc<OnceLock<Task>>);

impl Body for Suspending {
    fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let task = self
            .0
            .get()
            .expect("the task is known before it is resumed");
        task.suspend();
        Poll::Ready(None)
    }
}

#[test]
fn an_outcome_found_by_the_poll_that_suspends_the_task_waits_for_resume() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::POST, URL)
        .reply(Reply::new(204));
    let (log, suspended) = (Log::default(), Arc::<OnceLock<Task>>::default());
    let session = session(&mock);
    let body = RequestBody::Stream(BodyStream::once(Suspending(suspended.clone())));
    let handler = log.clone();
    let task = session.data_task_with(Request::post(URL).unwrap().with_body(body), move |result| {
        handler.note(format!("handler {}", result.unwrap().1.status().as_u16()));
    });
    suspended.set(Task::from(task.clone())).unwrap();
    task.resume();
    mock.runtime().run_until_idle();
    assert_eq!(task.state(), TaskState::Suspended);
    assert!(log.taken().is_empty());
    assert_eq!(mock.transport().open_exchanges(), 0);
    task.resume();
    mock.runtime().run_until_idle();
    assert_eq!(log.taken(), ["handler 204"]);
}

#[test]
fn a_call_that_waits_for_its_turn_costs_neither_place_nor_idle_time() {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| Reply::new(200).chunk("x"));
    let jobs = Arc::<Mutex<Vec<Job>>>::default();
    let posted = jobs.clone();
    let queue = DelegateQueue::executor(move |job| posted.lock().unwrap().push(job));
    let mut configuration = Configuration::default();
    configuration.http_maximum_connections_per_host = 1;
    configuration.timeout_interval_for_request = Duration::from_secs(10);
    let log = Log::default();
    let session = Session::builder(mock.platform(), configuration)
        .delegate(log.clone())
        .delegate_queue(queue)
        .build();
    session.data_task(URL).resume();
    mock.runtime().run_until_stalled();
    let (body, _) = mock.runtime().block_on(session.data(URL)).unwrap();
    assert_eq!(&body[..], b"x");
    mock.runtime()
        .block_on(mock.runtime().sleep(Duration::from_secs(60)));
    loop {
        let due = std::mem::take(&mut *jobs.lock().unwrap());
        if due.is_empty() {
            break;
        }
        due.into_iter().for_each(|job| job());
        mock.runtime().run_until_stalled();
    }
    assert_eq!(log.taken(), ["response 200", "data x", "complete None"]);
}

/// Leaves the answer about metrics open; as its task ends, it drops another task's future.
struct Hesitant {
    log: Log,
    other: Arc<Mutex<Option<Loading>>>,
}

impl Delegate for Hesitant {
    fn did_finish_collecting_metrics(&self, _: &Task, _: &TaskMetrics) -> Answer<()> {
        Answer::Later(Box::pin(std::future::pending()))
    }

    fn did_complete(&self, _: &Task, _: Option<&Error>) -> Answer<()> {
        self.log.note("begins");
        let mut other = self.other.lock().expect("no test panics with it open");
        let other = other.take();
        drop(other);
        self.log.note("ends");
        ().into()
    }
}

#[test]
fn as_the_runtime_ends_callbacks_still_come_one_by_one() {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| Reply::never());
    let (session, log) = (session(&mock), Log::default());
    let mut other = session.data_with_delegate(URL, log.clone());
    mock.runtime()
        .block_on(async { assert!(futures::poll!(&mut other).is_pending()) });
    let hesitant = Hesitant {
        log: log.clone(),
        other: Arc::new(Mutex::new(Some(other))),
    };
    let task = session.data_task_with_delegate(URL, hesitant);
    task.resume();
    mock.runtime().run_until_stalled();
    task.cancel();
    mock.runtime().run_until_stalled();
    assert!(log.taken().is_empty());
    mock.runtime().shutdown();
    assert_eq!(log.taken(), ["begins", "ends", "complete Some(Cancelled)"]);
}

/// A test ends without running the mock once more: what was left to run holds session, delegate and mock no longer than that.
#[test]
fn what_nobody_runs_any_more_is_let_go() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::new(200).body("hello"));
    let log = Log::default();
    let held = Arc::downgrade(&log.0);
    let session = Session::builder(mock.platform(), Configuration::default())
        .delegate(log.clone())
        .build();
    mock.runtime().block_on(session.data(URL)).unwrap();
    let stuck = session.data_task("http://a.example/stuck");
    stuck.resume();
    log.taken();
    drop((stuck, session));
    assert_eq!(log.taken(), [""; 0]);
    drop(mock);
    assert_eq!(log.taken(), ["complete Some(Cancelled)", "invalid"]);
    drop(log);
    assert_eq!(held.strong_count(), 0);
}

#[test]
fn suspended_before_its_load_has_begun_it_goes_back_to_the_queue() {
    let mock = MockPlatform::new();
    mock.transport().on(Method::GET, URL).reply(Reply::never());
    let mut configuration = Configuration::default();
    configuration.http_maximum_connections_per_host = 1;
    let session = Session::new(mock.platform(), configuration);
    let (first, second) = (session.data_task(URL), session.data_task(URL));
    first.resume();
    first.suspend();
    second.resume();
    mock.runtime().run_until_stalled();
    first.resume();
    mock.runtime().run_until_stalled();
    assert_eq!(mock.transport().most_open_exchanges(), 1);
    second.cancel();
    mock.runtime().run_until_stalled();
    assert_eq!(mock.transport().total_exchanges(), 2);
    assert_eq!(mock.transport().open_exchanges(), 1);
}

#[test]
fn six_suspended_and_a_seventh_finishes() {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| {
        Reply::new(200)
            .chunk("x")
            .wait(Duration::from_secs(1))
            .chunk("y")
    });
    let session = session(&mock);
    let tasks: Vec<_> = (0..6)
        .map(|_| session.data_task_with(URL, |_| ()))
        .collect();
    tasks.iter().for_each(|task| task.resume());
    mock.runtime().run_until_stalled();
    tasks.iter().for_each(|task| task.suspend());
    let (body, _) = mock.runtime().block_on(session.data(URL)).unwrap();
    assert_eq!(&body[..], b"xy");
    assert!(
        tasks
            .iter()
            .all(|task| task.state() == TaskState::Suspended)
    );
}

#[test]
fn six_unpolled_futures_and_a_seventh_finishes() {
    let mock = MockPlatform::new();
    mock.transport()
        .respond(|_| Reply::new(200).after(Duration::from_secs(1)).chunk("x"));
    let session = session(&mock);
    let mut futures: Vec<_> = (0..6).map(|_| session.data(URL)).collect();
    mock.runtime().block_on(async {
        for future in &mut futures {
            assert!(futures::poll!(future).is_pending());
        }
        assert_eq!(&session.data(URL).await.unwrap().0[..], b"x");
        for future in futures {
            assert_eq!(&future.await.unwrap().0[..], b"x");
        }
    });
}

#[test]
fn six_streams_held_and_a_seventh_finishes() {
    let mock = MockPlatform::new();
    mock.transport()
        .respond(|_| Reply::new(200).chunk("x").chunk("y"));
    let session = session(&mock);
    mock.runtime().block_on(async {
        let mut held = Vec::new();
        for _ in 0..6 {
            held.push(session.bytes(URL).await.unwrap().0);
        }
        assert_eq!(&session.data(URL).await.unwrap().0[..], b"xy");
        for body in held {
            assert_eq!(
                body.map(Result::unwrap).collect::<Vec<_>>().await,
                ["x", "y"]
            );
        }
    });
}

#[test]
fn a_task_of_no_url_fails_when_it_is_resumed() {
    let mock = MockPlatform::new();
    let session = session(&mock);
    let error = mock
        .runtime()
        .block_on(session.data("http://a.example:999999/"))
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::BadUrl);
    let error = mock
        .runtime()
        .block_on(session.data("foo://a.example/"))
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::UnsupportedUrl);
}

#[test]
fn an_invalidated_session_refuses() {
    let mock = MockPlatform::new();
    let session = session(&mock);
    session.invalidate_and_cancel();
    let task = session.data_task(URL);
    assert_eq!(task.state(), TaskState::Completed);
    assert!(task.error().unwrap().is_cancelled());
    assert!(mock.runtime().block_on(session.data(URL)).is_err());
}

#[test]
fn a_body_saves_itself_or_is_pulled_to_the_same_file() {
    let mock = MockPlatform::new();
    let files = mock.platform().files;
    mock.runtime().block_on(async {
        let mut direct: Box<dyn Body> = Box::new(InMemory::new("hello".into()));
        let mut sink = files.create(&FileRef::new("direct")).await.unwrap();
        let saved = direct.direct().unwrap().save_to(&mut *sink).await.unwrap();
        sink.finish().await.unwrap();
        assert_eq!((saved, direct.next_chunk().await.unwrap()), (5, None));

        let mut pulled = files.read(&FileRef::new("direct"), 0).await.unwrap();
        let mut sink = files.create(&FileRef::new("pulled")).await.unwrap();
        while let Some(chunk) = pulled.next_chunk().await.unwrap() {
            sink.write(chunk).await.unwrap();
        }
        sink.finish().await.unwrap();
    });
    assert_eq!(mock.files().content("direct").unwrap(), "hello");
    assert_eq!(mock.files().content("pulled").unwrap(), "hello");
}

#[test]
fn a_command_of_curl_has_the_sessions_fields_too() {
    let mock = MockPlatform::new();
    let mut configuration = Configuration::default();
    let headers = &mut configuration.http_additional_headers;
    headers.insert("x-a", "session".parse().unwrap());
    headers.insert("authorization", "Bearer s3cret".parse().unwrap());
    let session = Session::new(mock.platform(), configuration);
    let request = Request::get(URL).unwrap().header("x-a", "own").unwrap();
    let command = session.curl_command(&request).to_string();
    for part in [
        "'x-a: own'",
        "'authorization: REDACTED'",
        "'user-agent: urlsession/",
    ] {
        assert!(command.contains(part), "{part} in {command}");
    }
    assert!(!command.contains("x-a: session"), "{command}");
}

#[test]
fn a_timeout_of_nothing_at_the_clocks_beginning_is_a_timeout() {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| Reply::never());
    let session = Session::new(mock.platform(), Configuration::default());
    let request = Request::get(URL).unwrap();
    let hasty = request.with_timeout_interval(Duration::ZERO);
    let error = mock.runtime().block_on(session.data(hasty)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TimedOut);
    mock.runtime().run_until_idle();
    // The session goes on.
    let session_task = session.data_task(URL);
    session_task.resume();
    mock.runtime().run_until_idle();
    assert!(session_task.error().is_some());
}
