//! What may happen to a connection between two exchanges, and when it serves the second.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::time::Duration;

use support::{Client, get, hop};
use urlsession_core::http::Method;
use urlsession_core::{Affinity, Bytes, Configuration, ErrorCode, HopBody};
use urlsession_origin::faults::{self, How, response};
use urlsession_origin::{Origin, RawOrigin, Script, Scripts, Signal, Step};

/// The first connection plays `first`, each later one answers `second`.
fn then_second(first: Script) -> Scripts {
    let second = Script::new([Step::ReadRequest, Step::Write(response("second"))]);
    Scripts::in_order([first, second.then(Step::ExpectClose)])
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    let first = client.get(&origin.url("/bytes/10")).await.unwrap();
    let second = client.get(&origin.url("/chunked/10")).await.unwrap();
    let third = client.get(&origin.url("/bytes/0")).await.unwrap();
    let fourth = client.get(&origin.url("/bytes/100000")).await.unwrap();
    assert_eq!(fourth.body.len(), 100_000);
    let ids = [second.connection, third.connection, fourth.connection];
    assert_eq!(ids, [first.connection; 3]);
    assert_eq!(origin.accepted_connections(), 1);
}

#[tokio::test]
async fn an_unsolicited_response_is_never_the_next_answer() {
    let late = Signal::new();
    let script = faults::unsolicited_response(late.clone());
    let both = (response("first").len() + response("unsolicited").len()) as u64;
    let origin = RawOrigin::spawn(then_second(script)).unwrap();
    let client = Client::new();
    assert_eq!(client.get(&origin.url("/")).await.unwrap().text(), "first");
    late.release();
    // The wait is for the other thread: this one's reactor hears nothing of it.
    urlsession_origin::block_on(origin.wait_for_written(0, both)).unwrap();
    assert_eq!(
        client.post(&origin.url("/"), "x").await.unwrap().text(),
        "second"
    );
}

