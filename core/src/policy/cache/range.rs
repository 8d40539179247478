//! Ranges of bytes (RFC 9110 section 14), served from what is stored.

use http::header::{self, HeaderMap, HeaderValue};

use crate::policy::cache::head::Extent;

/// What a request's Range asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// There is no Range.
    Whole,
    Bytes(Span),
    /// Several ranges, another unit, or what cannot be read: the server's to answer.
    Other,
}

/// One range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// `first-last`, both included.
    FromTo(u64, u64),
    /// `first-`.
    From(u64),
    /// `-length`.
    Last(u64),
}

impl Asked {
    pub(super) fn of(fields: &HeaderMap) -> Self {
        let mut values = fields.get_all(header::RANGE).iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Whole,
            (Some(value), None) => value
                .to_str()
                .ok()
                .and_then(Span::parse)
                .map_or(Self::Other, Self::Bytes),
            (Some(_), Some(_)) => Self::Other,
        }
    }
}

impl Span {
    fn parse(text: &str) -> Option<Self> {
        let (unit, range) = text.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = range.trim().split_once('-')?;
        match (first, last) {
            ("", length) => Some(Self::Last(number(length)?)),
            (first, "") => Some(Self::From(number(first)?)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::FromTo(first, last))
            }
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// Which bytes of a stored body answer a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    /// The first byte's position in the whole representation.
    pub(crate) first: u64,
    /// The last byte's, included.
    pub(crate) last: u64,
    /// How many bytes of the stored body come before it.
    pub(crate) skip: u64,
    /// The whole representation's length, where it is known.
    pub(crate) complete: Option<u64>,
}

impl Slice {
    /// How many bytes it is.
    pub(crate) fn length(&self) -> u64 {
        self.last - self.first + 1
    }

