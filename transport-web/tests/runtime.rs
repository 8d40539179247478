//! Clocks, timers, tasks and chance.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::channel::oneshot;
use support::*;
use urlsession_core::{Configuration, Moment, Multiplexing, Runtime, Target, Transport};
use urlsession_transport_web::{WebRuntime, WebTransport, platform};
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
