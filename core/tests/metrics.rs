//! Metrics on the mock: what was measured, who is told, and when.
#![cfg(all(feature = "mock", feature = "metrics"))]
// Natively the lint knows a test by its attribute.
#![cfg_attr(
    target_arch = "wasm32",
    expect(clippy::unwrap_used, reason = "a test fails where it stands")
)]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{
    Answer, Capabilities, Configuration, Delegate, Error, ErrorCode, Moment, NetworkKind,
    NetworkPath, Observer, Request, ResourceFetchType, Session, Task, TaskEvent, TaskMetrics,
    TaskState, TransactionMetrics, Wants,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const URL: &str = "https://a.example/x";
const MS: Duration = Duration::from_millis(1);

type Respond = fn(&Task) -> Answer<()>;

/// Keeps metrics, and the names of its calls in order.
#[derive(Clone)]
struct Keeper {
    calls: Arc<Mutex<Vec<String>>>,
    metrics: Arc<Mutex<Vec<TaskMetrics>>>,
    respond: Respond,
}

impl Keeper {
    fn new() -> Self {
        Self::answering(|_| Answer::Unhandled)
    }

    fn answering(respond: Respond) -> Self {
        Self {
            calls: Arc::default(),
            metrics: Arc::default(),
            respond,
        }
    }

    fn note(&self, call: impl Into<String>) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call.into());
    }

    fn calls(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.clone()
    }

    /// The metrics of the one task there was.
    fn only(&self) -> TaskMetrics {
        let metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(metrics.len(), 1);
        metrics[0].clone()
    }
}

impl Delegate for Keeper {
    fn wants(&self) -> Wants {
        Wants::METRICS | Wants::COMPLETION
    }

    fn did_finish_collecting_metrics(&self, task: &Task, metrics: &TaskMetrics) -> Answer<()> {
        assert_ne!(task.state(), TaskState::Completed);
        self.note("metrics");
        let mut all = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(metrics.clone());
        drop(all);
        (self.respond)(task)
    }

    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        self.note(format!("complete {:?}", error.map(Error::code)));
        Answer::Unhandled
    }
}

struct World {
    mock: MockPlatform,
    keeper: Keeper,
    session: Session,
}

impl World {
    fn new(reply: Reply) -> Self {
        Self::with(Keeper::new(), reply)
    }

    fn with(keeper: Keeper, reply: Reply) -> Self {
        let mock = MockPlatform::new();
        mock.transport().on(Method::GET, URL).reply(reply);
        let builder = Session::builder(mock.platform(), Configuration::default());
        let session = builder.delegate(keeper.clone()).build();
        Self {
            mock,
            keeper,
            session,
        }
    }

    /// Runs a task for `URL` to its end.
    fn run(&self) -> TaskMetrics {
        self.session.data_task(URL).resume();
        self.mock.runtime().run_until_idle();
        self.keeper.only()
    }
}

fn only(metrics: &TaskMetrics) -> &TransactionMetrics {
    assert_eq!(metrics.transaction_metrics.len(), 1);
    &metrics.transaction_metrics[0]
}

fn between(from: Option<Moment>, to: Option<Moment>) -> Option<Duration> {
    Some(to? - from?)
}

#[test]
fn phases_take_what_they_took() {
    let reply = Reply::new(200)
        .lookup_takes(MS)
        .connect_after(2 * MS)
        .tls_takes(4 * MS)
        .after(8 * MS)
        .chunk("ab")
        .wait(16 * MS)
        .chunk("c");
    let metrics = World::new(reply).run();
    let hop = only(&metrics);
    assert_eq!(
        [
            between(hop.domain_lookup_start, hop.domain_lookup_end),
            between(hop.connect_start, hop.connect_end),
            between(hop.secure_connection_start, hop.secure_connection_end),
            between(hop.request_start, hop.request_end),
            between(hop.request_end, hop.response_start),
            between(hop.response_start, hop.response_end),
        ],
        [MS, 6 * MS, 4 * MS, Duration::ZERO, 8 * MS, 16 * MS].map(Some)
    );
    assert_eq!(metrics.task_interval.duration(), 31 * MS);
}

#[test]
fn bytes_are_counted_by_kind() {
    let world = World::new(Reply::new(200));
    let url = "http://a.example/up";
    let reply = Reply::new(201).header("x-a", "b").body("four");
    let transport = world.mock.transport();
    transport.on(Method::POST, url).reply(reply);
    let request = Request::post(url).unwrap().with_body("twelve bytes");
    world.session.data_task(request).resume();
    world.mock.runtime().run_until_idle();
    let metrics = world.keeper.only();
    let hop = only(&metrics);
    assert_eq!(
        [
            hop.count_of_request_body_bytes_before_encoding,
            hop.count_of_request_body_bytes_sent,
            hop.count_of_response_body_bytes_received,
            hop.count_of_response_body_bytes_after_decoding,
        ],
        [12, 12, 4, 4].map(Some)
    );
    let head = "HTTP/1.1 200 \r\nx-a: b\r\ncontent-length: 4\r\n\r\n".len() as u64;
    assert_eq!(hop.count_of_response_header_bytes_received, Some(head));
}

