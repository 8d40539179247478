//! Whoever polls, wherever the session was made, and whatever becomes of that place.

#![cfg(all(not(target_arch = "wasm32"), feature = "http2", feature = "tls"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use guard::{PATIENCE, within};
use tokio::runtime::{Builder, Runtime};
use urlsession::futures::future::{join_all, pending};
use urlsession::{
    Answer, Bytes, Configuration, DataTask, Delegate, Error, Response, ResponseDisposition,
    Session, Task, TaskState,
};
use urlsession_origin::{FullBacklog, Origin, block_on};

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread(workers: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .unwrap()
}

fn session() -> Session {
    urlsession::session(Configuration::ephemeral())
}

async fn text(session: &Session, url: &str) -> String {
    let (body, _) = session.data(url).await.unwrap();
    String::from_utf8_lossy(&body).into_owned()
}

/// A task's outcome by its handler, as a thread can wait for it.
fn resumed(session: &Session, url: &str) -> (DataTask, mpsc::Receiver<Result<Bytes, Error>>) {
    let (tell, told) = mpsc::channel();
    let task = session.data_task_with(url, move |result| {
        // A second completion finds nobody, or is counted by the test that waits for silence.
        drop(tell.send(result.map(|(body, _)| body)));
    });
    task.resume();
    (task, told)
}

#[tokio::test]
async fn the_shared_session_serves_one_runtime() {
    let origin = Origin::spawn().unwrap();
    assert_eq!(
        within("shared", text(&urlsession::shared(), &origin.url("/UK"))).await,
        "London"
    );
}

#[tokio::test]
async fn the_shared_session_serves_the_next_runtime() {
    let origin = Origin::spawn().unwrap();
    assert_eq!(
        within("shared", text(&urlsession::shared(), &origin.url("/UK"))).await,
        "London"
    );
}

#[test]
fn the_shared_session_serves_runtimes_in_turn_on_one_connection() {
    let origin = Origin::spawn().unwrap();
    for _ in 0..3 {
        let london = current_thread().block_on(text(&urlsession::shared(), &origin.url("/UK")));
        assert_eq!(london, "London");
    }
    assert_eq!(
        block_on(text(&urlsession::shared(), &origin.url("/UK"))),
        "London"
    );
    assert_eq!(origin.accepted_connections(), 1);
}

#[test]
fn without_any_runtime_a_session_uses_the_librarys_thread() {
    let origin = Origin::spawn().unwrap();
    let session = session();
    assert_eq!(block_on(text(&session, &origin.url("/UK"))), "London");
    let (_, told) = resumed(&session, &origin.url("/Peru"));
    assert_eq!(told.recv_timeout(PATIENCE).unwrap().unwrap(), "Lima");
    assert_eq!(
        current_thread().block_on(text(&session, &origin.url("/Italy"))),
        "Rome"
    );
}

#[test]
fn made_in_a_runtime_a_session_can_be_awaited_anywhere() {
    let origin = Origin::spawn().unwrap();
    let (home, other) = (multi_thread(1), current_thread());
    let session = home.block_on(async { session() });
    assert_eq!(block_on(text(&session, &origin.url("/UK"))), "London");
    assert_eq!(other.block_on(text(&session, &origin.url("/UK"))), "London");
    let from_a_thread = thread::spawn({
        let (session, url) = (session.clone(), origin.url("/UK"));
        move || block_on(text(&session, &url))
    });
    assert_eq!(from_a_thread.join().unwrap(), "London");
}

#[test]
fn every_kind_of_runtime_serves_every_protocol() {
    let origin = Origin::spawn().unwrap();
    let mut configuration = Configuration::ephemeral();
    configuration
        .tls_additional_roots
        .push(origin.authority().der().to_vec());
    for runtime in [current_thread(), multi_thread(1), multi_thread(4)] {
        runtime.block_on(async {
            let session = urlsession::session(configuration.clone());
            for url in [
                origin.url("/UK"),
                origin.tls_h1_url("/UK"),
                origin.tls_url("/UK"),
            ] {
                assert_eq!(within(&url, text(&session, &url)).await, "London");
            }
        });
    }
}

/// Never answers whether a response may go on.
struct NeverAnswers;

impl Delegate for NeverAnswers {
    fn did_receive_response(&self, _: &Task, _: &Response) -> Answer<ResponseDisposition> {
        Answer::Later(Box::pin(pending()))
    }
}

/// Ends the session's delegate's say in an outcome that a thread can wait for.
struct Tells(Mutex<mpsc::Sender<Option<Error>>>);

