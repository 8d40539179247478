//! What the engine that this runs in can do, found out and not guessed by its name.

use urlsession_core::Capabilities;

use crate::js;
#[cfg(feature = "upload")]
use crate::js::{counts, speaks_http_2, streams};

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
        Self {
            is_server: js::is_server(),
            streams: streams(),
            counts: counts(),
        }
    }

    /// True when a stream reaches this server as it comes.
    #[cfg(feature = "native-objects")]
    pub(crate) fn streams_to(&self, url: &str, wish: Option<bool>) -> bool {
        self.streams && wish.unwrap_or_else(|| self.is_server || speaks_http_2(url))
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

#[cfg(not(feature = "upload"))]
fn streams() -> bool {
    false
}

#[cfg(not(feature = "upload"))]
fn counts() -> bool {
    false
}

#[cfg(all(feature = "native-objects", not(feature = "upload")))]
fn speaks_http_2(_: &str) -> bool {
    false
}