    /// The value of Content-Range.
    pub(super) fn content_range(&self) -> HeaderValue {
        let Self { first, last, .. } = self;
        let text = match self.complete {
            Some(complete) => format!("bytes {first}-{last}/{complete}"),
            None => format!("bytes {first}-{last}/*"),
        };
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// The slice that answers `span`; `None` where not all of it is stored, or there is no such range.
pub(super) fn slice(span: Span, extent: Extent) -> Option<Slice> {
    let (start, end, complete) = match extent {
        Extent::Whole { length } => (0, length?, length),
        Extent::Part {
            start,
            end,
            complete,
        } => (start, end, complete),
    };
    let (first, last) = match span {
        Span::FromTo(first, last) => {
            let most = complete.and_then(|complete| complete.checked_sub(1));
            (first, most.map_or(last, |most| last.min(most)))
        }
        Span::From(first) => (first, complete?.checked_sub(1)?),
        Span::Last(0) => return None,
        Span::Last(length) => (complete?.saturating_sub(length), complete?.checked_sub(1)?),
    };
    let is_stored = start <= first && first <= last && last < end;
    is_stored.then(|| Slice {
        first,
        last,
        skip: first - start,
        complete,
    })
}

/// What Content-Range says: the bytes from `start` up to `end`, of `complete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentRange {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) complete: Option<u64>,
}

impl ContentRange {
    /// The one that stands there; `None` where it is missing, of another unit or impossible.
    pub(super) fn of(fields: &HeaderMap) -> Option<Self> {
        let mut values = fields.get_all(header::CONTENT_RANGE).iter();
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() {
            return None;
        }
        let (unit, range) = value.trim().split_once(' ')?;
        let (bytes, complete) = range.trim_start().split_once('/')?;
        let (first, last) = bytes.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let complete = match complete {
            "*" => None,
            length => Some(number(length)?),
        };
        let is_possible = first <= last && complete.is_none_or(|complete| last < complete);
        let end = last.checked_add(1)?;
        (unit.eq_ignore_ascii_case("bytes") && is_possible).then_some(Self {
            start: first,
            end,
            complete,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn asked(lines: &[&str]) -> Asked {
        let mut fields = HeaderMap::new();
        for line in lines {
            fields.append(header::RANGE, line.parse().unwrap());
        }
        Asked::of(&fields)
    }

    #[test]
    fn a_single_range_of_bytes_can_be_served() {
        let table = [
            ("bytes=0-1", Span::FromTo(0, 1)),
            ("bytes=1-", Span::From(1)),
            ("bytes=-5", Span::Last(5)),
            ("Bytes= 7-7 ", Span::FromTo(7, 7)),
        ];
        for (line, expected) in table {
            assert_eq!(asked(&[line]), Asked::Bytes(expected), "{line}");
        }
        assert_eq!(asked(&[]), Asked::Whole);
    }

    #[test]
    fn several_ranges_and_unknown_ones_are_the_servers() {
        let table: [&[&str]; 10] = [
            &["bytes=0-1, 4-5"],
            &["bytes=0-1", "bytes=4-5"],
            &["items=0-1"],
            &["bytes=5-1"],
            &["bytes=-"],
            &["bytes="],
            &["bytes"],
            &["bytes=a-b"],
            &["bytes=+1-2"],
            &["bytes=99999999999999999999999-"],
        ];
        for lines in table {
            assert_eq!(asked(lines), Asked::Other, "{lines:?}");
        }
    }

    #[test]
    fn a_whole_response_answers_every_range_of_it() {
        let whole = Extent::Whole { length: Some(11) };
        let table = [
            (Span::FromTo(0, 1), Some((0, 1))),
            (Span::FromTo(5, 99), Some((5, 10))),
            (Span::FromTo(11, 12), None),
            (Span::From(1), Some((1, 10))),
            (Span::From(11), None),
            (Span::Last(4), Some((7, 10))),
            (Span::Last(99), Some((0, 10))),
            (Span::Last(0), None),
        ];
        for (span, expected) in table {
            let found = slice(span, whole);
            assert_eq!(found.map(|s| (s.first, s.last)), expected, "{span:?}");
            assert!(found.is_none_or(|slice| slice.skip == slice.first));
        }
        let empty = Extent::Whole { length: Some(0) };
        assert_eq!(slice(Span::From(0), empty), None);
        assert_eq!(slice(Span::Last(1), empty), None);
        let unknown = Extent::Whole { length: None };
        assert_eq!(slice(Span::FromTo(0, 1), unknown), None);
    }

    #[test]
    fn a_part_answers_the_ranges_within_it() {
        let part = |complete| Extent::Part {
            start: 4,
            end: 10,
            complete,
        };
        let table = [
            (Span::FromTo(6, 8), Some(10), Some((6, 8, 2))),
            (Span::FromTo(6, 8), None, Some((6, 8, 2))),
            (Span::FromTo(6, 12), None, None),
            (Span::FromTo(6, 12), Some(10), Some((6, 9, 2))),
            (Span::FromTo(3, 5), Some(10), None),
            (Span::From(6), Some(10), Some((6, 9, 2))),
            (Span::From(6), None, None),
            (Span::From(6), Some(11), None),
            (Span::Last(6), Some(10), Some((4, 9, 0))),
            (Span::Last(7), Some(10), None),
            (Span::Last(1), None, None),
        ];
        for (span, complete, expected) in table {
            let found = slice(span, part(complete));
            let found = found.map(|slice| (slice.first, slice.last, slice.skip));
            assert_eq!(found, expected, "{span:?} of {complete:?}");
        }
    }

    #[test]
    fn content_range_is_read_strictly() {
        let table = [
            ("bytes 4-9/10", Some((4, 10, Some(10)))),
            ("BYTES 0-0/*", Some((0, 1, None))),
            ("bytes 4-10/10", None),
            ("bytes 9-4/10", None),
            ("bytes */10", None),
            ("bytes=4-9/10", None),
            ("items 4-9/10", None),
            ("bytes 4-9", None),
            ("bytes 0-18446744073709551615/*", None),
            ("", None),
        ];
        for (line, expected) in table {
            let fields = HeaderMap::from_iter([(header::CONTENT_RANGE, line.parse().unwrap())]);
            let found = ContentRange::of(&fields);
            let found = found.map(|range| (range.start, range.end, range.complete));
            assert_eq!(found, expected, "{line}");
        }
    }
}
