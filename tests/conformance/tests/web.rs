//! The suite over `fetch`, in a browser: one test for each case.
//!
//! The address of a running `urlsession-origin` is in the environment variable `URLSESSION_ORIGIN` when this is compiled: the line of JSON that it
//! prints. Without it every case is skipped, aloud.
#![cfg(target_arch = "wasm32")]

use std::time::Duration;

use js_sys::Reflect;
use urlsession_conformance::{Failure, Fixture, Ground, Sites, cases};
use urlsession_core::{BoxFuture, Configuration, FileRef, Platform};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

/// Long enough for a writer to fill what buffers there are.
const A_WHILE: Duration = Duration::from_secs(2);

#[derive(Clone)]
struct WebGround {
    sites: Sites,
}

impl WebGround {
    /// `None` without a server.
    fn new() -> Option<Self> {
        let urls =
            js_sys::JSON::parse(option_env!("URLSESSION_ORIGIN")?).expect("the server's line");
        let url = |name: &str| {
            let url = Reflect::get(&urls, &name.into()).ok()?.as_string()?;
            Some(url.trim_end_matches('/').to_owned())
        };
        Some(Self {
            sites: Sites {
                http: url("http").expect("a URL"),
                other: url("http_other").expect("a URL"),
                v6: url("http_v6"),
                // A browser speaks HTTP/2 over TLS alone, and accepts no connection slowly on demand.
                h2: None,
                tls: url("https"),
                closed: url("closed").expect("a URL"),
                unaccepting: None,
                root: None,
            },
        })
    }

    async fn sleep(&self, duration: Duration) {
        let runtime = self.platform(&Configuration::default()).runtime;
        runtime.sleep_until(runtime.now() + duration).await;
    }
}

/// Whether the browser has read the response of this URL to its end, by what it says of its resources.
fn is_whole(url: &str) -> bool {
    let performance = Reflect::get(&js_sys::global(), &"performance".into()).expect("a clock");
    let performance: web_sys::Performance = performance.unchecked_into();
    let entries = performance.get_entries_by_name(url);
    entries.iter().any(|entry| {
        let entry: web_sys::PerformanceResourceTiming = entry.unchecked_into();
        entry.response_end() > 0.0
    })
}

impl Ground for WebGround {
    fn platform(&self, configuration: &Configuration) -> Platform {
        urlsession_transport_web::platform(configuration)
    }

    fn sites(&self) -> &Sites {
        &self.sites
    }

    fn file(&self, _: &[u8]) -> FileRef {
        FileRef::new("a/file")
    }

    fn is_held_back<'a>(&'a self, url: &'a str, _: u64) -> BoxFuture<'a, Result<bool, Failure>> {
        Box::pin(async move {
            self.sleep(A_WHILE).await;
            Ok(!is_whole(url))
        })
    }

    /// The browser's sockets are its own: nothing here can see them.
    fn is_let_go(&self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn rounds(&self) -> usize {
        50
    }
}

async fn run(name: &str) {
    let Some(ground) = WebGround::new() else {
        console_log!("SKIPPED {name}: no origin server (URLSESSION_ORIGIN)");
        return;
    };
    let case = cases()
        .into_iter()
        .find(|case| case.name == name)
        .expect("a case of that name");
    let fixture = Fixture::new(ground);
    if let Some(why) = case.skipped(&fixture.capabilities(), fixture.sites()) {
        console_log!("SKIPPED {name}: {why}");
        return;
    }
    if let Err(failure) = case.run(fixture).await {
        panic!("{name}: {failure}");
    }
}

macro_rules! tests {
    ($($group:ident { $($name:ident [$($need:expr),*];)* })*) => {$(
        mod $group {
            use super::*;

            $(#[wasm_bindgen_test]
            async fn $name() {
                run(concat!(stringify!($group), "::", stringify!($name))).await;
            })*
        }
    )*};
}

urlsession_conformance::for_each_case!(tests);

/// Says how many cases of the suite a browser has nothing to say to.
#[wasm_bindgen_test]
fn what_was_skipped() {
    let all = cases();
    let Some(ground) = WebGround::new() else {
        console_log!(
            "SKIPPED: all {} cases: no origin server (URLSESSION_ORIGIN)",
            all.len()
        );
        return;
    };
    let fixture = Fixture::new(ground);
    let skipped = |case: &&urlsession_conformance::Case| {
        case.skipped(&fixture.capabilities(), fixture.sites())
            .is_some()
    };
    let count = all.iter().filter(skipped).count();
    console_log!(
        "{} cases run, {count} skipped for what a browser lacks",
        all.len() - count
    );
    assert!(count < all.len() / 3, "{count} of {} skipped", all.len());
}
