//! Whether a failed exchange is made again, and when (RFC 9110 sections 9.2.2 and 10.2.3).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use http::header;

use crate::policy::date;
use crate::words::error::Error;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::retry::{RetryDecision, RetryPolicy};

/// An exchange that failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial<'a> {
    pub(crate) request: &'a Request,
    /// Which attempt it was, from 1.
    pub(crate) number: u32,
    pub(crate) outcome: &'a Result<Response, Error>,
}

/// What the policy says at `now`; `random` draws the wait.
pub(crate) fn decide(
    policy: &RetryPolicy,
    trial: Trial<'_>,
    now: SystemTime,
    random: u64,
) -> RetryDecision {
    if trial.number >= policy.maximum_attempts || !may_be_made_again(policy, trial) {
        return RetryDecision::Deliver;
    }
    let wait = wait(policy, trial.number, random);
    match asked_wait(trial.outcome, now) {
        Some(asked) if asked > policy.maximum_retry_after => RetryDecision::Deliver,
        Some(asked) => RetryDecision::Retry(asked.max(wait)),
        None => RetryDecision::Retry(wait),
    }
}

fn may_be_made_again(policy: &RetryPolicy, trial: Trial<'_>) -> bool {
    let is_listed = match trial.outcome {
        Ok(response) => policy.statuses.contains(&response.status()),
        Err(error) => policy.error_codes.contains(&error.code()),
    };
    is_listed
        && policy.methods.contains(trial.request.method())
        && trial.request.body().is_replayable()
}

/// A random wait up to the longest one, which grows with each attempt ("full jitter").
fn wait(policy: &RetryPolicy, number: u32, random: u64) -> Duration {
    let grown = policy
        .delay_multiplier
        .max(1)
        .saturating_pow(number.saturating_sub(1));
    let longest = policy
        .base_delay
        .saturating_mul(grown)
        .min(policy.maximum_delay);
    share(longest, random)
}

/// So much of `longest` as `random` is of all numbers of 64 bits.
fn share(longest: Duration, random: u64) -> Duration {
    let nanoseconds = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
    let drawn = (u128::from(nanoseconds) * u128::from(random)) >> 64;
    Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX))
}

/// What `Retry-After` asks for, in seconds or as a date; what is neither asks for nothing.
fn asked_wait(outcome: &Result<Response, Error>, now: SystemTime) -> Option<Duration> {
    let response = outcome.as_ref().ok()?;
    let value = response.headers().get(header::RETRY_AFTER)?;
    let text = value.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than fits is a long time.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = date::parse(text.as_bytes(), now)?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// The retries that a session has in stock, counted in successes.
#[derive(Debug, Default)]
pub(crate) struct RetryBudget(AtomicU64);

impl RetryBudget {
    /// A full stock.
    pub(crate) fn full(policy: &RetryPolicy) -> Self {
        Self(AtomicU64::new(capacity(policy)))
    }

    /// Takes a retry out of stock, if there is one.
    pub(crate) fn take<'a>(&'a self, policy: &'a RetryPolicy) -> Option<TakenRetry<'a>> {
        let take = |stock: u64| stock.checked_sub(price(policy));
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.ok().map(|_| TakenRetry {
            budget: self,
            policy,
        })
    }

    /// An exchange needed no retry.
    pub(crate) fn succeeded(&self, policy: &RetryPolicy) {
        // Mostly it is full: a look is cheaper than a write that others wait for.
        if self.0.load(Ordering::Relaxed) < capacity(policy) {
            self.add(policy, 1);
        }
    }

    fn add(&self, policy: &RetryPolicy, successes: u64) {
        let add = |stock: u64| Some(stock.saturating_add(successes).min(capacity(policy)));
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

/// A retry out of stock. Dropped, it goes back: the app does not want it, or its task ends before it has said so.
#[derive(Debug)]
pub(crate) struct TakenRetry<'a> {
    budget: &'a RetryBudget,
    policy: &'a RetryPolicy,
}

impl TakenRetry<'_> {
    /// It is made.
    pub(crate) fn spend(self) {
        std::mem::forget(self);
    }
}

impl Drop for TakenRetry<'_> {
    fn drop(&mut self) {
        self.budget.add(self.policy, price(self.policy));
    }
}

fn price(policy: &RetryPolicy) -> u64 {
    u64::from(policy.successes_per_retry.max(1))
}

