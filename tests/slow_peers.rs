//! Peers that give little, slowly, without end: each load ends at its timer, within 20 %, or at a bound.

#![cfg(all(not(target_arch = "wasm32"), feature = "http2", feature = "tls"))]

#[path = "support/guard.rs"]
mod guard;

use std::time::{Duration, Instant};

use guard::within;
use urlsession::futures::future::join_all;
use urlsession::{Configuration, ErrorCode, Request};
use urlsession_origin::faults::{self, How, h2};
use urlsession_origin::{FullBacklog, Origin, RawOrigin, Script, Step};

/// What is timed has the machine for itself: one test at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn speaking_h2() -> Configuration {
    let mut configuration = Configuration::ephemeral();
    configuration.assumes_http2_capable = true;
    configuration
}

const IDLE: Duration = Duration::from_secs(1);
const WHOLE: Duration = Duration::from_secs(3);

/// Where a load must end.
#[derive(Clone, Copy, Debug)]
enum End {
    IdleTimer,
    ResourceTimer,
    Bound(ErrorCode),
}
use End::{Bound, IdleTimer, ResourceTimer};

fn timed(mut configuration: Configuration) -> Configuration {
    configuration.timeout_interval_for_request = IDLE;
    configuration.timeout_interval_for_resource = WHOLE;
    configuration
}

/// 20 % either way, and what a busy machine takes.
fn assert_about(name: &str, took: Duration, timeout: Duration) {
    let late = timeout.mul_f64(1.2) + Duration::from_millis(300);
    assert!(
        (timeout.mul_f64(0.8)..late).contains(&took),
        "{name}: {took:?} for {timeout:?}"
    );
}

async fn ends(name: &str, url: String, configuration: Configuration, end: End) {
    let session = urlsession::session(configuration);
    let began = Instant::now();
    let error = within(name, session.data(url)).await.expect_err(name);
    let took = began.elapsed();
    let (code, timeout) = match end {
        IdleTimer => (ErrorCode::TimedOut, Some(IDLE)),
        ResourceTimer => (ErrorCode::TimedOut, Some(WHOLE)),
        Bound(code) => (code, None),
    };
    assert_eq!(error.code(), code, "{name}: {error:?}");
    match timeout {
        Some(timeout) => assert_about(name, took, timeout),
        None => assert!(took < WHOLE, "{name}: {took:?}"),
    }
}

fn dribbled(bytes: &str) -> Script {
    let every = Duration::from_millis(200);
    Script::new([
        Step::ReadRequest,
        Step::WriteSlowly {
            bytes: bytes.to_owned().into(),
            chunk: 1,
            every,
        },
        Step::ExpectClose,
    ])
}

/// A head and a whole body, up to its trailers.
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n";

fn stalls_in_trailers() -> Script {
    Script::new([
        Step::ReadRequest,
        Step::write(CHUNKED.to_owned() + "x-late: "),
        Step::Stall,
    ])
}

fn h2_dribbled() -> Script {
    h2::in_pieces(
        b"a body that comes in very small pieces",
        1,
        Duration::from_millis(200),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn each_ends_at_its_timer() {
    let _alone = ALONE.lock().await;
    let long = "HTTP/1.1 200 OK\r\nX-Slow: ".to_owned() + &"x".repeat(1000);
    let trailers = CHUNKED.to_owned() + "x-slow: " + &"x".repeat(1000);
    let body = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_owned() + &"x".repeat(1000);
    let plain = [
        (
            "nothing at accept",
            faults::at(faults::Phase::Accept, How::Stall),
            IdleTimer,
        ),
        (
            "nothing after the request",
            faults::at(faults::Phase::Request, How::Stall),
            IdleTimer,
        ),
        (
            "half a head",
            faults::at(faults::Phase::Head, How::Stall),
            IdleTimer,
        ),
        (
            "half a body",
            faults::at(faults::Phase::Body, How::Stall),
            IdleTimer,
        ),
        ("half a trailer section", stalls_in_trailers(), IdleTimer),
        ("a head byte by byte", dribbled(&long), ResourceTimer),
        ("trailers byte by byte", dribbled(&trailers), ResourceTimer),
        ("a body byte by byte", dribbled(&body), ResourceTimer),
        (
            "103 after 103",
            faults::endless_interim(Duration::from_millis(300)),
            ResourceTimer,
        ),
    ];
    let over_h2 = [
        ("h2: nothing", h2::stall(), IdleTimer),
        ("h2: half a body", h2::stall_mid_body(), IdleTimer),
        ("h2: frames byte by byte", h2_dribbled(), IdleTimer),
    ];
    let full = FullBacklog::start().unwrap();
    let plain = plain.map(|row| (row, timed(Configuration::ephemeral())));
    let over_h2 = over_h2.map(|row| (row, timed(speaking_h2())));
    let loads =
        plain
            .into_iter()
            .chain(over_h2)
            .map(|((name, script, end), configuration)| async move {
                let origin = RawOrigin::start(script).await.unwrap();
                ends(name, origin.url("/"), configuration, end).await;
            });
    let never = ends(
        "never accepted",
        full.url("/"),
        timed(Configuration::ephemeral()),
        IdleTimer,
    );
    let tls = RawOrigin::start(faults::at(faults::Phase::Accept, How::Stall))
        .await
        .unwrap();
    let tls_url = tls.url("/").replacen("http:", "https:", 1);
    let handshake = ends(
        "no handshake",
        tls_url,
        timed(Configuration::ephemeral()),
        IdleTimer,
    );
    urlsession::futures::join!(join_all(loads), never, handshake);
}

/// One after another: each takes the machine for itself.
#[tokio::test(flavor = "multi_thread")]
async fn each_flood_ends_at_a_bound_or_at_the_timer_that_it_does_not_feed() {
    let _alone = ALONE.lock().await;
    let unparsed = Bound(ErrorCode::CannotParseResponse);
    let plain = [
        ("an endless header", faults::endless_header(), unparsed),
        ("endless trailers", faults::endless_trailers(), unparsed),
    ];
    let over_h2 = [
        ("pings", h2::ping_flood(), IdleTimer),
        ("settings", h2::settings_flood(), IdleTimer),
        ("window updates", h2::window_update_flood(), IdleTimer),
    ];
    for (name, script, end) in plain {
        let origin = RawOrigin::spawn(script).unwrap();
        ends(
            name,
            origin.url("/"),
            timed(Configuration::ephemeral()),
            end,
        )
        .await;
    }
    for (name, script, end) in over_h2 {
        let origin = RawOrigin::spawn(script).unwrap();
        ends(name, origin.url("/"), timed(speaking_h2()), end).await;
    }
    let origin = Origin::spawn().unwrap();
    let end = Bound(ErrorCode::HttpTooManyRedirects);
    ends(
        "endless redirects",
        origin.url("/redirect/1000"),
        timed(Configuration::ephemeral()),
        end,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_nobody_reads_ends_at_the_idle_timer() {
    let _alone = ALONE.lock().await;
    let deaf = faults::at(faults::Phase::RequestHead, How::Stall);
    let origin = RawOrigin::start(deaf).await.unwrap();
    let session = urlsession::session(timed(Configuration::ephemeral()));
    let post = Request::post(origin.url("/"))
        .unwrap()
        .with_body(vec![0; 64 * 1024 * 1024]);
    let began = Instant::now();
    let error = within("the timeout", session.data(post)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TimedOut);
    assert_about("a deaf server", began.elapsed(), IDLE);
}
