//! The transport through its own seam: what a load sees of each script.

use crate::testing::test;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Version, header};

use super::*;
use crate::seams::exchange::{ExchangeEvents, Mail};
use crate::seams::files::Files as _;
use crate::seams::runtime::Runtime;
use crate::seams::signals::Signals;
use crate::seams::transport::{
    Affinity, Capabilities, HopBody, HopRequest, HopResponse, Multiplexing, Transport,
};
use crate::session::Session;
use crate::words::body::{Body, BodyStream, FileRef, InMemory};
use crate::words::configuration::Configuration;
use crate::words::error::{Error, ErrorCode};
use crate::words::request::Request;
use crate::words::target::Target;

const SECOND: Duration = Duration::from_secs(1);
const URL: &str = "http://a.example/x";

struct Fixture {
    mock: MockPlatform,
    signals: Arc<Signals>,
}

impl Fixture {
    fn new() -> Self {
        let mock = MockPlatform::new();
        let signals = Arc::new(Signals::new(Runtime::clock(mock.runtime()), true));
        Self { mock, signals }
    }

    fn answering(reply: Reply) -> Self {
        let fixture = Self::new();
        fixture
            .mock
            .transport()
            .on(Method::GET, URL)
            .reply(reply.clone());
        fixture
            .mock
            .transport()
            .on(Method::HEAD, URL)
            .reply(reply.clone());
        fixture.mock.transport().on(Method::POST, URL).reply(reply);
        fixture
    }

    fn degraded(reply: Reply, lose: impl FnOnce(&mut Capabilities)) -> Self {
        let fixture = Self::answering(reply);
        let mut capabilities = Capabilities::all();
        lose(&mut capabilities);
        fixture.mock.transport().set_capabilities(capabilities);
        fixture
    }

    async fn send(&self, method: Method, body: HopBody) -> Result<HopResponse, Error> {
        let mut headers = HeaderMap::new();
        headers.insert("x-a", "1".parse().unwrap());
        headers.insert(header::REFERER, "http://b.example/".parse().unwrap());
        let request = HopRequest {
            method,
            target: Arc::new(Target::parse(URL).unwrap()),
            headers: headers.into(),
            body,
            affinity: Affinity::Any,
            hints: Default::default(),
            properties: Default::default(),
        };
        let events = ExchangeEvents::new(self.signals.clone());
        self.mock.transport().exchange(request, events).await
    }

    fn get(&self) -> Result<HopResponse, Error> {
        self.mock
            .runtime()
            .block_on(self.send(Method::GET, HopBody::Empty))
    }

    /// The file as it is now.
    fn file(&self, path: &str) -> HopBody {
        let file = FileRef::new(path);
        let version = self.mock.files().version(&file);
        let version = self.mock.runtime().block_on(version).unwrap();
        HopBody::File(file, Box::new(version))
    }

    fn post(&self, body: HopBody) -> Result<HopResponse, Error> {
        self.mock.runtime().block_on(self.send(Method::POST, body))
    }

    fn read(&self, mut answer: HopResponse) -> (Vec<Bytes>, Option<ErrorCode>) {
        self.mock.runtime().block_on(async {
            let mut chunks = Vec::new();
            loop {
                match answer.body.next_chunk().await {
                    Ok(Some(chunk)) => chunks.push(chunk),
                    Ok(None) => return (chunks, None),
                    Err(error) => return (chunks, Some(error.code())),
                }
            }
        })
    }

    fn body_read(&self) -> Bytes {
        self.mock.transport().requests()[0].body.clone()
    }

    fn mail(&self) -> Vec<Mail> {
        std::iter::from_fn(|| self.signals.take_mail()).collect()
    }
}

#[test]
fn head_and_body_arrive_as_scripted() {
    let fixture = Fixture::answering(Reply::new(200).header("x-b", "2").chunk("ab").chunk("cde"));
    let answer = fixture.get().unwrap();
    assert_eq!(answer.response.status(), StatusCode::OK);
    assert_eq!(answer.response.headers()["x-b"], "2");
    assert_eq!(answer.response.headers()[header::CONTENT_LENGTH], "5");
    assert_eq!(answer.body.remaining(), Some(5));
    assert_eq!(
        fixture.read(answer),
        (vec!["ab".into(), "cde".into()], None)
    );
}

#[test]
fn replies_come_in_order_and_the_last_is_repeated() {
    let fixture = Fixture::new();
    let route = fixture.mock.transport().on(Method::GET, URL);
    route.reply(Reply::new(503)).then(Reply::new(200));
    let statuses = [(); 3].map(|()| fixture.get().unwrap().response.status().as_u16());
    assert_eq!(statuses, [503, 200, 200]);
}

