//! Failed exchanges made again, on the mock: what waits, what counts, what is never repeated.
#![cfg(feature = "mock")]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::error::Error as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::future::join_all;
use http::Method;
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{
    Answer, BodyStream, Bytes, Configuration, Delegate, Error, ErrorCode, ExpiredTimer, InMemory,
    Request, Response, RetryAttempt, RetryDecision, RetryPolicy, Session, Task, TaskEvent,
    TaskState,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const URL: &str = "http://a.example/";

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn retrying() -> Configuration {
    let mut configuration = Configuration::default();
    configuration.retry_policy = Some(RetryPolicy::default());
    configuration
}

fn busy(retry_after: &str) -> Reply {
    Reply::new(503)
        .header("retry-after", retry_after)
        .body("busy")
}

/// A server that is busy once, for so many seconds, and then well.
fn busy_once(retry_after: &str) -> MockPlatform {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(busy(retry_after))
        .then(Reply::new(200).body("well"));
    mock
}

fn at(mock: &MockPlatform) -> u64 {
    urlsession_core::Runtime::now(mock.runtime()).as_nanos() / 1_000_000_000
}

type Outcome = Result<(Bytes, Response), Error>;

fn load(mock: &MockPlatform, configuration: Configuration, request: Request) -> Outcome {
    let session = Session::new(mock.platform(), configuration);
    mock.runtime().block_on(session.data(request))
}

fn get() -> Request {
    Request::get(URL).unwrap()
}

fn status(outcome: &Outcome) -> u16 {
    outcome.as_ref().unwrap().1.status().as_u16()
}

/// Decides about attempts, and notes them.
#[derive(Clone)]
struct Retrier {
    seen: Arc<Mutex<Vec<(u32, RetryDecision)>>>,
    decide: fn(&RetryAttempt) -> Answer<RetryDecision>,
}

impl Retrier {
    fn new(decide: fn(&RetryAttempt) -> Answer<RetryDecision>) -> Self {
        Self {
            seen: Arc::default(),
            decide,
        }
    }

    fn numbers(&self) -> Vec<u32> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|&(number, _)| number).collect()
    }
}

impl Delegate for Retrier {
    fn will_retry(&self, _: &Task, attempt: &RetryAttempt) -> Answer<RetryDecision> {
        let seen = (attempt.number, attempt.proposed);
        self.seen.lock().unwrap().push(seen);
        (self.decide)(attempt)
    }
}

fn load_with(
    mock: &MockPlatform,
    configuration: Configuration,
    request: Request,
    retrier: &Retrier,
) -> Outcome {
    let session = Session::builder(mock.platform(), configuration)
        .delegate(retrier.clone())
        .build();
    mock.runtime().block_on(session.data(request))
}

#[test]
fn without_a_policy_nothing_is_made_again() {
    let mock = busy_once("0");
    assert_eq!(status(&load(&mock, Configuration::default(), get())), 503);
    assert_eq!(mock.transport().total_exchanges(), 1);
}

#[test]
fn a_busy_server_is_asked_again_when_it_says() {
    let mock = busy_once("7");
    let outcome = load(&mock, retrying(), get());
    assert_eq!(
        (status(&outcome), &outcome.unwrap().0[..]),
        (200, &b"well"[..])
    );
    assert_eq!((at(&mock), mock.transport().total_exchanges()), (7, 2));
}

#[test]
fn a_date_is_kept_to_by_the_wall_clock() {
    let mock = busy_once("Sun, 06 Nov 1994 08:49:47 GMT");
    let now: SystemTime = UNIX_EPOCH + seconds(784_111_777);
    mock.runtime().set_wall_clock(now);
    assert_eq!(status(&load(&mock, retrying(), get())), 200);
    assert_eq!(at(&mock), 10);
}

#[test]
fn one_that_asks_for_too_long_is_delivered() {
    let mock = busy_once("61");
    let outcome = load(&mock, retrying(), get());
    assert_eq!(
        (status(&outcome), &outcome.unwrap().0[..]),
        (503, &b"busy"[..])
    );
    assert_eq!(mock.transport().total_exchanges(), 1);
}

#[test]
fn a_lost_connection_is_made_again() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::error(ErrorCode::NetworkConnectionLost))
        .then(Reply::new(200));
    assert_eq!(status(&load(&mock, retrying(), get())), 200);
    assert_eq!(mock.transport().total_exchanges(), 2);
}

