//! A resource that fails at first.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use http::{HeaderValue, Method, Response, StatusCode, header};

use crate::body::Body;
use crate::exchange::{Exchange, bad_request, set, text};

/// How often each target was asked for.
static COUNTS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// `/flaky/N/STATUS`: that status to the first N requests for this very target, with `Retry-After` if the query has it; then the
/// number of requests so far.
pub(super) fn flaky(exchange: &Exchange, failures: &str, status: &str) -> Response<Body> {
    let (Ok(failures), Ok(status)) = (
        failures.parse::<u64>(),
        StatusCode::from_bytes(status.as_bytes()),
    ) else {
        return bad_request("`/flaky/N/STATUS` takes a number and three digits");
    };
    let count = counted(exchange);
    if count > failures {
        return text(StatusCode::OK, count.to_string());
    }
    let mut response = text(status, format!("failure {count}"));
    let asked = exchange.parameter("retry-after");
    if let Some(Ok(value)) = asked.map(HeaderValue::try_from) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// `/times-asked?for=TARGET`: how often that very target was asked for, of those that are counted.
pub(super) fn times_asked(exchange: &Exchange) -> Response<Body> {
    let target = exchange.parameter("for").unwrap_or_default();
    let counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let count = std::str::from_utf8(&target).map(|target| counts.get(target).copied());
    let mut response = text(
        StatusCode::OK,
        count.ok().flatten().unwrap_or_default().to_string(),
    );
    set(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

/// How often the target was asked for, this time included; a browser's question beforehand does not count.
pub(super) fn counted(exchange: &Exchange) -> u64 {
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let count = counts.entry(exchange.target().to_owned()).or_default();
    *count += u64::from(exchange.head.method != Method::OPTIONS);
    *count
}