#[test]
fn a_reused_connection_has_no_phases() {
    let metrics = World::new(Reply::new(200).on_reused_connection()).run();
    let hop = only(&metrics);
    assert_eq!(hop.is_reused_connection, Some(true));
    let phases = [
        hop.domain_lookup_start,
        hop.connect_start,
        hop.connect_end,
        hop.secure_connection_end,
    ];
    assert_eq!(phases, [None; 4]);
    assert!(hop.negotiated_tls_protocol_version.is_some());
}

#[test]
fn each_redirect_is_a_transaction() {
    let world = World::new(Reply::redirect(302, "/y").body("gone"));
    let url = "https://a.example/y";
    let transport = world.mock.transport();
    transport.on(Method::GET, url).reply(Reply::new(200));
    let metrics = world.run();
    let statuses = metrics.transaction_metrics.iter().map(|hop| {
        let status = hop.response.as_ref().map(|response| response.status());
        (hop.request.url().path(), status.map(|s| s.as_u16()))
    });
    let statuses = statuses.collect::<Vec<_>>();
    assert_eq!(statuses, [("/x", Some(302)), ("/y", Some(200))]);
    assert_eq!(metrics.redirect_count, 1);
    let first = &metrics.transaction_metrics[0];
    assert_eq!(first.count_of_response_body_bytes_received, Some(4));
    assert_eq!(first.count_of_response_body_bytes_after_decoding, Some(0));
    assert!(first.response_end.is_some());
}

#[test]
fn a_failed_lookup_goes_no_further() {
    let reply = Reply::cannot_connect(ErrorCode::CannotFindHost).lookup_takes(MS);
    let metrics = World::new(reply).run();
    let hop = only(&metrics);
    assert!(hop.domain_lookup_start.is_some());
    assert_eq!((hop.domain_lookup_end, hop.connect_start), (None, None));
    assert_eq!((&hop.response, hop.response_start), (&None, None));
    assert_eq!(hop.resource_fetch_type, ResourceFetchType::Unknown);
}

#[test]
fn a_refused_connection_was_looked_up() {
    let reply = Reply::cannot_connect(ErrorCode::CannotConnectToHost);
    let metrics = World::new(reply).run();
    let hop = only(&metrics);
    assert!(hop.domain_lookup_end.is_some() && hop.connect_start.is_some());
    assert_eq!((hop.connect_end, hop.response_start), (None, None));
}

#[test]
fn a_body_broken_off_has_no_end() {
    let metrics = World::new(Reply::new(200).body("0123456789").reset_after(4)).run();
    let hop = only(&metrics);
    assert_eq!(hop.count_of_response_body_bytes_received, Some(4));
    assert_eq!(hop.response_end, None);
}

#[test]
fn a_task_cancelled_before_it_began_has_an_interval_alone() {
    let world = World::new(Reply::new(200));
    let task = world.session.data_task(URL);
    world.mock.runtime().advance(5 * MS);
    task.cancel();
    world.mock.runtime().run_until_idle();
    let metrics = world.keeper.only();
    assert_eq!(metrics.task_interval.duration(), 5 * MS);
    assert!(metrics.transaction_metrics.is_empty());
    let calls = world.keeper.calls();
    assert_eq!(calls, ["metrics", "complete Some(Cancelled)"]);
}

#[test]
fn a_task_cancelled_while_it_connects_has_what_was_reached() {
    let world = World::new(Reply::never_connects().lookup_takes(MS));
    let task = world.session.data_task(URL);
    task.resume();
    world.mock.runtime().advance(5 * MS);
    task.cancel();
    world.mock.runtime().run_until_idle();
    let metrics = world.keeper.only();
    let hop = only(&metrics);
    let lookup = between(hop.domain_lookup_start, hop.domain_lookup_end);
    assert_eq!((lookup, hop.connect_end), (Some(MS), None));
}

#[test]
fn handlers_and_futures_have_them_too() {
    let handled = World::new(Reply::new(200));
    let keeper = handled.keeper.clone();
    let task = handled
        .session
        .data_task_with(URL, move |_| keeper.note("handler"));
    task.resume();
    handled.mock.runtime().run_until_idle();
    assert_eq!(handled.keeper.calls(), ["metrics", "handler"]);

    let awaited = World::new(Reply::new(200));
    let loaded = awaited.mock.runtime().block_on(awaited.session.data(URL));
    assert!(loaded.is_ok());
    assert_eq!(awaited.keeper.calls(), ["metrics"]);
}

#[test]
fn a_dropped_future_has_them_too() {
    let world = World::new(Reply::never());
    let mut future = world.session.data(URL);
    let runtime = world.mock.runtime();
    runtime.block_on(async { assert!(futures::poll!(&mut future).is_pending()) });
    drop(future);
    runtime.run_until_idle();
    assert_eq!(only(&world.keeper.only()).response, None);
}

