//! The suite over `fetch`, in a browser: one test for each case.
//!
//! The address of a running `urlsession-origin` is in the environment variable `URLSESSION_ORIGIN` when this is compiled: the line of JSON that it
//! prints. Without it every case is ignored, and says so.
#![cfg(target_arch = "wasm32")]

use std::time::Duration;

use js_sys::Reflect;
use urlsession_conformance::{Failure, Fixture, Ground, Sites, cases};
use urlsession_core::{BoxFuture, Capabilities, Configuration, FileRef, Platform};
use urlsession_transport_web::WebFiles;
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
        performance().set_resource_timing_buffer_size(RESOURCES);
        Some(Self {
            sites: Sites {
                http: url("http").expect("a URL"),
                other: url("http_other").expect("a URL"),
                v6: url("http_v6"),
                // A browser asks the name service alone.
                named: None,
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

/// More than the cases load: beyond its buffer, 250 entries by default, a browser says nothing of its resources.
const RESOURCES: u32 = 100_000;

fn performance() -> web_sys::Performance {
    let performance = Reflect::get(&js_sys::global(), &"performance".into()).expect("a clock");
    performance.unchecked_into()
}

/// Whether the browser has read the response of this URL to its end, by what it says of its resources.
fn is_whole(url: &str) -> bool {
    let entries = performance().get_entries_by_name(url);
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

    fn file(&self, content: &[u8]) -> FileRef {
        let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(content));
        let file = web_sys::File::new_with_u8_array_sequence(&parts, "file").expect("a file");
        WebFiles::new().adopt(file)
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
    let ground = WebGround::new().expect("the tests are ignored without a server");
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

/// A test for each case; one that needs what a browser lacks is ignored, and says why.
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
    ($group:ident $name:ident [Has(FILE_DOWNLOAD)]) => { tests!($group $name []); };
    ($group:ident $name:ident [Has(FILE_UPLOAD)]) => { tests!($group $name []); };
    ($group:ident $name:ident [TLS]) => { tests!($group $name []); };
    ($group:ident $name:ident [IPV6]) => { tests!($group $name []); };
    ($group:ident $name:ident [Has($flag:ident) $($more:tt)*]) => {
        tests!($name ignored "a browser cannot");
    };
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

/// What is ignored above is right as long as this is.
#[wasm_bindgen_test]
fn a_browser_has_files_and_no_other_capability_that_a_flag_stands_for() {
    let platform = urlsession_transport_web::platform(&Configuration::default());
    let mut able = Capabilities::none();
    able.file_download = true;
    able.file_upload = true;
    assert_eq!(platform.transport.capabilities(), able);
}
