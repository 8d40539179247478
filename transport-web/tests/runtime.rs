//! Clocks, timers, tasks and chance.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::channel::oneshot;
use support::*;
use urlsession_core::{Configuration, Moment, Multiplexing, Runtime, Target, Transport};
use urlsession_transport_web::{WebRuntime, WebTransport, platform, spawn_local};
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
async fn a_sleep_lasts_until_its_moment() {
    let runtime = WebRuntime::new();
    let until = runtime.now() + Duration::from_millis(30);
    runtime.sleep_until(until).await;
    assert!(runtime.now() >= until);
}

#[test]
fn a_moment_that_has_passed_is_no_wait() {
    let runtime = WebRuntime::new();
    assert!(runtime.sleep_until(runtime.now()).now_or_never().is_some());
    assert!(
        runtime
            .sleep_until(Moment::from_nanos(0))
            .now_or_never()
            .is_some()
    );
}

#[test]
async fn a_sleep_longer_than_a_timer_can_be_is_made_of_several() {
    // A clock that each timer moves on by its delay, and timers that fire at once.
    script("(globalThis.__clock = 1000, globalThis.__delays = [])");
    let clock = Replaced::by("performance", "now", "() => globalThis.__clock");
    let timers = Replaced::by(
        "globalThis",
        "setTimeout",
        "(callback, delay) => {
            globalThis.__delays.push(delay);
            globalThis.__clock += delay;
            Promise.resolve().then(callback);
            return 1;
        }",
    );
    let runtime = WebRuntime::new();
    runtime
        .sleep_until(runtime.now() + Duration::from_millis(5_000_000_000))
        .await;
    drop((clock, timers));
    let delays = script("globalThis.__delays.join()").as_string().unwrap();
    assert_eq!(delays, "2147483647,2147483647,705032706");
}

#[test]
fn a_sleep_that_is_dropped_clears_its_timer() {
    script("globalThis.__cleared = undefined");
    let timers = Replaced::by("globalThis", "setTimeout", "() => 'the timer'");
    let clearing = Replaced::by(
        "globalThis",
        "clearTimeout",
        "id => { globalThis.__cleared = id }",
    );
    let mut sleep = WebRuntime::new().sleep_until(Moment::from_nanos(u64::MAX));
    assert!((&mut sleep).now_or_never().is_none());
    drop(sleep);
    drop((timers, clearing));
    assert_eq!(
        script("globalThis.__cleared").as_string().unwrap(),
        "the timer"
    );
}

#[test]
fn a_sleep_without_timers_neither_ends_nor_panics() {
    let _timers = Replaced::by("globalThis", "setTimeout", "() => { throw 'no' }");
    let runtime = WebRuntime::new();
    let mut sleep = runtime.sleep_until(runtime.now() + Duration::from_secs(1));
    assert!((&mut sleep).now_or_never().is_none());
}

#[test]
async fn what_is_spawned_runs_in_the_background() {
    let (go, gone) = oneshot::channel();
    let (tell, told) = oneshot::channel();
    WebRuntime::new().spawn(Box::pin(async move {
        let word: &str = gone.await.unwrap();
        tell.send(word).unwrap();
    }));
    go.send("went").unwrap();
    assert_eq!(told.await, Ok("went"));
}

/// What was written down, in order.
type Notes = Rc<RefCell<Vec<&'static str>>>;

fn noting(notes: &Notes, note: &'static str) -> Pin<Box<dyn Future<Output = ()>>> {
    let notes = Rc::clone(notes);
    Box::pin(async move { notes.borrow_mut().push(note) })
}

/// Lets everything have its turn that was woken so far.
async fn turn() {
    let (tell, told) = oneshot::channel();
    WebRuntime::new().spawn(Box::pin(async move { tell.send(()).unwrap() }));
    told.await.unwrap();
}

