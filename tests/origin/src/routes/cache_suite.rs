//! The servers of suites of HTTP caching.

use std::time::SystemTime;

use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, DATE, ORIGIN};
use http::{HeaderMap, HeaderValue, Method};

use crate::cache_suite::{Answer, Asked, imf_fixdate};
use crate::cors;
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
        Some(answer) => open_to_pages(&exchange.head.headers, answer)
            .into_script(exchange.head.method == Method::HEAD)
            .into(),
        None => bad_request("no such path").into(),
    }
}

/// Lets the page that asked, if one did, read every field of the answer.
fn open_to_pages(asked: &HeaderMap, mut answer: Answer) -> Answer {
    let Some(origin) = asked.get(ORIGIN) else {
        return answer;
    };
    let names = answer.fields.iter().map(|(name, _)| name.parse());
    let mut fields: HeaderMap = names
        .filter_map(|name| Some((name.ok()?, HeaderValue::from_static(""))))
        .collect();
    fields.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
    // By it a client knows that it sees every field.
    if !fields.contains_key(DATE) {
        let now = imf_fixdate(SystemTime::now());
        answer.fields.push((DATE.to_string(), now));
    }
    cors::allow(Some(origin), &mut fields);
    let is_open = |name: &str| name.eq_ignore_ascii_case(ACCESS_CONTROL_ALLOW_ORIGIN.as_str());
    answer.fields.retain(|(name, _)| !is_open(name));
    for (name, value) in &fields {
        if !value.is_empty() {
            let value = String::from_utf8_lossy(value.as_bytes());
            answer.fields.push((name.to_string(), value.into_owned()));
        }
    }
    answer
}