#[test]
fn the_last_attempts_failure_is_the_tasks() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::error(ErrorCode::NetworkConnectionLost))
        .then(Reply::error(ErrorCode::CannotConnectToHost));
    let error = load(&mock, retrying(), get()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::CannotConnectToHost);
    assert_eq!(mock.transport().total_exchanges(), 3);
}

#[test]
fn the_same_seed_waits_the_same() {
    let took = |seed| {
        let mock = MockPlatform::with_seed(seed);
        mock.transport().respond(|_| Reply::new(503));
        assert_eq!(status(&load(&mock, retrying(), get())), 503);
        urlsession_core::Runtime::now(mock.runtime()).as_nanos()
    };
    assert_eq!(took(1), took(1));
    assert_ne!(took(1), took(2));
    // At most half a second, then one.
    assert!(
        (1..20)
            .map(took)
            .all(|nanoseconds| nanoseconds < 1_500_000_000)
    );
}

#[test]
fn what_was_begun_to_be_delivered_is_not_made_again() {
    let mock = MockPlatform::new();
    let broken = Reply::new(200)
        .chunk("half")
        .fail(ErrorCode::NetworkConnectionLost);
    mock.transport().respond(move |_| broken.clone());
    let error = load(&mock, retrying(), get()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NetworkConnectionLost);
    assert_eq!(mock.transport().total_exchanges(), 1);
}

#[test]
fn while_it_waits_the_idle_timer_stands_still() {
    let mock = busy_once("50");
    let mut configuration = retrying();
    configuration.timeout_interval_for_request = seconds(5);
    assert_eq!(status(&load(&mock, configuration, get())), 200);
    assert_eq!(at(&mock), 50);
}

#[test]
fn while_it_waits_the_resource_timer_runs() {
    let mock = busy_once("50");
    let mut configuration = retrying();
    configuration.timeout_interval_for_resource = seconds(20);
    let error = load(&mock, configuration, get()).unwrap_err();
    let timer = error.source().unwrap().downcast_ref::<ExpiredTimer>();
    assert_eq!(timer, Some(&ExpiredTimer::Resource));
    assert_eq!((at(&mock), mock.transport().total_exchanges()), (20, 1));
}

#[test]
fn while_it_waits_its_place_is_others() {
    let mock = busy_once("50");
    let other = "http://a.example/other";
    mock.transport()
        .on(Method::GET, other)
        .reply(Reply::new(200).after(seconds(3)));
    let mut configuration = retrying();
    configuration.http_maximum_connections_per_host = 1;
    let session = Session::new(mock.platform(), configuration);
    let (first, second) = (session.data_task(URL), session.data_task(other));
    first.resume();
    second.resume();
    mock.runtime().block_on(second.finished()).unwrap();
    assert_eq!((at(&mock), first.state()), (3, TaskState::Running));
    mock.runtime().block_on(first.finished()).unwrap();
    assert_eq!((at(&mock), mock.transport().most_open_exchanges()), (50, 1));
}

#[test]
fn suspended_while_it_waits_it_goes_on_when_it_is_resumed() {
    let mock = busy_once("5");
    let session = Session::new(mock.platform(), retrying());
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().advance(seconds(2));
    task.suspend();
    mock.runtime().advance(seconds(60));
    assert_eq!(mock.transport().total_exchanges(), 1);
    task.resume();
    mock.runtime().block_on(task.finished()).unwrap();
    assert_eq!((at(&mock), mock.transport().total_exchanges()), (62, 2));
}

#[test]
fn cancelled_while_it_waits_it_ends_at_once() {
    let mock = busy_once("50");
    let session = Session::new(mock.platform(), retrying());
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().advance(seconds(2));
    task.cancel();
    let error = mock.runtime().block_on(task.finished()).unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!((at(&mock), mock.transport().total_exchanges()), (2, 1));
}

