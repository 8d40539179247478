//! The words of other crates, on the mock.
#![cfg(feature = "mock")]
// Natively the lint knows a test by its attribute.
#![cfg_attr(
    target_arch = "wasm32",
    expect(clippy::unwrap_used, reason = "a test fails where it stands")
)]

use http::Method;
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{Configuration, Session};

const URL: &str = "http://a.example/";

fn mock_with(method: Method, reply: Reply) -> (MockPlatform, Session) {
    let mock = MockPlatform::new();
    mock.transport().on(method, URL).reply(reply);
    let session = Session::new(mock.platform(), Configuration::default());
    (mock, session)
}

#[cfg(feature = "json")]
mod json {
    use std::error::Error as _;

    use super::*;
    use urlsession_core::{ErrorCode, Request, UnexpectedStatus};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn an_answer_is_read_and_asked_for() {
        let (mock, session) = mock_with(Method::GET, Reply::new(200).body("[1, 2]"));
        let (points, response) = mock
            .runtime()
            .block_on(session.json::<Vec<u8>>(URL))
            .unwrap();
        assert_eq!((points, response.status().as_u16()), (vec![1, 2], 200));
        let sent = &mock.transport().requests()[0];
        assert_eq!(sent.headers["accept"], "application/json");
    }

    #[test]
    fn the_apps_accept_stays() {
        let (mock, session) = mock_with(Method::GET, Reply::new(200).body("1"));
        let request = Request::get(URL).unwrap();
        let request = request.header("accept", "application/ld+json").unwrap();
        mock.runtime()
            .block_on(session.json::<u8>(request))
            .unwrap();
        let sent = &mock.transport().requests()[0];
        assert_eq!(sent.headers["accept"], "application/ld+json");
    }

    #[test]
    fn what_is_no_such_value_cannot_be_parsed() {
        let (mock, session) = mock_with(Method::GET, Reply::new(200).body("{"));
        let error = mock
            .runtime()
            .block_on(session.json::<u8>(URL))
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::CannotParseResponse);
        assert_eq!(error.url().unwrap().as_str(), URL);
        assert!(error.source().unwrap().is::<serde_json::Error>());
    }

    #[test]
    fn another_status_than_2xx_is_an_error_with_the_answer_in_it() {
        let (mock, session) = mock_with(Method::GET, Reply::new(404).body("1"));
        let error = mock
            .runtime()
            .block_on(session.json::<u8>(URL))
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadServerResponse);
        let cause = error.source().unwrap();
        let UnexpectedStatus { response, body } = cause.downcast_ref().unwrap();
        assert_eq!((response.status().as_u16(), &body[..]), (404, &b"1"[..]));
    }

    #[test]
    fn a_value_without_a_form_in_json_is_an_error() {
        let by_pairs = std::collections::BTreeMap::from([((1, 2), 3)]);
        let request = Request::post(URL).unwrap();
        assert!(request.with_json(&by_pairs).is_err());
    }
}

#[cfg(feature = "http-body")]
mod http_body {
    use std::convert::Infallible;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll};

    use super::*;
    use ::http_body::{Body as _, Frame, SizeHint};
    use http_body_util::{BodyExt, Empty, Full, StreamBody};
    use urlsession_core::{Bytes, ErrorCode, Request, RequestBody};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn put(body: RequestBody) -> Request {
        Request::put(URL).expect("the URL is one").with_body(body)
    }

    #[test]
    fn a_body_in_memory_can_be_sent_again() {
        let full = RequestBody::from_http_body(Full::new(Bytes::from_static(b"abc")));
        assert_eq!(full, RequestBody::from("abc"));
        let empty = RequestBody::from_http_body(Empty::<Bytes>::new());
        assert_eq!(empty, RequestBody::Empty);
    }

    #[test]
    fn a_stream_is_sent_as_it_comes() {
        let (mock, session) = mock_with(Method::PUT, Reply::new(200));
        let chunks =
            ["", "ab", "", "c"].map(|chunk| Ok::<_, Infallible>(Frame::data(chunk.as_bytes())));
        let body = RequestBody::from_http_body(StreamBody::new(futures::stream::iter(chunks)));
        assert!(!body.is_replayable());
        mock.runtime().block_on(session.data(put(body))).unwrap();
        assert_eq!(mock.transport().requests()[0].body, "abc");
    }

    /// Says its length, comes in two frames, the first of them at once.
    struct Halves(Vec<&'static [u8]>);

    impl ::http_body::Body for Halves {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let half = self.0.pop().map(Bytes::from_static);
            Poll::Ready(half.map(|half| Ok(Frame::data(half))))
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.0.iter().map(|half| half.len() as u64).sum())
        }
    }

    #[test]
    fn no_frame_is_lost_to_the_look_at_the_first() {
        let (mock, session) = mock_with(Method::PUT, Reply::new(200));
        let body = RequestBody::from_http_body(Halves(vec![b"cd", b"ab"]));
        assert_eq!(body.length(), Some(4));
        mock.runtime().block_on(session.data(put(body))).unwrap();
        assert_eq!(mock.transport().requests()[0].body, "abcd");
    }

    #[test]
    fn a_body_that_fails_ends_the_task_with_its_reason() {
        let (mock, session) = mock_with(Method::PUT, Reply::new(200));
        let failed = [Ok(Frame::data(Bytes::from_static(b"a"))), Err("no disk")];
        let body = RequestBody::from_http_body(StreamBody::new(futures::stream::iter(failed)));
        let error = mock
            .runtime()
            .block_on(session.data(put(body)))
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::RequestBodyStreamExhausted);
        let cause = std::error::Error::source(&error).unwrap();
        assert_eq!(cause.to_string(), "no disk");
    }

    #[test]
    fn the_fields_after_a_body_are_its_last_frame() {
        let reply = Reply::new(200).body("hello").trailer("x-sum", "5");
        let (mock, session) = mock_with(Method::GET, reply);
        let collected = mock.runtime().block_on(async {
            let (body, _) = session.bytes(URL).await.unwrap();
            body.collect().await.unwrap()
        });
        assert_eq!(collected.trailers().unwrap()["x-sum"], "5");
        assert_eq!(collected.to_bytes(), "hello");
    }

    #[test]
    fn an_answer_is_a_body_too() {
        let (mock, session) = mock_with(Method::GET, Reply::new(200).body("hello"));
        let body = mock.runtime().block_on(async {
            let (body, _) = session.bytes(URL).await.unwrap();
            assert_eq!(body.size_hint().exact(), Some(5));
            let body = pin!(body);
            body.collect().await.unwrap().to_bytes()
        });
        assert_eq!(body, "hello");
    }
}

