//! What becomes of coded bodies, with virtual codings on the mock.
#![cfg(feature = "mock")]
#![cfg_attr(
    target_arch = "wasm32",
    expect(clippy::unwrap_used, reason = "a test fails where it stands")
)]

mod codec;

use std::error::Error as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use codec::{Virtual, next, runs};
use futures::StreamExt;
use futures::future::{Either, select};
use http::{Method, header};
use urlsession_core::mock::{MockPlatform, Reply, Step};
use urlsession_core::{
    Answer, Bytes, Capabilities, Configuration, DecodingError, Delegate, Error, ErrorCode,
    IntoRequest, Request, Response, Session, Task, TaskMetrics, Wants,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const URL: &str = "http://a.example/";
const MIB: u64 = 1024 * 1024;

fn session_of(mock: &MockPlatform, configuration: Configuration) -> Session {
    Session::new(mock.platform().with_decoder(Virtual), configuration)
}

fn session(mock: &MockPlatform) -> Session {
    session_of(mock, Configuration::default())
}

/// What a session makes of one reply.
fn load(
    configuration: Configuration,
    request: impl IntoRequest,
    reply: Reply,
) -> Result<(Bytes, Response), Error> {
    let mock = MockPlatform::new();
    mock.transport().respond(move |_| reply.clone());
    let session = session_of(&mock, configuration);
    mock.runtime().block_on(session.data(request))
}

fn loaded(reply: Reply) -> Result<Bytes, Error> {
    load(Configuration::default(), URL, reply).map(|(body, _)| body)
}

fn under(codings: &str) -> Reply {
    Reply::new(200).header(header::CONTENT_ENCODING, codings)
}

/// The code, and the cause.
fn failure(loaded: Result<Bytes, Error>) -> (ErrorCode, DecodingError) {
    let error = loaded.expect_err("a body that cannot be decoded");
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    let cause: Option<&DecodingError> = cause;
    (error.code(), cause.expect("a cause of decoding").clone())
}

#[test]
fn a_coded_body_comes_decoded_and_its_head_as_it_was_sent() {
    let reply = under("runs").chunk(&[3, b'a', 2][..]).chunk(&[b'b', 0][..]);
    let (body, response) = load(Configuration::default(), URL, reply).unwrap();
    assert_eq!(&body[..], b"aaabb");
    assert_eq!(response.value("content-encoding").as_deref(), Some("runs"));
    assert_eq!(response.expected_content_length(), Some(5));
}

#[test]
fn decoded_bytes_are_counted_and_their_number_is_not_foretold() {
    let mock = MockPlatform::new();
    mock.transport()
        .on(Method::GET, URL)
        .reply(under("runs").body(&[200, b'a', 0][..]));
    let session = session(&mock);
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().block_on(task.finished()).unwrap();
    assert_eq!(task.count_of_bytes_received(), 200);
    assert_eq!(task.count_of_bytes_expected_to_receive(), None);
}

/// Keeps the metrics of one task.
#[derive(Default)]
struct Measured(Mutex<Option<TaskMetrics>>);

impl Measured {
    fn slot(&self) -> MutexGuard<'_, Option<TaskMetrics>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Delegate for Measured {
    fn wants(&self) -> Wants {
        Wants::METRICS
    }

    fn did_finish_collecting_metrics(&self, _: &Task, metrics: &TaskMetrics) -> Answer<()> {
        *self.slot() = Some(metrics.clone());
        ().into()
    }
}

#[test]
fn metrics_tell_what_came_and_what_it_was_decoded_to() {
    let mock = MockPlatform::new();
    mock.transport()
        .respond(|_| under("runs").body(&[200, b'a', 0][..]));
    let (session, measured) = (session(&mock), Arc::new(Measured::default()));
    let load = session.data_with_delegate(URL, measured.clone());
    mock.runtime().block_on(load).unwrap();
    let metrics = measured.slot().take().unwrap();
    let transaction = &metrics.transaction_metrics[0];
    let counted = (
        transaction.count_of_response_body_bytes_received,
        transaction.count_of_response_body_bytes_after_decoding,
    );
    assert_eq!(counted, (Some(3), Some(200)));
}

#[test]
fn the_coding_applied_last_is_undone_first() {
    let reply = under("runs, next").body(next(&runs(b"both ways")));
    assert_eq!(loaded(reply).unwrap(), "both ways");
    let reply = under("next")
        .header(header::CONTENT_ENCODING, "identity, runs")
        .body(runs(&next(b"in two fields")));
    assert_eq!(loaded(reply).unwrap(), "in two fields");
}

#[test]
fn a_body_split_anywhere_is_the_same() {
    let coded = runs(&next(&runs(b"split")));
    for place in 0..=coded.len() {
        let reply = under("runs, next, runs")
            .chunk(coded.slice(..place))
            .chunk(coded.slice(place..));
        assert_eq!(loaded(reply).unwrap(), "split", "{place}");
    }
}

#[test]
fn a_body_cut_anywhere_is_an_error() {
    let coded = runs(&next(&runs(b"cut")));
    for place in 1..coded.len() {
        let reply = under("runs, next, runs").body(coded.slice(..place));
        let (code, cause) = failure(loaded(reply));
        assert_eq!(code, ErrorCode::CannotDecodeRawData, "{place}");
        assert!(matches!(cause, DecodingError::Truncated { coding } if coding == "runs"));
        let reply = under("runs, next, runs").body(coded.clone());
        let reset = loaded(reply.reset_after(place as u64)).unwrap_err();
        assert_eq!(reset.code(), ErrorCode::NetworkConnectionLost, "{place}");
    }
}

#[test]
fn malformed_data_is_an_error_that_names_coding_cause_and_url() {
    let error = loaded(under("runs").body(&[1, b'a', 255][..])).unwrap_err();
    assert_eq!(error.code(), ErrorCode::CannotDecodeRawData);
    assert_eq!(error.url().unwrap().as_str(), URL);
    let cause = error.source().unwrap();
    assert_eq!(cause.to_string(), "the body's runs data is malformed");
    assert_eq!(cause.source().unwrap().to_string(), "255");
}

#[test]
fn a_decoder_that_does_not_go_on_is_an_error() {
    let (code, cause) = failure(loaded(under("stuck").body("abc")));
    assert_eq!(code, ErrorCode::CannotDecodeRawData);
    assert!(matches!(cause, DecodingError::Malformed { .. }));
}

#[test]
fn what_follows_the_end_is_ignored_up_to_64_kib() {
    let followed = |length: usize| {
        let reply = under("runs").chunk(runs(b"whole"));
        loaded(reply.chunk(vec![7; length - 1]).chunk("x"))
    };
    assert_eq!(followed(64 * 1024).unwrap(), "whole");
    let (code, cause) = failure(followed(64 * 1024 + 1));
    assert_eq!(code, ErrorCode::CannotDecodeRawData);
    assert!(matches!(cause, DecodingError::Surplus { .. }));
}

#[test]
fn a_body_under_an_unknown_coding_comes_as_it_was_sent() {
    for codings in ["compress", "runs, compress", "compress, runs"] {
        assert_eq!(loaded(under(codings).body("as sent")).unwrap(), "as sent");
    }
    let mock = MockPlatform::new();
    mock.transport()
        .respond(|_| under("compress").body("as sent"));
    let (chunks, _) = mock.runtime().block_on(session(&mock).bytes(URL)).unwrap();
    assert_eq!(chunks.task().count_of_bytes_expected_to_receive(), Some(7));
}

#[test]
fn without_a_decoder_bodies_come_as_they_were_sent() {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| under("runs").body("as sent"));
    let session = Session::new(mock.platform(), Configuration::default());
    let (body, _) = mock.runtime().block_on(session.data(URL)).unwrap();
    assert_eq!(&body[..], b"as sent");
    let sent = mock.transport().requests().remove(0);
    assert!(!sent.headers.contains_key(header::ACCEPT_ENCODING));
}

