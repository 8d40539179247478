//! The servers of suites of HTTP caching.

use std::time::SystemTime;

use http::Method;

use crate::cache_suite::Asked;
use crate::exchange::{Exchange, Reply, bad_request};

/// Has the suite's server answer, its bytes as they are.
pub(super) async fn answer(mut exchange: Exchange) -> Reply {
    let body = match exchange.collect_body().await {
        Ok(body) => body,
        Err(error) => return bad_request(&error.to_string()).into(),
    };
    let asked = Asked {
        method: &exchange.head.method,
        target: exchange.target(),
        headers: &exchange.head.headers,
        body: &body,
    };
    match exchange.site.cache_suite.answer(SystemTime::now(), asked) {
        Some(answer) => answer
            .into_script(exchange.head.method == Method::HEAD)
            .into(),
        None => bad_request("no such path").into(),
    }
}
