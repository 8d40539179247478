//! What a request tells the caches on its way, by its policy.

use http::header::{self, HeaderName, HeaderValue};

use crate::policy::cache::decide::Fields;
use crate::policy::cache::request::CacheRequest;
use crate::words::cache::CachePolicy;

const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const MAX_AGE_0: HeaderValue = HeaderValue::from_static("max-age=0");

/// What the policy has the caches on the way know (Fetch, HTTP-network-or-cache fetch, steps 8.16 and 8.17).
pub(super) fn told(request: &CacheRequest<'_>) -> Fields {
    let own = request.fields;
    let lacks = |name: &HeaderName| !own.contains_key(name);
    let mut fields = Vec::new();
    match request.policy {
        CachePolicy::ReloadRevalidatingCacheData => {
            if lacks(&header::CACHE_CONTROL) {
                fields.push((header::CACHE_CONTROL, MAX_AGE_0));
            }
        }
        CachePolicy::ReloadIgnoringLocalAndRemoteCacheData => {
            fields.push((header::PRAGMA, NO_CACHE));
            fields.extend(with_no_cache(request).map(|value| (header::CACHE_CONTROL, value)));
        }
        CachePolicy::UseProtocolCachePolicy if !request.is_conditional => {}
        CachePolicy::UseProtocolCachePolicy | CachePolicy::ReloadIgnoringLocalCacheData => {
            for name in [header::PRAGMA, header::CACHE_CONTROL] {
                if lacks(&name) {
                    fields.push((name, NO_CACHE));
                }
            }
        }
        CachePolicy::ReturnCacheDataElseLoad | CachePolicy::ReturnCacheDataDontLoad => {}
    }
    match fields.is_empty() {
        true => Fields::default(),
        false => fields.into(),
    }
}

/// The app's own Cache-Control, and `no-cache`; `None` where it says so itself.
fn with_no_cache(request: &CacheRequest<'_>) -> Option<HeaderValue> {
    let own = request.fields.get_all(header::CACHE_CONTROL).iter();
    let own: Vec<_> = own.map(HeaderValue::as_bytes).collect();
    if own.is_empty() {
        return Some(NO_CACHE);
    }
    let said = request.directives.no_cache;
    let all = || [&own[..], &[b"no-cache"]].concat().join(&b", "[..]);
    (!said).then(|| HeaderValue::try_from(all()).unwrap_or(NO_CACHE))
}
