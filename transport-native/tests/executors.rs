//! Whoever polls, and wherever the sockets live.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use futures::executor::block_on;
use support::{Client, get};
use tokio::runtime::{Builder, Runtime};
use tokio::task::coop::consume_budget;
use urlsession_core::{Configuration, ErrorCode};
use urlsession_origin::faults::{self, How, Phase};
use urlsession_origin::{Origin, RawOrigin};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn on_own_thread() -> Client {
    Client::with(&Configuration::default(), |platform| platform.own_thread())
}

#[test]
fn built_and_used_outside_any_runtime() {
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    let got = block_on(client.get(&origin.url("/bytes/100000"))).unwrap();
    assert_eq!(got.body.len(), 100_000);
}

#[test]
fn built_in_a_runtime_and_used_under_another_executor() {
    let origin = Origin::spawn().unwrap();
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let client = runtime.block_on(async { Client::new() });
    let got = block_on(client.get(&origin.url("/bytes/100000"))).unwrap();
    assert_eq!(got.body.len(), 100_000);
}

#[test]
fn one_transport_serves_two_runtimes_in_turn() {
    let origin = Origin::spawn().unwrap();
    let client = on_own_thread();
    for _ in 0..2 {
        let got = runtime()
            .block_on(client.get(&origin.url("/bytes/10")))
            .unwrap();
        assert_eq!(got.body.len(), 10);
    }
    assert_eq!(origin.accepted_connections(), 1);
}

#[test]
fn one_transport_serves_two_runtimes_at_once() {
    let origin = Origin::spawn().unwrap();
    let client = on_own_thread();
    let url = origin.url("/delay/20");
    let (first, second) = (client.send(get(&url)), client.send(get(&url)));
    let other = std::thread::spawn(|| runtime().block_on(first).unwrap().response.status());
    assert_eq!(runtime().block_on(second).unwrap().response.status(), 200);
    assert_eq!(other.join().unwrap(), 200);
}

#[test]
fn a_runtime_that_shuts_down_fails_the_exchange_under_way() {
    for phase in [Phase::Request, Phase::Head, Phase::Body] {
        let origin = RawOrigin::spawn(faults::at(phase, How::Stall)).unwrap();
        let own = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let client = own.block_on(async { Client::new() });
        let url = origin.url("/");
        let exchange = std::thread::spawn(move || block_on(client.get(&url)));
        block_on(origin.wait_for_received(0, 10)).unwrap();
        own.shutdown_background();
        let error = exchange.join().unwrap().unwrap_err();
        assert_eq!(error.code(), ErrorCode::NetworkConnectionLost, "{phase:?}");
    }
}

#[cfg(feature = "http2")]
#[test]
fn a_runtime_that_shuts_down_fails_an_http2_exchange_under_way() {
    let origin = RawOrigin::spawn(faults::h2::stall_mid_body()).unwrap();
    let own = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let client = own.block_on(async { Client::http2() });
    let url = origin.url("/");
    let exchange = std::thread::spawn(move || block_on(client.get(&url)));
    // More than settings: the answer's head, so that the request was sent.
    block_on(origin.wait_for_written(0, 40)).unwrap();
    own.shutdown_background();
    let error = exchange.join().unwrap().unwrap_err();
    assert_eq!(error.code(), ErrorCode::NetworkConnectionLost);
}

#[test]
fn an_exchange_on_a_runtime_that_is_gone_is_an_error() {
    let origin = Origin::spawn().unwrap();
    let own = runtime();
    let client = own.block_on(async { Client::new() });
    own.block_on(client.get(&origin.url("/bytes/1"))).unwrap();
    drop(own);
    let error = block_on(client.get(&origin.url("/bytes/1"))).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ResourceUnavailable);
}

#[test]
fn a_connect_under_way_fails_with_its_runtime() {
    let port = urlsession_origin::FullBacklog::start().unwrap();
    let own = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let client = own.block_on(async { Client::new() });
    let mut exchange = Box::pin(client.send(get(&port.url("/"))));
    let mut nobody = Context::from_waker(Waker::noop());
    assert!(exchange.as_mut().poll(&mut nobody).is_pending());
    own.shutdown_timeout(Duration::from_secs(5));
    assert_eq!(
        block_on(exchange).unwrap_err().code(),
        ErrorCode::ResourceUnavailable
    );
}

/// Tokio gives a task a budget of steps for each of its polls; an exchange that finds it used up is woken for more.
#[tokio::test]
async fn an_exchange_that_finds_little_of_its_tasks_budget_finishes() {
    const BUDGET: usize = 128;
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    let url = origin.url("/bytes/100000");
    for spare in 1..16 {
        let mut exchange = Box::pin(client.get(&url));
        let starved = poll_fn(|context| {
            for _ in spare..BUDGET {
                let _ = pin!(consume_budget()).poll(context);
            }
            exchange.as_mut().poll(context)
        });
        let got = tokio::time::timeout(Duration::from_secs(5), starved).await;
        assert!(got.is_ok(), "with {spare} steps left");
        assert_eq!(got.unwrap().unwrap().body.len(), 100_000);
    }
}

#[cfg(not(feature = "http2"))]
#[tokio::test]
async fn without_the_feature_http2_is_an_error_and_not_http1() {
    let origin = Origin::spawn().unwrap();
    let code = Client::http2().error_of(&origin.url("/")).await;
    assert_eq!(code, ErrorCode::UnsupportedUrl);
}
