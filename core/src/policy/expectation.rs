//! Whether a request's body waits until the server has said that it wants it (RFC 9110 section 10.1.1).

use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::words::configuration::Configuration;
use crate::words::request::Request;

const CONTINUE: HeaderValue = HeaderValue::from_static("100-continue");

/// True when `request` asks for leave: as it says itself, by the app's `Expect` field, or by its length. Never without a body.
pub(crate) fn asks(request: &Request, configuration: &Configuration) -> bool {
    if request.body().is_empty() {
        return false;
    }
    let by_length = || {
        let length = request.body().length().unwrap_or(u64::MAX);
        let least = configuration.expects_continue_from;
        least.is_some_and(|least| length >= least)
    };
    let decided = request.expects_continue();
    decided.unwrap_or_else(|| {
        is_said(request.headers()) || is_said(&configuration.http_additional_headers) || by_length()
    })
}

/// The hop's fields with the expectation, or without any.
pub(crate) fn set(fields: &mut HeaderMap, asks: bool) {
    if asks {
        fields.insert(header::EXPECT, CONTINUE);
    } else {
        fields.remove(header::EXPECT);
    }
}

/// True when an answer of this status only says that the expectation cannot be met: the request is made again without it.
pub(crate) fn is_refused(status: StatusCode) -> bool {
    status == StatusCode::EXPECTATION_FAILED
}

fn is_said(fields: &HeaderMap) -> bool {
    let value = fields.get(header::EXPECT);
    value.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(CONTINUE.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use crate::words::body::{BodyStream, InMemory};

    fn put() -> Request {
        Request::put("http://a.example/").unwrap()
    }

    fn from(least: Option<u64>) -> Configuration {
        Configuration {
            expects_continue_from: least,
            ..Configuration::default()
        }
    }

    #[test]
    fn without_a_body_nothing_is_asked() {
        for request in [put(), put().with_body("")] {
            assert!(!asks(&request.with_expects_continue(true), &from(Some(0))));
        }
    }

    #[test]
    fn the_length_decides_where_the_request_does_not() {
        let (short, long) = (put().with_body("123"), put().with_body("1234"));
        assert!(!asks(&short, &from(Some(4))) && asks(&long, &from(Some(4))));
        assert!(!asks(&long, &from(None)));
        assert!(asks(&short.with_expects_continue(true), &from(Some(4))));
        assert!(!asks(&long.with_expects_continue(false), &from(Some(4))));
    }

    #[test]
    fn an_unknown_length_is_a_long_one() {
        let stream = BodyStream::replayable(|| Box::new(InMemory::new("1".into())));
        assert!(asks(&put().with_body(stream), &from(Some(u64::MAX))));
    }

    #[test]
    fn the_apps_field_asks_too() {
        for (value, asked) in [("100-continue", true), ("100-Continue", true), ("x", false)] {
            let request = put().with_body("1").header("expect", value).unwrap();
            assert_eq!(asks(&request, &from(None)), asked, "{value}");
        }
    }
}