fn capacity(policy: &RetryPolicy) -> u64 {
    u64::from(policy.budget) * price(policy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use crate::words::body::{BodyStream, InMemory, RequestBody};
    use crate::words::error::ErrorCode;
    use http::{HeaderMap, StatusCode, Version};
    use std::time::UNIX_EPOCH;
    use url::Url;

    const URL: &str = "http://a.example/";
    /// Sun, 06 Nov 1994 08:49:37 GMT.
    const NOW: u64 = 784_111_777;

    fn response(status: u16, retry_after: Option<&str>) -> Result<Response, Error> {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(header::RETRY_AFTER, value.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        let url = Url::parse(URL).unwrap();
        Ok(Response::new(url, status, Version::HTTP_11, headers))
    }

    fn request(method: &str) -> Request {
        Request::with_method_name(method, URL).unwrap()
    }

    fn decided(
        request: &Request,
        number: u32,
        outcome: &Result<Response, Error>,
        random: u64,
    ) -> RetryDecision {
        let trial = Trial {
            request,
            number,
            outcome,
        };
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        decide(&RetryPolicy::default(), trial, now, random)
    }

    fn is_retried(request: &Request, outcome: &Result<Response, Error>) -> bool {
        decided(request, 1, outcome, 0) != RetryDecision::Deliver
    }

    #[test]
    fn only_idempotent_methods_are_made_again() {
        let table = [
            ("GET", true),
            ("HEAD", true),
            ("OPTIONS", true),
            ("PUT", true),
            ("DELETE", true),
            ("TRACE", true),
            ("POST", false),
            ("PATCH", false),
            ("PURGE", false),
        ];
        for (method, expected) in table {
            assert_eq!(
                is_retried(&request(method), &response(503, None)),
                expected,
                "{method}"
            );
            let error = Err(ErrorCode::NetworkConnectionLost.into());
            assert_eq!(is_retried(&request(method), &error), expected, "{method}");
        }
    }

    #[test]
    fn only_what_speaks_of_the_moment_is_retried() {
        let retried: Vec<u16> = (200..600)
            .filter(|&status| is_retried(&request("GET"), &response(status, None)))
            .collect();
        assert_eq!(retried, [408, 425, 429, 502, 503, 504]);
        let codes: Vec<_> = ErrorCode::ALL
            .iter()
            .filter(|&&code| is_retried(&request("GET"), &Err(code.into())))
            .collect();
        assert_eq!(codes.len(), RetryPolicy::default().error_codes.len());
        assert!(!codes.contains(&&ErrorCode::Cancelled));
    }

    #[test]
    fn a_body_that_is_gone_is_not_sent_again() {
        let put = |body: RequestBody| request("PUT").with_body(body);
        let stream = || Box::new(InMemory::new("abc".into())) as Box<dyn crate::words::body::Body>;
        assert!(is_retried(&put("abc".into()), &response(503, None)));
        let again = BodyStream::replayable(stream);
        assert!(is_retried(&put(again.into()), &response(503, None)));
        let once = BodyStream::once(InMemory::new("abc".into()));
        assert!(!is_retried(&put(once.into()), &response(503, None)));
    }

    #[test]
    fn attempts_end() {
        let get = request("GET");
        for (number, expected) in [(1, true), (2, true), (3, false), (u32::MAX, false)] {
            let decision = decided(&get, number, &response(503, None), 0);
            assert_eq!(decision != RetryDecision::Deliver, expected, "{number}");
        }
    }

    #[test]
    fn the_longest_wait_grows_to_its_cap() {
        let policy = RetryPolicy::default();
        let longest = |number| wait(&policy, number, u64::MAX).as_millis();
        assert_eq!(
            [1, 2, 3, 7, u32::MAX].map(longest),
            [499, 999, 1999, 29_999, 29_999]
        );
        assert_eq!(wait(&policy, 7, 0), Duration::ZERO);
        assert_eq!(wait(&policy, 1, 1 << 63), policy.base_delay / 2);
    }

    #[test]
    fn a_server_may_ask_for_a_wait() {
        let table = [
            ("0", Some(0)),
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("60", Some(60)),
            ("61", None),
            ("99999999999999999999999", None),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", Some(10)),
            ("Sun Nov  6 08:49:47 1994", Some(10)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("Mon, 07 Nov 1994 08:49:37 GMT", None),
            ("-1", Some(0)),
            ("1.5", Some(0)),
            ("soon", Some(0)),
        ];
        for (value, expected) in table {
            let decision = decided(&request("GET"), 1, &response(503, Some(value)), 0);
            let expected = expected.map_or(RetryDecision::Deliver, |seconds| {
                RetryDecision::Retry(Duration::from_secs(seconds))
            });
            assert_eq!(decision, expected, "{value}");
        }
    }

    #[test]
    fn a_short_wait_asked_for_is_lengthened_by_chance() {
        let decision = decided(&request("GET"), 2, &response(503, Some("0")), 1 << 63);
        assert_eq!(decision, RetryDecision::Retry(Duration::from_millis(500)));
    }

    #[test]
    fn absurd_policies_do_no_harm() {
        let policy = RetryPolicy {
            maximum_attempts: u32::MAX,
            base_delay: Duration::MAX,
            delay_multiplier: u32::MAX,
            maximum_delay: Duration::MAX,
            ..RetryPolicy::default()
        };
        assert!(wait(&policy, u32::MAX, u64::MAX) <= Duration::MAX);
        let still = RetryPolicy {
            delay_multiplier: 0,
            ..RetryPolicy::default()
        };
        assert_eq!(wait(&still, 9, 1 << 63), still.base_delay / 2);
    }

    #[test]
    fn the_budget_is_used_up_and_earned_again() {
        let policy = RetryPolicy {
            budget: 2,
            successes_per_retry: 3,
            ..RetryPolicy::default()
        };
        let budget = RetryBudget::full(&policy);
        let spends = || budget.take(&policy).map(TakenRetry::spend).is_some();
        assert_eq!([(); 3].map(|()| spends()), [true, true, false]);
        budget.succeeded(&policy);
        budget.succeeded(&policy);
        assert!(!spends());
        budget.succeeded(&policy);
        assert!(budget.take(&policy).is_some(), "unspent, it goes back");
        assert!(spends() && !spends());
        for _ in 0..100 {
            budget.succeeded(&policy);
        }
        assert_eq!([(); 3].map(|()| spends()), [true, true, false]);
    }
}