#[test]
fn without_a_script_the_error_names_the_request() {
    let error = Fixture::new().get().unwrap_err();
    assert_eq!(error.code(), ErrorCode::CannotConnectToHost);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "no reply is scripted for GET http://a.example/x");
}

#[test]
fn a_responder_answers_where_no_route_does() {
    let fixture = Fixture::new();
    fixture.mock.transport().respond(|request| {
        Reply::new(if request.target.url().path() == "/x" {
            201
        } else {
            404
        })
    });
    assert_eq!(
        fixture.get().unwrap().response.status(),
        StatusCode::CREATED
    );
}

#[test]
fn delays_take_virtual_time_and_count_as_activity_only_at_their_end() {
    let reply = Reply::new(200)
        .connect_after(SECOND)
        .after(2 * SECOND)
        .chunk("a")
        .wait(4 * SECOND)
        .chunk("b");
    let fixture = Fixture::answering(reply);
    let answer = fixture.get().unwrap();
    let runtime = fixture.mock.runtime();
    assert_eq!(runtime.now().as_nanos(), 3_000_000_000);
    assert_eq!(fixture.signals.active_at(), runtime.now());
    assert_eq!(fixture.read(answer).0.len(), 2);
    assert_eq!(fixture.signals.active_at().as_nanos(), 7_000_000_000);
}

#[test]
fn a_reset_cuts_the_body_at_its_byte() {
    for count in 0..5 {
        let fixture =
            Fixture::answering(Reply::new(200).chunk("ab").chunk("cde").reset_after(count));
        let answer = fixture.get().unwrap();
        let (chunks, error) = fixture.read(answer);
        assert_eq!(chunks.concat().len() as u64, count);
        assert_eq!(error, Some(ErrorCode::NetworkConnectionLost));
    }
}

#[test]
fn a_short_body_is_no_success() {
    let fixture = Fixture::answering(Reply::new(200).body("abc").short_body(2));
    let answer = fixture.get().unwrap();
    assert_eq!(answer.response.headers()[header::CONTENT_LENGTH], "5");
    let read = fixture.read(answer);
    assert_eq!(
        read,
        (vec!["abc".into()], Some(ErrorCode::NetworkConnectionLost))
    );
}

#[test]
fn bytes_beyond_the_announced_length_are_no_part_of_the_body() {
    let reply = Reply::new(200)
        .header(header::CONTENT_LENGTH, "3")
        .chunk("ab")
        .chunk("cd");
    let fixture = Fixture::answering(reply);
    let answer = fixture.get().unwrap();
    assert_eq!(fixture.read(answer).0.concat(), b"abc");
}

#[test]
fn steps_are_made_as_the_body_reaches_them() {
    let make = |number: u64| (number < 3).then(|| Step::Chunk(number.to_string().into()));
    let fixture = Fixture::answering(Reply::new(200).chunk("x").steps(make));
    let answer = fixture.get().unwrap();
    assert_eq!(answer.response.expected_content_length(), None);
    assert_eq!(fixture.read(answer).0.concat(), b"x012");
}

#[test]
fn a_head_request_gets_no_body() {
    let fixture = Fixture::answering(
        Reply::new(200)
            .header(header::CONTENT_LENGTH, "3")
            .body("abc"),
    );
    let sent = fixture.send(Method::HEAD, HopBody::Empty);
    let answer = fixture.mock.runtime().block_on(sent).unwrap();
    assert_eq!(answer.response.expected_content_length(), Some(3));
    assert_eq!(fixture.read(answer), (vec![], None));
}

#[test]
fn what_never_comes_is_a_deadlock() {
    for reply in [Reply::never(), Reply::never_connects()] {
        let fixture = Fixture::answering(reply);
        let sent = fixture.send(Method::GET, HopBody::Empty);
        fixture.mock.runtime().try_block_on(sent).unwrap_err();
    }
    let fixture = Fixture::answering(Reply::new(200).body("abc").stall());
    let mut answer = fixture.get().unwrap();
    let runtime = fixture.mock.runtime();
    assert!(
        runtime
            .block_on(answer.body.next_chunk())
            .unwrap()
            .is_some()
    );
    runtime.try_block_on(answer.body.next_chunk()).unwrap_err();
}

#[test]
fn a_connection_that_fails_takes_its_time_and_reports_none() {
    let reply = Reply::cannot_connect(ErrorCode::CannotConnectToHost).connect_after(SECOND);
    let fixture = Fixture::answering(reply);
    assert_eq!(
        fixture.get().unwrap_err().code(),
        ErrorCode::CannotConnectToHost
    );
    assert_eq!(fixture.mock.runtime().now().as_nanos(), 1_000_000_000);
    assert!(fixture.mail().is_empty());
}