#[test]
fn an_answer_that_comes_later_holds_the_completion() {
    let keeper = Keeper::answering(|task| {
        let runtime = task.session().platform().runtime.clone();
        Answer::later(async move { runtime.sleep_until(runtime.now() + 10 * MS).await })
    });
    let world = World::with(keeper, Reply::new(200));
    world.session.data_task(URL).resume();
    world.mock.runtime().advance(9 * MS);
    assert_eq!(world.keeper.calls(), ["metrics"]);
    world.mock.runtime().advance(MS);
    assert_eq!(world.keeper.calls(), ["metrics", "complete None"]);
}

#[test]
fn an_answer_that_never_comes_holds_the_completion_for_a_while() {
    let keeper = Keeper::answering(|_| Answer::later(std::future::pending()));
    let world = World::with(keeper, Reply::new(200));
    world.session.data_task(URL).resume();
    world.mock.runtime().advance(Duration::from_secs(60));
    assert_eq!(world.keeper.calls(), ["metrics", "complete None"]);
}

#[test]
fn the_end_of_the_runtime_completes_a_task_whose_metrics_are_unanswered() {
    let keeper = Keeper::answering(|_| Answer::later(std::future::pending()));
    let world = World::with(keeper, Reply::new(200));
    world.session.data_task(URL).resume();
    world.mock.runtime().run_until_stalled();
    world.mock.runtime().shutdown();
    assert_eq!(world.keeper.calls(), ["metrics", "complete None"]);
}

// In wasm32 a panic ends the program.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn a_panic_changes_nothing() {
    let keeper = Keeper::answering(|_| std::panic::panic_any("quietly"));
    let world = World::with(keeper, Reply::new(200));
    world.run();
    assert_eq!(world.keeper.calls(), ["metrics", "complete None"]);
}

#[test]
fn what_the_tasks_delegate_takes_the_sessions_does_not_see() {
    for (answer, seen) in [(Answer::Unhandled, 1), (Answer::HANDLED, 0)] {
        let world = World::new(Reply::new(200));
        let own = Keeper::answering(match answer {
            Answer::Now(()) => |_| Answer::HANDLED,
            Answer::Unhandled | Answer::Later(_) => |_| Answer::Unhandled,
        });
        let task = world.session.data_task_with_delegate(URL, own.clone());
        task.resume();
        world.mock.runtime().run_until_idle();
        own.only();
        let calls = world.keeper.calls();
        assert_eq!(calls.iter().filter(|call| *call == "metrics").count(), seen);
    }
}

/// Watches metrics, and whatever else.
struct Watch(Arc<Mutex<Vec<&'static str>>>);

impl Observer for Watch {
    fn observe(&self, task: &Task, event: TaskEvent<'_>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let TaskEvent::Metrics(metrics) = event {
            assert_eq!(task.metrics().as_deref(), Some(metrics));
            seen.push("metrics");
        } else if let TaskEvent::Completed(_) = event {
            seen.push("completed");
        }
    }

    fn wants_metrics(&self) -> bool {
        true
    }
}

#[test]
fn an_observer_sees_them_of_every_task() {
    let (mock, seen) = (MockPlatform::new(), Arc::<Mutex<Vec<_>>>::default());
    mock.transport().on(Method::GET, URL).reply(Reply::new(200));
    let builder = Session::builder(mock.platform(), Configuration::default());
    let session = builder.observer(Watch(seen.clone())).build();
    mock.runtime().block_on(session.data(URL)).unwrap();
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*seen, ["metrics", "completed"]);
}

#[test]
fn where_nobody_wants_them_there_are_none() {
    let mock = MockPlatform::new();
    mock.transport().on(Method::GET, URL).reply(Reply::new(200));
    let builder = Session::builder(mock.platform(), Configuration::default());
    let session = builder.observer(|_: &Task, _: TaskEvent<'_>| {}).build();
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().run_until_idle();
    assert_eq!(task.metrics(), None);
}

#[test]
fn a_lesser_transport_leaves_what_core_sees() {
    let world = World::new(Reply::new(200).connect_after(MS).body("abc"));
    let mut capabilities = Capabilities::all();
    capabilities.metrics = false;
    world.mock.transport().set_capabilities(capabilities);
    let metrics = world.run();
    let hop = only(&metrics);
    assert_eq!((hop.connect_start, hop.is_reused_connection), (None, None));
    assert_eq!(hop.count_of_response_body_bytes_received, None);
    assert_eq!(hop.count_of_response_body_bytes_after_decoding, Some(3));
    assert!(hop.fetch_start.is_some() && hop.response_end.is_some());
}

#[test]
fn the_path_shows_where_it_is_known() {
    let world = World::new(Reply::new(200));
    let path = NetworkPath::satisfied(NetworkKind::Cellular);
    world.mock.network().set_path(path);
    let metrics = world.run();
    let hop = only(&metrics);
    let facts = [hop.is_cellular, hop.is_expensive, hop.is_constrained];
    assert_eq!(facts, [Some(true), Some(true), Some(false)]);
}
