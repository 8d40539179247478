//! Bodies that wait for 100 (Continue), on the wire.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::time::Duration;

use support::{Client, Got, hop};
use urlsession_core::http::{HeaderMap, Method};
use urlsession_core::{Configuration, Error, ErrorCode, HopBody, HopRequest};
use urlsession_origin::{Origin, RawOrigin, Script, Scripts, Signal, Step};

/// Longer than any test.
const FOR_EVER: Duration = Duration::from_secs(24 * 60 * 60);

const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A client whose bodies wait so long.
fn waiting(patience: Duration, is_h2: bool) -> Client {
    let mut configuration = Configuration::default();
    configuration.timeout_interval_for_continue = patience;
    configuration.assumes_http2_capable = is_h2;
    Client::with(&configuration, |platform| platform)
}

fn expecting(url: &str) -> HopRequest {
    let mut headers = HeaderMap::new();
    headers.insert("expect", "100-continue".parse().unwrap());
    HopRequest {
        headers: headers.into(),
        ..hop(Method::POST, url, HopBody::Bytes("the body".into()))
    }
}

async fn answer(patience: Duration, url: &str) -> Result<Got, Error> {
    waiting(patience, false).whole(expecting(url)).await
}

#[tokio::test]
async fn the_body_stays_here_until_the_server_says_100() {
    let (head, leave) = (Signal::new(), Signal::new());
    let origin = RawOrigin::spawn(Script::new([
        Step::ReadHead,
        Step::Release(head.clone()),
        Step::WaitFor(leave.clone()),
        Step::write(CONTINUE),
        Step::ReadBody("the body".len()),
        Step::write(OK),
        Step::ExpectClose,
    ]))
    .unwrap();
    let url = origin.url("/");
    let answered = tokio::spawn(async move { answer(FOR_EVER, &url).await });
    head.released().await;
    let sent = origin.connection(0).unwrap().text();
    assert!(sent.contains("expect: 100-continue\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\n"), "the body is there: {sent}");
    leave.release();
    assert_eq!(answered.await.unwrap().unwrap().text(), "ok");
    assert!(origin.connection(0).unwrap().text().ends_with("the body"));
}

#[tokio::test]
async fn the_body_goes_when_the_server_has_had_its_time() {
    let origin = RawOrigin::spawn(Script::reply(OK)).unwrap();
    let answer = answer(Duration::from_millis(20), &origin.url("/")).await;
    assert_eq!(answer.unwrap().text(), "ok");
}

#[tokio::test]
async fn other_interim_responses_are_no_leave() {
    let origin = RawOrigin::spawn(Script::new([
        Step::ReadHead,
        Step::write("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"),
        Step::write("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 2\r\n\r\nno"),
        Step::ExpectClose,
    ]))
    .unwrap();
    let answer = answer(FOR_EVER, &origin.url("/")).await.unwrap();
    assert_eq!((answer.status, answer.text()), (413, "no"));
    origin.wait_for_open_connections(0).await.unwrap();
    let sent = origin.connection(0).unwrap().text();
    assert!(sent.ends_with("\r\n\r\n"), "the body was sent: {sent}");
}

/// Its framing promises a body that will not come: nobody else may use it.
#[tokio::test]
async fn after_a_final_answer_the_connection_is_closed() {
    let refusal = Script::new([
        Step::ReadHead,
        Step::write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
        Step::ExpectClose,
    ]);
    let scripts = Scripts::in_order([refusal, Script::reply(OK)]);
    let origin = RawOrigin::spawn(scripts).unwrap();
    let client = waiting(FOR_EVER, false);
    let refused = client.whole(expecting(&origin.url("/"))).await.unwrap();
    assert_eq!(refused.status, 401);
    let next = client.get(&origin.url("/")).await.unwrap();
    assert_eq!((next.text(), origin.accepted()), ("ok", 2));
}

#[tokio::test]
async fn a_server_that_is_gone_ends_the_wait() {
    let origin = RawOrigin::spawn(Script::new([Step::ReadHead, Step::Close])).unwrap();
    let error = answer(FOR_EVER, &origin.url("/")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NetworkConnectionLost);
}

