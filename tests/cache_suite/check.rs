//! What a case expects of a response, and of what arrived at the server.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::case::{Exchange, Expected};
use crate::play::{Failure, server_now};
use crate::seen::Seen;

type Checked = Result<(), Failure>;

/// Checks one response, as soon as it is there.
pub(crate) fn response(exchange: &Exchange, number: usize, id: &str, seen: &Seen) -> Checked {
    let checks = Checks {
        exchange,
        number,
        seen,
    };
    checks.arrived_once()?;
    checks.source()?;
    checks.status()?;
    checks.fields()?;
    checks.missing_fields()?;
    checks.interim()?;
    checks.body(id)
}

struct Checks<'a> {
    exchange: &'a Exchange,
    number: usize,
    seen: &'a Seen,
}

impl Checks<'_> {
    /// Fails with `message` unless `holds`; the check's name says whether that is the case's claim.
    fn that(&self, holds: bool, check: &str, message: impl FnOnce() -> String) -> Checked {
        match holds {
            true => Ok(()),
            false => Err(Failure::of(
                self.exchange.is_setup(check),
                format!("response {} {}", self.number, message()),
            )),
        }
    }

    fn arrived_once(&self) -> Checked {
        let numbers = self.seen.value("Request-Numbers").unwrap_or_default();
        let mut known = BTreeSet::new();
        match numbers
            .split(' ')
            .filter(|number| !number.is_empty())
            .all(|number| known.insert(number))
        {
            true => Ok(()),
            false => Err(Failure::Retry),
        }
    }

    /// Whether it comes from the cache.
    fn source(&self) -> Checked {
        let (count, number) = (self.seen.number("Server-Request-Count"), self.number as i64);
        let is_from_cache = match count {
            Some(count) => count < number,
            None => self.seen.status == 304,
        };
        let check = "expected_type";
        if self.exchange.expects("cached") {
            self.that(is_from_cache, check, || {
                "does not come from the cache".into()
            })?;
        }
        if self.exchange.expects("not_cached") {
            self.that(count == Some(number), check, || {
                "comes from the cache".into()
            })?;
        }
        Ok(())
    }

    fn status(&self) -> Checked {
        let status = self.seen.status;
        let is = |expected: u16| move || format!("has status {status}, not {expected}");
        match (
            self.exchange.expected_status,
            &self.exchange.response_status,
        ) {
            (Some(None), _) => Ok(()),
            (Some(Some(expected)), _) => {
                self.that(status == expected, "expected_status", is(expected))
            }
            (None, Some((expected, _))) if status == *expected => Ok(()),
            (None, Some((expected, _))) => Err(Failure::Setup(is(*expected)())),
            (None, None) if status == 999 => self.that(false, "expected_type", || {
                "should have been to a conditional request".into()
            }),
            (None, None) if status == 200 => Ok(()),
            (None, None) => Err(Failure::Setup(is(200)())),
        }
    }

    fn fields(&self) -> Checked {
        for expected in &self.exchange.expected_response_headers {
            let (name, holds) = self.field(expected);
            self.that(holds, "expected_response_headers", || {
                format!("has {name}: {:?}, not {expected:?}", self.seen.value(name))
            })?;
        }
        Ok(())
    }

    fn field<'a>(&self, expected: &'a Expected) -> (&'a str, bool) {
        match expected {
            Expected::Name(name) => (name, self.seen.headers.contains_key(&**name)),
            Expected::Value(name, value) => {
                let lower = name.to_ascii_lowercase();
                let in_rfc850 = self.exchange.rfc850date.contains(&lower);
                let expected = value.resolved(name, server_now(self.seen), in_rfc850);
                (name, self.seen.value(name) == Some(expected.text()))
            }
            Expected::Compared(name, operator, operand) if operator == "=" => {
                let other = self.seen.value(&operand.text());
                (name, other.is_some() && self.seen.value(name) == other)
            }
            Expected::Compared(name, _, operand) => {
                let above = self.seen.number(name).zip(operand.text().parse().ok());
                (name, above.is_some_and(|(number, limit)| number > limit))
            }
        }
    }

    fn missing_fields(&self) -> Checked {
        for expected in &self.exchange.expected_response_headers_missing {
            // An entry of name and value is never looked at: so the original has it.
            let Expected::Name(name) = expected else {
                continue;
            };
            let is_missing = !self.seen.headers.contains_key(&**name);
            self.that(is_missing, "expected_response_headers_missing", || {
                format!("has {name}")
            })?;
        }
        Ok(())
    }

    fn interim(&self) -> Checked {
        let Some(expected) = &self.exchange.expected_interim_responses else {
            return Ok(());
        };
        let mut pairs = expected.iter().zip(&self.seen.interim);
        let same = expected.len() == self.seen.interim.len()
            && pairs.all(|(expected, seen)| {
                let has = |(name, value): &(String, String)| {
                    seen.headers.get(name).is_some_and(|seen| seen == value)
                };
                seen.status == expected.status() && expected.fields().iter().all(has)
            });
        self.that(same, "expected_interim_responses", || {
            format!("came after {:?}", self.seen.interim)
        })
    }

    fn body(&self, id: &str) -> Checked {
        let exchange = self.exchange;
        let body = String::from_utf8_lossy(&self.seen.body);
        let is = |expected: &str| {
            format!(
                "response {} has body {body:?}, not {expected:?}",
                self.number
            )
        };
        if exchange.check_body == Some(false) {
            return Ok(());
        }
        match (&exchange.expected_response_text, &exchange.response_body) {
            (Some(None), _) => Ok(()),
            (Some(Some(expected)), _) => {
                self.that(body == **expected, "expected_response_text", || {
                    is(expected)
                })
            }
            (None, Some(expected)) if body == **expected => Ok(()),
            (None, Some(expected)) => Err(Failure::Setup(is(expected))),
            (None, None) if matches!(self.seen.status, 204 | 304) || body == id => Ok(()),
            (None, None) if exchange.request_method.as_deref() == Some("HEAD") => Ok(()),
            (None, None) => Err(Failure::Setup(is(id))),
        }
    }
}

