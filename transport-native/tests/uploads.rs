//! Request bodies: their shapes, their lengths, and servers that do not want them.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::error::Error as _;
use std::path::PathBuf;
use std::task::{Context, Poll};

use support::{Client, hop};
use urlsession_core::http::{HeaderMap, Method};
use urlsession_core::{
    Body, Bytes, Error, ErrorCode, FileChanged, FileRef, FileVersion, HopBody, InMemory,
};
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

/// More than sockets hold between two ends.
const LARGE: usize = 50_000_000;

/// A file of its own that goes with the value.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn with(name: &str, bytes: &[u8]) -> Self {
        let name = format!("urlsession-upload-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    /// The file as it is now.
    async fn body(&self, client: &Client) -> HopBody {
        let file = FileRef::new(&self.0);
        let version = client.platform.files.version(&file).await.unwrap();
        HopBody::File(file, Box::new(version))
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
    let client = Client::new();
    let put = hop(Method::PUT, &origin.url("/echo"), file.body(&client).await);
    let got = client.whole(put).await.unwrap();
    assert!(got.body == content);
    let sent = &origin.requests_for("/echo")[0];
    assert_eq!(sent.header("content-length"), Some("3000000"));
}

/// Its name, and what is done to a file.
type Change = (&'static str, fn(&PathBuf));

/// What comes of a file that `change` is made to while the server has a byte of it, and how much the server got.
async fn sent_while(name: &str, change: impl FnOnce(&PathBuf)) -> (Result<u16, Error>, u64) {
    let file = TemporaryFile::with(name, &vec![b'x'; LARGE]);
    let (begun, changed) = (Signal::new(), Signal::new());
    let slow = Script::new([
        Step::ReadHead,
        Step::ReadBody(1),
        Step::Release(begun.clone()),
        Step::WaitFor(changed.clone()),
        Step::ReadBody(LARGE - 1),
        Step::write(response("ok")),
        Step::ExpectClose,
    ]);
    let (client, origin) = (Client::new(), RawOrigin::spawn(slow).unwrap());
    let put = hop(Method::PUT, &origin.url("/"), file.body(&client).await);
    let exchange = tokio::spawn(client.send(put));
    begun.released().await;
    change(&file.0);
    changed.release();
    let answer = exchange.await.unwrap();
    let answer = answer.map(|answer| answer.response.status().as_u16());
    drop(client);
    let seen = origin.wait_for_ending(0).await.unwrap();
    (answer, seen.bytes_received)
}

#[tokio::test]
async fn a_file_that_is_written_while_it_is_sent_fails_and_never_arrives_whole() {
    use std::io::Write as _;
    let changes: [Change; 4] = [
        ("shrinks", |path| std::fs::write(path, b"short").unwrap()),
        ("vanishes", |path| {
            std::fs::File::create(path).unwrap().set_len(0).unwrap()
        }),
        ("grows", |path| {
            let mut file = std::fs::File::options().append(true).open(path).unwrap();
            file.write_all(b"more").unwrap();
        }),
        ("changes", |path| {
            let mut file = std::fs::File::options().write(true).open(path).unwrap();
            file.write_all(b"other").unwrap();
        }),
    ];
    for (name, change) in changes {
        let (answer, received) = sent_while(name, change).await;
        let error = answer.unwrap_err();
        assert_eq!(
            error.code(),
            ErrorCode::RequestBodyStreamExhausted,
            "{name}"
        );
        let cause = error.source().unwrap();
        assert!(cause.is::<FileChanged>(), "{name}: {cause}");
        assert!(received < LARGE as u64, "{name}: {received} bytes arrived");
    }
}

#[tokio::test]
async fn a_file_that_is_replaced_or_removed_is_sent_as_it_was() {
    let changes: [Change; 2] = [
        ("replaced", |path| {
            let other = path.with_extension("new");
            std::fs::write(&other, b"other").unwrap();
            std::fs::rename(other, path).unwrap();
        }),
        ("removed", |path| {
            let aside = path.with_extension("aside");
            std::fs::rename(path, &aside).unwrap();
            std::fs::remove_file(aside).unwrap();
            // For the end of the test, which removes it.
            std::fs::write(path, b"").unwrap();
        }),
    ];
    for (name, change) in changes {
        let (answer, received) = sent_while(name, change).await;
        assert_eq!(answer.unwrap(), 200, "{name}");
        assert!(received > LARGE as u64, "{name}: {received} bytes arrived");
    }
}

#[tokio::test]
async fn a_file_that_is_not_the_one_that_was_meant_is_not_sent() {
    let (client, origin) = (Client::new(), Origin::spawn().unwrap());
    let file = TemporaryFile::with("meant", b"what was meant");
    let put = hop(Method::PUT, &origin.url("/echo"), file.body(&client).await);
    std::fs::write(&file.0, b"what was not meant").unwrap();
    let error = client.whole(put).await.unwrap_err();
    assert!(error.source().unwrap().is::<FileChanged>(), "{error:?}");
    assert_eq!(origin.accepted_connections(), 0);
}

#[tokio::test]
async fn missing_files_and_folders_have_their_own_errors() {
    let client = Client::new();
    let origin = Origin::spawn().unwrap();
    for (path, code) in [
        ("/no/such/file", ErrorCode::FileDoesNotExist),
        ("/", ErrorCode::FileIsDirectory),
    ] {
        let body = HopBody::File(FileRef::new(path), Box::new(FileVersion::new(0)));
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
    request.headers = headers.into();
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
