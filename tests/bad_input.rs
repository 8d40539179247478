//! What a server, a network or a program gets wrong, and the one code that each mistake ends with.

#![cfg(all(not(target_arch = "wasm32"), feature = "http2", feature = "tls"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;
#[path = "support/load.rs"]
mod load;

use std::net::TcpListener;
use std::time::Duration;

use guard::within;
use load::{Loaded, explained, load};
use tokio::sync::oneshot;
use urlsession::futures::future::join_all;
use urlsession::{Configuration, Delegate, Error, ErrorCode, Request, Session, Task};
use urlsession_origin::faults::h2::{self, PROTOCOL_ERROR};
use urlsession_origin::faults::{self, How, Phase};
use urlsession_origin::{FullBacklog, Origin, RawOrigin, Script, Step};

use ErrorCode::{
    BadServerResponse, BadUrl, CannotConnectToHost, CannotFindHost, CannotParseResponse,
    DnsLookupFailed, HttpTooManyRedirects, NetworkConnectionLost, RedirectToNonExistentLocation,
    SecureConnectionFailed, TimedOut, UnsupportedUrl,
};
use Verdict::{Fails, FailsEitherWay, FailsOrGives, Gives};

/// How long nothing may arrive in these tests.
const IDLE: Duration = Duration::from_secs(2);
/// How long a load may take in all.
const WHOLE: Duration = Duration::from_secs(4);