#[test]
fn an_outage_is_met_with_the_budget_and_no_more() {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| Reply::new(503));
    let session = Session::new(mock.platform(), retrying());
    let loads = (0..100).map(|_| session.data(URL));
    let outcomes = mock.runtime().block_on(join_all(loads));
    assert!(outcomes.iter().all(|outcome| status(outcome) == 503));
    assert_eq!(mock.transport().total_exchanges(), 110);
    mock.transport().respond(|_| Reply::new(200));
    mock.runtime()
        .block_on(join_all((0..20).map(|_| session.data(URL))));
    mock.transport().respond(|_| Reply::new(503));
    mock.runtime()
        .block_on(join_all((0..100).map(|_| session.data(URL))));
    assert_eq!(mock.transport().total_exchanges(), 110 + 20 + 102);
}

#[test]
fn each_hop_has_its_attempts() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(busy("1"))
        .then(Reply::redirect(302, "/b"));
    mock.transport()
        .on(Method::GET, "http://a.example/b")
        .reply(busy("1"))
        .then(busy("1"))
        .then(Reply::new(200));
    let retrier = Retrier::new(|_| Answer::Unhandled);
    assert_eq!(status(&load_with(&mock, retrying(), get(), &retrier)), 200);
    assert_eq!(retrier.numbers(), [1, 1, 2]);
    assert_eq!(mock.transport().total_exchanges(), 5);
}

#[test]
fn the_app_may_refuse() {
    let mock = busy_once("7");
    let retrier = Retrier::new(|_| RetryDecision::Deliver.into());
    assert_eq!(status(&load_with(&mock, retrying(), get(), &retrier)), 503);
    let proposed = RetryDecision::Retry(seconds(7));
    assert_eq!(*retrier.seen.lock().unwrap(), [(1, proposed)]);
    assert_eq!(mock.transport().total_exchanges(), 1);
}

#[test]
fn the_app_may_change_the_wait_later() {
    let mock = busy_once("7");
    let retrier = Retrier::new(|attempt| {
        assert_eq!(attempt.outcome.as_ref().unwrap().status().as_u16(), 503);
        Answer::later(async { RetryDecision::Retry(seconds(100)) })
    });
    assert_eq!(status(&load_with(&mock, retrying(), get(), &retrier)), 200);
    assert_eq!(at(&mock), 100);
}

#[test]
fn a_retry_that_the_app_refuses_stays_in_stock() {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| Reply::new(503));
    let retrier = Retrier::new(|attempt| {
        assert_ne!(attempt.proposed, RetryDecision::Deliver);
        RetryDecision::Deliver.into()
    });
    let session = Session::builder(mock.platform(), retrying())
        .delegate(retrier)
        .build();
    for _ in 0..50 {
        assert_eq!(status(&mock.runtime().block_on(session.data(URL))), 503);
    }
}

fn with_one_retry() -> Configuration {
    let mut configuration = retrying();
    let policy = configuration.retry_policy.as_mut().unwrap();
    (policy.budget, policy.successes_per_retry) = (1, 1);
    configuration
}

#[cfg(panic = "unwind")]
mod panics {
    use urlsession_core::Informational;

    use super::*;

    /// Wants a retry of everything, and panics as an interim response comes.
    struct Panicking;

    impl Delegate for Panicking {
        fn will_retry(&self, _: &Task, _: &RetryAttempt) -> Answer<RetryDecision> {
            RetryDecision::Retry(seconds(1)).into()
        }

        fn did_receive_informational_response(&self, _: &Task, _: &Informational) -> Answer<()> {
            std::panic::resume_unwind(Box::new("the app's own doing"))
        }
    }

    /// Spends the one retry of `session`'s budget.
    fn spend(mock: &MockPlatform, session: &Session) {
        mock.transport()
            .on(Method::GET, URL)
            .reply(busy("0"))
            .then(busy("0"));
        assert_eq!(status(&mock.runtime().block_on(session.data(URL))), 503);
        assert_eq!(mock.transport().total_exchanges(), 2);
    }

    #[test]
    fn what_a_callbacks_panic_ends_is_neither_made_again_nor_a_success() {
        let mock = MockPlatform::new();
        let session = Session::new(mock.platform(), with_one_retry());
        spend(&mock, &session);
        mock.transport()
            .on(Method::GET, URL)
            .reply(Reply::new(200).informational(103));
        let panicked = session.data_with_delegate(URL, Panicking);
        let error = mock.runtime().block_on(panicked).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unknown);
        assert_eq!(mock.transport().total_exchanges(), 3);
        mock.transport().on(Method::GET, URL).reply(busy("0"));
        assert_eq!(status(&mock.runtime().block_on(session.data(URL))), 503);
        assert_eq!(mock.transport().total_exchanges(), 4, "none is in stock");
    }
}

