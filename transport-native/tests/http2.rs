//! HTTP/2: one connection for many, and streams that the server did not look at.
#![cfg(feature = "http2")]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::join_all;
use support::{Client, gather, get, hop};
use urlsession_core::http::{Method, Version};
use urlsession_core::{Body, Bytes, Configuration, Error, ErrorCode, HopBody, Multiplexing};
use urlsession_origin::faults::h2;
use urlsession_origin::{Listener, Origin, RawOrigin, Script, Scripts, Step, frame};

const REFUSED_STREAM: u32 = 7;
const INTERNAL_ERROR: u32 = 2;
const NO_ERROR: u32 = 0;

#[tokio::test]
async fn exchanges_share_one_connection() {
    let origin = Origin::spawn().unwrap();
    let client = Client::http2();
    let url = origin.h2_url("/bytes/1000");
    let all = join_all((0..50).map(|_| client.get(&url))).await;
    assert!(
        all.iter()
            .all(|got| got.as_ref().unwrap().body.len() == 1000)
    );
    assert_eq!(origin.accepted_on(Listener::H2), 1);
    let head = client.send(get(&url)).await.unwrap();
    assert_eq!(head.response.version(), Version::HTTP_2);
}

#[tokio::test]
async fn prior_knowledge_is_known_beforehand() {
    let origin = Origin::spawn().unwrap();
    let streams = Client::http2().multiplexing(&origin.h2_url("/"));
    assert_eq!(streams, Multiplexing::Streams(128));
    assert_eq!(
        Client::new().multiplexing(&origin.url("/")),
        Multiplexing::No
    );
}

#[tokio::test]
async fn ninety_nine_unread_streams_do_not_stop_the_hundredth() {
    let origin = Origin::spawn().unwrap();
    let client = Client::http2();
    let url = origin.h2_url("/bytes/2000000");
    let heads = join_all((0..100).map(|_| client.send(get(&url)))).await;
    let mut heads: Vec<_> = heads.into_iter().map(Result::unwrap).collect();
    let last = heads.pop().unwrap();
    assert_eq!(gather(last).await.unwrap().body.len(), 2_000_000);
    assert_eq!(origin.accepted_on(Listener::H2), 1);
}

#[tokio::test]
async fn beyond_its_limit_of_streams_a_second_connection_is_made() {
    let origin = Origin::spawn().unwrap();
    let client = Client::http2();
    let url = origin.h2_url("/bytes/2000000");
    let heads = join_all((0..130).map(|_| client.send(get(&url)))).await;
    assert!(heads.iter().all(Result::is_ok));
    assert_eq!(origin.accepted_on(Listener::H2), 2);
}

#[tokio::test]
async fn a_dropped_body_resets_its_stream_and_not_the_connection() {
    let origin = Origin::spawn().unwrap();
    let client = Client::http2();
    for _ in 0..3 {
        let mut head = client
            .send(get(&origin.h2_url("/bytes/50000000")))
            .await
            .unwrap();
        head.body.next_chunk().await.unwrap().unwrap();
    }
    client.get(&origin.h2_url("/bytes/1")).await.unwrap();
    assert_eq!(origin.accepted_on(Listener::H2), 1);
}

#[tokio::test]
async fn a_body_goes_both_ways() {
    let origin = Origin::spawn().unwrap();
    let content = urlsession_origin::pattern(0..3_000_000);
    let body = HopBody::Bytes(content.clone().into());
    let post = hop(Method::POST, &origin.h2_url("/echo"), body);
    let got = Client::http2().whole(post).await.unwrap();
    assert!(got.body == content);
    let sent = &origin.requests_for("/echo")[0];
    assert_eq!(sent.header("content-length"), Some("3000000"));
}

#[tokio::test]
async fn a_stream_of_unknown_length_ends() {
    struct Two(u8);
    impl Body for Two {
        fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
            self.0 += 1;
            Poll::Ready((self.0 < 3).then(|| Ok(Bytes::from_static(b"half"))))
        }
    }
    let origin = Origin::spawn().unwrap();
    let body = HopBody::Stream(Box::new(Two(0)), None);
    let post = hop(Method::POST, &origin.h2_url("/echo"), body);
    assert_eq!(
        Client::http2().whole(post).await.unwrap().text(),
        "halfhalf"
    );
}

#[tokio::test]
async fn a_stream_shorter_than_its_length_fails() {
    struct Short;
    impl Body for Short {
        fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
            Poll::Ready(None)
        }
    }
    let origin = Origin::spawn().unwrap();
    let body = HopBody::Stream(Box::new(Short), Some(3));
    let post = hop(Method::POST, &origin.h2_url("/echo"), body);
    let error = Client::http2().whole(post).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::RequestBodyStreamExhausted);
}

