//! What the browser is told of a request, as one text: a text crosses at once, where each member would by itself.

use urlsession_core::{CachePolicy, HopRequest};

use crate::options::FetchOptions;

/// The lines that `js/fetch.js` reads: the URL, `RequestInit`'s members, and a name and a value for each header field. None of them has a line
/// break; what nobody says is empty.
pub(crate) fn lines(hop: &HopRequest, options: &FetchOptions, shows_redirects: bool) -> String {
    let cache = cache(hop.hints.cache);
    let (redirect, refused) = match (options.refuses_redirects(), shows_redirects) {
        (false, false) => ("", ""),
        (false, true) => ("manual", ""),
        (true, false) => ("manual", "hidden"),
        (true, true) => ("manual", "shown"),
    };
    let mode = match cache {
        "only-if-cached" => "same-origin",
        _ => "",
    };
    let keepalive = match options.is_kept_alive() {
        true => "true",
        false => "",
    };
    let mut lines = String::new();
    for line in [
        hop.target.as_str(),
        hop.method.as_str(),
        cache,
        mode,
        hop.hints.urgency.map_or("", priority),
        redirect,
        options.credentials.map_or("", |it| it.as_str()),
        options.referrer_policy.map_or("", |it| it.as_str()),
        keepalive,
        refused,
    ] {
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

/// Fetch's `RequestPriority`; a browser that does not know it does not look.
fn priority(urgency: u8) -> &'static str {
    match urgency {
        0..=2 => "high",
        3 => "auto",
        4.. => "low",
    }
}

/// Fetch's `RequestCache`; nothing for its default.
fn cache(policy: Option<CachePolicy>) -> &'static str {
    let Some(policy) = policy else {
        return "no-store";
    };
    match policy {
        CachePolicy::UseProtocolCachePolicy => "",
        // `reload` tells caches on the way not to answer either (Cache-Control: no-cache).
        CachePolicy::ReloadIgnoringLocalCacheData
        | CachePolicy::ReloadIgnoringLocalAndRemoteCacheData => "reload",
        CachePolicy::ReturnCacheDataElseLoad => "force-cache",
        CachePolicy::ReturnCacheDataDontLoad => "only-if-cached",
        CachePolicy::ReloadRevalidatingCacheData => "no-cache",
    }
}
