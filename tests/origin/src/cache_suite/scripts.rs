//! Cases of the cache suite: their exchanges, and what arrived for each.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Serialize;

use super::answer::Answer;
use super::exchange::{Exchange, Field, imf_fixdate};
use super::{Asked, SCRIPTS};

/// Every case that is being played, by its identifier.
#[derive(Debug, Default)]
pub(super) struct Scripts(Mutex<BTreeMap<String, Case>>);

#[derive(Debug)]
struct Case {
    exchanges: Vec<Exchange>,
    arrivals: Vec<Arrival>,
}

/// A request as it arrived, by the names of the suite's JSON.
#[derive(Debug, Serialize)]
struct Arrival {
    request_num: usize,
    request_method: String,
    /// Names in lower case, values of one name joined.
    request_headers: BTreeMap<String, String>,
    /// The fields of the answer that are compared with what the client saw.
    response_headers: Vec<(String, String)>,
}

impl Scripts {
    pub(super) fn answer(&self, now: SystemTime, rest: &str, asked: Asked<'_>) -> Answer {
        let (what, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let id = rest.split('/').next().unwrap_or_default();
        match what {
            "config" => self.configure(id, asked),
            "state" => self.state(id),
            "test" => self.test(now, id, asked),
            _ => Answer::new(404, "Not Found", "no such part of the suite"),
        }
    }

    fn configure(&self, id: &str, asked: Asked<'_>) -> Answer {
        if asked.method != Method::PUT {
            return Answer::new(405, "Method Not Allowed", "PUT it");
        }
        let exchanges = match serde_json::from_slice(asked.body) {
            Ok(exchanges) => exchanges,
            Err(error) => return Answer::new(400, "Bad Request", error.to_string()),
        };
        let mut cases = self.cases();
        if cases.contains_key(id) {
            return Answer::new(409, "Conflict", "known already");
        }
        let case = Case {
            exchanges,
            arrivals: Vec::new(),
        };
        cases.insert(id.to_owned(), case);
        Answer::new(201, "Created", "OK")
    }

    fn state(&self, id: &str) -> Answer {
        let cases = self.cases();
        let arrivals = cases.get(id).map(|case| &case.arrivals);
        match arrivals.filter(|arrivals| !arrivals.is_empty()) {
            // Numbers and strings always make JSON.
            Some(arrivals) => Answer::new(
                200,
                "OK",
                serde_json::to_string(arrivals).unwrap_or_default(),
            )
            .with("Content-Type", "application/json"),
            None => Answer::new(404, "Not Found", "nothing arrived"),
        }
    }

    fn test(&self, now: SystemTime, id: &str, asked: Asked<'_>) -> Answer {
        let mut cases = self.cases();
        let Some(case) = cases.get_mut(id) else {
            return Answer::new(409, "Conflict", "no such case");
        };
        let said = asked.headers.get("req-num");
        let number = said.and_then(|value| value.to_str().ok()?.parse().ok());
        let number: usize = number.unwrap_or(case.arrivals.len() + 1);
        match number.checked_sub(1).filter(|&n| n < case.exchanges.len()) {
            Some(index) => case.play(index, now, id, asked),
            None => Answer::new(409, "Conflict", "no such request"),
        }
    }

    fn cases(&self) -> MutexGuard<'_, BTreeMap<String, Case>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Case {
    fn play(&mut self, index: usize, now: SystemTime, id: &str, asked: Asked<'_>) -> Answer {
        let base = base(asked.target, id);
        let (before, this) = self.exchanges.split_at_mut(index);
        let this = &mut this[0];
        let pause = this.response_pause.map(Duration::from_secs_f64);
        let pause = pause.unwrap_or_default();
        let now = now + pause;
        this.resolve(now, &base);
        let (status, reason) = match this.is_validation() {
            true => validated(before.last(), asked.headers),
            false => this.response_status.clone().unwrap_or((200, "OK".into())),
        };
        let interim = this.interim_responses.clone();
        let body = this.response_body.as_deref().unwrap_or(id).to_owned();
        let (this, disconnects) = (this.clone(), this.disconnect);
        self.arrivals.push(Arrival {
            request_num: index + 1,
            request_method: asked.method.to_string(),
            request_headers: joined(asked.headers),
            response_headers: compared(&this.response_headers),
        });
        let numbers: Vec<String> = self.arrivals.iter().map(Arrival::number).collect();
        let mut answer = Answer::new(status, &reason, body)
            .with("Server-Base-Url", base)
            .with("Server-Request-Count", self.arrivals.len().to_string())
            .with("Client-Request-Count", (index + 1).to_string())
            .with("Server-Now", milliseconds(now));
        for field in &this.response_headers {
            answer = answer.with(field.name(), field.value().text());
        }
        answer = answer.with("Request-Numbers", numbers.join(" "));
        answer.interim = interim.into_iter().map(|one| one.into_parts()).collect();
        (answer.pause, answer.disconnects) = (pause, disconnects);
        if !answer.has_body() {
            answer.body = Bytes::new();
        }
        with_defaults(answer, now)
    }
}

impl Arrival {
    fn number(&self) -> String {
        self.request_num.to_string()
    }
}

/// The request target up to the case's identifier.
fn base(target: &str, id: &str) -> String {
    let whole = format!("{SCRIPTS}/test/{id}");
    match target.starts_with(&whole) {
        true => whole,
        false => target.to_owned(),
    }
}

/// Whether this conditional request is answered with 304: by its fields, byte for byte, and the answer before.
fn validated(before: Option<&Exchange>, asked: &HeaderMap) -> (u16, String) {
    let matches = |field: &str, validator: &str| {
        let said = asked.get(field).map(http::HeaderValue::as_bytes);
        let known = before.and_then(|exchange| exchange.value(validator));
        said.is_some() && said == known.map(str::as_bytes)
    };
    if matches("if-modified-since", "last-modified") || matches("if-none-match", "etag") {
        return (304, "Not Modified".into());
    }
    (999, "304 Not Generated".into())
}

/// What servers add of their own.
fn with_defaults(mut answer: Answer, now: SystemTime) -> Answer {
    for (name, value) in [
        ("Content-Type", "text/plain"),
        ("Date", &*imf_fixdate(now)),
        ("Connection", "keep-alive"),
        ("Keep-Alive", "timeout=5"),
    ] {
        if answer.field(name).is_none() {
            answer = answer.with(name, value);
        }
    }
    answer
}

fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|first| *first = format!("{first}, {value}"))
            .or_insert_with(|| value.into_owned());
    }
    joined
}

