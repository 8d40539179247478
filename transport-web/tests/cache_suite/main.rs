//! The public suite of HTTP caching and Fetch's cache modes, over `fetch` and a `UrlCache` of core's: the cases of our own, played by the code that
//! plays them over sockets.
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
#[expect(dead_code, reason = "files are read on the host alone")]
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
use futures::future::join_all;
use modes::{ModeCases, Validator};
use play::play;
use urlsession::{Runtime, UrlCache};
use urlsession_transport_web::{WebRuntime, indexed_db_cache};
use wasm_bindgen_test::wasm_bindgen_test as test;
use world::World;

const CASES: &str = include_str!("../../../tests/cache_suite/cases.json");
const MODE_CASES: &str = include_str!("../../../tests/cache_suite/modes.json");

async fn is_passed(cache: UrlCache) {
    let Some(world) = World::new(cache) else {
        return;
    };
    let cases = Cases::parse(CASES).tests.into_iter().filter(|case| {
        // A script does not see redirects and interim responses.
        case.applies == Applies::Browser && case.kind != Kind::Check
    });
    let cases: Vec<_> = cases.collect();
    let time = WebRuntime::new().random() as u32;
    let played = join_all(cases.iter().map(|case| play(&world, case, time))).await;
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

#[test]
async fn the_modes_are_as_fetch_has_them() {
    let Some(world) = World::new(UrlCache::in_memory(16 << 20)) else {
        return;
    };
    let start = (WebRuntime::new().random() % 1_000_000) as usize * 100;
    let mut failed = Vec::new();
    let cases = ModeCases::parse(MODE_CASES).tests;
    // The browser follows redirects by itself.
    let cases = cases
        .iter()
        .filter(|case| !case.title(0).contains("redirect"));
    for (number, case) in cases.enumerate() {
        for validator in [Validator::Tag, Validator::Date] {
            if let Err(wrong) = case.play(&world, start + number, validator).await {
                failed.push(format!("{}: {wrong}", case.title(number)));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
