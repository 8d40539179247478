//! An entry of Resource Timing, read without trust: a page may have put anything in its place.

use std::time::Duration;

use js_sys::{Array, Reflect};
use urlsession_core::{Moment, ResourceFetchType, TransactionMetrics};
use wasm_bindgen::prelude::*;

/// The `transferSize` of a response that the cache had and the server confirmed. Its body did not come.
const CONFIRMED: u64 = 300;
/// The longest name of a protocol (RFC 7301).
const LONGEST_NAME: usize = 255;

/// Makes moments of the browser's milliseconds.
pub(crate) struct Mapped {
    pub(crate) began: Moment,
    /// The same in milliseconds.
    pub(crate) began_at: f64,
    /// Nothing has happened later.
    pub(crate) now: Moment,
}

impl Mapped {
    fn moment(&self, milliseconds: f64) -> Moment {
        // The cast saturates, and takes what is below 0 for 0.
        let nanoseconds = ((milliseconds - self.began_at) * 1e6) as u64;
        (self.began + Duration::from_nanos(nanoseconds)).min(self.now)
    }
}

/// What an entry tells.
pub(crate) struct Told {
    phases: Phases,
    source: Source,
    protocol: Option<String>,
}

impl Told {
    /// `None` where it tells nothing, or nothing that can be.
    pub(crate) fn by(entry: &JsValue) -> Option<Self> {
        Some(Self {
            phases: Phases::of(entry)?,
            source: Source::of(entry),
            protocol: protocol(entry),
        })
    }

    pub(crate) fn note(self, transaction: &mut TransactionMetrics, clock: &Mapped) {
        self.phases.note(transaction, clock);
        self.source.note(transaction);
        transaction.network_protocol_name = self.protocol;
    }
}

/// The steps of a fetch, in the browser's milliseconds. A step that was not taken has the time of the one before.
struct Phases {
    fetch: f64,
    lookup: [f64; 2],
    connect: [f64; 2],
    /// 0 without TLS.
    secure: f64,
    request: f64,
    response: [f64; 2],
}

impl Phases {
    /// `None` for what cannot be one, and for one of which the browser keeps the most to itself: zeros, which are out of order.
    fn of(entry: &JsValue) -> Option<Self> {
        let at = |name| number(entry, name);
        let phases = Self {
            fetch: at("fetchStart")?,
            lookup: [at("domainLookupStart")?, at("domainLookupEnd")?],
            connect: [at("connectStart")?, at("connectEnd")?],
            secure: at("secureConnectionStart")?,
            request: at("requestStart")?,
            response: [at("responseStart")?, at("responseEnd")?],
        };
        phases.is_in_order(at("startTime")?).then_some(phases)
    }

    fn is_in_order(&self, start: f64) -> bool {
        let [connect, connected] = self.connect;
        let steps = [
            &[start, self.fetch][..],
            &self.lookup,
            &self.connect,
            &[self.request],
            &self.response,
        ];
        let is_secure_within = (connect..=connected).contains(&self.secure);
        steps.concat().is_sorted() && (self.secure == 0.0 || is_secure_within)
    }

    /// No step was taken to a connection.
    fn was_connected(&self) -> bool {
        let steps = [self.lookup, self.connect];
        steps.as_flattened().iter().all(|&step| step == self.fetch)
    }

    fn note(&self, transaction: &mut TransactionMetrics, clock: &Mapped) {
        let at = |milliseconds| Some(clock.moment(milliseconds));
        transaction.is_reused_connection = Some(self.was_connected());
        if self.lookup[0] < self.lookup[1] {
            transaction.domain_lookup_start = at(self.lookup[0]);
            transaction.domain_lookup_end = at(self.lookup[1]);
        }
        if !self.was_connected() {
            transaction.connect_start = at(self.connect[0]);
            transaction.connect_end = at(self.connect[1]);
            if self.secure > 0.0 {
                transaction.secure_connection_start = at(self.secure);
                // TLS is the last step to a connection.
                transaction.secure_connection_end = at(self.connect[1]);
            }
        }
        transaction.request_start = at(self.request);
        transaction.response_start = at(self.response[0]);
        transaction.response_end = at(self.response[1]);
    }
}

/// Where a response came from, and how much of it.
struct Source {
    kind: Option<ResourceFetchType>,
    received: Option<u64>,
}

impl Source {
    fn of(entry: &JsValue) -> Self {
        let bytes = |name| number(entry, name).map(|bytes| bytes as u64);
        let transfer = bytes("transferSize");
        let (encoded, decoded) = (bytes("encodedBodySize"), bytes("decodedBodySize"));
        let is_whole = |encoded: &u64| {
            transfer.is_some_and(|transfer| transfer > *encoded && transfer != CONFIRMED)
        };
        if transfer != Some(0) {
            return Self {
                kind: None,
                received: encoded.filter(is_whole),
            };
        }
        // A service worker may have had it from anywhere.
        let is_from_cache = decoded > Some(0) && number(entry, "workerStart") == Some(0.0);
        let kind = if is_from_cache {
            ResourceFetchType::LocalCache
        } else {
            ResourceFetchType::Unknown
        };
        Self {
            kind: Some(kind),
            received: is_from_cache.then_some(0),
        }
    }

    fn note(&self, transaction: &mut TransactionMetrics) {
        transaction.count_of_response_body_bytes_received = self.received;
        if let Some(kind) = self.kind {
            transaction.resource_fetch_type = kind;
            // No connection was in play that anybody knows of.
            transaction.is_reused_connection = None;
        }
    }
}

/// The protocol by its name in ALPN.
fn protocol(entry: &JsValue) -> Option<String> {
    let name = text(entry, "nextHopProtocol")?;
    let is_name = (1..=LONGEST_NAME).contains(&name.len());
    (is_name && name.bytes().all(|byte| byte.is_ascii_graphic())).then_some(name)
}

/// A property that is a number, finite and not below 0.
pub(crate) fn number(object: &JsValue, name: &str) -> Option<f64> {
    let number = Reflect::get(object, &name.into()).ok()?.as_f64()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

pub(crate) fn text(object: &JsValue, name: &str) -> Option<String> {
    Reflect::get(object, &name.into()).ok()?.as_string()
}

/// How many entries are looked at.
const ENTRIES: usize = 250;

/// The entries of a list, from the newest on.
pub(crate) fn newest_first(entries: &JsValue) -> impl Iterator<Item = JsValue> {
    let length = match Array::is_array(entries) {
        true => number(entries, "length").unwrap_or_default() as u32,
        false => 0,
    };
    (0..length)
        .rev()
        .take(ENTRIES)
        .map_while(|at| Reflect::get_u32(entries.unchecked_ref(), at).ok())
}
