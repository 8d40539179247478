//! A session's configuration, from numbers.

use std::time::Duration;

use http::{HeaderName, Method, StatusCode};
use urlsession_core::{CachePolicy, Configuration, ErrorCode, NetworkServiceType, RetryPolicy};

use crate::wire;

/// Numbers in an order that both parts know; what is missing or no number is not set.
pub(crate) struct Numbers<'a>(std::slice::Iter<'a, f64>);

impl<'a> Numbers<'a> {
    pub(crate) fn new(numbers: &'a [f64]) -> Self {
        Self(numbers.iter())
    }

    pub(crate) fn next(&mut self) -> Option<f64> {
        self.0.next().copied().filter(|number| !number.is_nan())
    }

    fn flag(&mut self, to: &mut bool) {
        if let Some(number) = self.next() {
            *to = number != 0.0;
        }
    }

    /// A whole number; the cast saturates.
    fn count(&mut self) -> Option<u64> {
        self.next().map(|number| number as u64)
    }

    fn count_32(&mut self, to: &mut u32) {
        if let Some(number) = self.next() {
            *to = number as u32;
        }
    }

    /// How many there are, then they themselves; `None` where that is no number.
    fn list(&mut self) -> Option<&'a [f64]> {
        let count = self.count()? as usize;
        let all = self.0.as_slice();
        let (list, rest) = all.split_at(count.min(all.len()));
        self.0 = rest.iter();
        Some(list)
    }

    fn seconds(&mut self, to: &mut Duration) {
        if let Some(number) = self.next() {
            *to = duration(number);
        }
    }
}

/// A time in seconds; below 0 it is 0, beyond what there is, the longest.
pub(crate) fn duration(seconds: f64) -> Duration {
    // The cast saturates: the longest is five centuries.
    Duration::from_nanos((seconds.max(0.0) * 1e9) as u64)
}

/// The policy of Apple's number.
pub(crate) fn cache_policy(number: u32) -> Option<CachePolicy> {
    CachePolicy::from_raw(u8::try_from(number).ok()?)
}

/// The kind of traffic by its place in the enumeration.
pub(crate) fn service_type(number: u32) -> NetworkServiceType {
    match number {
        1 => NetworkServiceType::Background,
        2 => NetworkServiceType::Video,
        3 => NetworkServiceType::Voice,
        4 => NetworkServiceType::ResponsiveData,
        5 => NetworkServiceType::AvStreaming,
        6 => NetworkServiceType::ResponsiveAv,
        7 => NetworkServiceType::CallSignaling,
        _ => NetworkServiceType::Default,
    }
}

/// The configuration in the first `numbers` (the order is `ts/configuration.ts`'), and the fields of every request.
pub(crate) fn configuration(numbers: &mut Numbers<'_>, fields: &str) -> Configuration {
    let mut made = Configuration::default();
    numbers.seconds(&mut made.timeout_interval_for_request);
    numbers.seconds(&mut made.timeout_interval_for_resource);
    numbers.flag(&mut made.waits_for_connectivity);
    numbers.flag(&mut made.allows_cellular_access);
    numbers.flag(&mut made.allows_expensive_network_access);
    numbers.flag(&mut made.allows_constrained_network_access);
    if let Some(number) = numbers.next() {
        made.network_service_type = service_type(number as u32);
    }
    if let Some(count) = numbers.count() {
        made.http_maximum_connections_per_host =
            usize::try_from(count).unwrap_or(usize::MAX).max(1);
    }
    let number = numbers.next().map(|number| number as u32);
    if let Some(policy) = number.and_then(cache_policy) {
        made.request_cache_policy = policy;
    }
    numbers.flag(&mut made.serves_stale_when_disconnected);
    numbers.flag(&mut made.collapses_identical_requests);
    numbers.count_32(&mut made.retries_downloads);
    numbers.flag(&mut made.is_ephemeral);
    made.http_additional_headers = wire::fields(fields).unwrap_or_default();
    made
}

/// Names of header fields, a line each. What is none is left out.
pub(crate) fn names(lines: &str) -> Vec<HeaderName> {
    let mut names = Vec::new();
    for name in lines.split('\n') {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            names.push(name);
        }
    }
    names
}

/// The retry policy in the next numbers, and its methods, a line each, where they are not the default ones. What is none of what is listed is left out. Loops, for they
/// weigh a third of what gathers iterators.
pub(crate) fn retry_policy(methods: Option<&str>, numbers: &mut Numbers<'_>) -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    numbers.count_32(&mut policy.maximum_attempts);
    numbers.seconds(&mut policy.base_delay);
    numbers.count_32(&mut policy.delay_multiplier);
    numbers.seconds(&mut policy.maximum_delay);
    numbers.seconds(&mut policy.maximum_retry_after);
    numbers.count_32(&mut policy.budget);
    numbers.count_32(&mut policy.successes_per_retry);
    if let Some(methods) = methods {
        policy.methods.clear();
        for name in methods.split('\n') {
            if let Ok(method) = Method::from_bytes(name.as_bytes()) {
                policy.methods.push(method);
            }
        }
    }
    if let Some(statuses) = numbers.list() {
        policy.statuses.clear();
        for status in statuses {
            if let Ok(status) = StatusCode::from_u16(*status as u16) {
                policy.statuses.push(status);
            }
        }
    }
    if let Some(codes) = numbers.list() {
        policy.error_codes.clear();
        for code in codes {
            if let Some(code) = error_code(*code as i32) {
                policy.error_codes.push(code);
            }
        }
    }
    policy
}

/// The code of Apple's number.
pub(crate) fn error_code(raw: i32) -> Option<ErrorCode> {
    ErrorCode::ALL
        .iter()
        .copied()
        .find(|code| code.raw() == raw)
}
