//! Header fields, between `http` and the browser.

use http::HeaderName;

use crate::js;

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

/// The names of all that the browser was seen to drop, sorted.
pub(crate) fn all_dropped() -> Vec<String> {
    names(&js::dropped("")).map(str::to_owned).collect()
}

pub(crate) fn names(lines: &str) -> impl Iterator<Item = &str> {
    lines.split('\n').filter(|name| !name.is_empty())
}
