//! Conditions on requests (RFC 9111 section 4.3), and what answers to them do to what is stored.

use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::policy::cache::date;
use crate::policy::cache::decide::Fields;
use crate::policy::cache::directives::ResponseDirectives;
use crate::policy::cache::freshness::Times;
use crate::policy::cache::head::{CacheHead, Extent, Parts, Stamp, strong_validator};
use crate::policy::cache::range::ContentRange;
use crate::policy::cache::request::CacheRequest;
use crate::policy::cache::storable::{record_date, stored_fields};
use crate::policy::cache::vary::Selecting;
use crate::words::cache::CacheStoragePolicy;
use crate::words::response::Response;

/// The conditions under which the server may answer 304 for `head`; none where it has no validator.
pub(super) fn conditions(head: &CacheHead, asks_for_range: bool) -> Fields {
    let mut fields = Fields::new();
    if let Some(tag) = head.etag() {
        fields.push((header::IF_NONE_MATCH, tag.clone()));
        if asks_for_range {
            return fields;
        }
    }
    let now = head.times.response;
    if date::of(head.response.headers(), &header::LAST_MODIFIED, now).is_some()
        && let Some(date) = head.field(&header::LAST_MODIFIED)
    {
        fields.push((header::IF_MODIFIED_SINCE, date.clone()));
    }
    fields
}

/// The fields that ask for what comes after the first `end` bytes, if they are still of the same representation.
pub(super) fn remainder(head: &CacheHead, end: u64) -> Fields {
    let mut fields = Fields::new();
    if let Ok(range) = HeaderValue::try_from(format!("bytes={end}-")) {
        fields.push((header::RANGE, range));
        if let Some(tag) = head.strong_validator() {
            fields.push((header::IF_RANGE, tag.clone()));
        }
    }
    fields
}

/// `head` after a 304 to its own conditions (RFC 9111 section 4.3.4): it is the answer now.
///
/// A 304 that speaks of another entity changes nothing in it. Where it must not be kept any longer, its storage policy says so.
pub(crate) fn freshened(
    head: &CacheHead,
    request: &CacheRequest<'_>,
    response: &Response,
    stamp: &Stamp,
) -> CacheHead {
    let (new, stored) = (response.headers(), head.response.headers());
    let is_other = matches!((opaque_tag(new), opaque_tag(stored)), (Some(a), Some(b)) if a != b);
    if is_other {
        return head.clone();
    }
    updated(head, request, new, stamp)
}

/// `head` after the answer to a HEAD for the same (RFC 9111 section 4.3.5): updated, or considered stale when that speaks of another
/// representation. `None` where it says nothing about what is stored.
pub(crate) fn updated_by_head(
    head: &CacheHead,
    request: &CacheRequest<'_>,
    response: &Response,
    stamp: &Stamp,
) -> Option<CacheHead> {
    if response.status() != StatusCode::OK || head.response.status() != StatusCode::OK {
        return None;
    }
    let (new, stored) = (response.headers(), head.response.headers());
    let agrees = |name: &HeaderName| !new.contains_key(name) || new.get(name) == stored.get(name);
    let has_length = match (response.expected_content_length(), head.extent) {
        (None, _) => true,
        (Some(length), Extent::Whole { length: stored }) => stored == Some(length),
        (Some(length), Extent::Part { complete, .. }) => complete == Some(length),
    };
    if agrees(&header::ETAG) && agrees(&header::LAST_MODIFIED) && has_length {
        return Some(updated(head, request, new, stamp));
    }
    Some(CacheHead::new(Parts {
        is_considered_stale: true,
        ..head.parts()
    }))
}

/// The whole of which `head` is the beginning and the body of `response`, a 206, the rest. `None` when they do not belong together: the
/// whole must be asked for.
pub(crate) fn completed(
    head: &CacheHead,
    request: &CacheRequest<'_>,
    response: &Response,
    stamp: &Stamp,
) -> Option<CacheHead> {
    let Extent::Part {
        start: 0,
        end,
        complete: Some(complete),
    } = head.extent
    else {
        return None;
    };
    let range = ContentRange::of(response.headers())?;
    let is_rest = response.status() == StatusCode::PARTIAL_CONTENT
        && range.start == end
        && range.end == complete
        && range.complete == Some(complete);
    let is_same = shares_strong_validator(head, response.headers());
    (is_rest && is_same).then(|| {
        let made = updated(head, request, response.headers(), stamp);
        with_extent(made, 0, complete, Some(complete))
    })
}

