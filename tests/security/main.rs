//! What attackers try, row by row: head bombs, bombs under codings, confusion of targets and framing, leftovers, names, floods, logs.

#![cfg(all(not(target_arch = "wasm32"), feature = "http2", feature = "tls"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "../support/guard.rs"]
mod guard;

use std::fmt::Debug;
use std::time::{Duration, Instant};

use guard::within;
use urlsession::futures::future::join_all;
use urlsession::http::{HeaderMap, Method, StatusCode, Version};
use urlsession::native::NativePlatform;
use urlsession::{
    Answer, BodyStream, Bytes, Configuration, Error, ErrorCode, Informational, Request, Response,
    Session, Url,
};
use urlsession_origin::faults::{self, h2};
use urlsession_origin::{Origin, RawOrigin, Script, Scripts, Step};

/// What the sockets between client and server may hold beyond what the client has read.
const IN_SOCKETS: u64 = 8 * 1024 * 1024;

fn configuration() -> Configuration {
    let mut configuration = Configuration::ephemeral();
    configuration.timeout_interval_for_request = Duration::from_secs(10);
    configuration.timeout_interval_for_resource = Duration::from_secs(15);
    configuration
}

fn speaking_h2() -> Configuration {
    let mut configuration = configuration();
    configuration.assumes_http2_capable = true;
    configuration
}

async fn text(session: &Session, url: impl urlsession::IntoRequest) -> Result<String, ErrorCode> {
    let loaded = within("an outcome", session.data(url)).await;
    loaded
        .map(|(body, _)| String::from_utf8_lossy(&body).into_owned())
        .map_err(|error| error.code())
}

#[cfg(feature = "cache")]
mod caching;
#[cfg(feature = "sqlite")]
mod ephemeral;

#[cfg(feature = "decode")]
mod codings;

mod header_bombs;

mod request_targets;

mod framing;

/// Row 33.
#[tokio::test(flavor = "multi_thread")]
async fn tasks_share_no_mutable_request() {
    let origin = Origin::start().await.unwrap();
    let session = urlsession::session(configuration());
    let value = Request::put(origin.url("/redirect?status=303&to=/t")).unwrap();
    let value = value
        .header("content-type", "text/x-test")
        .unwrap()
        .with_body("payload");
    let before = value.clone();
    let put = session.data(&value);
    let post = session.data(value.clone().with_method(Method::POST));
    let get = session.data(
        value
            .clone()
            .with_method(Method::GET)
            .with_body(Bytes::new()),
    );
    for done in within("all three", join_all([put, post, get])).await {
        assert_eq!(done.unwrap().1.status(), StatusCode::OK);
    }
    assert_eq!(value, before);
    let firsts = origin.requests_for("/redirect");
    let mut sent: Vec<_> = firsts
        .iter()
        .map(|seen| (seen.method.as_str(), seen.body.as_slice()))
        .collect();
    sent.sort_unstable();
    assert_eq!(
        sent,
        [("GET", &b""[..]), ("POST", b"payload"), ("PUT", b"payload")]
    );
    assert!(
        origin
            .requests_for("/t")
            .iter()
            .all(|seen| seen.method == Method::GET && seen.body.is_empty())
    );
}

mod names;

mod local_schemes;

mod loops;

/// Row 46.
#[tokio::test(flavor = "multi_thread")]
async fn an_h2_flood_ends_at_a_bound_or_at_the_idle_timer_and_harms_no_other_task() {
    let sound = Origin::start().await.unwrap();
    for (name, script) in h2::FLOODS {
        let origin = RawOrigin::spawn(script()).unwrap();
        let mut configuration = speaking_h2();
        configuration.timeout_interval_for_request = Duration::from_secs(1);
        let session = urlsession::session(configuration);
        let began = Instant::now();
        let flooded = session.data(origin.url("/"));
        let (flooded, other) = within(
            name,
            urlsession::futures::future::join(flooded, text(&session, sound.h2_url("/UK"))),
        )
        .await;
        assert_eq!(other.as_deref(), Ok("London"), "{name}");
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{name}: {:?}",
            began.elapsed()
        );
        if let Ok((body, _)) = &flooded {
            assert_eq!((*name, &body[..]), ("provoked-reset-flood", &b"done"[..]));
        }
        drop(session);
        within(name, origin.wait_for_open_connections(0))
            .await
            .unwrap();
    }
}

mod printing;
