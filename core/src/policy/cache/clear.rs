//! Servers that want their caches cleared (Clear-Site-Data, a W3C working draft).

use http::HeaderName;

use crate::words::response::Response;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// True when everything stored of the response's origin is to be thrown out: it says `"cache"` or `"*"`, and nobody on the way can
/// have written that.
pub(crate) fn clears_cache(response: &Response) -> bool {
    response.url().scheme() == "https"
        && response
            .headers()
            .get_all(CLEAR_SITE_DATA)
            .iter()
            .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
            .any(|kind| matches!(kind.trim_ascii(), b"\"cache\"" | b"\"*\""))
}