/// The fields that the client must have seen so, each name once, its values joined.
fn compared(fields: &[Field]) -> Vec<(String, String)> {
    let mut compared = BTreeMap::<String, Vec<String>>::new();
    for field in fields.iter().filter(|field| field.is_compared()) {
        compared
            .entry(field.name().to_ascii_lowercase())
            .or_default();
    }
    for field in fields {
        if let Some(values) = compared.get_mut(&field.name().to_ascii_lowercase()) {
            values.push(field.value().text());
        }
    }
    let joined = |(name, values): (String, Vec<String>)| (name, values.join(", "));
    compared.into_iter().map(joined).collect()
}

fn milliseconds(now: SystemTime) -> String {
    let since = now.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_millis().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
    }

    #[test]
    fn a_field_of_several_lines_is_compared_as_one() {
        let fields = r#"[["A","1"],["a","2",false],["b","3",false],["c","4",true]]"#;
        let fields: Vec<Field> = serde_json::from_str(fields).unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(compared(&fields), [pair("a", "1, 2"), pair("c", "4")]);
    }

    fn ask(scripts: &Scripts, method: &Method, rest: &str, headers: &HeaderMap) -> Answer {
        let target = format!("{SCRIPTS}/{rest}");
        let body = br#"[{"response_headers":[["ETag","\"a\""],["Date",0]]},{"expected_type":"etag_validated"}]"#;
        let asked = Asked {
            method,
            target: &target,
            headers,
            body,
        };
        scripts.answer(now(), rest, asked)
    }

    fn configured() -> Scripts {
        let scripts = Scripts::default();
        let answer = ask(&scripts, &Method::PUT, "config/x", &HeaderMap::new());
        assert_eq!(answer.status, 201);
        scripts
    }

    #[test]
    fn a_case_is_configured_once_by_put() {
        let scripts = configured();
        let none = HeaderMap::new();
        assert_eq!(ask(&scripts, &Method::PUT, "config/x", &none).status, 409);
        assert_eq!(ask(&scripts, &Method::POST, "config/y", &none).status, 405);
        assert_eq!(ask(&scripts, &Method::GET, "test/y", &none).status, 409);
    }

    #[test]
    fn arrivals_are_counted_and_remembered() {
        let (scripts, none) = (configured(), HeaderMap::new());
        assert_eq!(ask(&scripts, &Method::GET, "state/x", &none).status, 404);
        let first = ask(&scripts, &Method::GET, "test/x", &none);
        assert_eq!(first.field("Server-Request-Count"), Some("1"));
        assert_eq!(first.field("Date"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
        let state = ask(&scripts, &Method::GET, "state/x", &none);
        let state: serde_json::Value = serde_json::from_slice(&state.body).unwrap();
        assert_eq!(state[0]["request_num"], 1);
        let fields =
            serde_json::json!([["date", "Sun, 06 Nov 1994 08:49:37 GMT"], ["etag", "\"a\""]]);
        assert_eq!(state[0]["response_headers"], fields);
        assert_eq!(ask(&scripts, &Method::GET, "test/x", &none).status, 999);
        assert_eq!(ask(&scripts, &Method::GET, "test/x", &none).status, 409);
    }

    #[test]
    fn a_validator_is_compared_byte_for_byte_with_the_answer_before() {
        for (etag, status) in [("\"a\"", 304), ("W/\"a\"", 999), ("a", 999)] {
            let (scripts, none) = (configured(), HeaderMap::new());
            ask(&scripts, &Method::GET, "test/x", &none);
            let mut headers = none;
            headers.insert("if-none-match", etag.parse().unwrap());
            let second = ask(&scripts, &Method::GET, "test/x", &headers);
            assert_eq!(second.status, status, "{etag}");
        }
    }
}
