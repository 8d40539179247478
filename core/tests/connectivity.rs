//! Waiting for a network, and paths that may not be used, on the mock.
#![cfg(feature = "mock")]
// Natively the lint knows a test by its attribute.
#![cfg_attr(
    target_arch = "wasm32",
    expect(clippy::unwrap_used, reason = "a test fails where it stands")
)]

use std::error::Error as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{
    Answer, BodyStream, Configuration, Delegate, Error, ErrorCode, ExpiredTimer, InMemory,
    NetworkKind, NetworkPath, NetworkUnavailableReason, NoNetworkPath, ReportedNetwork, Request,
    Session, Task, TaskEvent, TaskState,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const URL: &str = "http://a.example/";
const WIFI: NetworkPath = NetworkPath::satisfied(NetworkKind::Wifi);
const CELLULAR: NetworkPath = NetworkPath::satisfied(NetworkKind::Cellular);

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Counts how often a task says that it waits.
#[derive(Clone, Default)]
struct Waits(Arc<AtomicUsize>);

impl Waits {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Delegate for Waits {
    fn task_is_waiting_for_connectivity(&self, task: &Task) -> Answer<()> {
        assert_eq!(task.state(), TaskState::Running);
        self.0.fetch_add(1, Ordering::Relaxed);
        Answer::HANDLED
    }
}

/// A mock whose server answers everything, and which waits or not.
fn mock() -> MockPlatform {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| Reply::new(200).body("hello"));
    mock
}

fn waiting() -> Configuration {
    let mut configuration = Configuration::default();
    configuration.waits_for_connectivity = true;
    configuration
}

fn wifi_only() -> Configuration {
    let mut configuration = Configuration::default();
    configuration.allows_cellular_access = false;
    configuration
}

fn at(mock: &MockPlatform) -> u64 {
    mock.runtime().block_on(async {});
    urlsession_core::Runtime::now(mock.runtime()).as_nanos() / 1_000_000_000
}

fn reason(error: &Error) -> Option<&NetworkUnavailableReason> {
    error.source()?.downcast_ref()
}

#[test]
fn without_a_network_a_task_fails_at_once() {
    let mock = mock();
    mock.network().disconnect();
    let session = Session::new(mock.platform(), Configuration::default());
    let error = mock.runtime().block_on(session.data(URL)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotConnectedToInternet);
    assert_eq!(error.url().unwrap().as_str(), URL);
    assert!(error.source().unwrap().is::<NoNetworkPath>());
    assert_eq!(mock.transport().total_exchanges(), 0);
}

#[test]
fn a_task_waits_for_the_network_and_goes_on() {
    let (mock, waits) = (mock(), Waits::default());
    mock.network().disconnect();
    mock.network().reconnect_after(seconds(3 * 24 * 3600));
    let session = Session::builder(mock.platform(), waiting())
        .delegate(waits.clone())
        .build();
    let (body, _) = mock.runtime().block_on(session.data(URL)).unwrap();
    assert_eq!((&body[..], waits.count()), (&b"hello"[..], 1));
    assert_eq!(at(&mock), 3 * 24 * 3600);
    assert_eq!(mock.transport().total_exchanges(), 1);
}

#[test]
fn it_is_told_once_though_it_waits_twice() {
    let (mock, waits) = (mock(), Waits::default());
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::redirect(302, "http://b.example/").after(seconds(5)));
    let network = mock.network();
    network.disconnect();
    network.reconnect_after(seconds(10));
    network.disconnect_after(seconds(12));
    network.reconnect_after(seconds(100));
    let session = Session::builder(mock.platform(), waiting())
        .delegate(waits.clone())
        .build();
    mock.runtime().block_on(session.data(URL)).unwrap();
    assert_eq!((at(&mock), waits.count()), (100, 1));
}

#[test]
fn the_resource_timer_ends_the_wait_and_the_idle_timer_does_not() {
    let mock = mock();
    mock.network().disconnect();
    let mut configuration = waiting();
    configuration.timeout_interval_for_request = seconds(1);
    configuration.timeout_interval_for_resource = seconds(3600);
    let session = Session::new(mock.platform(), configuration);
    let error = mock.runtime().block_on(session.data(URL)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TimedOut);
    let timer = error.source().unwrap().downcast_ref::<ExpiredTimer>();
    assert_eq!(timer, Some(&ExpiredTimer::Resource));
    assert_eq!(at(&mock), 3600);
}