impl Delegate for Tells {
    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        drop(self.0.lock().unwrap().send(error.cloned()));
        ().into()
    }
}

/// A session whose tasks are at whatever a task can be at: none of them ends by itself.
async fn busy_session(
    origin: &Origin,
    full: &FullBacklog,
    tells: Tells,
) -> (Session, Vec<DataTask>) {
    let mut configuration = Configuration::ephemeral();
    configuration.http_maximum_connections_per_host = 3;
    configuration
        .tls_additional_roots
        .push(origin.authority().der().to_vec());
    let session = urlsession::builder(configuration).delegate(tells).build();
    let head = session.data_task(origin.url("/delay/600000"));
    let body = session.data_task(origin.url("/endless?every=600000"));
    let suspended = session.data_task(origin.url("/endless?every=600000"));
    let h2 = session.data_task(origin.tls_url("/delay/600000"));
    let connecting = session.data_task(full.url("/"));
    let asked = session.data_task_with_delegate(origin.other_url("/UK"), NeverAnswers);
    let mut tasks = vec![head, body, suspended, h2, connecting, asked];
    tasks.iter().for_each(|task| task.resume());
    let arrived = async |path: &str, count| {
        within(path, origin.wait_for_requests(path, count))
            .await
            .unwrap();
    };
    arrived("/delay/600000", 2).await;
    arrived("/endless", 2).await;
    arrived("/UK", 1).await;
    tasks[2].suspend();
    // It takes the suspended one's place, and the next one waits for a place.
    let another = session.data_task(origin.url("/delay/600000"));
    another.resume();
    arrived("/delay/600000", 3).await;
    let queued = session.data_task(origin.url("/UK"));
    queued.resume();
    tasks.extend([another, queued]);
    (session, tasks)
}

/// Whatever a task is doing when its runtime ends, it has one completion, an error.
fn ends_with_its_runtime(runtime: Runtime) {
    let (origin, full) = (Origin::spawn().unwrap(), FullBacklog::start().unwrap());
    let (tell, told) = mpsc::channel();
    let (session, tasks) = runtime.block_on(busy_session(&origin, &full, Tells(tell.into())));
    runtime.shutdown_timeout(Duration::from_secs(5));
    // What only the library's callers can move: a task that is suspended or queued has no future that the runtime could drop.
    let waiting = |task: &&DataTask| !matches!(task.state(), TaskState::Completed);
    let began = Instant::now();
    let mut ends = 0;
    while ends < tasks.len() {
        match told.recv_timeout(Duration::from_millis(100)) {
            Ok(error) => {
                assert!(error.is_some(), "a success without its runtime");
                ends += 1;
            }
            Err(_) => {
                let left: Vec<_> = tasks.iter().filter(waiting).collect();
                assert!(
                    began.elapsed() < Duration::from_secs(10),
                    "never completed: {left:?}"
                );
            }
        }
    }
    assert!(
        told.recv_timeout(Duration::from_millis(50)).is_err(),
        "a second completion"
    );
    assert_eq!(session.task_count(), 0);
    let (_, late) = resumed(&session, &origin.url("/UK"));
    assert!(
        late.recv_timeout(PATIENCE).unwrap().is_err(),
        "a task made after the end"
    );
}

#[test]
fn when_a_current_thread_runtime_ends_every_task_completes_with_an_error() {
    ends_with_its_runtime(current_thread());
}

#[test]
fn when_a_multi_thread_runtime_ends_every_task_completes_with_an_error() {
    ends_with_its_runtime(multi_thread(2));
}

#[test]
fn a_future_that_outlives_its_sessions_runtime_ends_with_an_error() {
    let origin = Origin::spawn().unwrap();
    let home = multi_thread(1);
    let session = home.block_on(async { session() });
    let waiting = thread::spawn({
        let load = session.data(origin.url("/delay/600000"));
        move || block_on(load)
    });
    block_on(origin.wait_for_requests("/delay/600000", 1)).unwrap();
    home.shutdown_timeout(Duration::from_secs(5));
    assert!(waiting.join().unwrap().is_err());
    assert!(block_on(session.data(origin.url("/UK"))).is_err());
}

