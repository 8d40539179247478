//! The server's part in suites of HTTP caching, without sockets: who serves it says the time.
//!
//! * `/cache-suite/config/ID`, `/state/ID` and `/test/ID[/name][?query]` play the exchanges of one case of
//!   <https://github.com/http-tests/cache-tests>: PUT its requests (JSON), make them, GET what arrived.
//! * `/cache-modes?token=…` plays `cache.py` of the web platform tests, for Fetch's cache modes.
//!
//! [`Origin`](crate::Origin) serves both over its sockets; a mock can be made to answer from the same [`CacheSuite`].

mod answer;
mod exchange;
mod modes;
mod scripts;

use std::time::SystemTime;

use http::{HeaderMap, Method};

pub use answer::Answer;
pub use exchange::{Field, FieldValue, imf_fixdate};

use modes::Modes;
use scripts::Scripts;

/// Where the scripted exchanges are.
pub const SCRIPTS: &str = "/cache-suite";

/// Where the cache modes are.
pub const MODES: &str = "/cache-modes";

/// The state of both servers.
#[derive(Debug, Default)]
pub struct CacheSuite {
    scripts: Scripts,
    modes: Modes,
}

/// A request as these servers see it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a Method,
    /// Path and query, as they came.
    pub target: &'a str,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
}

impl CacheSuite {
    /// What is answered to a request that arrives at `now`; `None` when its path is neither server's.
    pub fn answer(&self, now: SystemTime, asked: Asked<'_>) -> Option<Answer> {
        let path = asked.target.split('?').next().unwrap_or_default();
        if path == MODES {
            return Some(self.modes.answer(asked));
        }
        let rest = path.strip_prefix(SCRIPTS)?.strip_prefix('/')?;
        Some(self.scripts.answer(now, rest, asked))
    }
}
