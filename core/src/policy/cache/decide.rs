//! What is done with a request (RFC 9111 section 4): answered from the store, validated, sent on.

use std::time::{Duration, SystemTime};

use http::header::{self, HeaderName, HeaderValue};
use http::{Method, StatusCode};

use crate::policy::cache::head::{CacheHead, Extent};
use crate::policy::cache::range::{Asked, Slice, slice};
use crate::policy::cache::request::CacheRequest;
use crate::policy::cache::validate::{conditions, remainder};
use crate::policy::cache::vary::selects;
use crate::words::cache::CachePolicy;

/// Fields that the cache sets on a request that it sends on, in place of those of the same name.
pub(crate) type Fields = Vec<(HeaderName, HeaderValue)>;

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
    let candidates = || heads.iter().map(AsRef::as_ref).enumerate();
    Decider {
        now,
        request,
        options,
    }
    .decide(chosen(request, candidates()), || {
        prefix(now, request, candidates())
    })
}

/// The usual case: nothing to choose, nothing to parse.
fn simple_hit(now: SystemTime, head: &CacheHead) -> Option<Hit> {
    let is_fresh = now < head.simply_fresh_until?;
    is_fresh.then(|| Hit {
        index: 0,
        age: head.age(now),
        is_stale: false,
        slice: None,
    })
}

/// A stored response that answers the request, if it is fresh enough.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    index: usize,
    head: &'a CacheHead,
    slice: Option<Slice>,
}

/// The latest of those that answer.
fn chosen<'a>(
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
        .max_by_key(|candidate| (candidate.head.freshness.date, candidate.head.times.response))
}

/// Which part of `head`'s body answers, all of it for `Some(None)`; `None` where it does not answer.
fn answer(request: &CacheRequest<'_>, head: &CacheHead) -> Option<Option<Slice>> {
    let is_whole = matches!(head.extent, Extent::Whole { .. });
    let asked = match *request.method {
        Method::HEAD => Asked::Whole,
        _ => request.range,
    };
    match asked {
        Asked::Whole => is_whole.then_some(None),
        // Range is for what would be 200 (RFC 9110 section 14.2).
        Asked::Bytes(_) | Asked::Other if is_whole && head.response.status() != StatusCode::OK => {
            Some(None)
        }
        // A part of a coded body could not be decoded, and what asks for it does not expect it to be coded.
        Asked::Bytes(_) if is_whole && head.field(&header::CONTENT_ENCODING).is_some() => None,
        Asked::Bytes(span) => slice(span, head.extent).map(Some),
        Asked::Other => None,
    }
}

/// A stored beginning of what is asked for as a whole, that can be completed: the longest.
fn prefix<'a>(
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
struct Beginning<'a> {
    index: usize,
    head: &'a CacheHead,
    end: u64,
}

/// What a stored response is good for.
enum Verdict {
    Use { is_stale: bool },
    UseAndRevalidate,
    Validate,
}

struct Decider<'a, 'b> {
    now: SystemTime,
    request: &'a CacheRequest<'b>,
    options: CacheOptions,
}