/// Case 58 of the old suite, and the same with one session.
#[test]
fn ten_threads_load_from_sessions_of_their_own_and_from_a_common_one() {
    let origin = Arc::new(Origin::spawn().unwrap());
    let common = session();
    let threads: Vec<_> = (0..10)
        .map(|_| {
            let (origin, common) = (origin.clone(), common.clone());
            thread::spawn(move || {
                let own = session();
                for _ in 0..20 {
                    assert_eq!(block_on(text(&own, &origin.url("/UK"))), "London");
                    let (task, told) = resumed(&common, &origin.url("/Peru"));
                    assert_eq!(told.recv_timeout(PATIENCE).unwrap().unwrap(), "Lima");
                    block_on(task.finished()).unwrap();
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(common.task_count(), 0);
}

/// Case 33 of the old suite.
#[tokio::test(flavor = "multi_thread")]
async fn three_thousand_rounds_of_three_overlapping_requests_finish() {
    let origin = Origin::spawn().unwrap();
    let session = session();
    for round in 0..3000 {
        let three = join_all(["/UK", "/Peru", "/Italy"].map(|path| session.data(origin.url(path))));
        for load in within("a round", three).await {
            assert!(load.is_ok(), "round {round}: {load:?}");
        }
    }
    assert!(
        origin.accepted_connections() < 100,
        "{}",
        origin.accepted_connections()
    );
}

/// Checks each call: never two at once, none after the completion. What it finds it keeps, for a panic is the task's own affair.
#[derive(Default)]
struct Checks {
    is_inside: AtomicBool,
    ends: Mutex<BTreeMap<u64, u32>>,
    calls: AtomicU64,
    broken: Mutex<Vec<String>>,
}

impl Checks {
    fn call(&self, task: &Task, work: impl FnOnce()) {
        self.holds(
            !self.is_inside.swap(true, Ordering::SeqCst),
            "two callbacks at once",
        );
        let has_ended = self.ends.lock().unwrap().contains_key(&task.id());
        self.holds(!has_ended, "a call after the completion");
        self.calls.fetch_add(1, Ordering::Relaxed);
        thread::yield_now();
        work();
        self.holds(
            self.is_inside.swap(false, Ordering::SeqCst),
            "two callbacks at once",
        );
    }

    fn holds(&self, holds: bool, rule: &str) {
        if !holds {
            self.broken.lock().unwrap().push(rule.to_owned());
        }
    }
}

#[derive(Clone, Default)]
struct Checking(Arc<Checks>);

impl Delegate for Checking {
    fn did_receive_response(&self, task: &Task, _: &Response) -> Answer<ResponseDisposition> {
        self.0.call(task, || {});
        match task.id() % 3 {
            0 => Answer::later(async {
                tokio::task::yield_now().await;
                ResponseDisposition::Allow
            }),
            _ => Answer::Unhandled,
        }
    }

    fn did_receive_data(&self, task: &Task, _: &Bytes) -> Answer<()> {
        self.0.call(task, || {});
        ().into()
    }

    fn did_complete(&self, task: &Task, _: Option<&Error>) -> Answer<()> {
        let count = || *self.0.ends.lock().unwrap().entry(task.id()).or_default() += 1;
        self.0.call(task, count);
        ().into()
    }
}

/// What a worker does to a task while it runs.
async fn meddle(task: DataTask, kind: usize) {
    for _ in 0..kind % 7 {
        tokio::task::yield_now().await;
    }
    match kind % 4 {
        0 => task.cancel(),
        1 | 2 => {
            task.suspend();
            tokio::time::sleep(Duration::from_micros(kind as u64 * 20)).await;
            task.resume();
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn suspends_resumes_and_cancels_from_all_threads_leave_callbacks_serial_and_completions_single()
 {
    let origin = Origin::spawn().unwrap();
    let checking = Checking::default();
    let session = urlsession::builder(Configuration::ephemeral())
        .delegate(checking.clone())
        .build();
    let url = origin.url("/bytes/20000");
    let (began, mut made) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(3) {
        let tasks: Vec<_> = (0..40).map(|_| session.data_task(&url)).collect();
        tasks.iter().for_each(|task| task.resume());
        let meddlers = tasks
            .iter()
            .enumerate()
            .map(|(kind, task)| tokio::spawn(meddle(task.clone(), kind)));
        for meddler in meddlers.collect::<Vec<_>>() {
            meddler.await.unwrap();
        }
        for kind in 0..5 {
            drop(tokio::time::timeout(Duration::from_micros(kind * 150), session.data(&url)).await);
        }
        made += tasks.len();
        within("all of a batch", async {
            while session.task_count() > 0 {
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
        })
        .await;
    }
    assert_eq!(*checking.0.broken.lock().unwrap(), Vec::<String>::new());
    let ends = checking.0.ends.lock().unwrap();
    assert!(ends.values().all(|&times| times == 1));
    assert_eq!(ends.len(), made);
    assert!(checking.0.calls.load(Ordering::Relaxed) > made as u64 / 2);
}