#[tokio::test]
async fn a_connection_whose_body_was_asked_for_serves_again() {
    let origin = Origin::spawn().unwrap();
    let client = waiting(FOR_EVER, false);
    let first = client.whole(expecting(&origin.url("/echo"))).await.unwrap();
    let second = client.whole(expecting(&origin.url("/echo"))).await.unwrap();
    assert_eq!((first.text(), second.text()), ("the body", "the body"));
    assert_eq!(first.connection, second.connection);
}

/// One that echoes, say: it reads on, and its answer ends when the body does.
#[tokio::test]
async fn a_success_in_place_of_100_is_leave() {
    let origin = RawOrigin::spawn(Script::new([
        Step::ReadHead,
        Step::write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"),
        Step::ReadBody("the body".len()),
        Step::write("k"),
        Step::ExpectClose,
    ]))
    .unwrap();
    let answer = answer(FOR_EVER, &origin.url("/")).await.unwrap();
    assert_eq!(answer.text(), "ok");
}

/// A connection that was idle and turns out to be closed: the body, which never went, goes on another.
#[tokio::test]
async fn a_stale_connection_loses_nothing() {
    let idle = Signal::new();
    let first = Script::new([
        Step::ReadRequest,
        Step::write(OK),
        Step::ReadHead,
        Step::Release(idle.clone()),
        Step::Close,
    ]);
    let scripts = Scripts::in_order([first, Script::reply(OK)]);
    let origin = RawOrigin::spawn(scripts).unwrap();
    let client = waiting(Duration::from_millis(20), false);
    client.get(&origin.url("/")).await.unwrap();
    let mut request = expecting(&origin.url("/"));
    request.method = Method::PUT;
    assert_eq!(client.whole(request).await.unwrap().text(), "ok");
    assert_eq!(origin.accepted(), 2);
}

#[cfg(feature = "http2")]
mod http2 {
    use super::*;
    use urlsession_origin::faults::h2;
    use urlsession_origin::frame;

    fn is_told_of_data(bytes: &[u8]) -> bool {
        bytes.windows(8).any(|window| window == b"the body")
    }

    #[tokio::test]
    async fn the_body_stays_here_until_the_server_says_100() {
        let (head, leave) = (Signal::new(), Signal::new());
        let script = h2::opened()
            .then(Step::ReadH2Head)
            .then(Step::Release(head.clone()))
            .then(Step::WaitFor(leave.clone()))
            .then(Step::write(frame::headers(
                h2::FIRST,
                &[(":status", "100")],
                false,
            )))
            .then(Step::ReadH2Request)
            .then(Step::Write(h2::response(h2::FIRST, b"ok")))
            .then(Step::ExpectClose);
        let origin = RawOrigin::spawn(script).unwrap();
        let url = origin.url("/");
        let client = waiting(FOR_EVER, true);
        let answered = tokio::spawn(async move { client.whole(expecting(&url)).await });
        head.released().await;
        assert!(!is_told_of_data(&origin.connection(0).unwrap().received));
        leave.release();
        assert_eq!(answered.await.unwrap().unwrap().text(), "ok");
        assert!(is_told_of_data(&origin.connection(0).unwrap().received));
    }

    #[tokio::test]
    async fn the_body_goes_when_the_server_has_had_its_time() {
        let origin = Origin::spawn().unwrap();
        let client = waiting(Duration::from_millis(20), true);
        let answer = client.whole(expecting(&origin.h2_url("/echo"))).await;
        assert_eq!(answer.unwrap().text(), "the body");
    }

    #[tokio::test]
    async fn a_final_answer_ends_the_stream_and_not_the_connection() {
        let origin = Origin::spawn().unwrap();
        let client = waiting(FOR_EVER, true);
        let url = origin.h2_url("/expect/413");
        let refused = client.whole(expecting(&url)).await.unwrap();
        assert_eq!((refused.status, refused.text()), (413, "not now"));
        let next = client.get(&origin.h2_url("/Nepal")).await.unwrap();
        assert_eq!(next.connection, refused.connection);
        let seen = origin.requests();
        assert_eq!(seen[0].header("expect"), Some("100-continue"));
        assert_eq!(seen[0].body_length, 0);
    }
}