#[test]
fn a_platform_that_decodes_by_itself_is_left_to_it() {
    let mock = MockPlatform::new();
    mock.transport().set_capabilities(Capabilities::none());
    mock.transport()
        .respond(|_| under("runs").body("decoded already"));
    let session = session(&mock);
    let (body, _) = mock.runtime().block_on(session.data(URL)).unwrap();
    assert_eq!(&body[..], b"decoded already");
}

#[test]
fn a_request_can_ask_for_the_body_as_it_is_sent() {
    let mock = MockPlatform::new();
    mock.transport()
        .respond(|request| match request.target.url().path() {
            "/" => Reply::redirect(302, "/there"),
            _ => under("runs").body(&[1, b'a', 0][..]),
        });
    let request = Request::get(URL).unwrap().with_content_decoding(false);
    let session = session(&mock);
    let (mut chunks, _) = mock.runtime().block_on(session.bytes(request)).unwrap();
    assert_eq!(chunks.task().count_of_bytes_expected_to_receive(), Some(3));
    let chunk = mock.runtime().block_on(chunks.next()).unwrap().unwrap();
    assert_eq!(&chunk[..], [1, b'a', 0]);
    for sent in mock.transport().requests() {
        assert!(!sent.headers.contains_key(header::ACCEPT_ENCODING));
    }
}

