//! The public suite of HTTP caching over `fetch` and a `UrlCache` of core's: the cases of our own, played by the code that plays them over
//! sockets.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::panic,
    reason = "a file of cases that cannot be read fails the test"
)]

// The modules that are shared know these by their names on the host.
extern crate self as urlsession_origin;
extern crate urlsession_core as urlsession;

#[path = "../../../tests/cache_suite/case.rs"]
#[expect(dead_code, reason = "the score on the host looks at more")]
mod case;
#[path = "../../../tests/cache_suite/check.rs"]
mod check;
#[path = "../../../tests/origin/src/cache_suite/exchange.rs"]
#[expect(dead_code, reason = "the server plays them")]
#[expect(unreachable_pub, reason = "it is public where it is the server's")]
mod exchange;
#[path = "../../../tests/cache_suite/modes.rs"]
#[expect(
    dead_code,
    reason = "its own cases count what a browser adds by itself"
)]
mod modes;
#[path = "../../../tests/cache_suite/play.rs"]
mod play;
#[path = "../../../tests/cache_suite/seen.rs"]
mod seen;
#[path = "../support/mod.rs"]
mod support;
mod world;

/// The server's part that the client's shares.
mod cache_suite {
    pub(crate) use crate::exchange::{Field, FieldValue, imf_fixdate};

    pub(crate) const SCRIPTS: &str = "/cache-suite";
    pub(crate) const MODES: &str = "/cache-modes";
}

use std::sync::Arc;

use case::{Applies, Cases, Kind};
use futures::{StreamExt, stream};
use play::play;
use urlsession::{CachePolicy, ErrorCode, Request, Runtime, Session, UrlCache};
use urlsession_transport_web::{WebRuntime, indexed_db_cache};
use wasm_bindgen_test::wasm_bindgen_test as test;
use world::World;

const CASES: &str = include_str!("../../../tests/cache_suite/cases.json");

/// Cases about what no script sees: Set-Cookie.
const NOT_HERE: [&str; 1] = ["own-fields-that-are-kept"];

/// So many cases are played at a time: all at once, a slow machine's database would be given up.
const AT_ONCE: usize = 40;

async fn is_passed(cache: UrlCache) {
    let Some(world) = World::new(cache) else {
        return;
    };
    let cases = Cases::parse(CASES).tests.into_iter().filter(|case| {
        // A script does not see redirects and interim responses.
        case.applies == Applies::Browser
            && case.kind != Kind::Check
            && !NOT_HERE.contains(&case.id.as_str())
    });
    let cases: Vec<_> = cases.collect();
    let time = WebRuntime::new().random() as u32;
    let played = stream::iter(cases.iter().map(|case| play(&world, case, time)));
    let played: Vec<_> = played.buffered(AT_ONCE).collect().await;
    let mut failed = Vec::new();
    for (case, played) in cases.iter().zip(played) {
        if let Err(failure) = played {
            failed.push(format!("{}: {failure}", case.id));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
async fn the_cases_pass_with_a_cache_in_memory() {
    is_passed(UrlCache::in_memory(16 << 20)).await;
}

#[test]
async fn the_cases_pass_with_a_cache_in_indexed_db() {
    if support::is_node() {
        return;
    }
    let name = format!("suite-{:016x}", WebRuntime::new().random());
    // No room in memory: all of it is the store's.
    is_passed(UrlCache::new(
        0,
        Arc::new(indexed_db_cache(&name, 100 << 20)),
    ))
    .await;
}

/// How often the server says that it was asked.
async fn count(session: &Session, url: &str, policy: CachePolicy) -> Result<u32, ErrorCode> {
    let request = Request::get(url).unwrap().with_cache_policy(policy);
    let loaded = session.data(request).await;
    let (body, _) = loaded.map_err(|error| error.code())?;
    Ok(String::from_utf8_lossy(&body).parse().unwrap())
}

#[test]
async fn policies_say_where_to_look() {
    let Some(world) = World::new(UrlCache::in_memory(16 << 20)) else {
        return;
    };
    let number = WebRuntime::new().random();
    let url = format!(
        "{}/counted?x-number={number}&cache-control=max-age=1000",
        world.base
    );
    for (policy, expected) in [
        (
            CachePolicy::ReturnCacheDataDontLoad,
            Err(ErrorCode::ResourceUnavailable),
        ),
        (CachePolicy::ReturnCacheDataElseLoad, Ok(1)),
        (CachePolicy::ReturnCacheDataElseLoad, Ok(1)),
        (CachePolicy::ReloadIgnoringLocalCacheData, Ok(2)),
        (CachePolicy::UseProtocolCachePolicy, Ok(2)),
        (CachePolicy::ReloadIgnoringLocalAndRemoteCacheData, Ok(3)),
        (CachePolicy::ReloadRevalidatingCacheData, Ok(4)),
        (CachePolicy::ReturnCacheDataDontLoad, Ok(4)),
    ] {
        let counted = count(&world.session, &url, policy).await;
        assert_eq!(counted, expected, "{policy:?}");
    }
}