#[test]
fn cancelled_while_it_waits_a_task_ends_at_once() {
    let (mock, waits) = (mock(), Waits::default());
    mock.network().disconnect();
    let session = Session::builder(mock.platform(), waiting())
        .delegate(waits.clone())
        .build();
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().run_until_stalled();
    assert_eq!((task.state(), waits.count()), (TaskState::Running, 1));
    task.cancel();
    let error = mock.runtime().block_on(task.finished()).unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!((at(&mock), session.task_count()), (0, 0));
}

#[test]
fn an_invalidated_session_ends_what_waits() {
    let mock = mock();
    mock.network().disconnect();
    let session = Session::new(mock.platform(), waiting());
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().run_until_stalled();
    session.invalidate_and_cancel();
    assert!(mock.runtime().block_on(task.finished()).is_err());
    assert_eq!((at(&mock), session.task_count()), (0, 0));
}

#[test]
fn suspended_while_it_waits_a_task_goes_on_when_it_is_resumed() {
    let mock = mock();
    mock.network().disconnect();
    let mut configuration = waiting();
    configuration.timeout_interval_for_resource = seconds(60);
    let session = Session::new(mock.platform(), configuration);
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().advance(seconds(10));
    task.suspend();
    mock.network().reconnect();
    mock.runtime().advance(seconds(1000));
    assert_eq!(mock.transport().total_exchanges(), 0);
    task.resume();
    mock.runtime().block_on(task.finished()).unwrap();
}

#[test]
fn suspended_and_resumed_while_it_waits_its_idle_timer_still_stands() {
    let mock = mock();
    mock.network().disconnect();
    let mut configuration = waiting();
    configuration.timeout_interval_for_request = seconds(5);
    let session = Session::new(mock.platform(), configuration);
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().run_until_stalled();
    task.suspend();
    task.resume();
    mock.runtime().advance(seconds(1000));
    assert_eq!(task.state(), TaskState::Running);
    mock.network().reconnect();
    mock.runtime().block_on(task.finished()).unwrap();
}

#[test]
fn a_forbidden_path_fails_with_the_reason() {
    use NetworkUnavailableReason as Reason;
    type Forbid = fn(&mut Configuration);
    let rows: [(NetworkPath, Forbid, Reason); 4] = [
        (
            CELLULAR,
            |it| it.allows_cellular_access = false,
            Reason::Cellular,
        ),
        (
            CELLULAR,
            |it| it.allows_expensive_network_access = false,
            Reason::Expensive,
        ),
        (
            WIFI.expensive(),
            |it| it.allows_expensive_network_access = false,
            Reason::Expensive,
        ),
        (
            WIFI.constrained(),
            |it| it.allows_constrained_network_access = false,
            Reason::Constrained,
        ),
    ];
    for (path, forbid, expected) in rows {
        let mock = mock();
        mock.network().set_path(path);
        let mut configuration = Configuration::default();
        forbid(&mut configuration);
        let session = Session::new(mock.platform(), configuration);
        let error = mock.runtime().block_on(session.data(URL)).unwrap_err();
        assert_eq!(error.code().raw(), -1020);
        assert_eq!(reason(&error), Some(&expected));
        mock.network().set_path(WIFI);
        assert!(mock.runtime().block_on(session.data(URL)).is_ok());
        assert_eq!(mock.transport().total_exchanges(), 1);
    }
}

#[test]
fn a_forbidden_path_is_waited_out() {
    let (mock, waits) = (mock(), Waits::default());
    mock.network().set_path(CELLULAR);
    mock.network()
        .set_path_after(seconds(10), NetworkPath::unsatisfied());
    mock.network().set_path_after(seconds(20), WIFI);
    let mut configuration = wifi_only();
    configuration.waits_for_connectivity = true;
    let session = Session::builder(mock.platform(), configuration)
        .delegate(waits.clone())
        .build();
    mock.runtime().block_on(session.data(URL)).unwrap();
    assert_eq!((at(&mock), waits.count()), (20, 1));
}

#[test]
fn a_request_can_forbid_more_and_allow_no_more() {
    let mock = mock();
    mock.network().set_path(CELLULAR);
    let asked = |allowed| {
        Request::get(URL)
            .unwrap()
            .with_allows_cellular_access(allowed)
    };
    let (strict, lax) = (
        Session::new(mock.platform(), wifi_only()),
        Session::new(mock.platform(), Configuration::default()),
    );
    for (session, allowed, goes) in [
        (&strict, true, false),
        (&strict, false, false),
        (&lax, false, false),
        (&lax, true, true),
    ] {
        let loaded = mock.runtime().block_on(session.data(asked(allowed)));
        assert_eq!(loaded.is_ok(), goes);
    }
}

