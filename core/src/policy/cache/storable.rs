//! Whether a response is stored (RFC 9111 section 3), and which of its fields.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};

use crate::policy::cache::directives::ResponseDirectives;
use crate::policy::cache::freshness::{Times, is_explicit, is_heuristically_cacheable};
use crate::policy::cache::head::{CacheHead, Extent, Parts, Stamp, stored_url};
use crate::policy::cache::range::{Asked, ContentRange};
use crate::policy::cache::request::CacheRequest;
use crate::policy::cache::vary::Selecting;
use crate::words::cache::CacheStoragePolicy;
use crate::words::response::Response;

/// The head under which `response` to `request` is stored; `None` where it must not be. Its body is still to come.
pub(crate) fn storable(
    request: &CacheRequest<'_>,
    response: &Response,
    stamp: &Stamp,
) -> Option<CacheHead> {
    if request.bypasses() {
        return None;
    }
    let directives = ResponseDirectives::of(response.headers());
    if !may_be_stored(request, response, &directives) {
        return None;
    }
    let extent = extent(request, response)?;
    let mut fields = stored_fields(response.headers(), &directives);
    record_date(&mut fields, stamp.response_time);
    let mut status = response.status();
    if status == StatusCode::PARTIAL_CONTENT && matches!(extent, Extent::Whole { .. }) {
        // The whole as a part of itself.
        status = StatusCode::OK;
        fields.remove(header::CONTENT_RANGE);
    }
    let url = stored_url(request.url);
    Some(CacheHead::new(Parts {
        response: Response::new(url, status, response.version(), fields),
        times: Times::of(stamp),
        selecting: Selecting::of(request.fields, response.headers(), stamp.salt),
        extent,
        is_considered_stale: false,
        storage_policy: CacheStoragePolicy::Allowed,
        user_info: BTreeMap::new(),
    }))
}

impl Times {
    pub(super) fn of(stamp: &Stamp) -> Self {
        Self {
            request: stamp.request_time,
            response: stamp.response_time,
        }
    }
}

fn may_be_stored(
    request: &CacheRequest<'_>,
    response: &Response,
    directives: &ResponseDirectives,
) -> bool {
    let status = response.status();
    let is_explicit = is_explicit(response.headers(), directives);
    let method_allows = match *request.method {
        Method::GET => true,
        Method::POST => is_explicit && represents_its_target(request, response),
        _ => false,
    };
    let status_allows = !status.is_informational()
        && status != StatusCode::NOT_MODIFIED
        && (!directives.must_understand || is_understood(status));
    // What is understood may be stored all the same (section 5.2.2.3).
    let is_forbidden = directives.no_store && !directives.must_understand;
    let is_cacheable = is_explicit
        || directives.is_public
        || directives.is_private
        || is_heuristically_cacheable(status);
    method_allows && status_allows && !is_forbidden && is_cacheable
}

/// A POST's response that is what a GET would get (RFC 9110 section 9.3.3).
fn represents_its_target(request: &CacheRequest<'_>, response: &Response) -> bool {
    let location = response.headers().get(header::CONTENT_LOCATION);
    let location = location.and_then(|value| value.to_str().ok());
    let location = location.and_then(|location| request.url.join(location).ok());
    response.status() == StatusCode::OK
        && location.is_some_and(|location| stored_url(&location) == stored_url(request.url))
}

/// The statuses of RFC 9110: what each asks of a cache is done here.
fn is_understood(status: StatusCode) -> bool {
    matches!(
        status.as_u16(),
        200..=206 | 300..=305 | 307 | 308 | 400..=417 | 421 | 422 | 426 | 500..=505
    )
}

/// How much of the representation the body is going to be; `None` for a part that is of no use.
fn extent(request: &CacheRequest<'_>, response: &Response) -> Option<Extent> {
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return Some(Extent::Whole { length: None });
    }
    let Asked::Bytes(_) = request.range else {
        return None;
    };
    let range = ContentRange::of(response.headers())?;
    if range.start == 0 && range.complete == Some(range.end) {
        return Some(Extent::Whole { length: None });
    }
    Some(Extent::Part {
        start: range.start,
        end: range.end,
        complete: range.complete,
    })
}

/// The fields that are stored: those of one connection and of proxies are not (RFC 9111 section 3.1), nor are those that would have
/// to be validated before each use (section 5.2.2.4).
pub(super) fn stored_fields(fields: &HeaderMap, directives: &ResponseDirectives) -> HeaderMap {
    const NEVER: [HeaderName; 9] = [
        header::CONNECTION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        HeaderName::from_static("proxy-authentication-info"),
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
        header::TE,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    let mut kept = fields.clone();
    for name in listed_in_connection(fields) {
        kept.remove(name);
    }
    for name in NEVER.iter().chain(&directives.no_cache_fields) {
        kept.remove(name);
    }
    kept
}

fn listed_in_connection(fields: &HeaderMap) -> impl Iterator<Item = HeaderName> {
    fields
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
}

/// A response without a date was made when it came (RFC 9110 section 6.6.1).
pub(super) fn record_date(fields: &mut HeaderMap, response_time: SystemTime) {
    /// The year 10000, which has no HTTP date.
    const END: Duration = Duration::from_secs(253_402_300_800);
    let age = response_time.duration_since(UNIX_EPOCH);
    if fields.contains_key(header::DATE) || age.is_ok_and(|age| age >= END) {
        return;
    }
    let date = httpdate::fmt_http_date(response_time.max(UNIX_EPOCH));
    if let Ok(date) = HeaderValue::try_from(date) {
        fields.insert(header::DATE, date);
    }
}
