//! Request bodies: their shapes, their lengths, and servers that do not want them.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};

use support::{Client, hop};
use urlsession_core::http::{HeaderMap, Method};
use urlsession_core::{Body, Bytes, Error, ErrorCode, FileRef, HopBody, InMemory};
use urlsession_origin::faults::{self, How, response};
use urlsession_origin::{Origin, RawOrigin, Script, Scripts, Signal, Step};

/// A stream of these chunks.
struct Chunks(std::vec::IntoIter<Bytes>);

impl Chunks {
    fn stream(chunks: &[&'static str], length: Option<u64>) -> HopBody {
        let chunks: Vec<_> = chunks.iter().copied().map(Bytes::from).collect();
        HopBody::Stream(Box::new(Self(chunks.into_iter())), length)
    }
}

impl Body for Chunks {
    fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}

/// A file of its own that goes with the value.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn with(name: &str, bytes: &[u8]) -> Self {
        let name = format!("urlsession-upload-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn body(&self) -> HopBody {
        HopBody::File(FileRef::new(&self.0))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

/// The head of the request that `body` makes, as it arrived, and what followed it.
async fn wire_of(method: Method, body: HopBody) -> (String, String) {
    let origin = RawOrigin::spawn(Script::reply_and_close(response("ok"))).unwrap();
    Client::new()
        .whole(hop(method, &origin.url("/"), body))
        .await
        .unwrap();
    let text = origin.connection(0).unwrap().text();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

#[tokio::test]
async fn bytes_go_with_their_length() {
    let (head, body) = wire_of(Method::POST, HopBody::Bytes("hello".into())).await;
    assert!(head.contains("content-length: 5") && !head.contains("transfer-encoding"));
    assert_eq!(body, "hello");
}

#[tokio::test]
async fn a_post_without_a_body_says_so_and_a_get_does_not() {
    let (head, _) = wire_of(Method::POST, HopBody::Empty).await;
    assert!(head.contains("content-length: 0"));
    let (head, _) = wire_of(Method::GET, HopBody::Empty).await;
    assert!(!head.contains("content-length") && !head.contains("transfer-encoding"));
}

#[tokio::test]
async fn a_stream_of_unknown_length_is_chunked_with_any_method() {
    for method in [Method::POST, Method::GET] {
        let (head, body) = wire_of(method, Chunks::stream(&["ab", "c"], None)).await;
        assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"));
        assert_eq!(body, "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
    }
}

#[tokio::test]
async fn a_stream_of_known_length_is_not_chunked() {
    let (head, body) = wire_of(Method::POST, Chunks::stream(&["ab", "c"], Some(3))).await;
    assert!(head.contains("content-length: 3"));
    assert_eq!(body, "abc");
}

#[tokio::test]
async fn a_stream_shorter_than_its_length_fails() {
    let origin = RawOrigin::spawn(Script::reply(response("ok"))).unwrap();
    let short = hop(
        Method::POST,
        &origin.url("/"),
        Chunks::stream(&["ab"], Some(3)),
    );
    let error = Client::new().whole(short).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::RequestBodyStreamExhausted);
    origin.wait_for_open_connections(0).await.unwrap();
}

#[tokio::test]
async fn a_stream_longer_than_its_length_fails() {
    for chunks in [&["abcd"][..], &["ab", "cd"], &["abc", "d"]] {
        let origin = RawOrigin::spawn(Script::reply(response("ok"))).unwrap();
        let long = hop(
            Method::POST,
            &origin.url("/"),
            Chunks::stream(chunks, Some(3)),
        );
        let error = Client::new().whole(long).await.unwrap_err();
        assert_eq!(
            error.code(),
            ErrorCode::DataLengthExceedsMaximum,
            "{chunks:?}"
        );
    }
}

#[tokio::test]
async fn a_streams_own_failure_is_the_exchanges() {
    struct Failing;
    impl Body for Failing {
        fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
            Poll::Ready(Some(Err(ErrorCode::CannotOpenFile.into())))
        }
    }
    let origin = RawOrigin::spawn(Script::reply(response("ok"))).unwrap();
    let body = HopBody::Stream(Box::new(Failing), None);
    let failing = hop(Method::POST, &origin.url("/"), body);
    let error = Client::new().whole(failing).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::CannotOpenFile);
}

#[tokio::test]
async fn a_file_is_sent_whole() {
    let origin = Origin::spawn().unwrap();
    let content = urlsession_origin::pattern(0..3_000_000);
    let file = TemporaryFile::with("whole", &content);
    let put = hop(Method::PUT, &origin.url("/echo"), file.body());
    let got = Client::new().whole(put).await.unwrap();
    assert!(got.body == content);
    let sent = &origin.requests_for("/echo")[0];
    assert_eq!(sent.header("content-length"), Some("3000000"));
}

#[tokio::test]
async fn a_file_that_shrinks_while_it_is_sent_fails() {
    let file = TemporaryFile::with("shrinks", &vec![b'x'; 50_000_000]);
    let (begun, shrunk) = (Signal::new(), Signal::new());
    let slow = Script::new([
        Step::ReadHead,
        Step::ReadBody(1),
        Step::Release(begun.clone()),
        Step::WaitFor(shrunk.clone()),
        Step::ExpectClose,
    ]);
    let origin = RawOrigin::spawn(slow).unwrap();
    let exchange =
        tokio::spawn(Client::new().send(hop(Method::PUT, &origin.url("/"), file.body())));
    begun.released().await;
    std::fs::write(&file.0, b"short").unwrap();
    shrunk.release();
    let error = exchange.await.unwrap().unwrap_err();
    assert_eq!(error.code(), ErrorCode::RequestBodyStreamExhausted);
}

#[tokio::test]
async fn missing_files_and_folders_have_their_own_errors() {
    let client = Client::new();
    let origin = Origin::spawn().unwrap();
    for (path, code) in [
        ("/no/such/file", ErrorCode::FileDoesNotExist),
        ("/", ErrorCode::FileIsDirectory),
    ] {
        let body = HopBody::File(FileRef::new(path));
        let error = client
            .whole(hop(Method::PUT, &origin.url("/echo"), body))
            .await
            .unwrap_err();
        assert_eq!(error.code(), code);
    }
    assert_eq!(origin.accepted_connections(), 0);
}

#[tokio::test]
async fn an_early_413_is_the_answer_though_the_upload_fails() {
    for how in [How::Close, How::Drop, How::Reset] {
        let answer = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nstop";
        let script = Script::new([Step::ReadHead, Step::ReadBody(100_000), Step::write(answer)]);
        let origin = RawOrigin::spawn(script.then(how.step())).unwrap();
        let body = HopBody::Bytes(vec![1; 50_000_000].into());
        let got = Client::new()
            .whole(hop(Method::POST, &origin.url("/"), body))
            .await
            .unwrap();
        assert_eq!((got.status, got.text()), (413, "stop"), "{how:?}");
    }
}

#[tokio::test]
async fn an_early_413_is_the_answer_though_the_server_stops_reading() {
    let origin = RawOrigin::spawn(faults::early_413(How::Stall)).unwrap();
    let client = Client::new();
    let body = HopBody::Bytes(vec![1; 50_000_000].into());
    let got = client
        .whole(hop(Method::POST, &origin.url("/"), body))
        .await
        .unwrap();
    assert_eq!(got.status, 413);
    origin.wait_for_open_connections(0).await.unwrap();
}

#[tokio::test]
async fn a_half_sent_upload_closes_its_connection() {
    let answer = Script::new([
        Step::ReadHead,
        Step::Write(response("enough")),
        Step::ExpectClose,
    ]);
    let second = Script::reply(response("second"));
    let origin = RawOrigin::spawn(Scripts::in_order([answer, second])).unwrap();
    let client = Client::new();
    struct Endless;
    impl Body for Endless {
        fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
            Poll::Pending
        }
    }
    let body = HopBody::Stream(Box::new(Endless), None);
    let got = client
        .whole(hop(Method::POST, &origin.url("/"), body))
        .await
        .unwrap();
    assert_eq!(got.text(), "enough");
    origin.wait_for_open_connections(0).await.unwrap();
    assert_eq!(client.get(&origin.url("/")).await.unwrap().text(), "second");
}