#[test]
fn a_redirect_does_not_lead_around_what_a_request_forbids() {
    let mock = mock();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::redirect(302, "http://b.example/").after(seconds(5)));
    mock.network().set_path(WIFI);
    mock.network().set_path_after(seconds(3), CELLULAR);
    let session = Session::new(mock.platform(), Configuration::default());
    let request = Request::get(URL)
        .unwrap()
        .with_allows_cellular_access(false);
    let error = mock.runtime().block_on(session.data(request)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::DataNotAllowed);
    assert_eq!(error.url().unwrap().as_str(), "http://b.example/");
}

#[test]
fn this_machine_is_reached_without_a_network() {
    let mock = mock();
    mock.network().disconnect();
    let session = Session::new(mock.platform(), waiting());
    for url in [
        "http://localhost/",
        "http://127.0.0.1:8080/",
        "http://[::1]/",
    ] {
        assert!(mock.runtime().block_on(session.data(url)).is_ok(), "{url}");
    }
    assert_eq!(at(&mock), 0);
}

#[test]
fn what_is_unknown_is_allowed() {
    let mock = mock();
    mock.network().set_path(CELLULAR);
    mock.network().set_told(false);
    let session = Session::new(mock.platform(), wifi_only());
    assert!(mock.runtime().block_on(session.data(URL)).is_ok());
    assert_eq!(session.network_path(), NetworkPath::UNKNOWN);
}

#[test]
fn those_that_wait_keep_no_place() {
    let mock = mock();
    mock.network().set_path(CELLULAR);
    let session = Session::new(mock.platform(), waiting());
    let picky = || {
        Request::get(URL)
            .unwrap()
            .with_allows_cellular_access(false)
    };
    let tasks: Vec<_> = (0..6)
        .map(|_| session.data_task_with(picky(), |_| ()))
        .collect();
    tasks.iter().for_each(|task| task.resume());
    mock.runtime().run_until_stalled();
    assert!(mock.runtime().block_on(session.data(URL)).is_ok());
    mock.network().set_path(WIFI);
    for task in tasks {
        mock.runtime().block_on(task.finished()).unwrap();
    }
}

#[test]
fn when_the_network_is_back_all_queue_for_their_places() {
    let mock = MockPlatform::new();
    mock.transport()
        .respond(|_| Reply::new(200).after(seconds(1)));
    mock.network().disconnect();
    let session = Session::new(mock.platform(), waiting());
    let tasks: Vec<_> = (0..40)
        .map(|_| session.data_task_with(URL, |_| ()))
        .collect();
    tasks.iter().for_each(|task| task.resume());
    mock.runtime().advance(seconds(100));
    mock.network().reconnect();
    mock.runtime().run_until_idle();
    assert!(
        tasks
            .iter()
            .all(|task| task.state() == TaskState::Completed)
    );
    assert_eq!(mock.transport().total_exchanges(), 40);
    assert_eq!(mock.transport().most_open_exchanges(), 6);
}

#[test]
fn where_nothing_is_known_a_failed_attempt_is_made_again_later_and_later() {
    let (mock, waits) = (mock(), Waits::default());
    mock.network().set_told(false);
    mock.network().disconnect();
    mock.network().reconnect_after(seconds(200));
    let session = Session::builder(mock.platform(), waiting())
        .delegate(waits.clone())
        .build();
    mock.runtime().block_on(session.data(URL)).unwrap();
    let requests = mock.transport().requests();
    let times: Vec<_> = requests
        .iter()
        .map(|it| it.at.as_nanos() / 1_000_000_000)
        .collect();
    assert_eq!(times, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    assert_eq!(waits.count(), 1);
}

#[test]
fn a_change_of_the_path_brings_the_next_attempt_forward() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::cannot_connect(ErrorCode::NotConnectedToInternet))
        .then(Reply::cannot_connect(ErrorCode::DnsLookupFailed))
        .then(Reply::new(200));
    let network = ReportedNetwork::new(NetworkPath::UNKNOWN);
    let session = Session::builder(mock.platform(), waiting())
        .network_monitor(network.clone())
        .build();
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().run_until_stalled();
    network.report(WIFI);
    mock.runtime().run_until_stalled();
    assert_eq!((mock.transport().total_exchanges(), at(&mock)), (2, 0));
    mock.runtime().block_on(task.finished()).unwrap();
}

