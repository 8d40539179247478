//! The server of Fetch's cache modes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::HeaderMap;

use super::Asked;
use super::answer::Answer;
use crate::exchange::percent_decoded;

/// What arrived for each token: the fields about caching, a map a request.
#[derive(Debug, Default)]
pub(super) struct Modes(Mutex<BTreeMap<String, Vec<BTreeMap<&'static str, String>>>>);

/// The fields that are noted.
const NOTED: [&str; 4] = [
    "If-None-Match",
    "If-Modified-Since",
    "Pragma",
    "Cache-Control",
];

impl Modes {
    pub(super) fn answer(&self, asked: Asked<'_>) -> Answer {
        let query = Query::of(asked.target);
        let token = query.text("token").unwrap_or_default();
        if query.text("querystate").is_some() {
            let arrived = self.arrived().get(&token).cloned().unwrap_or_default();
            // Maps of strings always make JSON.
            return Answer::new(
                200,
                "OK",
                serde_json::to_string(&arrived).unwrap_or_default(),
            )
            .with("Content-Type", "application/json");
        }
        let noted = match query.text("ignore") {
            Some(_) => BTreeMap::new(),
            None => noted(asked.headers),
        };
        self.arrived().entry(token).or_default().push(noted);
        answer(&query, asked.headers)
    }

    fn arrived(&self) -> MutexGuard<'_, BTreeMap<String, Vec<BTreeMap<&'static str, String>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(query: &Query, headers: &HeaderMap) -> Answer {
    let tag = query.text("tag").map(|tag| format!("\"{tag}\""));
    let date = query.text("date").filter(|_| tag.is_none());
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_same =
        |said: Option<&str>, known: &Option<String>| said.is_some() && said == known.as_deref();
    let redirect = query.text("redirect");
    let mut answer = if redirect.is_some() {
        Answer::new(302, "Redirect", "")
    } else if is_same(said("if-none-match"), &tag) || is_same(said("if-modified-since"), &date) {
        Answer::new(304, "Not Modified", "")
    } else {
        let content = query.text("content").unwrap_or_default();
        Answer::new(200, "OK", content).with("Content-Type", "text/plain")
    };
    for (name, value) in [
        ("ETag", tag),
        ("Last-Modified", date),
        ("Expires", query.text("expires")),
        ("Vary", query.text("vary")),
        ("Cache-Control", query.text("cache_control")),
        ("Pragma", query.text("pragma")),
        ("Location", redirect),
    ] {
        if let Some(value) = value {
            answer = answer.with(name, value);
        }
    }
    answer.with("Access-Control-Allow-Origin", "*")
}

fn noted(headers: &HeaderMap) -> BTreeMap<&'static str, String> {
    let value = |name: &'static str| Some((name, headers.get(name)?.to_str().ok()?.to_owned()));
    NOTED.into_iter().filter_map(value).collect()
}

/// The parameters of a target, decoded.
struct Query(Vec<(Vec<u8>, Vec<u8>)>);

impl Query {
    fn of(target: &str) -> Self {
        let (_, query) = target.split_once('?').unwrap_or_default();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let decoded = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decoded(name), percent_decoded(value))
        });
        Self(decoded.collect())
    }

    fn text(&self, name: &str) -> Option<String> {
        let pair = self.0.iter().find(|(key, _)| key == name.as_bytes())?;
        String::from_utf8(pair.1.clone()).ok()
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn ask(modes: &Modes, target: &str, fields: &[(&'static str, &str)]) -> Answer {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.insert(*name, value.parse().unwrap());
        }
        modes.answer(Asked {
            method: &Method::GET,
            target,
            headers: &headers,
            body: b"",
        })
    }

    #[test]
    fn a_validator_that_is_known_is_answered_with_304() {
        let modes = Modes::default();
        let target = "/cache-modes?token=x&content=text&tag=1&vary=*";
        let first = ask(&modes, target, &[]);
        assert_eq!((first.status, first.field("etag")), (200, Some("\"1\"")));
        assert_eq!(first.field("vary"), Some("*"));
        let second = ask(&modes, target, &[("if-none-match", "\"1\"")]);
        assert_eq!(second.status, 304);
        let state = ask(&modes, "/cache-modes?querystate&token=x", &[]);
        assert_eq!(state.body, r#"[{},{"If-None-Match":"\"1\""}]"#);
    }

    #[test]
    fn what_is_ignored_is_counted_all_the_same() {
        let modes = Modes::default();
        ask(
            &modes,
            "/cache-modes?token=x&ignore",
            &[("pragma", "no-cache")],
        );
        let state = ask(&modes, "/cache-modes?querystate&token=x", &[]);
        assert_eq!(state.body, "[{}]");
    }
}