#[tokio::test]
async fn a_one_shot_stream_is_not_sent_again_once_it_was_read() {
    let closes = [
        Step::ReadRequest,
        Step::Write(response("first")),
        Step::ReadHead,
        Step::ReadBody(3),
    ];
    let scripts = [
        Script::new(closes).then(Step::Drop),
        Script::reply(response("second")),
    ];
    let origin = RawOrigin::spawn(Scripts::in_order(scripts)).unwrap();
    let client = Client::new();
    client.get(&origin.url("/")).await.unwrap();
    let body = HopBody::Stream(Box::new(InMemory::new("abc".into())), Some(3));
    let error = client
        .whole(hop(Method::PUT, &origin.url("/"), body))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::NetworkConnectionLost);
    assert_eq!(origin.accepted(), 1);
}

#[tokio::test]
async fn fields_of_the_connection_are_the_transports_own() {
    let origin = RawOrigin::spawn(Script::reply_and_close(response("ok"))).unwrap();
    let mut request = support::get(&origin.url("/path?query"));
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "evil.example"),
        ("connection", "x-secret, upgrade"),
        ("content-length", "7"),
        ("transfer-encoding", "chunked"),
        ("te", "gzip"),
        ("upgrade", "websocket"),
        ("expect", "100-continue"),
        ("keep-alive", "timeout=5"),
        ("accept", "*/*"),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    request.headers = Arc::new(headers);
    Client::new().whole(request).await.unwrap();
    let sent = origin.connection(0).unwrap().text();
    let expected = format!(
        "GET /path?query HTTP/1.1\r\nhost: {}\r\naccept: */*",
        origin.address()
    );
    assert_eq!(sent.trim_end(), expected);
}

#[tokio::test]
async fn a_path_that_looks_like_an_authority_is_a_path() {
    let origin = RawOrigin::spawn(Script::reply_and_close(response("ok"))).unwrap();
    let url = origin.url("//evil.example/@a");
    Client::new().get(&url).await.unwrap();
    let sent = origin.connection(0).unwrap().text();
    assert!(
        sent.starts_with("GET //evil.example/@a HTTP/1.1\r\n"),
        "{sent}"
    );
}
