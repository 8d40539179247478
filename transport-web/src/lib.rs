//! The browser's platform for `urlsession`: `fetch`, timers and clocks, wherever they are global.
//!
//! The same code runs in a page, in dedicated, shared and service workers, and in Node: nothing is
//! taken from `window`. For any target but wasm32 the crate is empty.
//!
//! What it says to the browser is JavaScript of the crate's own, which wasm-bindgen puts beside the glue, into `snippets`. Both are ES modules: of
//! wasm-bindgen's targets there are `web`, `bundler`, `deno` and, from Node 20.19 on, `nodejs`, but not `no-modules`; a classic worker takes a bundle.
//!
//! What the browser keeps to itself is said by [`Transport::capabilities`](urlsession_core::Transport::capabilities);
//! each flag's documentation has what happens instead. Beyond the flags:
//!
//! * Requests go out with `fetch`'s defaults: mode `cors`, credentials `same-origin`, redirect
//!   `follow`. [`FetchOptions`] say otherwise, of a session ([`platform_with`]) or of a request.
//! * A session without a [`UrlCache`](urlsession_core::UrlCache) uses the browser's own, by the request's
//!   [`CachePolicy`](urlsession_core::CachePolicy); one that has a `UrlCache` passes the browser's by (`no-store`). A policy of
//!   `ReturnCacheDataDontLoad` finds responses of the page's own origin only.
//! * A request's body may be the browser's own: [`blob_body`], [`stream_body`]. Streams go out as they come where the browser sends
//!   streams to that server, and are gathered in a Blob where it does not ([`FetchOptions::streams_uploads`]).
//! * The bytes of uploads are counted as they leave, by `XMLHttpRequest`, for who watches them; the response then comes when it is whole
//!   ([`FetchOptions::counts_uploads`]). `fetch` tells nothing of the bytes it sends: meanwhile the idle timer is held off, for as long
//!   as the body takes at 32 KiB/s.
//! * Name resolution, refused connections, TLS and CORS failures look alike to a script: all are
//!   [`CannotLoadFromNetwork`](urlsession_core::ErrorCode::CannotLoadFromNetwork), or
//!   [`NotConnectedToInternet`](urlsession_core::ErrorCode::NotConnectedToInternet) when the browser
//!   says that it is offline. The cause is a [`ScriptError`].
//! * The HTTP version is not visible; every response says HTTP/1.1. Where the browser tells it afterwards, it is in the metrics.
//! * Metrics have what Resource Timing tells when the body ends: lookup, connect, TLS, request and response, the protocol, whether the
//!   connection was there, the bytes of the encoded body, the browser's cache. It tells so for the page's own origin, and for servers that
//!   send `Timing-Allow-Origin`. An entry that is late is waited for, 50 ms at the most; without one there are the times that core sees. WebKitGTK
//!   tells no sizes: where a response came from does not show there.
//! * Values of header fields are bytes, as everywhere; WebKitGTK takes and sends those that are not ASCII as UTF-8.
//! * Files ([`WebFiles`]) are in the origin's private file system or, without one, in memory. A download goes on after its page or worker has died if it has
//!   a destination ([`DownloadOptions::to`](urlsession_core::DownloadOptions::to)); across origins the server must expose `Date`, `ETag` and `Content-Range`.
//! * A [`UrlCache`](urlsession_core::UrlCache) outlives the page with [`indexed_db_cache`].
//! * Header fields that the browser dropped are in a task's metrics (`TransactionMetrics::dropped_request_fields`), and all of them so far
//!   in [`WebTransport::dropped_fields`].
#![cfg(target_arch = "wasm32")]

#[cfg(feature = "arrays")]
mod arrays;
#[cfg(not(feature = "arrays"))]
#[path = "no_arrays.rs"]
mod arrays;
#[cfg(any(feature = "cache", feature = "download", feature = "upload"))]
mod blob_body;
mod body;
#[cfg(feature = "cache")]
mod cache;
mod copied;
mod engine;
#[cfg(feature = "metrics")]
mod entry;
mod exchange;
mod executor;
#[cfg(feature = "upload")]
mod feed;
#[cfg(all(feature = "native-objects", not(feature = "upload")))]
#[path = "no_feed.rs"]
mod feed;
mod fields;
#[cfg(any(feature = "download", feature = "upload"))]
mod files;
#[cfg(not(any(feature = "download", feature = "upload")))]
#[path = "no_files.rs"]
mod files;
mod incoming;
mod init;
mod js;
mod network;
#[cfg(feature = "body-streams")]
mod object_body;
mod options;
mod outgoing;
#[cfg(feature = "native-objects")]
mod promised;
mod runtime;
mod script_error;
#[cfg(feature = "native-objects")]
mod sending;
#[cfg(not(feature = "native-objects"))]
#[path = "no_sending.rs"]
mod sending;
#[cfg(feature = "body-streams")]
mod streamed;
#[cfg(all(feature = "native-objects", not(feature = "body-streams")))]
#[path = "no_streamed.rs"]
mod streamed;
mod timer;
#[cfg(feature = "metrics")]
mod timing;
#[cfg(not(feature = "metrics"))]
#[path = "no_timing.rs"]
mod timing;
mod transport;
#[cfg(feature = "upload")]
mod unseen;
#[cfg(all(feature = "native-objects", not(feature = "upload")))]
#[path = "no_unseen.rs"]
mod unseen;
mod urls;
mod wakers;
#[cfg(feature = "upload")]
mod xhr;
#[cfg(all(feature = "native-objects", not(feature = "upload")))]
#[path = "no_xhr.rs"]
mod xhr;

use std::sync::Arc;

use urlsession_core::{Configuration, Platform};

#[cfg(feature = "arrays")]
pub use arrays::array_of;
#[cfg(feature = "cache")]
pub use cache::{IndexedDbCacheStore, indexed_db_cache};
pub use fields::is_forbidden;
pub use files::WebFiles;
pub use incoming::Malformed;
pub use network::{WebNetwork, network_monitor};
#[cfg(feature = "body-streams")]
pub use object_body::{blob_body, stream_body};
pub use options::{Credentials, FetchOptions, Redirects, ReferrerPolicy};
#[cfg(feature = "native-objects")]
pub use promised::{promise_of, settled};
pub use runtime::WebRuntime;
pub use script_error::ScriptError;
pub use transport::WebTransport;

/// Runs a future to its end, in microtasks: what an event of the page begins, say.
///
/// `wasm_bindgen_futures::spawn_local` does the same. A program that needs nothing else of that crate is 2 KB smaller by this.
pub fn spawn_local(future: impl Future<Output = ()> + 'static) {
    executor::spawn(Box::pin(future));
}

/// Has URLs parsed by the browser from now on. A [`platform`] does it by itself: this is for who has requests and no platform yet, for a cache say.
pub fn parse_urls() {
    urlsession_core::parse_urls_by(urls::parse);
}

/// The browser's platform.
///
/// Of the configuration, what belongs to core works as everywhere; TLS is the browser's own.
#[must_use]
pub fn platform(configuration: &Configuration) -> Platform {
    platform_with(configuration, FetchOptions::new())
}

/// The same, telling `fetch` this of every request.
#[must_use]
pub fn platform_with(_configuration: &Configuration, options: FetchOptions) -> Platform {
    parse_urls();
    let platform = Platform::new(
        Arc::new(WebTransport::new().with_options(options)),
        Arc::new(WebRuntime::new()),
        Arc::new(WebFiles::new()),
    );
    #[cfg(feature = "connectivity")]
    let platform = platform.with_network(WebNetwork::new());
    platform
}
