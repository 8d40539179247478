//! What is done with a request (RFC 9111 section 4): answered from the store, validated, sent on.

mod candidates;
#[cfg(test)]
mod tests;
mod told;
mod verdict;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

use crate::policy::cache::decide::candidates::{beginning, chosen};
use crate::policy::cache::decide::verdict::Decider;
use crate::policy::cache::head::CacheHead;
use crate::policy::cache::range::Slice;
use crate::policy::cache::request::CacheRequest;

/// Fields that the cache sets on a request that it sends on, in place of those of the same name.
pub(crate) type Fields = Arc<[(HeaderName, HeaderValue)]>;

/// What a session chose.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CacheOptions {
    /// A stale response is better than none when the server cannot be reached.
    pub(crate) serves_stale_when_disconnected: bool,
}

/// What is done with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is sent on; what comes back is not stored.
    Bypass {
        /// To be set.
        fields: Fields,
    },
    /// It is sent on; what comes back is stored if it may be.
    Load {
        /// To be set.
        fields: Fields,
        /// What answers if the server does not.
        fallback: Option<Fallback>,
    },
    /// It is answered from the store.
    Use(Hit),
    /// The same, and what is stored is validated meanwhile (RFC 5861 section 3).
    UseAndRevalidate {
        /// The answer.
        hit: Hit,
        /// To be set on the request that validates; without conditions where there is no validator.
        fields: Fields,
    },
    /// It is sent on with conditions: 304 freshens the stored response, which is then the answer, anything else is the answer itself.
    Validate {
        /// The answer after a 304.
        hit: Hit,
        /// To be set.
        fields: Fields,
        /// What answers if the server does not.
        fallback: Option<Fallback>,
    },
    /// A part is stored, the bytes after it are asked for: 206 may complete it, any other answer stands for itself.
    Complete {
        /// Which stored response.
        index: usize,
        /// The first position asked for: as many bytes are stored.
        from: u64,
        /// To be set.
        fields: Fields,
    },
    /// The policy forbids to ask the server, and nothing is stored.
    Refuse,
    /// The request forbids to ask the server (`only-if-cached`), and nothing that it takes is stored: 504.
    GatewayTimeout,
}

/// A stored response as an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Which of those that were given.
    pub(crate) index: usize,
    /// Its age.
    pub(crate) age: Duration,
    /// True when it is not fresh any more.
    pub(crate) is_stale: bool,
    /// The part of its body that answers; all of it where there is none.
    pub(crate) slice: Option<Slice>,
}

/// A stale response that answers where the server does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fallback {
    /// The answer.
    pub(crate) hit: Hit,
    /// It takes the place of an answer that [`is_server_error`] too (RFC 5861 section 4), not only of a failed exchange.
    pub(crate) covers_server_errors: bool,
}

/// The answers in whose place a stale response may stand.
pub(crate) fn is_server_error(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

/// What is done `now` with `request`, where `heads` are stored for its URL.
pub(crate) fn decide<H: AsRef<CacheHead>>(
    now: SystemTime,
    request: &CacheRequest<'_>,
    heads: &[H],
    options: CacheOptions,
) -> Decision {
    if request.is_plain
        && let [only] = heads
        && let Some(hit) = simple_hit(now, only.as_ref())
    {
        return Decision::Use(hit);
    }
    let decider = Decider {
        now,
        request,
        options,
    };
    match heads {
        [only] => decided(&decider, &[only.as_ref()]),
        heads => decided(
            &decider,
            &heads.iter().map(AsRef::as_ref).collect::<Vec<_>>(),
        ),
    }
}

/// Once for all kinds of heads.
fn decided(decider: &Decider<'_, '_>, heads: &[&CacheHead]) -> Decision {
    let candidates = || heads.iter().copied().enumerate();
    decider.decide(chosen(decider.request, candidates()), || {
        beginning(decider.now, decider.request, candidates())
    })
}

/// False where [`decide`] does not use `head` at once for a request that is plain, or not: told in less than a decision takes.
pub(crate) fn may_use(now: SystemTime, is_plain: bool, head: &CacheHead) -> bool {
    // A plain request accepts nothing that is not fresh.
    !is_plain || head.is_fresh(now)
}

/// The usual case: nothing to choose, nothing to parse.
fn simple_hit(now: SystemTime, head: &CacheHead) -> Option<Hit> {
    let is_fresh = now < head.simply_fresh_until? && now >= head.credible_from;
    is_fresh.then(|| Hit {
        index: 0,
        age: head.age(now),
        is_stale: false,
        slice: None,
    })
}
