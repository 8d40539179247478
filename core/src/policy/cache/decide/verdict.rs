//! Whether a stored response is good enough (RFC 9111 section 4.2), and what is done where it is not.

use std::time::SystemTime;

use crate::policy::cache::combine::remainder;
use crate::policy::cache::decide::candidates::{Beginning, Candidate};
use crate::policy::cache::decide::told::told;
use crate::policy::cache::decide::{CacheOptions, Decision, Fallback, Fields, Hit};
use crate::policy::cache::head::CacheHead;
use crate::policy::cache::request::CacheRequest;
use crate::policy::cache::validate::conditions_for_range;
use crate::words::cache::CachePolicy;

/// What a stored response is good for.
enum Verdict {
    Use { is_stale: bool },
    UseAndRevalidate,
    Validate,
}

/// A request for which there is no answer yet.
pub(super) struct Decider<'a, 'b> {
    pub(super) now: SystemTime,
    pub(super) request: &'a CacheRequest<'b>,
    pub(super) options: CacheOptions,
}

impl Decider<'_, '_> {
    pub(super) fn decide<'h>(
        &self,
        chosen: Option<Candidate<'h>>,
        beginning: impl FnOnce() -> Option<Beginning<'h>>,
    ) -> Decision {
        if self.request.bypasses() {
            return self.send(|| Decision::Bypass {
                fields: told(self.request),
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
                fields: chosen.head.conditions.clone(),
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
        let is_incredible = self.now < head.credible_from;
        if head.needs_validation()
            || is_incredible
            || wishes.no_cache
            || is_too_old
            || wants_fresher
        {
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
            fields: told(self.request),
            fallback,
        }
    }

    fn validate(&self, head: &CacheHead, hit: Hit) -> Decision {
        let fallback = self.fallback(head, hit);
        let conditions = match hit.slice {
            Some(_) => conditions_for_range(head),
            None => head.conditions.clone(),
        };
        if conditions.is_empty() {
            return self.load(fallback);
        }
        Decision::Validate {
            hit,
            fields: joined(told(self.request), conditions),
            fallback,
        }
    }

    fn complete(&self, beginning: &Beginning<'_>) -> Decision {
        let rest = remainder(beginning.head, beginning.end);
        Decision::Complete {
            index: beginning.index,
            from: beginning.end,
            fields: joined(told(self.request), rest),
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
}

/// Both, as they are where one is empty.
fn joined(first: Fields, second: Fields) -> Fields {
    match first.is_empty() {
        true => second,
        false => first.iter().chain(&*second).cloned().collect(),
    }
}
