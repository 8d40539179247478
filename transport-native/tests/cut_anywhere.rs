//! Responses cut off after each of their bytes, and split at each of them.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::time::Duration;

use support::Client;
use urlsession_core::{Bytes, ErrorCode};
use urlsession_origin::faults::{self, How, chunked_response, response};
use urlsession_origin::{RawOrigin, Scripts};

const BODY: &[u8] = &[b'x'; 200];

/// Cuts `reply` after each of its bytes: an error each time, until it is whole.
async fn cut_each(reply: Bytes) {
    for how in [How::Close, How::Reset] {
        let cuts = (0..reply.len()).map(|count| faults::cut_after(&reply, count, how));
        let origin = RawOrigin::spawn(Scripts::in_order(cuts)).unwrap();
        let client = Client::new();
        for count in 0..reply.len() {
            let code = client.error_of(&origin.url("/")).await;
            assert_eq!(
                code,
                ErrorCode::NetworkConnectionLost,
                "{how:?} after {count} bytes"
            );
        }
        assert_eq!(origin.accepted(), reply.len());
    }
}

#[tokio::test]
async fn a_cut_response_with_a_length_is_never_a_success() {
    cut_each(response(BODY)).await;
}

#[tokio::test]
async fn a_cut_response_in_chunks_is_never_a_success() {
    cut_each(chunked_response(BODY, 50)).await;
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn a_cut_response_over_http2_is_never_a_success() {
    use urlsession_origin::faults::h2;
    let whole = h2::conversation(BODY).len();
    for how in [How::Close, How::Reset] {
        let cuts = (0..whole).map(|count| h2::cut_after(BODY, count, how));
        let origin = RawOrigin::spawn(Scripts::in_order(cuts)).unwrap();
        let client = Client::http2();
        for count in 0..whole {
            let code = client.error_of(&origin.url("/")).await;
            assert_eq!(
                code,
                ErrorCode::NetworkConnectionLost,
                "{how:?} after {count} bytes"
            );
        }
    }
}

#[tokio::test]
async fn a_response_is_the_same_however_it_is_split() {
    for reply in [response(BODY), chunked_response(BODY, 50)] {
        let split = |at: usize| {
            let head = faults::cut_after(&reply, at, How::Stall);
            let rest = urlsession_origin::Step::Write(reply.slice(at..));
            let steps = head.steps()[..2].iter().cloned().chain([rest]);
            urlsession_origin::Script::new(steps)
        };
        let splits = (1..reply.len()).map(split);
        let each = faults::one_byte_at_a_time(&reply, Duration::ZERO);
        let origin = RawOrigin::spawn(Scripts::in_order(splits.chain([each]))).unwrap();
        let client = Client::new();
        for at in 1..=reply.len() {
            let got = client.get(&origin.url("/")).await.unwrap();
            assert_eq!(got.body, BODY, "split at {at}");
        }
    }
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn a_response_over_http2_is_the_same_byte_by_byte() {
    let script = faults::h2::in_pieces(BODY, 1, Duration::ZERO);
    let origin = RawOrigin::spawn(script).unwrap();
    assert_eq!(
        Client::http2().get(&origin.url("/")).await.unwrap().body,
        BODY
    );
}

/// Each connection answers some requests and closes on the next, which it has read.
#[tokio::test]
async fn no_post_arrives_twice() {
    use urlsession_origin::{Script, Step};
    const POSTS: usize = 600;
    let origin = RawOrigin::spawn(Scripts::by(|index, _| {
        let answered = [Step::ReadRequest, Step::Write(response("ok"))];
        let steps = std::iter::repeat_n(answered, 1 + index % 4).flatten();
        Script::new(steps.chain([Step::ReadRequest, Step::Drop]))
    }))
    .unwrap();
    let client = Client::new();
    let mut lost = 0;
    for number in 0..POSTS {
        let posted = client
            .post(&origin.url(&format!("/post-{number}-")), "x")
            .await;
        match posted {
            Ok(got) => assert_eq!(got.text(), "ok"),
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::NetworkConnectionLost);
                lost += 1;
            }
        }
    }
    let arrived: String = origin.connections().iter().map(|it| it.text()).collect();
    for number in 0..POSTS {
        let times = arrived.matches(&format!("/post-{number}-")).count();
        assert_eq!(times, 1, "post {number}");
    }
    assert!(lost > POSTS / 10, "{lost} were lost");
}
