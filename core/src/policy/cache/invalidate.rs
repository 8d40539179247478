//! What a request that changes things makes invalid (RFC 9111 section 4.4).

use http::Method;
use http::header::{self, HeaderName};
use url::Url;

use crate::policy::cache::head::stored_url;
use crate::words::response::Response;

/// The URLs whose stored responses a request by `method` for `url` has made invalid: its own, and those of the same origin that the
/// response names. None when the method is safe or the response an error.
pub(crate) fn invalidated(method: &Method, url: &Url, response: &Response) -> Vec<Url> {
    let status = response.status();
    if is_safe(method) || !(status.is_success() || status.is_redirection()) {
        return Vec::new();
    }
    let mut urls = vec![stored_url(url)];
    for name in [header::LOCATION, header::CONTENT_LOCATION] {
        let named = named(url, response, &name);
        urls.extend(named.filter(|named| !urls.contains(named)));
    }
    urls
}

/// The safe methods of the registry (RFC 9110 section 16.1.1) that somebody uses; an unknown one may do anything.
fn is_safe(method: &Method) -> bool {
    matches!(
        method.as_str(),
        "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PROPFIND" | "QUERY" | "REPORT" | "SEARCH"
    )
}

/// Another origin's are not this server's to make invalid.
fn named(url: &Url, response: &Response, name: &HeaderName) -> Option<Url> {
    let value = response.headers().get(name)?.to_str().ok()?;
    let named = url.join(value).ok()?;
    (named.origin() == url.origin()).then(|| stored_url(&named))
}
