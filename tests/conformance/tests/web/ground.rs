//! The ground of a page or worker: `fetch`, and an origin server.

use std::time::Duration;

use js_sys::Reflect;
use urlsession_conformance::{Failure, Ground, Sites};
use urlsession_core::{BoxFuture, Configuration, FileRef, Platform};
use urlsession_transport_web::WebFiles;
use wasm_bindgen::JsCast;

/// Long enough for a writer to fill what buffers there are.
const A_WHILE: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub(crate) struct WebGround {
    sites: Sites,
}

impl WebGround {
    /// The server is the one of this line.
    pub(crate) fn new(origin: &str) -> Self {
        let urls = js_sys::JSON::parse(origin).expect("the server's line");
        let url = |name: &str| {
            let url = Reflect::get(&urls, &name.into()).ok()?.as_string()?;
            Some(url.trim_end_matches('/').to_owned())
        };
        performance().set_resource_timing_buffer_size(RESOURCES);
        Self {
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
        }
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