#[test]
fn without_waiting_a_failed_attempt_is_the_tasks_error() {
    let mock = mock();
    mock.network().set_told(false);
    mock.network().disconnect();
    let session = Session::new(mock.platform(), Configuration::default());
    let error = mock.runtime().block_on(session.data(URL)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotConnectedToInternet);
    assert_eq!(mock.transport().total_exchanges(), 1);
}

#[test]
fn a_server_that_refuses_or_hangs_up_is_not_waited_for() {
    for (reply, code) in [
        (
            Reply::cannot_connect(ErrorCode::CannotConnectToHost),
            ErrorCode::CannotConnectToHost,
        ),
        (
            Reply::cannot_connect(ErrorCode::CannotFindHost),
            ErrorCode::CannotFindHost,
        ),
        (
            Reply::error(ErrorCode::NetworkConnectionLost),
            ErrorCode::NetworkConnectionLost,
        ),
        (
            Reply::new(200).body("0123456789").reset_after(4),
            ErrorCode::NetworkConnectionLost,
        ),
    ] {
        let mock = MockPlatform::new();
        mock.transport().respond(move |_| reply.clone());
        let session = Session::new(mock.platform(), waiting());
        let error = mock.runtime().block_on(session.data(URL)).unwrap_err();
        assert_eq!((error.code(), at(&mock)), (code, 0));
    }
}

#[test]
fn a_body_that_can_be_made_again_is_sent_when_the_network_is_back() {
    let mock = mock();
    mock.network().set_told(false);
    mock.network().disconnect();
    mock.network().reconnect_after(seconds(2));
    let session = Session::new(mock.platform(), waiting());
    let stream = BodyStream::replayable(|| Box::new(InMemory::new("body".into())));
    let request = Request::post(URL).unwrap().with_body(stream);
    mock.runtime().block_on(session.data(request)).unwrap();
    let sent = mock.transport().requests();
    assert_eq!(sent.last().unwrap().body, "body");
}

#[test]
fn a_body_that_cannot_be_made_again_leaves_the_first_error() {
    let mock = mock();
    let lost = Reply::error(ErrorCode::NotConnectedToInternet);
    mock.transport().on(Method::PUT, URL).reply(lost);
    let session = Session::new(mock.platform(), waiting());
    let stream = BodyStream::once(InMemory::new("body".into()));
    let request = Request::put(URL).unwrap().with_body(stream.clone());
    let error = mock.runtime().block_on(session.data(request)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotConnectedToInternet);
    assert!(!stream.is_unread());
}

#[test]
fn a_body_that_can_be_read_once_is_sent_when_there_is_a_network() {
    let mock = mock();
    mock.network().set_told(false);
    mock.network().disconnect();
    mock.network().reconnect_after(seconds(5));
    mock.transport()
        .on(Method::POST, URL)
        .reply(Reply::new(200));
    let session = Session::new(mock.platform(), waiting());
    let stream = BodyStream::once(InMemory::new("body".into()));
    let request = Request::post(URL).unwrap().with_body(stream);
    mock.runtime().block_on(session.data(request)).unwrap();
    assert_eq!(mock.transport().requests().last().unwrap().body, "body");
}

#[test]
fn observers_see_the_wait() {
    let (mock, seen) = (mock(), Arc::<Mutex<Vec<&str>>>::default());
    mock.network().disconnect();
    mock.network().reconnect_after(seconds(1));
    let log = seen.clone();
    let session = Session::builder(mock.platform(), waiting())
        .observer(move |_: &Task, event: TaskEvent<'_>| {
            let name = if let TaskEvent::WaitingForConnectivity = event {
                "waiting"
            } else if let TaskEvent::Responded(_) = event {
                "responded"
            } else {
                return;
            };
            log.lock().unwrap().push(name);
        })
        .build();
    mock.runtime().block_on(session.data(URL)).unwrap();
    assert_eq!(*seen.lock().unwrap(), ["waiting", "responded"]);
}

#[test]
fn a_late_answer_delays_the_going_on() {
    struct Slow(MockPlatform);
    impl Delegate for Slow {
        fn task_is_waiting_for_connectivity(&self, _: &Task) -> Answer<()> {
            Answer::later(self.0.runtime().sleep(seconds(50)))
        }
    }
    let mock = mock();
    mock.network().disconnect();
    mock.network().reconnect_after(seconds(10));
    let session = Session::builder(mock.platform(), waiting())
        .delegate(Slow(mock.clone()))
        .build();
    mock.runtime().block_on(session.data(URL)).unwrap();
    assert_eq!(at(&mock), 50);
}
