//! Whether a response is stored (RFC 9111 section 3), and which of its fields.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::BytesMut;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};

use crate::policy::cache::directives::ResponseDirectives;
use crate::policy::cache::freshness::{Times, is_explicit, is_heuristically_cacheable};
use crate::policy::cache::head::{CacheHead, Extent, Parts, Stamp, stored_url};
use crate::policy::cache::range::{Asked, ContentRange};
use crate::policy::cache::request::CacheRequest;
use crate::policy::cache::vary::Selecting;
use crate::words::cache::CacheStoragePolicy;
use crate::words::parsing::join_url;
use crate::words::response::Response;
use crate::words::user_info::UserInfo;

/// The head under which `response` to `request` is stored; `None` where it must not be. Its body is still to come.
pub(crate) fn storable(
    request: &CacheRequest<'_>,
    response: &Response,
    stamp: &Stamp<'_>,
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
        selecting: Selecting::of(request.fields, response.headers(), stamp.salts),
        extent,
        is_considered_stale: false,
        storage_policy: CacheStoragePolicy::Allowed,
        user_info: UserInfo::new(),
    }))
}

/// True when `new` takes the place of `old`, where both are for the same request: not the place of what is the same and more.
pub(crate) fn supersedes(new: &CacheHead, old: &CacheHead) -> bool {
    let is_same = matches!(
        (new.strong_validator(), old.strong_validator()),
        (Some(new), Some(old)) if new == old
    );
    match (new.extent, old.extent) {
        (Extent::Whole { .. }, _) => true,
        (Extent::Part { .. }, Extent::Whole { .. }) => !is_same,
        (
            Extent::Part { start, end, .. },
            Extent::Part {
                start: first,
                end: last,
                ..
            },
        ) => !is_same || (start <= first && last <= end),
    }
}

impl Times {
    pub(super) fn of(stamp: &Stamp<'_>) -> Self {
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
    let location = location.and_then(|location| join_url(request.url, location).ok());
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
    let listed: Vec<_> = listed_in_connection(fields).collect();
    let is_kept = |name: &HeaderName| {
        !is_of_one_connection(name)
            && !listed.contains(name)
            && !directives.no_cache_fields.contains(name)
    };
    copied(fields, is_kept)
}

/// A copy of the fields that are kept, their values in bytes of their own: those that came are a part of all that came with them, often of many
/// times their size.
fn copied(fields: &HeaderMap, is_kept: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let kept = || fields.iter().filter(|(name, _)| is_kept(name));
    let mut bytes = BytesMut::with_capacity(kept().map(|(_, value)| value.len()).sum());
    let mut copy = HeaderMap::with_capacity(fields.keys_len());
    for (name, value) in kept() {
        bytes.extend_from_slice(value.as_bytes());
        // What was the value of a field is one.
        if let Ok(mut own) = HeaderValue::from_maybe_shared(bytes.split().freeze()) {
            own.set_sensitive(value.is_sensitive());
            copy.append(name, own);
        }
    }
    copy
}

/// True for fields that speak of one connection, or to a proxy.
pub(super) fn is_of_one_connection(name: &HeaderName) -> bool {
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
    NEVER.contains(name)
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
    if !fields.contains_key(header::DATE)
        && let Some(date) = date_of(response_time)
    {
        fields.insert(header::DATE, date);
    }
}

/// The date of what came then; `None` from the year 10000 on, which has no HTTP date.
pub(super) fn date_of(response_time: SystemTime) -> Option<HeaderValue> {
    const END: Duration = Duration::from_secs(253_402_300_800);
    let age = response_time.duration_since(UNIX_EPOCH);
    if age.is_ok_and(|age| age >= END) {
        return None;
    }
    let date = httpdate::fmt_http_date(response_time.max(UNIX_EPOCH));
    HeaderValue::try_from(date).ok()
}

#[cfg(test)]
mod tests {
    use http::Version;

    use super::*;
    use crate::policy::cache::testing::{URL, date, fields, get, response, stored, stored_part};
    use crate::testing::test;