#[cfg(feature = "tower")]
mod tower {
    use super::*;
    use http_body_util::{BodyExt, Full};
    use tower_service::Service;
    use urlsession_core::{Bytes, ErrorCode, RequestBody, Response};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_call_gives_head_and_body() {
        let (mock, mut session) = mock_with(Method::POST, Reply::new(201).body("made"));
        let request = http::Request::post(URL)
            .header("x-a", "1")
            .body(Full::new(Bytes::from_static(b"new")))
            .unwrap();
        let (response, body) = mock.runtime().block_on(async {
            let (head, body) = session.call(request).await.unwrap().into_parts();
            (head, body.collect().await.unwrap().to_bytes())
        });
        assert_eq!((response.status.as_u16(), body), (201, "made".into()));
        let ours = response.extensions.get::<Response>().unwrap();
        assert_eq!(ours.url().as_str(), URL);
        let sent = &mock.transport().requests()[0];
        assert_eq!(
            (&sent.headers["x-a"], &*sent.body),
            (&"1".parse().unwrap(), &b"new"[..])
        );
    }

    #[test]
    fn what_is_no_request_is_an_error_of_the_call() {
        let (mock, mut session) = mock_with(Method::GET, Reply::new(200));
        let request = http::Request::get("/no/host")
            .body(RequestBody::Empty)
            .unwrap();
        let error = mock.runtime().block_on(session.call(request)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadUrl);
    }

    #[test]
    fn an_answer_dropped_cancels_its_task() {
        let (mock, mut session) = mock_with(Method::GET, Reply::new(200).body("hello"));
        let request = http::Request::get(URL).body(RequestBody::Empty).unwrap();
        let task = mock.runtime().block_on(async {
            let answer = session.call(request).await.unwrap();
            let task = answer.body().task();
            drop(answer);
            task
        });
        assert_eq!(task.error().unwrap().code(), ErrorCode::Cancelled);
        assert_eq!(session.task_count(), 0);
    }
}

#[cfg(feature = "tracing")]
mod tracing {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;
    use tracing_subscriber::fmt::format::FmtSpan;
    use urlsession_core::TracingObserver;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const OPEN: &str = "no test panics with the lines open";
    const SECRET_URL: &str = "http://me:s3cret@a.example/";

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect(OPEN).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is said while `run` runs a session on a mock.
    fn said(reply: Reply, run: impl FnOnce(&MockPlatform, &Session)) -> String {
        let lines = Lines::default();
        let made = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(::tracing::Level::TRACE)
            .with_span_events(FmtSpan::CLOSE)
            .without_time()
            .with_ansi(false)
            .with_writer(move || made.clone())
            .finish();
        ::tracing::subscriber::with_default(subscriber, || {
            let mock = MockPlatform::new();
            for url in [URL, SECRET_URL] {
                mock.transport().on(Method::GET, url).reply(reply.clone());
            }
            let session = Session::builder(mock.platform(), Configuration::default())
                .observer(TracingObserver::default())
                .build();
            run(&mock, &session);
        });
        let said = lines.0.lock().expect(OPEN).clone();
        String::from_utf8(said).expect("what is said is text")
    }

    #[test]
    fn a_task_is_a_span_that_ends_with_it() {
        let said = said(Reply::new(200).body("hello"), |mock, session| {
            mock.runtime().block_on(session.data(SECRET_URL)).unwrap();
        });
        let closed = said.lines().last().unwrap();
        for part in [
            "close",
            "task{id=1",
            "method=\"GET\"",
            "url=http://a.example/",
            "status=200",
            "received=5",
        ] {
            assert!(closed.contains(part), "{part} in {said}");
        }
        assert!(!said.contains("s3cret"), "{said}");
    }

    #[test]
    fn a_failure_is_a_warning_with_its_number() {
        let said = said(Reply::never(), |mock, session| {
            mock.runtime().block_on(session.data(URL)).unwrap_err();
        });
        let failed = said.lines().find(|line| line.contains("failed")).unwrap();
        for part in ["WARN", "urlsession", "error=-1001", "timed out"] {
            assert!(failed.contains(part), "{part} in {said}");
        }
    }

    #[test]
    fn a_cancelled_task_is_no_warning() {
        let said = said(Reply::never(), |mock, session| {
            let task = session.data_task(URL);
            task.resume();
            task.cancel();
            mock.runtime().block_on(task.finished()).unwrap_err();
        });
        assert!(
            said.contains("cancelled") && !said.contains("WARN"),
            "{said}"
        );
    }
}
