//! Fields after bodies, on the wire.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::task::{Context, Poll};

use support::{Client, get};
use urlsession_core::http::HeaderMap;
use urlsession_core::{
    Body, BodyStream, Bytes, Configuration, ConnectionId, Error, ErrorCode, Request, Session,
};
use urlsession_origin::{Origin, RawOrigin, Script, Step};

/// The trailers of a response whose body is read to its end, and the connection that carried it.
async fn trailers_of(client: &Client, url: &str) -> (Option<HeaderMap>, ConnectionId) {
    let mut response = client.send(get(url)).await.unwrap();
    assert_eq!(response.body.trailers(), None, "before the end");
    while response.body.next_chunk().await.unwrap().is_some() {}
    let trailers = response.body.trailers();
    assert_eq!(response.body.trailers(), None, "asked for again");
    (trailers, response.connection.unwrap())
}

async fn error_after_the_body(client: &Client, url: &str) -> ErrorCode {
    let mut response = client.send(get(url)).await.unwrap();
    loop {
        match response.body.next_chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the body ended"),
            Err(error) => return error.code(),
        }
    }
}

fn chunked_with(trailers: &str) -> Script {
    Script::reply(format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n{trailers}\r\n"
    ))
}

#[tokio::test]
async fn those_of_http1_are_given_and_the_connection_serves_again() {
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    let (trailers, first) = trailers_of(&client, &origin.url("/trailers")).await;
    assert_eq!(trailers.unwrap()["x-checksum"], "abc123");
    let (_, second) = trailers_of(&client, &origin.url("/trailers")).await;
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_chunked_body_without_any_has_none() {
    let origin = Origin::spawn().unwrap();
    let (trailers, _) = trailers_of(&Client::new(), &origin.url("/chunked/100000")).await;
    assert_eq!(trailers, None);
}

#[tokio::test]
async fn more_than_a_hundred_or_256_kib_are_refused() {
    let many: String = (0..101)
        .map(|number| format!("x-{number}: 1\r\n"))
        .collect();
    let large = format!("x-large: {}\r\n", "x".repeat(256 * 1024));
    for trailers in [many, large] {
        let origin = RawOrigin::spawn(chunked_with(&trailers)).unwrap();
        let code = error_after_the_body(&Client::new(), &origin.url("/")).await;
        assert_eq!(code, ErrorCode::CannotParseResponse);
    }
}

#[tokio::test]
async fn what_is_no_field_is_refused() {
    for trailers in ["no colon\r\n", "x y: 1\r\n", "x: a\0b\r\n", " folded\r\n"] {
        let origin = RawOrigin::spawn(chunked_with(trailers)).unwrap();
        let code = error_after_the_body(&Client::new(), &origin.url("/")).await;
        assert_eq!(code, ErrorCode::CannotParseResponse, "{trailers:?}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_among_them_is_lost() {
    let script = Script::new([
        Step::ReadRequest,
        Step::write(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-a: ",
        ),
        Step::Close,
    ]);
    let origin = RawOrigin::spawn(script).unwrap();
    let code = error_after_the_body(&Client::new(), &origin.url("/")).await;
    assert_eq!(code, ErrorCode::NetworkConnectionLost);
}

#[tokio::test]
async fn only_asking_for_them_says_te_and_names_it_in_connection() {
    let origin = Origin::spawn().unwrap();
    let client = Client::new();
    let mut asking = get(&origin.url("/jsonBody"));
    let mut fields = HeaderMap::new();
    fields.insert("te", "trailers".parse().unwrap());
    asking.headers = fields.into();
    let asked = client.whole(asking).await.unwrap();
    assert!(
        asked.text().contains(r#""te":"trailers""#),
        "{}",
        asked.text()
    );
    assert!(
        asked.text().contains(r#""connection":"te""#),
        "{}",
        asked.text()
    );
    let plain = client.get(&origin.url("/jsonBody")).await.unwrap();
    assert!(!plain.text().contains(r#""te""#), "{}", plain.text());
}

/// A body with fields after it, some of them not announced.
struct Followed(Option<Bytes>);

impl Body for Followed {
    fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        Poll::Ready(self.0.take().map(Ok))
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        let mut trailers = HeaderMap::new();
        for name in ["x-digest", "x-unannounced", "cookie"] {
            trailers.insert(name, "late".parse().unwrap());
        }
        Some(trailers)
    }
}

/// The trailers that arrive of a request whose body announces two, one of which may not come late.
async fn sent(origin: &Origin, configuration: Configuration, url: &str) {
    let session = Session::new(
        urlsession_transport_native::platform(&configuration),
        configuration,
    );
    let stream = BodyStream::replayable(|| Box::new(Followed(Some("body".into()))));
    let names = ["x-digest", "cookie"].map(|name| name.parse().unwrap());
    let body = stream.with_length(4).with_trailers(names);
    let request = Request::put(url).unwrap().with_body(body);
    let (answer, _) = session.data(request).await.unwrap();
    assert_eq!(answer, "body");
    let seen = origin.requests().pop().unwrap();
    let trailers = seen.trailers.clone().unwrap();
    assert_eq!(
        (trailers.len(), &trailers["x-digest"]),
        (1, &"late".parse().unwrap())
    );
    assert_eq!(seen.header("trailer"), Some("x-digest"));
    assert_eq!(seen.header("content-length"), None);
}

#[tokio::test]
async fn announced_ones_follow_a_request_over_http1() {
    let origin = Origin::spawn().unwrap();
    sent(&origin, Configuration::default(), &origin.url("/echo")).await;
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn announced_ones_follow_a_request_over_http2() {
    let origin = Origin::spawn().unwrap();
    let mut configuration = Configuration::default();
    configuration.assumes_http2_capable = true;
    sent(&origin, configuration, &origin.h2_url("/echo")).await;
}

#[cfg(feature = "http2")]
mod http2 {
    use super::*;
    use urlsession_origin::faults::h2;
    use urlsession_origin::frame;

    #[tokio::test]
    async fn those_of_a_stream_are_given() {
        let origin = Origin::spawn().unwrap();
        let (trailers, _) = trailers_of(&Client::http2(), &origin.h2_url("/trailers")).await;
        assert_eq!(trailers.unwrap()["x-checksum"], "abc123");
        let (trailers, _) = trailers_of(&Client::http2(), &origin.h2_url("/chunked/10")).await;
        assert_eq!(trailers, None);
    }

    #[tokio::test]
    async fn more_than_a_hundred_are_refused() {
        let names: Vec<_> = (0..101).map(|number| format!("x-{number}")).collect();
        let fields: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
        let answer = [
            frame::headers(h2::FIRST, &[(":status", "200")], false),
            frame::data(h2::FIRST, b"hello", false),
            frame::headers(h2::FIRST, &fields, true),
        ]
        .concat();
        let script = h2::opened()
            .then(Step::ReadH2Request)
            .then(Step::write(answer))
            .then(Step::ExpectClose);
        let origin = RawOrigin::spawn(script).unwrap();
        let code = error_after_the_body(&Client::http2(), &origin.url("/")).await;
        assert_eq!(code, ErrorCode::CannotParseResponse);
    }

    #[tokio::test]
    async fn te_is_said_without_a_connection_field() {
        let origin = Origin::spawn().unwrap();
        let mut asking = get(&origin.h2_url("/jsonBody"));
        let mut fields = HeaderMap::new();
        fields.insert("te", "trailers".parse().unwrap());
        asking.headers = fields.into();
        let asked = Client::http2().whole(asking).await.unwrap();
        assert!(
            asked.text().contains(r#""te":"trailers""#),
            "{}",
            asked.text()
        );
        assert!(!asked.text().contains("connection"), "{}", asked.text());
    }
}
