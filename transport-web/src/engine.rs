//! What the engine that this runs in can do, found out and not guessed by its name.

use js_sys::Reflect;
use urlsession_core::{Capabilities, Url};
use wasm_bindgen::prelude::*;

use crate::entry::{newest_first, text};
use crate::js;

thread_local! {
    static IS_SERVER: bool = Engine::new().is_server;
}

/// True in Node, and in what else is no browser.
pub(crate) fn is_server() -> bool {
    IS_SERVER.with(|&is_server| is_server)
}

/// What differs between browsers, their workers, and programs like Node.
#[derive(Clone, Copy)]
pub(crate) struct Engine {
    /// No browser: nothing is kept from its scripts.
    pub(crate) is_server: bool,
    /// A request's body may be a stream.
    streams: bool,
    /// There is `XMLHttpRequest`.
    pub(crate) counts: bool,
}

impl Engine {
    pub(crate) fn new() -> Self {
        let global = js_sys::global();
        let has = |name: &str| Reflect::has(&global, &name.into()).unwrap_or(false);
        let node = member(&global, "process").and_then(|it| member(&it, "versions"));
        let is_node = node.is_some_and(|versions| text(&versions, "node").is_some());
        let has_duplex = || {
            let request = member(&global, "Request").and_then(|it| member(&it, "prototype"));
            request.is_some_and(|it| Reflect::has(&it, &"duplex".into()) == Ok(true))
        };
        Self {
            is_server: is_node && !has("document") && !has("WorkerGlobalScope"),
            streams: cfg!(feature = "upload") && has_duplex(),
            counts: cfg!(feature = "upload") && has("XMLHttpRequest"),
        }
    }

    /// True when a stream reaches this server as it comes.
    pub(crate) fn streams_to(&self, url: &Url, wish: Option<bool>) -> bool {
        cfg!(feature = "upload")
            && self.streams
            && wish.unwrap_or_else(|| self.is_server || speaks_http_2(url))
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        let mut able = Capabilities::none();
        able.file_download = cfg!(feature = "download");
        able.file_upload = cfg!(any(feature = "download", feature = "upload"));
        able.upload_progress = self.counts;
        able.streamed_upload = self.is_server && self.streams;
        able.redirects = self.is_server;
        able.all_response_headers = self.is_server;
        able
    }
}

fn member(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok()
}

/// True when the browser has told that it spoke HTTP/2 or later to this server.
fn speaks_http_2(url: &Url) -> bool {
    let origin = origin_of(url);
    if !origin.starts_with("https:") {
        return false;
    }
    let tells = |entry: &JsValue| {
        let is_of_it = text(entry, "name").is_some_and(|name| name.starts_with(origin));
        let protocol = text(entry, "nextHopProtocol").filter(|protocol| !protocol.is_empty());
        protocol.filter(|_| is_of_it)
    };
    let told = ["resource", "navigation"].into_iter().find_map(|kind| {
        let entries = js::entries_by_type(kind).ok()?;
        newest_first(&entries).find_map(|entry| tells(&entry))
    });
    told.is_some_and(|protocol| matches!(&*protocol, "h2" | "h3"))
}

/// True when the page, or the worker's script, is of the URL's origin.
#[cfg(feature = "upload")]
pub(crate) fn is_ours(url: &Url) -> bool {
    let global: js::Foreign = js_sys::global().unchecked_into();
    let ours = global.location().and_then(|location| location.origin());
    let ours = ours.ok().and_then(|ours| ours.as_string());
    ours.is_some_and(|ours| origin_of(url).strip_suffix('/') == Some(&ours))
}

/// Scheme, host and port of a URL that has no user, and the slash behind them.
fn origin_of(url: &Url) -> &str {
    let url = url.as_str();
    let end = url.match_indices('/').nth(2);
    end.map_or(url, |(at, slash)| &url[..at + slash.len()])
}
