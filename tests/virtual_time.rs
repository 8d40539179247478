//! Time that jumps and runs that repeat, on the mock.

#![cfg(all(not(target_arch = "wasm32"), feature = "mock"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use urlsession::http::Method;
use urlsession::mock::{MockPlatform, Reply};
use urlsession::{Configuration, ErrorCode, Runtime, Session, Task, TaskEvent};

const URL: &str = "http://a.example/";
const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// When a load from a silent server times out, with the wall clock set to `wall` on the way.
fn times_out_at(wall: SystemTime) -> u64 {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::new(200).chunk("some").stall());
    let session = Session::new(mock.platform(), Configuration::default());
    let (runtime, clock) = (mock.runtime().clone(), Runtime::clock(mock.runtime()));
    mock.runtime().block_on(async {
        let jump = async {
            runtime.sleep(Duration::from_secs(7)).await;
            runtime.set_wall_clock(wall);
        };
        let (load, ()) = urlsession::futures::future::join(session.data(URL), jump).await;
        assert_eq!(load.unwrap_err().code(), ErrorCode::TimedOut);
    });
    clock.now().as_nanos()
}

#[test]
fn a_jump_of_the_wall_clock_moves_no_timer() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for wall in [now + TEN_YEARS, now - TEN_YEARS, SystemTime::UNIX_EPOCH] {
        assert_eq!(
            times_out_at(wall),
            Duration::from_secs(60).as_nanos() as u64
        );
    }
}

/// All that an observer and the server see of a busy session, in order, with times.
fn trace(seed: u64) -> Vec<String> {
    let mock = MockPlatform::with_seed(seed);
    let (log, clock) = (
        Arc::new(Mutex::new(Vec::new())),
        Runtime::clock(mock.runtime()),
    );
    let note = {
        let log = log.clone();
        move |what: String| {
            log.lock()
                .unwrap()
                .push(format!("{} {what}", clock.now().as_nanos()))
        }
    };
    let watch = note.clone();
    mock.transport()
        .watch(move |sighting| watch(format!("{} {:?}", sighting.exchange, sighting.sight)));
    mock.transport().respond(|request| {
        let wait = Duration::from_millis(request.target.url().path().len() as u64 * 3);
        Reply::new(200).after(wait).chunk("a").wait(wait).chunk("b")
    });
    let session = Session::builder(mock.platform(), Configuration::default())
        .observer(move |task: &Task, event: TaskEvent<'_>| {
            note(format!("task {} {event:?}", task.id()))
        })
        .build();
    for n in 0..30 {
        session
            .data_task(format!("{URL}{}", "x".repeat(n % 7)))
            .resume();
    }
    session.finish_tasks_and_invalidate();
    mock.runtime().run_until_idle();
    log.lock().unwrap().clone()
}

#[test]
fn the_same_seed_gives_the_same_trace_and_others_differ() {
    let traces: Vec<_> = (0..20).map(trace).collect();
    for (seed, first) in traces.iter().enumerate() {
        assert!(first.len() > 100);
        assert_eq!(trace(seed as u64), *first, "seed {seed}");
    }
    assert!(traces.iter().any(|other| *other != traces[0]));
}