#[test]
fn the_decoders_codings_are_offered() {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| Reply::new(200));
    let session = session(&mock);
    let plain = Request::get(URL).unwrap();
    let part = plain.clone().header("range", "bytes=0-9").unwrap();
    let own = plain.clone().header("accept-encoding", "br").unwrap();
    for request in [plain, part, own] {
        mock.runtime().block_on(session.data(request)).unwrap();
    }
    let sent = mock.transport().requests();
    let offered = sent
        .iter()
        .map(|sent| &sent.headers[header::ACCEPT_ENCODING]);
    let offered: Vec<_> = offered.collect();
    assert_eq!(offered, ["runs, next, nothing, stuck", "identity", "br"]);
}

#[test]
fn a_part_of_a_coded_body_comes_as_it_was_sent() {
    let reply = Reply::new(206).header(header::CONTENT_ENCODING, "runs");
    assert_eq!(loaded(reply.body("part")).unwrap(), "part");
}

#[test]
fn where_there_is_no_body_nothing_is_decoded() {
    let six = "runs, runs, runs, runs, runs, runs";
    for coding in ["runs", "runs, next", six] {
        assert_eq!(loaded(under(coding)).unwrap(), "");
        for status in [204, 304] {
            let reply = Reply::new(status).header(header::CONTENT_ENCODING, coding);
            assert_eq!(loaded(reply).unwrap(), "");
        }
        let head = Request::head(URL).unwrap();
        let reply = under(coding).header(header::CONTENT_LENGTH, "100");
        let (body, _) = load(Configuration::default(), head, reply).unwrap();
        assert!(body.is_empty());
    }
}

#[test]
fn more_than_five_codings_are_an_error_once_there_is_a_body() {
    let coded = (0..5).fold(Bytes::from("five"), |bytes, _| runs(&bytes));
    assert_eq!(
        loaded(under("runs, runs, runs, runs, runs").body(coded)).unwrap(),
        "five"
    );
    let many = ["runs"; 100].join(", ");
    let in_fields = (0..100).fold(Reply::new(200), |reply, _| {
        reply.header(header::CONTENT_ENCODING, "runs")
    });
    for reply in [under(&many), in_fields] {
        let (code, cause) = failure(loaded(reply.body("x")));
        assert_eq!(code, ErrorCode::CannotDecodeContentData);
        assert!(matches!(cause, DecodingError::TooManyCodings { most: 5 }));
    }
}

#[test]
fn the_body_of_a_followed_redirect_is_not_decoded() {
    let mock = MockPlatform::new();
    mock.transport()
        .respond(|request| match request.target.url().path() {
            "/" => Reply::redirect(302, "/there")
                .header(header::CONTENT_ENCODING, "stuck")
                .body("never looked at"),
            _ => Reply::new(200).body("there"),
        });
    let (body, _) = mock.runtime().block_on(session(&mock).data(URL)).unwrap();
    assert_eq!(&body[..], b"there");
}

fn bounded(length: Option<u64>, ratio: Option<u32>) -> Configuration {
    let mut configuration = Configuration::default();
    configuration.maximum_decoded_length = length;
    configuration.maximum_decoding_ratio = ratio;
    configuration
}

/// So many MiB of one byte under `runs`, twice: a byte for 254.
fn dense(mebibytes: u64, codings: &'static str) -> Reply {
    let runs = [254, b'z'].repeat(4096);
    let count = mebibytes * MIB / (254 * 4096) + 1;
    under(codings).steps(move |number| match number {
        number if number < count => Some(Step::Chunk(runs.clone().into())),
        number if number == count => Some(Step::Chunk(Bytes::from_static(&[0]))),
        _ => None,
    })
}