/// What a load must end with.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    Fails(ErrorCode),
    Gives(&'static str),
    /// A reset overtakes what was sent before it, or does not.
    FailsOrGives(ErrorCode, &'static str),
    /// The reset comes while the connection is being made, or after.
    FailsEitherWay(ErrorCode, ErrorCode),
}

type Row = (&'static str, fn() -> Script, Verdict);

fn configuration() -> Configuration {
    let mut configuration = Configuration::ephemeral();
    configuration.timeout_interval_for_request = IDLE;
    configuration.timeout_interval_for_resource = WHOLE;
    configuration
}

fn judge(name: &str, loaded: &Loaded, verdict: Verdict) -> Result<(), String> {
    let found = loaded.error.as_ref().map(Error::code);
    let right = match (verdict, found) {
        (Gives(body) | FailsOrGives(_, body), None) => loaded.body == body.as_bytes(),
        (Fails(code) | FailsOrGives(code, _), Some(found)) => code == found,
        (FailsEitherWay(one, other), Some(found)) => one == found || other == found,
        (Gives(_), Some(_)) | (Fails(_) | FailsEitherWay(..), None) => false,
    };
    if !right {
        let told = &loaded.error;
        return Err(format!(
            "{name}: not {verdict:?}, but {told:?} with {} bytes",
            loaded.length
        ));
    }
    match &loaded.error {
        Some(error) => explained(error, name),
        None => Ok(()),
    }
}

/// Plays the row's script to a load.
async fn play(&(name, script, verdict): &Row, configuration: &Configuration) -> Result<(), String> {
    let origin = RawOrigin::spawn(script()).unwrap();
    let session = urlsession::session(configuration.clone());
    let loaded = within(name, load(&session, origin.url("/"))).await;
    judge(name, &loaded, verdict)
}

/// Holds each row to its verdict, all at once; floods, which take the machine from the others, one after another.
async fn hold(rows: &[Row], configuration: Configuration) {
    let is_flood = |&(name, ..): &Row| name.contains("endless") || name.contains("flood");
    let (floods, others): (Vec<Row>, Vec<Row>) = rows.iter().partition(|row| is_flood(row));
    let mut verdicts = join_all(others.iter().map(|row| play(row, &configuration))).await;
    for flood in &floods {
        verdicts.push(play(flood, &configuration).await);
    }
    let wrong: Vec<_> = verdicts.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The ready-made faults of HTTP/1.1 that end by themselves.
const FAULTS: &[(&str, Verdict)] = &[
    ("bare-line-feeds", Gives("hello")),
    ("chunk-extension", Fails(CannotParseResponse)),
    ("chunk-line-endless", Fails(CannotParseResponse)),
    ("chunk-size-malformed", Fails(CannotParseResponse)),
    ("chunk-size-overflow", Fails(CannotParseResponse)),
    ("chunk-without-end", Fails(CannotParseResponse)),
    ("close-after-request", Fails(NetworkConnectionLost)),
    ("close-at-end", Gives(BROKEN_OFF)),
    ("close-mid-body", Fails(NetworkConnectionLost)),
    ("close-mid-head", Fails(NetworkConnectionLost)),
    ("endless-body", Fails(TimedOut)),
    ("endless-chunks", Fails(TimedOut)),
    ("endless-header", Fails(CannotParseResponse)),
    ("endless-interim", Fails(TimedOut)),
    ("endless-trailers", Fails(CannotParseResponse)),
    ("field-without-colon", Fails(CannotParseResponse)),
    ("folded-field", Fails(CannotParseResponse)),
    ("garbage", Fails(CannotParseResponse)),
    ("huge-header", Fails(CannotParseResponse)),
    ("huge-location", Fails(CannotParseResponse)),
    ("interim-flood", Fails(BadServerResponse)),
    ("large-status-line", Fails(CannotParseResponse)),
    ("last-chunk-missing", Fails(NetworkConnectionLost)),
    ("length-and-chunked", Fails(CannotParseResponse)),
    ("length-invalid", Fails(CannotParseResponse)),
    ("length-overflow", Fails(CannotParseResponse)),
    ("length-too-long", Fails(NetworkConnectionLost)),
    ("length-too-short", Gives("hel")),
    ("length-with-sign", Fails(CannotParseResponse)),
    ("lengths-conflicting", Fails(CannotParseResponse)),
    ("lengths-repeated", Gives("hello")),
    ("many-cookies", Fails(CannotParseResponse)),
    ("many-fields", Fails(CannotParseResponse)),
    ("nul-in-field", Fails(CannotParseResponse)),
    ("one-byte-at-a-time", Gives("one by one")),
    ("reset-after-request", Fails(NetworkConnectionLost)),
    (
        "reset-at-end",
        FailsOrGives(NetworkConnectionLost, BROKEN_OFF),
    ),
    ("reset-mid-body", Fails(NetworkConnectionLost)),
    ("reset-mid-head", Fails(NetworkConnectionLost)),
    ("space-before-colon", Fails(CannotParseResponse)),
    ("stall-after-request", Fails(TimedOut)),
    ("stall-mid-body", Fails(TimedOut)),
    ("stall-mid-head", Fails(TimedOut)),
    ("surplus-bytes", Gives("first")),
];

const BROKEN_OFF: &str = "a body that is long enough to be broken off in its middle";

#[test]
fn every_fault_of_the_origin_has_a_verdict() {
    let known: Vec<_> = faults::NAMED.iter().map(|(name, _)| *name).collect();
    let judged: Vec<_> = FAULTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(judged, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_http1_ends_with_its_own_code() {
    let rows = faults::NAMED.iter().zip(FAULTS);
    let rows = rows.map(|(&(name, script), &(_, verdict))| (name, script, verdict));
    hold(&rows.collect::<Vec<Row>>(), configuration()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_at_any_other_moment_is_a_lost_connection() {
    let rows: [Row; 14] = [
        (
            "close at accept",
            || faults::at(Phase::Accept, How::Close),
            Fails(NetworkConnectionLost),
        ),
        (
            "drop at accept",
            || faults::at(Phase::Accept, How::Drop),
            Fails(NetworkConnectionLost),
        ),
        (
            "reset at accept",
            || faults::at(Phase::Accept, How::Reset),
            FailsEitherWay(NetworkConnectionLost, CannotConnectToHost),
        ),
        (
            "stall at accept",
            || faults::at(Phase::Accept, How::Stall),
            Fails(TimedOut),
        ),
        (
            "close after head",
            || faults::at(Phase::HeadEnd, How::Close),
            Fails(NetworkConnectionLost),
        ),
        (
            "cut after head",
            || faults::at(Phase::HeadEnd, How::Cut),
            Fails(NetworkConnectionLost),
        ),
        (
            "reset after head",
            || faults::at(Phase::HeadEnd, How::Reset),
            Fails(NetworkConnectionLost),
        ),
        (
            "stall after head",
            || faults::at(Phase::HeadEnd, How::Stall),
            Fails(TimedOut),
        ),
        (
            "drop in the body",
            || faults::at(Phase::Body, How::Drop),
            Fails(NetworkConnectionLost),
        ),
        (
            "cut in the head",
            || faults::at(Phase::Head, How::Cut),
            Fails(NetworkConnectionLost),
        ),
        (
            "half closed, empty",
            half_closed_and_silent,
            Fails(NetworkConnectionLost),
        ),
        (
            "half closed, answered",
            half_closed_after_answer,
            Gives("hello"),
        ),
        (
            "empty reply",
            || Script::reply_and_close(""),
            Fails(NetworkConnectionLost),
        ),
        (
            "one line end",
            || Script::reply_and_close("\r\n"),
            Fails(NetworkConnectionLost),
        ),
    ];
    hold(&rows, configuration()).await;
}

fn half_closed_and_silent() -> Script {
    Script::new([Step::ReadRequest, Step::HalfClose, Step::ExpectClose])
}

fn half_closed_after_answer() -> Script {
    let answer = faults::response("hello");
    Script::new([
        Step::ReadRequest,
        Step::write(answer),
        Step::HalfClose,
        Step::ExpectClose,
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_http1_answer_cannot_be_parsed() {
    let rows: [Row; 9] = [
        (
            "http/2 settings",
            || faults::lost_city("Pompeii"),
            Fails(CannotParseResponse),
        ),
        (
            "http/0.9",
            || faults::lost_city("Sodom"),
            Fails(CannotParseResponse),
        ),
        (
            "no status",
            || faults::lost_city("Gomorrah"),
            Fails(CannotParseResponse),
        ),
        (
            "short status",
            || faults::lost_city("Dinavar"),
            Fails(CannotParseResponse),
        ),
        (
            "long status",
            || faults::lost_city("Kuhikugu"),
            Fails(CannotParseResponse),
        ),
        (
            "unknown status",
            || faults::lost_city("Kameiros"),
            Gives(""),
        ),
        (
            "http/2 preface",
            || Script::reply_and_close("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            Fails(CannotParseResponse),
        ),
        (
            "tls record",
            || Script::reply_and_close(&b"\x15\x03\x01\x00\x02\x02\x50"[..]),
            Fails(CannotParseResponse),
        ),
        (
            "unasked 101",
            || {
                Script::reply_and_close(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
                )
            },
            Fails(BadServerResponse),
        ),
    ];
    hold(&rows, configuration()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_http2_ends_with_its_own_code() {
    let rows: [Row; 25] = [
        ("answered", || h2::answered(b"hello"), Gives("hello")),
        (
            "goaway at once",
            h2::goaway_at_once,
            Fails(NetworkConnectionLost),
        ),
        (
            "goaway below",
            || h2::goaway_below(h2::NO_ERROR),
            Fails(NetworkConnectionLost),
        ),
        (
            "goaway unanswered",
            || h2::goaway_unanswered(h2::NO_ERROR),
            Fails(NetworkConnectionLost),
        ),
        (
            "goaway in the body",
            || h2::goaway_mid_body(PROTOCOL_ERROR),
            Fails(NetworkConnectionLost),
        ),
        (
            "reset stream",
            || h2::reset(h2::CANCEL),
            Fails(NetworkConnectionLost),
        ),
        (
            "reset in the body",
            || h2::reset_mid_body(h2::CANCEL),
            Fails(NetworkConnectionLost),
        ),
        ("stall", h2::stall, Fails(TimedOut)),
        ("stall in the body", h2::stall_mid_body, Fails(TimedOut)),
        (
            "length too long",
            h2::length_too_long,
            Fails(CannotParseResponse),
        ),
        (
            "length too short",
            h2::length_too_short,
            Fails(CannotParseResponse),
        ),
        ("no status", h2::status_missing, Fails(CannotParseResponse)),
        (
            "frame too large",
            h2::frame_too_large,
            Fails(CannotParseResponse),
        ),
        (
            "http/1 answer",
            h2::http1_answer,
            Fails(CannotParseResponse),
        ),
        (
            "continuation flood",
            h2::continuation_flood,
            Fails(CannotParseResponse),
        ),
        (
            "empty continuation flood",
            h2::empty_continuation_flood,
            Fails(CannotParseResponse),
        ),
        (
            "empty data flood",
            h2::empty_data_flood,
            Fails(CannotParseResponse),
        ),
        (
            "header bomb",
            || h2::header_bomb(12_000),
            Fails(CannotParseResponse),
        ),
        ("interim flood", h2::interim_flood, Fails(BadServerResponse)),
        (
            "many fields",
            || h2::many_fields(100_000),
            Fails(CannotParseResponse),
        ),
        ("ping flood", h2::ping_flood, Fails(TimedOut)),
        ("push flood", h2::push_flood, Fails(CannotParseResponse)),
        ("settings flood", h2::settings_flood, Fails(TimedOut)),
        (
            "trailer flood",
            h2::trailer_flood,
            Fails(CannotParseResponse),
        ),
        (
            "window update flood",
            h2::window_update_flood,
            Fails(TimedOut),
        ),
    ];
    let mut configuration = configuration();
    configuration.assumes_http2_capable = true;
    hold(&rows, configuration).await;
}

/// Listens to interim responses, and to nothing else.
struct Listener;

impl Delegate for Listener {
    fn wants(&self) -> urlsession::Wants {
        urlsession::Wants::INFORMATIONAL
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interim_responses_without_end_are_a_bad_response_to_whom_listens() {
    let origin = RawOrigin::start(faults::named("endless-interim").unwrap())
        .await
        .unwrap();
    let session = urlsession::session(configuration());
    let load = session.data_with_delegate(origin.url("/"), Listener);
    let error = within("the limit", load).await.unwrap_err();
    assert_eq!(error.code(), BadServerResponse);
    explained(&error, "endless-interim").unwrap();
}

/// The URL of a port where nothing listens.
fn refused_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_cannot_connect() {
    let session = urlsession::session(configuration());
    let loaded = within("the refusal", load(&session, refused_url())).await;
    judge("refused", &loaded, Fails(CannotConnectToHost)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_never_made_times_out() {
    let silent = FullBacklog::start().unwrap();
    let session = urlsession::session(configuration());
    let loaded = within("the timeout", load(&session, silent.url("/"))).await;
    judge("full backlog", &loaded, Fails(TimedOut)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_is_not_found() {
    let mut patient = configuration();
    patient.timeout_interval_for_request = Duration::from_secs(25);
    patient.timeout_interval_for_resource = Duration::from_secs(25);
    let session = urlsession::session(patient);
    let loaded = within(
        "the lookup",
        load(&session, "http://does-not-exist.invalid/"),
    )
    .await;
    let error = loaded.error.as_ref().unwrap();
    // Without a name server at all nobody can say that the name does not exist.
    assert!(
        matches!(error.code(), CannotFindHost | DnsLookupFailed),
        "{error:?}"
    );
    explained(error, "does-not-exist.invalid").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_in_place_of_tls_is_no_secure_connection() {
    let origin = RawOrigin::start(faults::http_instead_of_tls())
        .await
        .unwrap();
    let session = urlsession::session(configuration());
    let url = origin.url("/").replacen("http:", "https:", 1);
    let loaded = within("the handshake", load(&session, url)).await;
    judge("http for tls", &loaded, Fails(SecureConnectionFailed)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_without_end_or_sense_have_codes_of_their_own() {
    let origin = Origin::start().await.unwrap();
    let rows = [
        ("/redirect/21", HttpTooManyRedirects),
        (
            "/redirect?status=302&to=/redirect%3Fstatus=302%26to=/redirect/100",
            HttpTooManyRedirects,
        ),
        (
            "/redirect?status=302&to=http://",
            RedirectToNonExistentLocation,
        ),
        (
            "/redirect?status=302&to=http://a:b:c/",
            RedirectToNonExistentLocation,
        ),
        (
            "/redirect?status=302&to=http://host:99999/",
            RedirectToNonExistentLocation,
        ),
        (
            "/redirect?status=302&to=ftp://127.0.0.1/",
            RedirectToNonExistentLocation,
        ),
        ("/UnitedStates", CannotConnectToHost),
    ];
    for (path, code) in rows {
        let session = urlsession::session(configuration());
        let loaded = within(path, load(&session, origin.url(path))).await;
        judge(path, &loaded, Fails(code)).unwrap();
    }
}

#[tokio::test]
async fn what_is_no_url_fails_before_anything_is_sent() {
    let rows = [
        ("", BadUrl),
        ("nonsense", BadUrl),
        ("http://", BadUrl),
        ("http:// /", BadUrl),
        ("http://[::1", BadUrl),
        ("http://[::g]/", BadUrl),
        ("http://a:99999/", BadUrl),
        ("http://a:port/", BadUrl),
        ("http://256.256.256.256/", BadUrl),
        ("http://a b/", BadUrl),
        ("http://a<b/", BadUrl),
        ("http://xn--/", BadUrl),
        ("//127.0.0.1/", BadUrl),
        ("mailto:me@example.com", UnsupportedUrl),
        ("data:text/plain;hello", BadUrl),
        ("javascript:alert(1)", UnsupportedUrl),
        ("about:blank", UnsupportedUrl),
        ("ftp://127.0.0.1/", UnsupportedUrl),
        ("ws://127.0.0.1/", UnsupportedUrl),
        ("gopher://127.0.0.1/", UnsupportedUrl),
        ("custom://host/path", UnsupportedUrl),
    ];
    let session = urlsession::session(configuration());
    for (url, code) in rows {
        let error = within(url, session.data(url)).await.unwrap_err();
        assert_eq!(error.code(), code, "{url}");
        assert!(
            std::error::Error::source(&error).is_some() || error.url().is_some(),
            "{url}: {error:?}"
        );
    }
    assert_eq!(session.task_count(), 0);
}

/// Hands a task's error on.
struct Witness(std::sync::Mutex<Option<oneshot::Sender<Option<Error>>>>);

impl Delegate for Witness {
    fn did_complete(&self, _: &Task, error: Option<&Error>) -> urlsession::Answer<()> {
        let told = self.0.lock().unwrap().take().expect("one completion");
        told.send(error.cloned()).unwrap();
        ().into()
    }
}

async fn error_by_handler(session: &Session, url: &str) -> Option<Error> {
    let (tell, told) = oneshot::channel();
    let task = session.data_task_with(url, move |result| tell.send(result.err()).unwrap());
    task.resume();
    told.await.unwrap()
}

async fn error_by_delegate(session: &Session, url: &str) -> Option<Error> {
    let (tell, told) = oneshot::channel();
    let task = session.data_task_with_delegate(url, Witness(Some(tell).into()));
    task.resume();
    let told = told.await.unwrap();
    assert_eq!(
        task.error().map(|error| error.code()),
        told.as_ref().map(Error::code)
    );
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_task_fails_the_same_way() {
    let origin = Origin::start().await.unwrap();
    let session = urlsession::session(configuration());
    let rows = [
        (origin.url("/fault/close-mid-body"), NetworkConnectionLost),
        (origin.url("/fault/garbage"), CannotParseResponse),
        (origin.url("/fault/stall-after-request"), TimedOut),
        (refused_url(), CannotConnectToHost),
    ];
    for (url, code) in rows {
        let errors = within(&url, async {
            [
                session.data(&url).await.err(),
                load(&session, &url).await.error,
                error_by_handler(&session, &url).await,
                error_by_delegate(&session, &url).await,
            ]
        })
        .await;
        for error in errors {
            let error = error.unwrap();
            assert_eq!(error.code(), code, "{url}");
            explained(&error, &url).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_is_a_task_that_fails() {
    let origin = Origin::start().await.unwrap();
    let session = urlsession::session(configuration());
    let get_with_body = Request::get(origin.url("/echo")).unwrap().with_body("no");
    let error = within("the refusal", session.data(get_with_body))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::DataLengthExceedsMaximum);
    let connect = Request::with_method_name("CONNECT", origin.url("/")).unwrap();
    let error = within("the refusal", session.data(connect))
        .await
        .unwrap_err();
    assert_eq!(error.code(), BadUrl);
    let missing = urlsession::FileRef::new("no such file");
    let upload = Request::post(origin.url("/echo"))
        .unwrap()
        .with_body(missing);
    let error = within("the refusal", session.data(upload))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::FileDoesNotExist);
    assert_eq!(origin.requests().len(), 0);
}