#[test]
fn exchanges_are_counted_until_their_bodies_end_or_are_dropped() {
    let fixture = Fixture::answering(Reply::new(200).body("abc"));
    let transport = fixture.mock.transport();
    let (first, second) = (fixture.get().unwrap(), fixture.get().unwrap());
    assert_eq!(transport.open_exchanges(), 2);
    fixture.read(first);
    drop(second);
    assert_eq!(
        (transport.open_exchanges(), transport.most_open_exchanges()),
        (0, 2)
    );
    assert_eq!(
        (transport.total_exchanges(), transport.aborted_exchanges()),
        (2, 1)
    );
    let outcomes: Vec<_> = transport
        .requests()
        .iter()
        .map(|request| request.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::Ended, Outcome::Aborted]);
}

#[test]
fn a_watcher_sees_each_step_as_it_happens() {
    let fixture = Fixture::answering(Reply::new(200).informational(103).chunk("ab").chunk("c"));
    let seen = Arc::<Mutex<Vec<Sight>>>::default();
    let copy = seen.clone();
    let watch = move |sighting: Sighting<'_>| copy.lock().unwrap().push(sighting.sight);
    fixture.mock.transport().watch(watch);
    let answer = fixture.post(HopBody::Bytes("xyz".into())).unwrap();
    fixture.read(answer);
    let steps = [
        Sight::Began,
        Sight::Connected,
        Sight::Read(3),
        Sight::Informational(103),
        Sight::Head(200),
        Sight::Chunk(2),
        Sight::Chunk(1),
        Sight::Ended,
    ];
    assert_eq!(*seen.lock().unwrap(), steps);
}

#[test]
fn a_request_body_is_read_as_far_as_scripted() {
    let body = || HopBody::Bytes("0123456789".into());
    let whole = Fixture::answering(Reply::new(200));
    whole.post(body()).unwrap();
    assert_eq!(
        (whole.body_read(), whole.signals.sent()),
        ("0123456789".into(), 10)
    );
    let early = Fixture::answering(Reply::new(413).reading_first(4));
    early.post(body()).unwrap();
    assert_eq!(
        (early.body_read(), early.signals.sent()),
        ("0123".into(), 4)
    );
    let unread = Fixture::answering(Reply::new(413).reading_nothing());
    unread.post(body()).unwrap();
    assert_eq!(
        (unread.body_read(), unread.signals.sent()),
        (Bytes::new(), 0)
    );
}

#[test]
fn a_slow_reader_takes_its_time() {
    let fixture = Fixture::answering(Reply::new(200).reading_slowly(4, SECOND));
    fixture.post(HopBody::Bytes("0123456789".into())).unwrap();
    assert_eq!(fixture.mock.runtime().now().as_nanos(), 3_000_000_000);
    assert_eq!(fixture.body_read(), "0123456789");
}

#[test]
fn files_and_streams_are_sent() {
    let fixture = Fixture::answering(Reply::new(200));
    fixture.mock.files().insert("f", "from a file");
    let sent = fixture.file("f");
    fixture.post(sent).unwrap();
    assert_eq!(fixture.body_read(), "from a file");
    let fixture = Fixture::answering(Reply::new(200));
    let stream = BodyStream::once(InMemory::new("streamed".into()))
        .open()
        .unwrap();
    fixture.post(HopBody::Stream(stream, Some(8))).unwrap();
    assert_eq!(fixture.body_read(), "streamed");
}

#[test]
fn what_follows_a_streamed_body_is_noted_where_it_was_announced() {
    for (names, noted) in [(&["x-a"][..], 1), (&[], 0)] {
        let mock = MockPlatform::new();
        mock.transport().on(Method::PUT, URL).reply(Reply::new(200));
        let session = Session::new(mock.platform(), Configuration::default());
        let names = names.iter().map(|name| name.parse().unwrap());
        let stream = BodyStream::once(Followed).with_trailers(names);
        let request = Request::put(URL).unwrap().with_body(stream);
        mock.runtime().block_on(session.data(request)).unwrap();
        let trailers = &mock.transport().requests()[0].trailers;
        assert_eq!(trailers.len(), noted, "{trailers:?}");
    }
}

struct Followed;

impl Body for Followed {
    fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        Poll::Ready(None)
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        let field = |name| (name, header::HeaderValue::from_static("late"));
        Some(
            [header::ETAG, "x-a".parse().unwrap()]
                .map(field)
                .into_iter()
                .collect(),
        )
    }
}

