//! The suite over `fetch`, wherever this runs: one test for each case. And the table of engines, held to what is seen here.
//!
//! The address of a running `urlsession-origin` is in the environment variable `URLSESSION_ORIGIN` when this is compiled: the line of JSON that it
//! prints. Without it every case is ignored, and says so.
#![cfg(target_arch = "wasm32")]

#[path = "../../../../transport-web/tests/support/engines.rs"]
mod engines;
mod ground;
mod probes;

use engines::{Engines, Place};
use ground::WebGround;
use probes::Probes;
use urlsession_conformance::{FLAGS, Fixture, cases};
use urlsession_core::Configuration;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

/// The line of the server; without one the tests are ignored.
fn origin() -> &'static str {
    option_env!("URLSESSION_ORIGIN").unwrap_or_default()
}

async fn run(name: &str) {
    let fixture = Fixture::new(WebGround::new(origin()));
    let case = cases()
        .into_iter()
        .find(|case| case.name == name)
        .expect("a case of that name");
    let place = Place::here();
    if let Some(feature) = Engines::read().excuse(name, &place) {
        console_log!("SKIPPED {name}: {place} is without `{feature}`");
        return;
    }
    if let Some(why) = case.skipped(&fixture.capabilities(), fixture.sites()) {
        console_log!("SKIPPED {name}: {why}");
        return;
    }
    if let Err(failure) = case.run(fixture).await {
        panic!("{name}: {failure}");
    }
}

/// A test for each case; one for which no place has a server is ignored, and says why.
macro_rules! tests {
    ($($group:ident { $($name:ident $needs:tt;)* })*) => {$(
        mod $group {
            use super::*;

            $(tests!($group $name $needs);)*
        }
    )*};
    ($group:ident $name:ident []) => {
        #[wasm_bindgen_test]
        #[cfg_attr(not(has_origin), ignore = "no origin server: URLSESSION_ORIGIN was not set")]
        async fn $name() {
            run(concat!(stringify!($group), "::", stringify!($name))).await;
        }
    };
    ($group:ident $name:ident [Lacks($flag:ident) $(, $($more:tt)*)?]) => {
        tests!($group $name [$($($more)*)?]);
    };
    ($group:ident $name:ident [Has($flag:ident) $(, $($more:tt)*)?]) => {
        tests!($group $name [$($($more)*)?]);
    };
    ($group:ident $name:ident [TLS]) => { tests!($group $name []); };
    ($group:ident $name:ident [IPV6]) => { tests!($group $name []); };
    ($group:ident $name:ident [NAMED]) => {
        tests!($name ignored "no server by a name of its own here");
    };
    ($group:ident $name:ident [HTTP2]) => {
        tests!($name ignored "browsers speak HTTP/2 over TLS only");
    };
    ($group:ident $name:ident [UNACCEPTING]) => {
        tests!($name ignored "no port that never accepts here");
    };
    ($group:ident $name:ident [Unwinding]) => { tests!($name ignored "a panic aborts here"); };
    ($name:ident ignored $why:tt) => {
        #[wasm_bindgen_test]
        #[ignore = $why]
        fn $name() {}
    };
}

urlsession_conformance::for_each_case!(tests);

/// What is left out above for want of a capability is right as long as this holds.
#[wasm_bindgen_test]
fn the_platform_can_do_what_the_table_says() {
    let platform = urlsession_transport_web::platform(&Configuration::default());
    let capabilities = platform.transport.capabilities();
    let here = FLAGS
        .iter()
        .map(|flag| (flag.name, (flag.is_set)(&capabilities)));
    let place = Place::here();
    let table = Engines::read();
    assert_eq!(
        table.rows("capabilities", &place),
        here.collect(),
        "{place}"
    );
}

#[wasm_bindgen_test]
#[cfg_attr(
    not(has_origin),
    ignore = "no origin server: URLSESSION_ORIGIN was not set"
)]
async fn the_engine_has_the_features_that_the_table_says() {
    let (place, table, probes) = (Place::here(), Engines::read(), Probes::new(origin()));
    let mut differences = Vec::new();
    for (feature, said) in table.rows("features", &place) {
        let seen = probes.has(feature).await;
        if seen.as_ref().is_ok_and(|seen| *seen) != said {
            differences.push(format!(
                "{feature}: the table says {said}, seen is {seen:?}"
            ));
        }
    }
    assert!(differences.is_empty(), "{place}: {differences:#?}");
}

#[wasm_bindgen_test]
fn the_table_has_a_row_for_every_probe_and_real_cases() {
    let (place, table) = (Place::here(), Engines::read());
    let rows = table.rows("features", &place);
    let probes = Probes::new("{}").names();
    assert!(probes.iter().all(|name| rows.contains_key(name.as_str())));
    assert_eq!(probes.len(), rows.len());
    let cases = cases();
    for name in table.excused_cases() {
        assert!(cases.iter().any(|case| case.name == name), "{name}");
    }
}