#[test]
fn a_retry_that_is_asked_about_in_vain_stays_in_stock() {
    let mock = busy_once("0");
    let session = Session::new(mock.platform(), with_one_retry());
    let silent = Retrier::new(|_| Answer::later(std::future::pending()));
    let task = session.data_task_with_delegate(URL, silent.clone());
    task.resume();
    mock.runtime().run_until_stalled();
    assert_eq!(silent.numbers(), [1]);
    task.cancel();
    mock.runtime().run_until_stalled();
    mock.transport()
        .on(Method::GET, URL)
        .reply(busy("0"))
        .then(Reply::new(200));
    assert_eq!(status(&mock.runtime().block_on(session.data(URL))), 200);
}

#[test]
fn by_the_apps_word_a_post_is_made_again() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::POST, URL)
        .reply(Reply::error(ErrorCode::NetworkConnectionLost))
        .then(Reply::new(201));
    let post = Request::post(URL).unwrap().with_body("order");
    let retrier = Retrier::new(|attempt| {
        assert_eq!(attempt.proposed, RetryDecision::Deliver);
        assert_eq!(
            attempt
                .outcome
                .as_ref()
                .unwrap_err()
                .url()
                .unwrap()
                .as_str(),
            URL
        );
        RetryDecision::Retry(Duration::ZERO).into()
    });
    let outcome = load_with(&mock, Configuration::default(), post, &retrier);
    assert_eq!((status(&outcome), retrier.numbers()), (201, vec![1]));
    let sent: Vec<_> = mock
        .transport()
        .requests()
        .iter()
        .map(|sent| sent.body.clone())
        .collect();
    assert_eq!(sent, ["order", "order"]);
}

#[test]
fn by_the_apps_word_a_stream_that_is_gone_is_asked_for() {
    let mock = MockPlatform::new();
    mock.transport()
        .respond(|_| Reply::new(503).reading_first(u64::MAX));
    let stream = BodyStream::once(InMemory::new("once".into()));
    let put = Request::put(URL).unwrap().with_body(stream);
    let retrier = Retrier::new(|_| RetryDecision::Retry(Duration::ZERO).into());
    let error = load_with(&mock, retrying(), put, &retrier).unwrap_err();
    assert_eq!(error.code(), ErrorCode::RequestBodyStreamExhausted);
    assert_eq!(mock.transport().total_exchanges(), 1);
}

#[test]
fn no_post_is_repeated_by_itself() {
    let codes = &RetryPolicy::default().error_codes;
    let statuses = [408, 425, 429, 500, 502, 503, 504];
    for round in 0..2000_usize {
        let mock = MockPlatform::with_seed(round as u64);
        let failure = match round % 3 {
            0 => Reply::error(codes[round % codes.len()]),
            1 => busy("0").after(Duration::from_millis(round as u64 % 7)),
            _ => Reply::new(statuses[round % statuses.len()]).body("x"),
        };
        mock.transport().respond(move |_| failure.clone());
        let method = if round % 2 == 0 { "POST" } else { "PATCH" };
        let request = Request::with_method_name(method, URL)
            .unwrap()
            .with_body("order");
        let retrier = Retrier::new(|_| Answer::Unhandled);
        let _ = load_with(&mock, retrying(), request, &retrier);
        assert_eq!(mock.transport().total_exchanges(), 1, "round {round}");
    }
}

#[test]
fn observers_see_each_retry() {
    let mock = busy_once("7");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = seen.clone();
    let session = Session::builder(mock.platform(), retrying())
        .observer(move |_: &Task, event: TaskEvent<'_>| {
            if let TaskEvent::Retrying { attempt, delay } = event {
                note.lock().unwrap().push((attempt.number, delay));
            }
        })
        .build();
    mock.runtime().block_on(session.data(URL)).unwrap();
    assert_eq!(*seen.lock().unwrap(), [(1, seconds(7))]);
}

#[test]
#[cfg(panic = "unwind")]
fn a_panic_in_the_decision_ends_the_task() {
    let mock = busy_once("7");
    let retrier = Retrier::new(|_| panic!("the app's"));
    let error = load_with(&mock, retrying(), get(), &retrier).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unknown);
    assert_eq!(mock.transport().total_exchanges(), 1);
}
