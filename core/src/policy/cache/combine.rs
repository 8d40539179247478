//! Parts of a body: the rest is asked for, and what belongs together is put together (RFC 9111 section 3.4).

use http::StatusCode;
use http::header::{self, HeaderMap, HeaderValue};

use crate::policy::cache::decide::Fields;
use crate::policy::cache::head::{CacheHead, Extent, Stamp, strong_validator};
use crate::policy::cache::range::ContentRange;
use crate::policy::cache::validate::updated;
use crate::words::response::Response;

/// The fields that ask for what comes after the first `end` bytes, if they are still of the same representation.
pub(super) fn remainder(head: &CacheHead, end: u64) -> Fields {
    let mut fields = Vec::new();
    if let Ok(range) = HeaderValue::try_from(format!("bytes={end}-")) {
        fields.push((header::RANGE, range));
        if let Some(tag) = head.strong_validator() {
            fields.push((header::IF_RANGE, tag.clone()));
        }
    }
    fields.into()
}

/// The whole of which `head` is the beginning and the body of `response`, a 206 to a request with the fields `asked`, the rest. `None` when they do not belong together: the
/// whole must be asked for.
pub(crate) fn completed(
    head: &CacheHead,
    asked: &HeaderMap,
    response: &Response,
    stamp: &Stamp<'_>,
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
        let made = updated(head, asked, response.headers(), stamp);
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
    let is_same = shares_strong_validator(first, second.but_for_date().headers())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cache::testing::{date, get, response, stamp, stored_part};
    use crate::testing::test;

    const STRONG: [(&str, &str); 2] = [("etag", "\"a\""), ("cache-control", "max-age=10")];

    fn part(content_range: &str, length: u64, lines: &[(&str, &str)]) -> CacheHead {
        stored_part("bytes=0-", content_range, length, lines).unwrap()
    }

    #[test]
    fn the_rest_of_a_part_is_asked_for_under_its_strong_validator() {
        let fields = remainder(&part("bytes 0-4/10", 5, &STRONG), 5);
        let expected = [
            (header::RANGE, "bytes=5-".parse().unwrap()),
            (header::IF_RANGE, "\"a\"".parse().unwrap()),
        ];
        assert_eq!(*fields, expected);
        let weak = [("etag", "W/\"a\"")];
        assert_eq!(remainder(&part("bytes 0-4/10", 5, &weak), 5).len(), 1);
    }

    #[test]
    fn the_rest_completes_a_part_of_the_same() {
        let first = part("bytes 0-4/10", 5, &STRONG);
        let asked = get(&[]);
        let with = |status, lines: &[(&str, &str)]| {
            completed(
                &first,
                asked.request().fields,
                &response(status, lines),
                &stamp(1),
            )
        };
        let rest = ("content-range", "bytes 5-9/10");
        let whole = with(
            206,
            &[rest, ("etag", "\"a\""), ("x", "1"), ("content-length", "5")],
        )
        .unwrap();
        assert_eq!(whole.extent(), Extent::Whole { length: Some(10) });
        assert_eq!(whole.response().status(), StatusCode::OK);
        let fields = whole.response().headers();
        assert_eq!(
            (&fields["content-length"], &fields["x"]),
            (&"10".parse().unwrap(), &"1".parse().unwrap())
        );
        assert!(!fields.contains_key("content-range"));
        assert!(with(206, &[rest, ("etag", "\"b\"")]).is_none());
        assert!(with(206, &[rest]).is_none());
        assert!(with(206, &[("content-range", "bytes 6-9/10"), ("etag", "\"a\"")]).is_none());
        assert!(with(206, &[("content-range", "bytes 5-9/11"), ("etag", "\"a\"")]).is_none());
        assert!(with(206, &[("content-range", "bytes 5-8/10"), ("etag", "\"a\"")]).is_none());
        assert!(with(200, &[rest, ("etag", "\"a\"")]).is_none());
    }

    #[test]
    fn parts_of_the_same_are_put_together() {
        let of = |first: (&str, u64), second: (&str, u64), lines: &[(&str, &str)]| {
            let (first, second) = (
                part(first.0, first.1, &STRONG),
                part(second.0, second.1, lines),
            );
            combined(&first, &second).map(|(head, skip)| (head.extent(), skip))
        };
        let first = ("bytes 0-4/10", 5);
        let part = |start, end| Extent::Part {
            start,
            end,
            complete: Some(10),
        };
        let whole = Extent::Whole { length: Some(10) };
        assert_eq!(of(first, ("bytes 5-9/10", 5), &STRONG), Some((whole, 0)));
        assert_eq!(
            of(first, ("bytes 3-7/10", 5), &STRONG),
            Some((part(0, 8), 2))
        );
        assert_eq!(
            of(("bytes 2-4/10", 3), ("bytes 5-9/*", 5), &STRONG),
            Some((part(2, 10), 0))
        );
        assert_eq!(of(first, ("bytes 6-9/10", 4), &STRONG), None);
        assert_eq!(of(first, ("bytes 1-3/10", 3), &STRONG), None);
        assert_eq!(of(first, ("bytes 5-9/11", 5), &STRONG), None);
        assert_eq!(of(first, ("bytes 5-9/10", 5), &[("etag", "\"b\"")]), None);
        assert_eq!(
            of(first, ("bytes 5-9/10", 5), &[("last-modified", &date(-9))]),
            None
        );
    }
}