    #[test]
    fn what_is_stored_holds_nothing_else_that_came() {
        let all = bytes::Bytes::from(b"max-age=9".repeat(100));
        let mut value = HeaderValue::from_maybe_shared(all.slice(..9)).unwrap();
        value.set_sensitive(true);
        let fields = HeaderMap::from_iter([(header::CACHE_CONTROL, value)]);
        let came = Response::new(
            URL.parse().unwrap(),
            StatusCode::OK,
            Version::HTTP_11,
            fields,
        );
        let head = get(&[]).stores(&came).unwrap();
        let stored = &head.response().headers()[header::CACHE_CONTROL];
        assert!(*stored == "max-age=9" && stored.is_sensitive());
        assert!(!all.as_ptr_range().contains(&stored.as_bytes().as_ptr()));
    }

    fn is_stored(method: &str, status: u16, lines: &[(&str, &str)]) -> bool {
        get(&[])
            .by(method)
            .stores(&response(status, lines))
            .is_some()
    }

    fn statuses(lines: &[(&str, &str)]) -> Vec<u16> {
        (100..600)
            .filter(|&status| is_stored("GET", status, lines))
            .collect()
    }

    #[test]
    fn any_final_response_that_says_how_long_is_stored() {
        let mut expected: Vec<u16> = (200..600).collect();
        // A part that nobody asked for, and what is no response of its own.
        expected.retain(|status| *status != 206 && *status != 304);
        for cache_control in ["max-age=5", "max-age=0", "max-age=x", "public", "private"] {
            assert_eq!(
                statuses(&[("cache-control", cache_control)]),
                expected,
                "{cache_control}"
            );
        }
        for expires in [&*date(10), "0"] {
            assert_eq!(statuses(&[("expires", expires)]), expected, "{expires}");
        }
    }

    #[test]
    fn the_usual_ones_are_stored_without_saying_so() {
        let usual = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];
        assert_eq!(statuses(&[]), usual);
        assert_eq!(statuses(&[("last-modified", &date(-10))]), usual);
        assert_eq!(statuses(&[("cache-control", "s-maxage=9")]), usual);
    }

    #[test]
    fn no_store_is_not_stored() {
        for cache_control in [
            "no-store",
            "No-StOrE",
            "max-age=5, no-store",
            "no-store=\"a\"",
        ] {
            assert!(
                statuses(&[("cache-control", cache_control)]).is_empty(),
                "{cache_control}"
            );
        }
        assert!(is_stored("GET", 200, &[("cdn-cache-control", "no-store")]));
    }

    #[test]
    fn a_status_that_must_be_understood_is_stored_if_it_is() {
        let lines = [("cache-control", "max-age=3600, no-store, must-understand")];
        for status in [200, 301, 404, 503] {
            assert!(is_stored("GET", status, &lines), "{status}");
        }
        for status in [299, 399, 499, 599] {
            assert!(!is_stored("GET", status, &lines), "{status}");
            let plain = [("cache-control", "max-age=3600, must-understand")];
            assert!(!is_stored("GET", status, &plain), "{status}");
        }
    }