#[test]
fn a_body_longer_than_allowed_is_an_error() {
    let load = |limit, reply| {
        let loaded = load(bounded(Some(limit), None), URL, reply);
        loaded.map(|(body, _)| body)
    };
    assert_eq!(
        load(5, under("runs").body(runs(b"12345"))).unwrap(),
        "12345"
    );
    let (code, cause) = failure(load(4, under("runs").body(runs(b"12345"))));
    assert_eq!(code, ErrorCode::DataLengthExceedsMaximum);
    assert!(matches!(cause, DecodingError::TooLong { limit: 4 }));
    assert_eq!(load(1, Reply::new(200).body("uncoded")).unwrap(), "uncoded");
}

#[test]
fn a_body_denser_than_allowed_is_an_error_once_it_is_long() {
    let load = |mebibytes, ratio| {
        let loaded = load(bounded(None, ratio), URL, dense(mebibytes, "runs"));
        loaded.map(|(body, _)| body)
    };
    assert!(load(15, Some(100)).unwrap().len() as u64 > 15 * MIB);
    assert!(load(17, Some(128)).unwrap().len() as u64 > 17 * MIB);
    assert!(load(17, None).is_ok());
    let (code, cause) = failure(load(17, Some(100)));
    assert_eq!(code, ErrorCode::DataLengthExceedsMaximum);
    let DecodingError::TooDense {
        received,
        decoded,
        limit: 100,
    } = cause
    else {
        panic!("{cause:?}");
    };
    assert!(decoded > 16 * MIB && decoded < 17 * MIB && received < decoded / 100);
}

#[test]
fn a_bomb_inside_another_coding_is_bounded_too() {
    let loaded = load(bounded(None, Some(100)), URL, dense(17, "nothing, runs"));
    let (code, _) = failure(loaded.map(|(body, _)| body));
    assert_eq!(code, ErrorCode::DataLengthExceedsMaximum);
}

#[test]
fn nothing_is_decoded_or_read_that_nobody_pulls() {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| {
        let runs: Bytes = [200, b'z'].repeat(4096).into();
        under("runs").steps(move |_| Some(Step::Chunk(runs.clone())))
    });
    let session = session(&mock);
    mock.runtime().block_on(async {
        let (mut chunks, _) = session.bytes(URL).await.unwrap();
        for _ in 0..8 {
            let chunk = chunks.next().await.unwrap().unwrap();
            assert!(chunk.len() <= 64 * 1024, "{} bytes", chunk.len());
        }
        assert!(chunks.task().count_of_bytes_received() <= 9 * 64 * 1024);
    });
}

#[test]
fn an_endless_body_that_decodes_to_nothing_keeps_nobody_waiting() {
    let mock = MockPlatform::new();
    mock.transport()
        .respond(|request| match request.target.url().path() {
            "/" => under("nothing").steps(|_| Some(Step::Chunk("endless".into()))),
            _ => Reply::new(200).body("there"),
        });
    let session = session(&mock);
    mock.runtime().block_on(async {
        let other = async {
            mock.runtime().sleep(std::time::Duration::ZERO).await;
            session.data("http://a.example/other").await
        };
        let (endless, other) = (session.data(URL), Box::pin(other));
        match select(endless, other).await {
            Either::Left((endless, _)) => panic!("{endless:?}"),
            Either::Right((other, _)) => assert_eq!(&other.unwrap().0[..], b"there"),
        }
    });
}

/// A layer before the service would decode what is decoded already.
#[cfg(feature = "tower")]
#[test]
fn a_service_gives_no_fields_that_tell_of_what_was_sent() {
    use tower_service::Service;

    let mock = MockPlatform::new();
    mock.transport()
        .respond(|_| under("runs").body(runs(b"decoded")));
    let mut session = session(&mock);
    let request = http::Request::get(URL).body(urlsession_core::RequestBody::Empty);
    let answer = session.call(request.unwrap());
    let answer = mock.runtime().block_on(answer).unwrap();
    assert!(answer.body().task().is_content_decoded());
    assert!(!answer.headers().contains_key(header::CONTENT_ENCODING));
    assert!(!answer.headers().contains_key(header::CONTENT_LENGTH));
    let ours = answer.extensions().get::<Response>().unwrap();
    assert!(ours.headers().contains_key(header::CONTENT_ENCODING));
}