#[test]
fn a_missing_file_fails_the_exchange() {
    let fixture = Fixture::answering(Reply::new(200));
    fixture.mock.files().insert("f", "x");
    let sent = fixture.file("f");
    fixture.mock.files().remove("f");
    let error = fixture.post(sent).unwrap_err();
    assert_eq!(error.code(), ErrorCode::FileDoesNotExist);
    assert_eq!(fixture.mock.transport().open_exchanges(), 0);
}

#[test]
fn the_connection_says_what_it_carries() {
    let fixture = Fixture::answering(Reply::new(200));
    let transport = fixture.mock.transport();
    transport.set_multiplexing(Multiplexing::Unknown, Multiplexing::Streams(100));
    let target = Target::parse(URL).unwrap();
    assert_eq!(
        transport.multiplexing(target.origin()),
        Multiplexing::Unknown
    );
    let answer = fixture.get().unwrap();
    assert_eq!(answer.response.version(), Version::HTTP_2);
    assert_eq!(
        transport.multiplexing(target.origin()),
        Multiplexing::Streams(100)
    );
    let mail = fixture.mail();
    assert!(
        matches!(mail[..], [Mail::Connected(Multiplexing::Streams(100))]),
        "{mail:?}"
    );
    transport.reset();
    assert_eq!(
        transport.multiplexing(target.origin()),
        Multiplexing::Unknown
    );
}

#[test]
fn interim_responses_are_posted_where_the_transport_sees_them() {
    let reply = Reply::new(200).informational(103);
    let fixture = Fixture::answering(reply.clone());
    fixture.get().unwrap();
    let mail = fixture.mail();
    assert!(
        matches!(&mail[..], [Mail::Connected(_), Mail::Informational(early)] if early.status == 103)
    );
    let fixture = Fixture::degraded(reply, |capabilities| capabilities.informational = false);
    fixture.get().unwrap();
    assert_eq!(fixture.mail().len(), 1);
}

#[test]
fn header_fields_that_a_platform_keeps_are_dropped() {
    let fixture = Fixture::degraded(Reply::new(200), |capabilities| {
        capabilities.all_request_headers = false
    });
    fixture.get().unwrap();
    let headers = fixture.mock.transport().requests()[0].headers.clone();
    assert!(headers.contains_key("x-a") && !headers.contains_key(header::REFERER));
}

#[test]
fn header_fields_that_a_platform_hides_are_not_seen() {
    let reply = Reply::new(200)
        .header("x-b", "1")
        .header("x-b", "2")
        .header("pragma", "p");
    let fixture = Fixture::degraded(reply, |capabilities| {
        capabilities.all_response_headers = false
    });
    let answer = fixture.get().unwrap();
    assert_eq!(answer.response.headers()["pragma"], "p");
    assert!(!answer.response.headers().contains_key("x-b"));
}

#[test]
fn failures_that_a_platform_does_not_tell_apart_share_a_code() {
    let reply = Reply::error(ErrorCode::CannotFindHost);
    let fixture = Fixture::degraded(reply, |capabilities| capabilities.distinct_errors = false);
    assert_eq!(
        fixture.get().unwrap_err().code(),
        ErrorCode::CannotLoadFromNetwork
    );
}

#[test]
fn uploads_degrade_as_the_flags_say() {
    let fixture = Fixture::degraded(Reply::new(200), |capabilities| {
        capabilities.upload_progress = false;
        capabilities.streamed_upload = false;
        capabilities.file_upload = false;
    });
    let stream = BodyStream::once(InMemory::new("streamed".into()))
        .open()
        .unwrap();
    fixture.post(HopBody::Stream(stream, None)).unwrap();
    assert_eq!(
        (fixture.body_read(), fixture.signals.sent()),
        ("streamed".into(), 0)
    );
    fixture.mock.files().insert("f", "x");
    let error = fixture.post(fixture.file("f")).unwrap_err();
    assert_eq!(error.code(), ErrorCode::FileDoesNotExist);
}

#[test]
fn alarms_of_tasks_that_have_ended_are_not_kept_for_long() {
    let mock = MockPlatform::new();
    let held = "http://a.example/held";
    let later = Reply::new(200).after(30 * SECOND);
    mock.transport().on(Method::GET, held).reply(later);
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::new(200).after(Duration::from_nanos(1)));
    let session = Session::new(mock.platform(), Configuration::default());
    // Its alarm comes first, so that those of the others are not come by.
    let first = session.data_task(held);
    first.resume();
    mock.runtime().run_until_stalled();
    let kept = || first.shared().session().ledger().kept_alarms();
    let mut most = 0;
    for _ in 0..1000 {
        mock.runtime().block_on(session.data(URL)).unwrap();
        most = most.max(kept());
    }
    assert!(most > 10 && most < 100, "{most}");
}
