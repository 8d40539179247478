//! Header fields, between `http` and the browser.

use std::cell::RefCell;

use http::{HeaderMap, HeaderName, HeaderValue};
use wasm_bindgen::prelude::*;

use crate::js::{self, Foreign, Headers};

/// Names that no script may send, beside those that begin with `proxy-` or `sec-` (Fetch, section
/// 2.2.2), and User-Agent, which Chromium keeps to itself as well.
const FORBIDDEN: [&str; 22] = [
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];

/// True when browsers do not let a script set this field: they drop it, or send their own.
///
/// What one browser really dropped is in [`WebTransport::dropped_fields`](crate::WebTransport::dropped_fields).
#[must_use]
pub fn is_forbidden(name: &HeaderName) -> bool {
    let name = name.as_str();
    FORBIDDEN.binary_search(&name).is_ok() || name.starts_with("proxy-") || name.starts_with("sec-")
}

/// What this browser was seen to do with fields of a name: they are looked at when they are first sent.
#[derive(Default)]
pub(crate) struct Seen(RefCell<Vec<(HeaderName, Fate)>>);

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Kept,
    Dropped,
}

/// Of so many names is it known what becomes of them.
const NAMES: usize = 1000;

impl Seen {
    /// True when it is known what becomes of all of them.
    pub(crate) fn knows(&self, fields: &HeaderMap) -> bool {
        fields.keys().all(|name| self.fate(name).is_some())
    }

    /// Looks at what the browser `made` of these fields.
    pub(crate) fn look(&self, fields: &HeaderMap, made: &Headers) {
        for name in fields.keys().filter(|name| self.fate(name).is_none()) {
            let has = made.has(name.as_str());
            let fate = match has.is_ok_and(|has| has.is_truthy()) {
                true => Fate::Kept,
                false => Fate::Dropped,
            };
            let mut names = self.0.borrow_mut();
            if names.len() >= NAMES {
                names.clear();
            }
            names.push((name.clone(), fate));
        }
    }

    /// The names of these fields that the browser drops.
    pub(crate) fn dropped_of(&self, fields: &HeaderMap) -> Vec<HeaderName> {
        let is_dropped = |name: &&HeaderName| self.fate(name) == Some(Fate::Dropped);
        fields.keys().filter(is_dropped).cloned().collect()
    }

    /// The names that it has dropped, sorted.
    pub(crate) fn dropped(&self) -> Vec<String> {
        let names = self.0.borrow();
        let dropped = names.iter().filter(|(_, fate)| *fate == Fate::Dropped);
        let mut dropped: Vec<_> = dropped.map(|(name, _)| name.as_str().to_owned()).collect();
        dropped.sort_unstable();
        dropped
    }

    fn fate(&self, name: &HeaderName) -> Option<Fate> {
        let names = self.0.borrow();
        names
            .iter()
            .find(|(seen, _)| seen == name)
            .map(|&(_, fate)| fate)
    }
}

/// The fields that the browser shows, but those that `http` cannot hold. They come as one text: a name and its value are joined by a comma,
/// which no name has, and pairs by a line break, which no value has.
///
/// # Errors
/// What was thrown: these are no header fields.
pub(crate) fn from_browser(headers: &Foreign) -> Result<HeaderMap, JsValue> {
    let text = js::array_of(&headers.entries()?)?.join("\n")?;
    Ok(from_lines(&text.as_string().unwrap_or_default(), ','))
}

/// The fields of these lines, each a name and its value with `separator` between.
pub(crate) fn from_lines(text: &str, separator: char) -> HeaderMap {
    let mut fields = HeaderMap::new();
    for line in text.split('\n') {
        let Some((name, value)) = line.split_once(separator) else {
            continue;
        };
        let name = HeaderName::try_from(name);
        if let (Ok(name), Some(value)) = (name, from_text(value.trim())) {
            // More fields than a map holds: the rest is left out.
            let _ = fields.try_append(name, value);
        }
    }
    fields
}

/// A value as a byte string: one character a byte (Infra, isomorphic decode).
#[cfg(feature = "upload")]
pub(crate) fn to_text(value: &HeaderValue) -> String {
    value.as_bytes().iter().copied().map(char::from).collect()
}

/// The value that a byte string is; `None` when it is none.
fn from_text(text: &str) -> Option<HeaderValue> {
    if text.is_ascii() {
        return HeaderValue::from_str(text).ok();
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|it| u8::try_from(it).ok()).collect();
    HeaderValue::try_from(bytes?).ok()
}