/// A request as it arrived at the server.
#[derive(Debug, Deserialize)]
pub(crate) struct Arrival {
    request_num: usize,
    request_method: String,
    request_headers: BTreeMap<String, String>,
    response_headers: Vec<(String, String)>,
}

/// Checks what arrived against the requests that the cache should not have answered.
pub(crate) fn arrivals(exchanges: &[Exchange], all: &[Seen], arrivals: &[Arrival]) -> Checked {
    let expected = exchanges.iter().zip(all).enumerate();
    let sent = expected.filter(|(_, (exchange, _))| !exchange.expects("cached"));
    for (place, (index, (exchange, seen))) in sent.enumerate() {
        let request = Sent {
            exchange,
            number: index + 1,
            seen,
        };
        match arrivals.get(place) {
            Some(arrival) => request.check(arrival)?,
            None => request.must_not_have_mattered()?,
        }
    }
    Ok(())
}

struct Sent<'a> {
    exchange: &'a Exchange,
    number: usize,
    seen: &'a Seen,
}

impl Sent<'_> {
    fn that(&self, holds: bool, check: &str, message: impl FnOnce() -> String) -> Checked {
        match holds {
            true => Ok(()),
            false => Err(Failure::of(
                self.exchange.is_setup(check),
                format!("request {} {}", self.number, message()),
            )),
        }
    }

    /// Nothing arrived for it.
    fn must_not_have_mattered(&self) -> Checked {
        let nothing = self.exchange.expected_type.is_none()
            && self.exchange.expected_method.is_none()
            && self.exchange.expected_request_headers.is_empty();
        self.that(nothing, "expected_type", || "did not arrive".into())
    }

    fn check(&self, arrival: &Arrival) -> Checked {
        let check = "expected_type";
        if self.exchange.expects("not_cached") {
            let found = arrival.request_num;
            self.that(found == self.number, check, || {
                format!("arrived as {found}")
            })?;
        }
        for (kind, name) in [
            ("etag_validated", "if-none-match"),
            ("lm_validated", "if-modified-since"),
        ] {
            let is_there = arrival.request_headers.contains_key(name);
            self.that(!self.exchange.expects(kind) || is_there, check, || {
                format!("has no {name}")
            })?;
        }
        self.fields(arrival)?;
        if let Some(expected) = &self.exchange.expected_method {
            let found = &arrival.request_method;
            self.that(found == expected, "expected_method", || {
                format!("is {found}")
            })?;
        }
        self.answered(arrival)
    }

    fn fields(&self, arrival: &Arrival) -> Checked {
        let found = |name: &str| arrival.request_headers.get(&name.to_ascii_lowercase());
        for expected in &self.exchange.expected_request_headers {
            let (name, holds) = match expected {
                Expected::Name(name) => (name, found(name).is_some()),
                Expected::Value(name, value) | Expected::Compared(name, _, value) => {
                    (name, found(name) == Some(&value.text()))
                }
            };
            self.that(holds, "expected_request_headers", || {
                format!("has {name}: {:?}, not {expected:?}", found(name))
            })?;
        }
        for expected in &self.exchange.expected_request_headers_missing {
            let (name, holds) = match expected {
                Expected::Name(name) => (name, found(name).is_none()),
                Expected::Value(name, value) | Expected::Compared(name, _, value) => {
                    (name, found(name) != Some(&value.text()))
                }
            };
            self.that(holds, "expected_request_headers_missing", || {
                format!("has {name}")
            })?;
        }
        Ok(())
    }

    /// What the server answered is what the client saw.
    fn answered(&self, arrival: &Arrival) -> Checked {
        for (name, value) in &arrival.response_headers {
            if ["date", "set-cookie"].contains(&&*name.to_ascii_lowercase()) {
                continue;
            }
            let seen = self.seen.value(name);
            if seen.as_deref() != Some(value) {
                let message = format!(
                    "response {} has {name}: {seen:?}, not {value:?}",
                    self.number
                );
                return Err(Failure::Setup(message));
            }
        }
        Ok(())
    }
}
