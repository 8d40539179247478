//! What `fetch` is told of a request, as one object made in one call.

use http::{HeaderMap, HeaderValue};
use urlsession_core::{CachePolicy, Hints};
use wasm_bindgen::prelude::*;

use crate::js::{self, Init};
use crate::options::FetchOptions;

/// Members of an object, as text in JSON: a text crosses to the browser at once, where each member would by itself.
pub(crate) struct Members(String);

impl Members {
    pub(crate) fn new() -> Self {
        Self("{".to_owned())
    }

    /// A member whose value needs no escaping.
    pub(crate) fn word(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.push('"');
        self.0.push_str(value);
        self.0.push('"');
    }

    /// A member whose value is JSON already.
    pub(crate) fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.push_str(value);
    }

    /// `headers`, as a sequence of pairs.
    pub(crate) fn fields(&mut self, fields: &HeaderMap) {
        self.name("headers");
        let mut before = '[';
        for (name, value) in fields {
            self.0.push(before);
            self.0.push_str("[\"");
            self.0.push_str(name.as_str());
            self.0.push_str("\",\"");
            self.value(value);
            self.0.push_str("\"]");
            before = ',';
        }
        self.0.push_str(if before == '[' { "[]" } else { "]" });
    }

    /// A byte is a character (Infra, isomorphic decode). The only control character in a field's value is the tab.
    fn value(&mut self, value: &HeaderValue) {
        for &byte in value.as_bytes() {
            match byte {
                b'"' | b'\\' => self.0.extend(['\\', char::from(byte)]),
                b'\t' => self.0.push_str("\\t"),
                _ => self.0.push(char::from(byte)),
            }
        }
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    /// # Errors
    /// What was thrown: the page has another `JSON`.
    pub(crate) fn object(mut self) -> Result<Init, JsValue> {
        self.0.push('}');
        let object = js::parse(&self.0)?;
        match object.is_object() {
            true => Ok(object),
            false => Err(JsValue::UNDEFINED),
        }
    }
}

/// `RequestInit`, but for body and signal.
pub(crate) fn init(
    method: &str,
    fields: &HeaderMap,
    hints: Hints,
    options: &FetchOptions,
    shows_redirects: bool,
) -> Members {
    let mut members = Members::new();
    // No token has a character that JSON would escape.
    members.word("method", method);
    if !fields.is_empty() {
        members.fields(fields);
    }
    if let Some(urgency) = hints.urgency {
        members.word("priority", priority(urgency));
    }
    let cache = cache(hints.cache);
    if cache != "default" {
        members.word("cache", cache);
    }
    if cache == "only-if-cached" {
        members.word("mode", "same-origin");
    }
    if shows_redirects || options.refuses_redirects() {
        members.word("redirect", "manual");
    }
    if let Some(credentials) = options.credentials {
        members.word("credentials", credentials.as_str());
    }
    if let Some(policy) = options.referrer_policy {
        members.word("referrerPolicy", policy.as_str());
    }
    if options.is_kept_alive() {
        members.raw("keepalive", "true");
    }
    members
}

/// Fetch's `RequestPriority`; a browser that does not know it does not look.
fn priority(urgency: u8) -> &'static str {
    match urgency {
        0..=2 => "high",
        3 => "auto",
        4.. => "low",
    }
}

/// Fetch's `RequestCache`.
fn cache(policy: Option<CachePolicy>) -> &'static str {
    let Some(policy) = policy else {
        return "no-store";
    };
    match policy {
        CachePolicy::UseProtocolCachePolicy => "default",
        // `reload` tells caches on the way not to answer either (Cache-Control: no-cache).
        CachePolicy::ReloadIgnoringLocalCacheData
        | CachePolicy::ReloadIgnoringLocalAndRemoteCacheData => "reload",
        CachePolicy::ReturnCacheDataElseLoad => "force-cache",
        CachePolicy::ReturnCacheDataDontLoad => "only-if-cached",
        CachePolicy::ReloadRevalidatingCacheData => "no-cache",
    }
}
