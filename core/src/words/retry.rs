//! When a failed exchange is tried again, as plain data.

use std::time::Duration;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::words::error::{Error, ErrorCode};
use crate::words::response::Response;
use crate::words::wire;

/// When a failed exchange is made again by itself, and how long that waits.
///
/// Only what was not handed to the app is made again: an exchange that failed before its response's head, or whose status is
/// listed. The request's method must be listed, its body readable again, and the session's budget not used up. Each hop of a redirect has
/// attempts of its own. [`Delegate::will_retry`](crate::Delegate::will_retry) has the last word.
///
/// ```
/// use urlsession_core::{Configuration, RetryPolicy};
///
/// let mut policy = RetryPolicy::default();
/// policy.maximum_attempts = 5;
/// let mut configuration = Configuration::default();
/// configuration.retry_policy = Some(policy);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often an exchange is made at most, the first time included. Default 3.
    pub maximum_attempts: u32,

    /// Methods that are made again. Default the idempotent ones of RFC 9110 section 9.2.2: GET, HEAD, OPTIONS, PUT, DELETE, TRACE.
    #[serde(with = "wire::methods")]
    pub methods: Vec<Method>,

    /// Statuses of responses in whose place another attempt is made. Default those that speak of the moment, not of the request: 408, 425,
    /// 429, 502, 503, 504. Not 500, which a request brings about as often as a server.
    #[serde(with = "wire::statuses")]
    pub statuses: Vec<StatusCode>,

    /// Errors after which another attempt is made. Default `TimedOut`, where the transport's own (a task's timers end the task),
    /// `CannotConnectToHost`, `NetworkConnectionLost`, `DnsLookupFailed`, and `CannotLoadFromNetwork`, a browser's one for all of them.
    pub error_codes: Vec<ErrorCode>,

    /// The longest wait before the second attempt. What is waited is random between none and the longest. Default 500 ms.
    pub base_delay: Duration,

    /// By how much the longest wait grows from attempt to attempt. Default 2; 0 counts as 1.
    pub delay_multiplier: u32,

    /// The longest wait does not grow beyond this. Default 30 s.
    pub maximum_delay: Duration,

    /// How long a wait a server may ask for by `Retry-After` (RFC 9110 section 10.2.3). It is kept to; the response of one that asks for a longer one is
    /// delivered. Default 60 s.
    pub maximum_retry_after: Duration,

    /// How many retries the session has in stock, so that an outage is not met with a multiple of the load. Default 10.
    pub budget: u32,

    /// After how many exchanges that needed no retry one is added to the stock, up to `budget`. Default 10; 0 counts as 1.
    pub successes_per_retry: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            maximum_attempts: 3,
            methods: vec![
                Method::GET,
                Method::HEAD,
                Method::OPTIONS,
                Method::PUT,
                Method::DELETE,
                Method::TRACE,
            ],
            statuses: vec![
                StatusCode::REQUEST_TIMEOUT,
                StatusCode::TOO_EARLY,
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::BAD_GATEWAY,
                StatusCode::SERVICE_UNAVAILABLE,
                StatusCode::GATEWAY_TIMEOUT,
            ],
            error_codes: vec![
                ErrorCode::TimedOut,
                ErrorCode::CannotConnectToHost,
                ErrorCode::NetworkConnectionLost,
                ErrorCode::DnsLookupFailed,
                ErrorCode::CannotLoadFromNetwork,
            ],
            base_delay: Duration::from_millis(500),
            delay_multiplier: 2,
            maximum_delay: Duration::from_secs(30),
            maximum_retry_after: Duration::from_secs(60),
            budget: 10,
            successes_per_retry: 10,
        }
    }
}

/// What becomes of an exchange that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryDecision {
    /// Its response or error is the task's.
    Deliver,
    /// It is made again after this long.
    Retry(Duration),
}

/// An exchange that failed, as [`Delegate::will_retry`](crate::Delegate::will_retry) is asked about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RetryAttempt {
    /// Which attempt it was, from 1; each hop of a redirect has its own.
    pub number: u32,
    /// The response, of status 400 or above, whose body will not be read if it is made again; or why there is none.
    pub outcome: Result<Response, Error>,
    /// What the policy and the session's budget make of it.
    pub proposed: RetryDecision,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn stored_and_read_again_it_is_equal() {
        let mut policy = RetryPolicy::default();
        policy.methods.push(Method::from_bytes(b"PURGE").unwrap());
        let text = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<RetryPolicy>(&text).unwrap(), policy);
        assert!(text.contains("\"PURGE\"") && text.contains("503"), "{text}");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for text in [r#"{"methods":["A B"]}"#, r#"{"statuses":[99]}"#] {
            assert!(serde_json::from_str::<RetryPolicy>(text).is_err(), "{text}");
        }
    }
}
