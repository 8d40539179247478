//! A session's configuration, from numbers.

use std::time::Duration;

use http::HeaderName;
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

    fn seconds(&mut self, to: &mut Duration) {
        if let Some(number) = self.next() {
            *to = duration(number);
        }
    }
}

/// A time in seconds; below 0 it is 0, beyond what there is, the longest.
pub(crate) fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

/// The policy of Apple's number.
pub(crate) fn cache_policy(number: f64) -> Option<CachePolicy> {
    CachePolicy::from_raw(number as u8)
}

/// The kind of traffic by its place in the enumeration.
pub(crate) fn service_type(number: f64) -> NetworkServiceType {
    match number as u8 {
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

/// The configuration in `numbers` (the order is `ts/configuration.ts`'), the fields of every request, and the names of those that a redirect keeps, a
/// line each.
pub(crate) fn configuration(
    numbers: &[f64],
    fields: &str,
    safe: &str,
    retry: Option<&RetryLists>,
) -> Configuration {
    let mut made = Configuration::default();
    let numbers = &mut Numbers::new(numbers);
    numbers.seconds(&mut made.timeout_interval_for_request);
    numbers.seconds(&mut made.timeout_interval_for_resource);
    numbers.flag(&mut made.waits_for_connectivity);
    numbers.flag(&mut made.allows_cellular_access);
    numbers.flag(&mut made.allows_expensive_network_access);
    numbers.flag(&mut made.allows_constrained_network_access);
    if let Some(number) = numbers.next() {
        made.network_service_type = service_type(number);
    }
    if let Some(count) = numbers.count() {
        made.http_maximum_connections_per_host =
            usize::try_from(count).unwrap_or(usize::MAX).max(1);
    }
    if let Some(policy) = numbers.next().and_then(cache_policy) {
        made.request_cache_policy = policy;
    }
    numbers.flag(&mut made.serves_stale_when_disconnected);
    numbers.flag(&mut made.collapses_identical_requests);
    numbers.count_32(&mut made.retries_downloads);
    numbers.flag(&mut made.is_ephemeral);
    made.retry_policy = retry.map(|lists| lists.policy(numbers));
    made.http_additional_headers = wire::fields(fields).unwrap_or_default();
    let names = safe.split('\n');
    made.redirect_safe_headers = names
        .filter_map(|name| HeaderName::try_from(name).ok())
        .collect();
    made
}

/// What a retry policy lists; what is none of these is left as it is by default.
pub(crate) struct RetryLists {
    pub(crate) methods: Option<String>,
    pub(crate) statuses: Option<Vec<u16>>,
    pub(crate) error_codes: Option<Vec<i32>>,
}

impl RetryLists {
    fn policy(&self, numbers: &mut Numbers<'_>) -> RetryPolicy {
        let mut policy = RetryPolicy::default();
        numbers.count_32(&mut policy.maximum_attempts);
        numbers.seconds(&mut policy.base_delay);
        numbers.count_32(&mut policy.delay_multiplier);
        numbers.seconds(&mut policy.maximum_delay);
        numbers.seconds(&mut policy.maximum_retry_after);
        numbers.count_32(&mut policy.budget);
        numbers.count_32(&mut policy.successes_per_retry);
        if let Some(methods) = &self.methods {
            let methods = methods.split('\n').filter(|name| !name.is_empty());
            policy.methods = methods.filter_map(|name| name.parse().ok()).collect();
        }
        if let Some(statuses) = &self.statuses {
            let statuses = statuses.iter().copied();
            policy.statuses = statuses
                .filter_map(|status| status.try_into().ok())
                .collect();
        }
        if let Some(codes) = &self.error_codes {
            policy.error_codes = codes.iter().copied().filter_map(error_code).collect();
        }
        policy
    }
}

/// The code of Apple's number.
pub(crate) fn error_code(raw: i32) -> Option<ErrorCode> {
    ErrorCode::ALL
        .iter()
        .copied()
        .find(|code| code.raw() == raw)
}