#[test]
async fn what_is_spawned_runs_later_and_in_order() {
    let (runtime, notes) = (WebRuntime::new(), Notes::default());
    let inner = Rc::clone(&notes);
    runtime.spawn(Box::pin(async move {
        WebRuntime::new().spawn(noting(&inner, "inner"));
        inner.borrow_mut().push("outer");
    }));
    runtime.spawn(noting(&notes, "next"));
    assert!(notes.borrow().is_empty(), "spawn polls nothing");
    turn().await;
    turn().await;
    assert_eq!(*notes.borrow(), ["outer", "next", "inner"]);
}

#[test]
async fn a_future_that_wakes_itself_has_another_turn_and_holds_up_nobody() {
    let (runtime, notes) = (WebRuntime::new(), Notes::default());
    let (inner, mut polls) = (Rc::clone(&notes), 0);
    runtime.spawn(Box::pin(poll_fn(move |context| {
        inner.borrow_mut().push("polled");
        polls += 1;
        // Twice is once.
        context.waker().wake_by_ref();
        context.waker().wake_by_ref();
        if polls == 3 {
            return Poll::Ready(());
        }
        Poll::Pending
    })));
    runtime.spawn(noting(&notes, "next"));
    for _ in 0..5 {
        turn().await;
    }
    assert_eq!(*notes.borrow(), ["polled", "next", "polled", "polled"]);
}

#[test]
async fn a_waker_that_outlives_its_future_wakes_nobody() {
    let (runtime, kept) = (WebRuntime::new(), Rc::new(RefCell::new(None)));
    let inner = Rc::clone(&kept);
    runtime.spawn(Box::pin(poll_fn(move |context| {
        inner.replace(Some(context.waker().clone()));
        Poll::Ready(())
    })));
    turn().await;
    // Has the number of the one before, and is polled when it is spawned only.
    let polls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&polls);
    runtime.spawn(Box::pin(poll_fn(move |_| {
        counted.set(counted.get() + 1);
        Poll::Pending
    })));
    turn().await;
    let waker = kept.take().unwrap();
    waker.wake_by_ref();
    waker.wake();
    turn().await;
    assert_eq!(polls.get(), 1);
}

#[test]
async fn a_future_that_ends_may_spawn_as_it_is_dropped() {
    struct Spawns(Notes);

    impl Drop for Spawns {
        fn drop(&mut self) {
            WebRuntime::new().spawn(noting(&self.0, "spawned"));
        }
    }

    let notes = Notes::default();
    let spawns = Spawns(Rc::clone(&notes));
    WebRuntime::new().spawn(Box::pin(async move {
        let _spawns = spawns;
    }));
    turn().await;
    turn().await;
    assert_eq!(*notes.borrow(), ["spawned"]);
}

#[test]
async fn what_is_spawned_needs_nothing_that_a_page_can_take_away() {
    let microtasks = Replaced::by("globalThis", "queueMicrotask", "undefined");
    let then = Replaced::by("Promise.prototype", "then", "undefined");
    let notes = Notes::default();
    spawn_local(noting(&notes, "spawned"));
    drop((then, microtasks));
    turn().await;
    assert_eq!(*notes.borrow(), ["spawned"]);
}

#[test]
fn the_clock_does_not_go_back() {
    let runtime = WebRuntime::new();
    let mut last = runtime.now();
    for _ in 0..1000 {
        let now = runtime.now();
        assert!(now >= last);
        last = now;
    }
}

#[test]
fn the_wall_clock_is_the_machines() {
    let wall = WebRuntime::new().wall_clock();
    let since = wall
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_millis() as f64;
    assert!((since - js_sys::Date::now()).abs() < 1000.0);
}

#[test]
fn random_numbers_are_not_alike() {
    let runtime = WebRuntime::new();
    let mut seen: Vec<u64> = (0..100).map(|_| runtime.random()).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 100);
}

#[test]
fn the_platform_counts_connections_and_says_what_it_cannot_do() {
    let platform = platform(&Configuration::default());
    let origin = Target::parse("https://a.example/").unwrap();
    assert_eq!(
        platform.transport.multiplexing(origin.origin()),
        Multiplexing::Platform
    );
    let can = WebTransport::new().capabilities();
    assert!(!can.trailers && !can.informational && !can.distinct_errors);
    assert_eq!(can.redirects, is_node(), "a browser follows by itself");
}
