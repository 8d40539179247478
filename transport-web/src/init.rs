//! What the browser is told of a request: as one text, for a text crosses at once where each member would by itself, and a number.

use urlsession_core::{CachePolicy, HopRequest};

use crate::options::{FetchOptions, Redirects};

/// The lines that `js/fetch.js` reads: the URL, the method, and a name and a value for each header field. None of them has a line break.
pub(crate) fn lines(hop: &HopRequest) -> String {
    let mut lines = String::new();
    for line in [hop.target.as_str(), hop.method.as_str()] {
        lines.push_str(line);
        lines.push('\n');
    }
    hop.headers.tell(&mut |name, value| {
        lines.push_str(name);
        lines.push('\n');
        // A byte is a character (Infra, isomorphic decode).
        lines.extend(value.iter().copied().map(char::from));
        lines.push('\n');
    });
    lines
}

/// The bit of traits that says that the body is a stream.
#[cfg(feature = "native-objects")]
pub(crate) const IS_STREAM: u32 = 1 << 21;

/// What is said beside, by members of Fetch's `RequestInit`: four bits for each, which `js/fetch.js` has words for; 0 where nothing is said.
pub(crate) fn traits(hop: &HopRequest, options: &FetchOptions, shows_redirects: bool) -> u32 {
    let redirect = match (options.redirects, shows_redirects) {
        (Some(Redirects::Refuse), false) => 2,
        (Some(Redirects::Refuse), true) => 3,
        (_, shows) => u32::from(shows),
    };
    let credentials = options.credentials.map_or(0, |it| it as u32 + 1);
    let referrer_policy = options.referrer_policy.map_or(0, |it| it as u32 + 1);
    cache(hop.hints.cache)
        | hop.hints.urgency.map_or(0, priority) << 4
        | redirect << 8
        | credentials << 12
        | referrer_policy << 16
        | u32::from(options.is_kept_alive()) << 20
}

/// Fetch's `RequestPriority`; a browser that does not know it does not look.
fn priority(urgency: u8) -> u32 {
    match urgency {
        0..=2 => 1,
        3 => 2,
        4.. => 3,
    }
}

/// Fetch's `RequestCache`; nothing for its default.
fn cache(policy: Option<CachePolicy>) -> u32 {
    let Some(policy) = policy else {
        return 1;
    };
    match policy {
        CachePolicy::UseProtocolCachePolicy => 0,
        // `reload` tells caches on the way not to answer either (Cache-Control: no-cache).
        CachePolicy::ReloadIgnoringLocalCacheData
        | CachePolicy::ReloadIgnoringLocalAndRemoteCacheData => 2,
        CachePolicy::ReturnCacheDataElseLoad => 3,
        CachePolicy::ReturnCacheDataDontLoad => 4,
        CachePolicy::ReloadRevalidatingCacheData => 5,
    }
}
