//! Which stored responses answer a request, if they are fresh enough.

use std::cmp::Reverse;

use std::time::SystemTime;

use http::{Method, StatusCode, header};

use crate::policy::cache::head::{CacheHead, Extent};
use crate::policy::cache::range::{Asked, Slice, slice};
use crate::policy::cache::request::CacheRequest;
use crate::policy::cache::vary::selects;

/// A stored response that answers the request, if it is fresh enough.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) index: usize,
    pub(super) head: &'a CacheHead,
    pub(super) slice: Option<Slice>,
}

/// The latest of those that answer.
pub(super) fn chosen<'a>(
    request: &CacheRequest<'_>,
    heads: impl Iterator<Item = (usize, &'a CacheHead)>,
) -> Option<Candidate<'a>> {
    if !request.is_read() {
        return None;
    }
    heads
        .filter(|(_, head)| selects(request, head))
        .filter_map(|(index, head)| {
            let slice = answer(request, head)?;
            Some(Candidate { index, head, slice })
        })
        // Among equals the first.
        .min_by_key(|candidate| {
            Reverse((candidate.head.freshness.date, candidate.head.times.response))
        })
}

/// Which part of `head`'s body answers, all of it for `Some(None)`; `None` where it does not answer.
fn answer(request: &CacheRequest<'_>, head: &CacheHead) -> Option<Option<Slice>> {
    let is_whole = matches!(head.extent, Extent::Whole { .. });
    let is_ok = head.but_for_date().status() == StatusCode::OK;
    let asked = match *request.method {
        Method::HEAD => Asked::Whole,
        _ => request.range,
    };
    match asked {
        Asked::Whole => is_whole.then_some(None),
        // Range is for what would be 200 (RFC 9110 section 14.2).
        Asked::Bytes(_) | Asked::Other if is_whole && !is_ok => Some(None),
        // A part of a coded body could not be decoded, and what asks for it does not expect it to be coded.
        Asked::Bytes(_) if is_ok && head.field(&header::CONTENT_ENCODING).is_some() => None,
        Asked::Bytes(span) => slice(span, head.extent).map(Some),
        Asked::Other => None,
    }
}

/// A stored beginning of what is asked for as a whole, that can be completed: the longest.
pub(super) fn beginning<'a>(
    now: SystemTime,
    request: &CacheRequest<'_>,
    heads: impl Iterator<Item = (usize, &'a CacheHead)>,
) -> Option<Beginning<'a>> {
    if *request.method != Method::GET || request.range != Asked::Whole {
        return None;
    }
    heads
        .filter_map(|(index, head)| {
            let Extent::Part {
                start: 0,
                end,
                complete: Some(_),
            } = head.extent
            else {
                return None;
            };
            // The server is asked anyway: its validator tells whether the rest is of the same.
            let is_of_use = head.strong_validator().is_some() || head.is_fresh(now);
            let is_beginning = is_of_use && selects(request, head);
            is_beginning.then_some(Beginning { index, head, end })
        })
        .max_by_key(|beginning| beginning.end)
}

/// A stored part from the first byte on.
pub(super) struct Beginning<'a> {
    pub(super) index: usize,
    pub(super) head: &'a CacheHead,
    pub(super) end: u64,
}