    #[test]
    fn only_get_is_stored_and_a_post_that_represents_its_target() {
        let fresh = ("cache-control", "max-age=5");
        for method in ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY", "POST"] {
            assert!(!is_stored(method, 200, &[fresh]), "{method}");
        }
        let table = [
            (fresh, URL, 200, true),
            (fresh, "/a?b", 200, true),
            (fresh, "/a", 200, false),
            (fresh, "http://b.example/a?b", 200, false),
            (fresh, "/a?b", 201, false),
            (("etag", "\"a\""), "/a?b", 200, false),
        ];
        for (line, location, status, expected) in table {
            let lines = [line, ("content-location", location)];
            assert_eq!(is_stored("POST", status, &lines), expected, "{lines:?}");
        }
        assert!(!is_stored("PUT", 200, &[fresh, ("content-location", URL)]));
    }

    #[test]
    fn what_bypasses_the_cache_is_not_stored() {
        let fresh = response(200, &[("cache-control", "max-age=5")]);
        let lines = [
            ("cache-control", "no-store"),
            ("if-none-match", "\"a\""),
            ("if-modified-since", "x"),
            ("if-match", "*"),
            ("if-unmodified-since", "x"),
            ("if-range", "\"a\""),
        ];
        for line in lines {
            assert!(get(&[line]).stores(&fresh).is_none(), "{line:?}");
        }
        assert!(
            get(&[("cache-control", "no-cache")])
                .stores(&fresh)
                .is_some()
        );
        let asked = get(&[]);
        let with_content = asked.request().with_content();
        let stamp = crate::policy::cache::testing::stamp(0);
        assert!(storable(&with_content, &fresh, &stamp).is_none());
    }

    #[test]
    fn fields_of_one_connection_are_not_stored() {
        let head = stored(&[
            ("connection", "a, B"),
            ("connection", "keep-alive"),
            ("a", "1"),
            ("b", "2"),
            ("c", "3"),
            ("keep-alive", "timeout=5"),
            ("proxy-authenticate", "Basic"),
            ("proxy-authentication-info", "x"),
            ("proxy-authorization", "x"),
            ("proxy-connection", "x"),
            ("te", "x"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "x"),
            ("set-cookie", "a=b"),
            ("date", &date(0)),
        ]);
        let names: Vec<_> = head.response().headers().keys().collect();
        assert_eq!(names, ["c", "set-cookie", "date"]);
    }

    #[test]
    fn fields_named_by_no_cache_are_not_stored_and_those_of_private_are() {
        let head = stored(&[
            (
                "cache-control",
                "max-age=5, no-cache=\"a, b\", private=\"c\"",
            ),
            ("a", "1"),
            ("b", "2"),
            ("c", "3"),
        ]);
        let fields = head.response().headers();
        assert!(!fields.contains_key("a") && !fields.contains_key("b"));
        assert_eq!(fields["c"], "3");
    }

    #[test]
    fn a_response_without_a_date_has_that_of_its_coming() {
        let head = stored(&[("cache-control", "max-age=5")]);
        assert_eq!(head.response().headers()["date"], *date(0));
        let head = stored(&[("date", &date(-5))]);
        assert_eq!(head.response().headers()["date"], *date(-5));
        let mut late = fields(&[]);
        record_date(
            &mut late,
            UNIX_EPOCH + Duration::from_secs(u32::MAX.into()) * 1000,
        );
        assert!(late.is_empty());
    }

    #[test]
    fn a_part_is_stored_where_it_can_be_told_which() {
        let lines = [("cache-control", "max-age=5")];
        let is_stored = |range: &str, content_range: &str| {
            stored_part(range, content_range, 6, &lines).is_some()
        };
        assert!(is_stored("bytes=4-9", "bytes 4-9/10"));
        assert!(is_stored("bytes=4-9", "bytes 4-9/*"));
        assert!(!is_stored("bytes=4-9", "bytes */10"));
        assert!(!is_stored("bytes=4-9", "items 4-9/10"));
        assert!(!is_stored("bytes=0-1, 4-9", "bytes 4-9/10"));
    }

    #[test]
    fn a_part_takes_the_place_of_less_and_of_others_only() {
        let of = |content_range: &str, length, tag: &str| {
            stored_part("bytes=0-", content_range, length, &[("etag", tag)]).unwrap()
        };
        let whole = stored(&[("etag", "\"a\"")]);
        let part = of("bytes 2-4/11", 3, "\"a\"");
        assert!(supersedes(&whole, &part) && supersedes(&whole, &whole));
        assert!(!supersedes(&part, &whole));
        assert!(supersedes(&of("bytes 2-4/11", 3, "\"b\""), &whole));
        assert!(supersedes(&of("bytes 2-4/11", 3, "W/\"a\""), &whole));
        assert!(supersedes(&part, &part));
        assert!(supersedes(&of("bytes 1-4/11", 4, "\"a\""), &part));
        assert!(!supersedes(&of("bytes 3-9/11", 7, "\"a\""), &part));
        assert!(supersedes(&of("bytes 3-9/11", 7, "\"b\""), &part));
    }

    #[test]
    fn a_part_that_is_all_is_a_whole() {
        let head = stored_part("bytes=0-", "bytes 0-10/11", 11, &[]).unwrap();
        assert_eq!(head.extent(), Extent::Whole { length: Some(11) });
        assert_eq!(head.response().status(), StatusCode::OK);
        assert!(!head.response().headers().contains_key("content-range"));
    }
}
