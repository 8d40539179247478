//! Exchanges dropped at each of their phases leave nothing behind: no socket, no task.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::task::{Context, Waker};

use futures::future::join_all;
use support::{Client, get, hop};
use tokio::runtime::Handle;
use urlsession_core::http::Method;
use urlsession_core::{Error, HopBody, HopResponse};
use urlsession_origin::faults::{self, How, Phase};
use urlsession_origin::{FullBacklog, Origin, Overdue, RawOrigin};

const TIMES: usize = 50;

/// Waits until the only tasks of this runtime are those that were there before.
async fn wait_for_tasks(before: usize) {
    let alive = || Handle::current().metrics().num_alive_tasks();
    let waiting = async {
        while alive() > before {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(urlsession_origin::WAIT_LIMIT, waiting).await;
    assert!(waited.is_ok(), "{} tasks, {before} before", alive());
}

/// Begins many exchanges, and drops them all when `begun`.
async fn drop_when(client: &Client, url: &str, begun: impl Future<Output = Result<(), Overdue>>) {
    let exchanges = join_all((0..TIMES).map(|_| {
        let body = HopBody::Bytes("body".into());
        client.send(hop(Method::PUT, url, body))
    }));
    tokio::select! {
        _ = exchanges => panic!("no answer comes"),
        begun = begun => begun.unwrap(),
    }
}

#[tokio::test]
async fn dropped_before_the_first_poll() {
    let before = Handle::current().metrics().num_alive_tasks();
    let client = Client::new();
    for _ in 0..TIMES {
        drop(client.send(get("http://127.0.0.1:1/")));
    }
    wait_for_tasks(before).await;
}

#[tokio::test]
async fn dropped_while_connecting() {
    let before = Handle::current().metrics().num_alive_tasks();
    let port = FullBacklog::start().unwrap();
    for client in [Client::new(), Client::http2()] {
        let mut nobody = Context::from_waker(Waker::noop());
        for _ in 0..TIMES {
            let mut exchange = Box::pin(client.send(get(&port.url("/"))));
            assert!(exchange.as_mut().poll(&mut nobody).is_pending());
            tokio::task::yield_now().await;
        }
    }
    wait_for_tasks(before).await;
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn dropped_in_the_handshake() {
    let before = Handle::current().metrics().num_alive_tasks();
    let origin = RawOrigin::spawn(faults::end_in_handshake(How::Stall)).unwrap();
    let url = format!("https://localhost:{}/", origin.address().port());
    let client = Client::new();
    drop_when(&client, &url, origin.wait_for_connections(TIMES)).await;
    origin.wait_for_open_connections(0).await.unwrap();
    wait_for_tasks(before).await;
}

#[tokio::test]
async fn dropped_before_the_head() {
    let before = Handle::current().metrics().num_alive_tasks();
    for phase in [
        Phase::Accept,
        Phase::RequestBody,
        Phase::Request,
        Phase::Head,
    ] {
        let origin = RawOrigin::spawn(faults::at(phase, How::Stall)).unwrap();
        let client = Client::new();
        drop_when(
            &client,
            &origin.url("/"),
            origin.wait_for_connections(TIMES),
        )
        .await;
        origin.wait_for_open_connections(0).await.unwrap();
    }
    wait_for_tasks(before).await;
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn dropped_before_the_head_over_http2() {
    let before = Handle::current().metrics().num_alive_tasks();
    let origin = RawOrigin::spawn(faults::h2::stall()).unwrap();
    let client = Client::http2();
    drop_when(&client, &origin.url("/"), origin.wait_for_received(0, 100)).await;
    drop(client);
    origin.wait_for_open_connections(0).await.unwrap();
    wait_for_tasks(before).await;
}

async fn drop_in_the_body(client: &Client, url: &str) {
    let heads = join_all((0..TIMES).map(|_| client.send(get(url)))).await;
    let heads: Result<Vec<HopResponse>, Error> = heads.into_iter().collect();
    for mut head in heads.unwrap() {
        head.body.next_chunk().await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn dropped_in_the_body() {
    let before = Handle::current().metrics().num_alive_tasks();
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    drop_in_the_body(&client, &origin.url("/bytes/10000000")).await;
    origin.wait_for_open_connections(0).await.unwrap();
    wait_for_tasks(before).await;
}

#[cfg(all(feature = "tls", feature = "http2"))]
#[tokio::test]
async fn dropped_in_the_body_over_tls() {
    let before = Handle::current().metrics().num_alive_tasks();
    let origin = Origin::spawn().unwrap();
    let client = Client::trusting(origin.authority().der());
    for url in [
        origin.tls_h1_url("/bytes/10000000"),
        origin.tls_url("/bytes/10000000"),
    ] {
        drop_in_the_body(&client, &url).await;
    }
    drop(client);
    origin.wait_for_open_connections(0).await.unwrap();
    wait_for_tasks(before).await;
}

#[tokio::test]
async fn done_and_dropped() {
    let before = Handle::current().metrics().num_alive_tasks();
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    for _ in 0..TIMES {
        client.get(&origin.url("/bytes/10")).await.unwrap();
    }
    drop(client);
    origin.wait_for_open_connections(0).await.unwrap();
    wait_for_tasks(before).await;
}