/// `first` for the first connection, a sound answer on each later one.
fn then_answered(first: Script) -> Scripts {
    Scripts::in_order([first, h2::answered(b"second")])
}

#[tokio::test]
async fn a_refused_post_is_sent_again() {
    let origin = RawOrigin::spawn(h2::refused_once(b"again")).unwrap();
    let got = Client::http2().post(&origin.url("/"), "x").await.unwrap();
    assert_eq!(got.text(), "again");
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn a_post_above_the_last_stream_of_goaway_is_sent_again_elsewhere() {
    let origin = RawOrigin::spawn(then_answered(h2::goaway_below(NO_ERROR))).unwrap();
    let got = Client::http2().post(&origin.url("/"), "x").await.unwrap();
    assert_eq!(got.text(), "second");
}

#[tokio::test]
async fn a_post_that_goaway_takes_as_processed_is_not_sent_again() {
    let origin = RawOrigin::spawn(then_answered(h2::goaway_unanswered(NO_ERROR))).unwrap();
    let error = Client::http2()
        .post(&origin.url("/"), "x")
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::NetworkConnectionLost);
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn a_connection_that_is_going_away_is_left_at_once() {
    let graceful = h2::goaway_during_response(b"to the end");
    let origin = RawOrigin::spawn(then_answered(graceful)).unwrap();
    let client = Client::http2();
    assert_eq!(
        client.get(&origin.url("/")).await.unwrap().text(),
        "to the end"
    );
    assert_eq!(
        client.post(&origin.url("/"), "x").await.unwrap().text(),
        "second"
    );
}

#[tokio::test]
async fn a_server_that_refuses_every_time_is_asked_twice() {
    let refuse = |stream| {
        [
            Step::ReadH2Request,
            Step::write(frame::rst_stream(stream, REFUSED_STREAM)),
        ]
    };
    let twice = refuse(1).into_iter().chain(refuse(3));
    let script = twice.fold(h2::opened(), Script::then);
    let origin = RawOrigin::spawn(script.then(Step::ExpectClose)).unwrap();
    let code = Client::http2().error_of(&origin.url("/")).await;
    assert_eq!(code, ErrorCode::NetworkConnectionLost);
}

#[tokio::test]
async fn a_stream_reset_in_its_body_is_lost() {
    let origin = RawOrigin::spawn(h2::reset_mid_body(INTERNAL_ERROR)).unwrap();
    let code = Client::http2().error_of(&origin.url("/")).await;
    assert_eq!(code, ErrorCode::NetworkConnectionLost);
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn an_early_response_is_the_answer_though_the_upload_is_not_taken() {
    let origin = RawOrigin::spawn(h2::early_response(b"stop")).unwrap();
    let body = vec![1; 5_000_000];
    let got = Client::http2().post(&origin.url("/"), body).await.unwrap();
    assert_eq!(got.text(), "stop");
}

#[tokio::test]
async fn broken_frames_and_lengths_cannot_be_parsed() {
    for (name, script) in [
        ("short body", h2::length_too_long()),
        ("long body", h2::length_too_short()),
        ("continuation flood", h2::continuation_flood()),
        ("empty continuation flood", h2::empty_continuation_flood()),
    ] {
        let origin = RawOrigin::spawn(script).unwrap();
        let code = Client::http2().error_of(&origin.url("/")).await;
        assert_eq!(code, ErrorCode::CannotParseResponse, "{name}");
    }
}

#[tokio::test]
async fn an_idle_connection_expires() {
    let origin = Origin::spawn().unwrap();
    let mut configuration = Configuration::default();
    configuration.assumes_http2_capable = true;
    let client = Client::with(&configuration, |platform| {
        platform.idle_timeout(Duration::from_millis(20))
    });
    client.get(&origin.h2_url("/bytes/1")).await.unwrap();
    origin.wait_for_open_connections(0).await.unwrap();
}

#[tokio::test]
async fn after_a_reset_a_new_connection_is_used_and_streams_under_way_go_on() {
    let origin = Origin::spawn().unwrap();
    let client = Client::http2();
    let under_way = client
        .send(get(&origin.h2_url("/bytes/5000000")))
        .await
        .unwrap();
    client.platform.transport.reset();
    client.get(&origin.h2_url("/bytes/1")).await.unwrap();
    assert_eq!(gather(under_way).await.unwrap().body.len(), 5_000_000);
    assert_eq!(origin.accepted_on(Listener::H2), 2);
    origin.wait_for_open_connections(1).await.unwrap();
}

#[tokio::test]
async fn a_dropped_transport_closes_its_connections() {
    let origin = Origin::spawn().unwrap();
    let client = Client::http2();
    client.get(&origin.h2_url("/bytes/1")).await.unwrap();
    drop(client);
    origin.wait_for_open_connections(0).await.unwrap();
}