/// Two parts that overlap or touch as one (RFC 9111 section 3.4), and how many of `second`'s first bytes are to be left out behind
/// `first`'s body. `None` when they do not belong together.
pub(crate) fn combined(first: &CacheHead, second: &CacheHead) -> Option<(CacheHead, u64)> {
    let (
        Extent::Part {
            start,
            end,
            complete,
        },
        Extent::Part {
            start: next,
            end: last,
            complete: of,
        },
    ) = (first.extent, second.extent)
    else {
        return None;
    };
    let touches = start <= next && next <= end && end < last;
    let is_same = shares_strong_validator(first, second.response.headers())
        && (complete.is_none() || of.is_none() || complete == of);
    let newer = if first.freshness.date > second.freshness.date {
        first
    } else {
        second
    };
    (touches && is_same).then(|| {
        let made = CacheHead::new(newer.parts());
        (with_extent(made, start, last, complete.or(of)), end - next)
    })
}

fn shares_strong_validator(head: &CacheHead, fields: &HeaderMap) -> bool {
    let validators = (head.strong_validator(), strong_validator(fields));
    matches!(validators, (Some(stored), Some(new)) if stored == new)
}

/// `head` with the bytes from `start` up to `end`, which is a 200 when they are all.
fn with_extent(head: CacheHead, start: u64, end: u64, complete: Option<u64>) -> CacheHead {
    let mut parts = head.parts();
    let response = &parts.response;
    let mut fields = response.headers().clone();
    let is_whole = start == 0 && complete == Some(end);
    let status = if is_whole {
        fields.remove(header::CONTENT_RANGE);
        parts.extent = Extent::Whole { length: Some(end) };
        StatusCode::OK
    } else {
        parts.extent = Extent::Part {
            start,
            end,
            complete,
        };
        StatusCode::PARTIAL_CONTENT
    };
    fields.insert(header::CONTENT_LENGTH, (end - start).into());
    parts.response = Response::new(response.url().clone(), status, response.version(), fields);
    CacheHead::new(parts)
}

/// The opaque part of the entity tag: equal tags are equal in the weak comparison (RFC 9110 section 8.8.3.2).
fn opaque_tag(fields: &HeaderMap) -> Option<&[u8]> {
    let tag = fields.get(header::ETAG)?.as_bytes();
    Some(tag.strip_prefix(b"W/").unwrap_or(tag))
}

/// `head` with the fields of an answer that has no content of its own (RFC 9111 section 3.2).
fn updated(
    head: &CacheHead,
    request: &CacheRequest<'_>,
    new: &HeaderMap,
    stamp: &Stamp,
) -> CacheHead {
    let mut new = stored_fields(new, &ResponseDirectives::of(new));
    record_date(&mut new, stamp.response_time);
    // These two are of the stored body, whatever is said of another.
    new.remove(header::CONTENT_LENGTH);
    new.remove(header::CONTENT_RANGE);
    let mut fields = head.response.headers().clone();
    // How old the stored response was when it came says nothing any more.
    fields.remove(header::AGE);
    for name in new.keys() {
        fields.remove(name);
        for value in new.get_all(name) {
            fields.append(name, value.clone());
        }
    }
    let directives = ResponseDirectives::of(&fields);
    for name in &directives.no_cache_fields {
        fields.remove(name);
    }
    let is_forbidden = directives.no_store && !directives.must_understand;
    let parts = head.parts();
    let response = &parts.response;
    CacheHead::new(Parts {
        selecting: Selecting::of(request.fields, &fields, stamp.salt),
        response: Response::new(
            response.url().clone(),
            response.status(),
            response.version(),
            fields,
        ),
        times: Times::of(stamp),
        is_considered_stale: false,
        storage_policy: if is_forbidden {
            CacheStoragePolicy::NotAllowed
        } else {
            parts.storage_policy
        },
        ..parts
    })
}