impl<'a> Decider<'a, '_> {
    fn decide<'h>(
        &self,
        chosen: Option<Candidate<'h>>,
        beginning: impl FnOnce() -> Option<Beginning<'h>>,
    ) -> Decision {
        if self.request.bypasses() {
            return self.send(|| Decision::Bypass {
                fields: self.fields(),
            });
        }
        if !self.request.is_read() || self.ignores_store() {
            return self.send(|| self.load(None));
        }
        match chosen {
            Some(chosen) => self.judged(chosen),
            None => self.send(|| match beginning() {
                Some(beginning) => self.complete(&beginning),
                None => self.load(None),
            }),
        }
    }

    fn ignores_store(&self) -> bool {
        matches!(
            self.request.policy,
            CachePolicy::ReloadIgnoringLocalCacheData
                | CachePolicy::ReloadIgnoringLocalAndRemoteCacheData
        )
    }

    fn judged(&self, chosen: Candidate<'_>) -> Decision {
        let hit = |is_stale| Hit {
            index: chosen.index,
            age: chosen.head.age(self.now),
            is_stale,
            slice: chosen.slice,
        };
        match self.verdict(chosen.head) {
            Verdict::Use { is_stale } => Decision::Use(hit(is_stale)),
            Verdict::UseAndRevalidate => Decision::UseAndRevalidate {
                hit: hit(true),
                fields: conditions(chosen.head, false),
            },
            Verdict::Validate => {
                let hit = hit(!chosen.head.is_fresh(self.now));
                self.send(|| self.validate(chosen.head, hit))
            }
        }
    }

    fn verdict(&self, head: &CacheHead) -> Verdict {
        let is_fresh = head.is_fresh(self.now);
        match self.request.policy {
            CachePolicy::ReturnCacheDataElseLoad | CachePolicy::ReturnCacheDataDontLoad
                if !head.selecting.by_anything =>
            {
                Verdict::Use {
                    is_stale: !is_fresh,
                }
            }
            // RFC 8246 section 2.1: not to be asked for as long as it is fresh.
            CachePolicy::ReloadRevalidatingCacheData if is_fresh && head.freshness.is_immutable => {
                Verdict::Use { is_stale: false }
            }
            CachePolicy::UseProtocolCachePolicy => self.verdict_of_protocol(head),
            CachePolicy::ReturnCacheDataElseLoad
            | CachePolicy::ReturnCacheDataDontLoad
            | CachePolicy::ReloadRevalidatingCacheData
            | CachePolicy::ReloadIgnoringLocalCacheData
            | CachePolicy::ReloadIgnoringLocalAndRemoteCacheData => Verdict::Validate,
        }
    }

    fn verdict_of_protocol(&self, head: &CacheHead) -> Verdict {
        let wishes = &self.request.directives;
        let (age, lifetime) = (head.age(self.now), head.freshness.lifetime);
        let is_too_old = wishes
            .max_age
            .is_some_and(|most| age > most || most.is_zero());
        let wants_fresher = wishes
            .min_fresh
            .is_some_and(|least| lifetime.saturating_sub(age) < least);
        if head.needs_validation() || wishes.no_cache || is_too_old || wants_fresher {
            return Verdict::Validate;
        }
        let Some(staleness) = age.checked_sub(lifetime) else {
            return Verdict::Use { is_stale: false };
        };
        if head.freshness.must_revalidate {
            Verdict::Validate
        } else if wishes.max_stale.is_some_and(|most| staleness <= most) {
            Verdict::Use { is_stale: true }
        } else if staleness < head.freshness.stale_while_revalidate {
            if wishes.only_if_cached {
                Verdict::Use { is_stale: true }
            } else {
                Verdict::UseAndRevalidate
            }
        } else {
            Verdict::Validate
        }
    }

    /// `decision` sends the request on: unless that is forbidden.
    fn send(&self, decision: impl FnOnce() -> Decision) -> Decision {
        if self.request.policy == CachePolicy::ReturnCacheDataDontLoad {
            Decision::Refuse
        } else if self.request.directives.only_if_cached {
            Decision::GatewayTimeout
        } else {
            decision()
        }
    }

    fn load(&self, fallback: Option<Fallback>) -> Decision {
        Decision::Load {
            fields: self.fields(),
            fallback,
        }
    }

    fn validate(&self, head: &CacheHead, hit: Hit) -> Decision {
        let fallback = self.fallback(head, hit);
        let conditions = conditions(head, hit.slice.is_some());
        if conditions.is_empty() {
            return self.load(fallback);
        }
        let mut fields = self.fields();
        fields.extend(conditions);
        Decision::Validate {
            hit,
            fields,
            fallback,
        }
    }

    fn complete(&self, beginning: &Beginning<'_>) -> Decision {
        let mut fields = self.fields();
        fields.extend(remainder(beginning.head, beginning.end));
        Decision::Complete {
            index: beginning.index,
            from: beginning.end,
            fields,
        }
    }

    /// A stale response in the server's place, where nobody said that it must not be (RFC 9111 section 4.2.4).
    fn fallback(&self, head: &CacheHead, hit: Hit) -> Option<Fallback> {
        let wishes = &self.request.directives;
        let is_forbidden = head.needs_validation()
            || head.freshness.must_revalidate
            || wishes.no_cache
            || wishes.max_age.is_some()
            || wishes.min_fresh.is_some()
            || self.request.policy != CachePolicy::UseProtocolCachePolicy;
        if is_forbidden {
            return None;
        }
        let staleness = hit.age.saturating_sub(head.freshness.lifetime);
        let allowed = wishes.stale_if_error.unwrap_or_default();
        let covers_server_errors = staleness < allowed.max(head.freshness.stale_if_error);
        (covers_server_errors || self.options.serves_stale_when_disconnected).then_some(Fallback {
            hit,
            covers_server_errors,
        })
    }

    /// What the policy has the caches on the way know (Fetch, HTTP-network-or-cache fetch, steps 8.16 and 8.17).
    fn fields(&self) -> Fields {
        let own = self.request.fields;
        let lacks = |name: &HeaderName| !own.contains_key(name);
        let mut fields = Fields::new();
        match self.request.policy {
            CachePolicy::ReloadRevalidatingCacheData => {
                if lacks(&header::CACHE_CONTROL) {
                    fields.push((header::CACHE_CONTROL, MAX_AGE_0));
                }
            }
            CachePolicy::ReloadIgnoringLocalAndRemoteCacheData => {
                fields.push((header::PRAGMA, NO_CACHE));
                fields.push((header::CACHE_CONTROL, with_no_cache(self.request)));
            }
            CachePolicy::UseProtocolCachePolicy if !self.request.is_conditional => {}
            CachePolicy::UseProtocolCachePolicy | CachePolicy::ReloadIgnoringLocalCacheData => {
                for name in [header::PRAGMA, header::CACHE_CONTROL] {
                    if lacks(&name) {
                        fields.push((name, NO_CACHE));
                    }
                }
            }
            CachePolicy::ReturnCacheDataElseLoad | CachePolicy::ReturnCacheDataDontLoad => {}
        }
        fields
    }
}

const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const MAX_AGE_0: HeaderValue = HeaderValue::from_static("max-age=0");

/// The app's own Cache-Control, and `no-cache`.
fn with_no_cache(request: &CacheRequest<'_>) -> HeaderValue {
    let own = request.fields.get_all(header::CACHE_CONTROL).iter();
    let mut joined: Vec<u8> = Vec::new();
    for value in own
        .map(HeaderValue::as_bytes)
        .filter(|value| !value.is_empty())
    {
        joined.extend_from_slice(value);
        joined.extend_from_slice(b", ");
    }
    if joined.is_empty() || request.directives.no_cache {
        return NO_CACHE;
    }
    joined.extend_from_slice(b"no-cache");
    HeaderValue::try_from(joined).unwrap_or(NO_CACHE)
}
