//! Which fields may come after a body.

use http::header::{self, HeaderMap, HeaderName};

/// Fields that would have to be known before the body: framing, routing, modifiers of the request, authentication, control of
/// the response, the content's form (RFC 9110 section 6.5.1); and cookies, whose definition does not let them come late.
const NEVER_LATE: [HeaderName; 43] = [
    header::ACCEPT,
    header::ACCEPT_CHARSET,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::AGE,
    header::AUTHORIZATION,
    header::CACHE_CONTROL,
    header::CONNECTION,
    header::CONTENT_DISPOSITION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::CONTENT_TYPE,
    header::COOKIE,
    header::DATE,
    header::EXPECT,
    header::EXPIRES,
    header::HOST,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    HeaderName::from_static("keep-alive"),
    header::LOCATION,
    header::MAX_FORWARDS,
    header::ORIGIN,
    header::PRAGMA,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::RANGE,
    header::REFRESH,
    header::RETRY_AFTER,
    header::SET_COOKIE,
    header::STRICT_TRANSPORT_SECURITY,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::VARY,
    header::WARNING,
    header::WWW_AUTHENTICATE,
];

/// The trailers that may be looked at or sent: the others are dropped (RFC 9110 section 6.5.1).
pub(crate) fn allowed(mut trailers: HeaderMap) -> HeaderMap {
    for name in &NEVER_LATE {
        trailers.remove(name);
    }
    trailers
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::testing::test;

    #[test]
    fn what_must_be_known_before_the_body_is_dropped() {
        let mut sent: HeaderMap = NEVER_LATE
            .into_iter()
            .map(|name| (name, HeaderValue::from_static("forged")))
            .collect();
        sent.append(header::SET_COOKIE, HeaderValue::from_static("b=2"));
        assert!(allowed(sent).is_empty());
    }

    #[test]
    fn what_is_known_only_after_the_body_stays_with_every_value() {
        let mut sent = HeaderMap::new();
        for (name, value) in [
            ("grpc-status", "0"),
            ("repr-digest", "sha-256=:AA==:"),
            ("etag", "\"a\""),
            ("server-timing", "db"),
            ("server-timing", "app"),
        ] {
            sent.append(name, HeaderValue::from_static(value));
        }
        assert_eq!(allowed(sent.clone()), sent);
    }
}