#[tokio::test]
async fn a_408_on_an_idle_connection_is_never_the_next_answer() {
    let late = Signal::new();
    let script = faults::timeout_on_idle(late.clone());
    let first = response("first").len() as u64;
    let origin = RawOrigin::spawn(then_second(script)).unwrap();
    let client = Client::new();
    client.get(&origin.url("/")).await.unwrap();
    late.release();
    urlsession_origin::block_on(origin.wait_for_written(0, first + 1)).unwrap();
    assert_eq!(
        client.post(&origin.url("/"), "x").await.unwrap().text(),
        "second"
    );
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_not_used() {
    let late = Signal::new();
    let script = faults::end_on_idle(late.clone(), How::Drop);
    let origin = RawOrigin::spawn(then_second(script)).unwrap();
    let client = Client::new();
    client.get(&origin.url("/")).await.unwrap();
    late.release();
    urlsession_origin::block_on(origin.wait_for_ending(0)).unwrap();
    assert_eq!(
        client.post(&origin.url("/"), "x").await.unwrap().text(),
        "second"
    );
}

/// Answers one request, and closes at the second without a word.
fn closes_at_the_second() -> Scripts {
    let first = [
        Step::ReadRequest,
        Step::Write(response("first")),
        Step::ReadRequest,
        Step::Drop,
    ];
    then_second(Script::new(first))
}

#[tokio::test]
async fn a_get_on_a_connection_that_closes_is_sent_again_on_a_new_one() {
    let origin = RawOrigin::spawn(closes_at_the_second()).unwrap();
    let client = Client::new();
    client.get(&origin.url("/")).await.unwrap();
    assert_eq!(client.get(&origin.url("/")).await.unwrap().text(), "second");
    assert_eq!(origin.accepted(), 2);
}

#[tokio::test]
async fn a_put_with_its_bytes_is_sent_again() {
    let origin = RawOrigin::spawn(closes_at_the_second()).unwrap();
    let client = Client::new();
    client.get(&origin.url("/")).await.unwrap();
    let put = hop(
        Method::PUT,
        &origin.url("/"),
        HopBody::Bytes("whole".into()),
    );
    assert_eq!(client.whole(put).await.unwrap().text(), "second");
    assert!(origin.connection(1).unwrap().text().ends_with("whole"));
}

#[tokio::test]
async fn a_post_is_never_sent_twice() {
    let origin = RawOrigin::spawn(closes_at_the_second()).unwrap();
    let client = Client::new();
    client.get(&origin.url("/")).await.unwrap();
    let error = client.post(&origin.url("/"), "x").await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NetworkConnectionLost);
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn a_new_connection_that_closes_is_not_tried_again() {
    let origin = RawOrigin::spawn(faults::at(faults::Phase::Request, How::Drop)).unwrap();
    let client = Client::new();
    assert_eq!(
        client.error_of(&origin.url("/")).await,
        ErrorCode::NetworkConnectionLost
    );
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn a_get_is_not_sent_again_once_the_answer_has_begun() {
    let begun = Script::new([
        Step::ReadRequest,
        Step::Write(response("first")),
        Step::ReadRequest,
        Step::write("HTTP/1.1 2"),
        Step::Drop,
    ]);
    let origin = RawOrigin::spawn(then_second(begun)).unwrap();
    let client = Client::new();
    client.get(&origin.url("/")).await.unwrap();
    assert_eq!(
        client.error_of(&origin.url("/")).await,
        ErrorCode::NetworkConnectionLost
    );
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn surplus_bytes_retire_the_connection() {
    let origin = RawOrigin::spawn(then_second(faults::surplus_bytes())).unwrap();
    let client = Client::new();
    client.get(&origin.url("/")).await.unwrap();
    assert_eq!(client.get(&origin.url("/")).await.unwrap().text(), "second");
}

#[tokio::test]
async fn a_body_dropped_when_it_has_come_returns_its_connection() {
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    let head = client.send(get(&origin.url("/bytes/100"))).await.unwrap();
    drop(head);
    client.get(&origin.url("/bytes/1")).await.unwrap();
    assert_eq!(origin.accepted_connections(), 1);
}

#[tokio::test]
async fn a_body_dropped_before_its_end_closes_its_connection() {
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    let mut head = client
        .send(get(&origin.url("/bytes/50000000")))
        .await
        .unwrap();
    head.body.next_chunk().await.unwrap().unwrap();
    drop(head);
    origin.wait_for_open_connections(0).await.unwrap();
    client.get(&origin.url("/bytes/1")).await.unwrap();
    assert_eq!(origin.accepted_connections(), 2);
}

#[tokio::test]
async fn an_exchange_dropped_before_its_head_closes_its_connection() {
    let origin = RawOrigin::spawn(faults::at(faults::Phase::Request, How::Stall)).unwrap();
    let client = Client::new();
    let exchange = client.send(get(&origin.url("/")));
    tokio::select! {
        _ = exchange => panic!("no answer comes"),
        received = origin.wait_for_received(0, 10) => received.unwrap(),
    }
    origin.wait_for_open_connections(0).await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_expires() {
    let origin = Origin::spawn().unwrap();
    let client = Client::with(&Configuration::default(), |platform| {
        platform.idle_timeout(Duration::from_millis(20))
    });
    client.get(&origin.url("/bytes/1")).await.unwrap();
    origin.wait_for_open_connections(0).await.unwrap();
    client.get(&origin.url("/bytes/1")).await.unwrap();
    origin.wait_for_open_connections(0).await.unwrap();
    assert_eq!(origin.accepted_connections(), 2);
}

#[tokio::test]
async fn no_more_connections_rest_than_the_limit() {
    let origin = Origin::spawn().unwrap();
    let client = Client::with(&Configuration::default(), |platform| {
        platform.max_idle_per_host(1)
    });
    let urls = [origin.url("/delay/50"), origin.url("/delay/50")];
    let both = futures::future::join(client.get(&urls[0]), client.get(&urls[1])).await;
    assert!(both.0.is_ok() && both.1.is_ok());
    origin.wait_for_open_connections(1).await.unwrap();
}

#[tokio::test]
async fn after_a_reset_new_connections_are_used_and_those_under_way_go_on() {
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    client.get(&origin.url("/bytes/1")).await.unwrap();
    let mut under_way = client
        .send(get(&origin.url("/bytes/5000000")))
        .await
        .unwrap();
    client.get(&origin.url("/bytes/1")).await.unwrap();
    client.platform.transport.reset();
    origin.wait_for_open_connections(1).await.unwrap();
    let mut read = 0;
    while let Some(chunk) = under_way.body.next_chunk().await.unwrap() {
        read += chunk.len();
    }
    assert_eq!(read, 5_000_000);
    client.get(&origin.url("/bytes/1")).await.unwrap();
    assert_eq!(origin.accepted_connections(), 3);
}

#[tokio::test]
async fn a_dropped_transport_closes_its_connections() {
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    client.get(&origin.url("/bytes/1")).await.unwrap();
    drop(client);
    origin.wait_for_open_connections(0).await.unwrap();
}

#[tokio::test]
async fn the_same_connection_can_be_asked_for_and_a_fresh_one() {
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    let url = origin.url("/bytes/1");
    let first = client.get(&url).await.unwrap().connection;
    let by = |affinity| support::gather_of(&client, &url, affinity);
    let fresh = by(Affinity::Fresh).await.unwrap().connection;
    assert_ne!(fresh, first);
    assert_eq!(by(Affinity::Same(first)).await.unwrap().connection, first);
    client.platform.transport.reset();
    let gone = by(Affinity::Same(first)).await.unwrap_err();
    assert_eq!(gone.code(), ErrorCode::NetworkConnectionLost);
}

#[tokio::test]
async fn a_response_without_length_ends_with_its_connection() {
    let reply = Bytes::from("HTTP/1.1 200 OK\r\n\r\nto the end");
    let origin = RawOrigin::spawn(then_second(Script::reply_and_close(reply))).unwrap();
    let client = Client::new();
    assert_eq!(
        client.get(&origin.url("/")).await.unwrap().text(),
        "to the end"
    );
    assert_eq!(client.get(&origin.url("/")).await.unwrap().text(), "second");
}
