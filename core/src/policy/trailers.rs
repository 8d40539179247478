//! Which fields may come after a body.

use http::header::{self, HeaderMap, HeaderName};

/// Fields that would have to be known before the body: framing, routing, modifiers of the request, authentication, control of
/// the response, the content's form (RFC 9110 section 6.5.1); and cookies, whose definition does not let them come late.
static NEVER_LATE: [HeaderName; 43] = [
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

/// Of the names that a request announces, those that may come after a body.
#[cfg(feature = "body-streams")]
pub(crate) fn allowed_names(names: &[HeaderName]) -> Vec<HeaderName> {
    let may_be_late = |name: &&HeaderName| !NEVER_LATE.contains(name);
    names.iter().filter(may_be_late).cloned().collect()
}

/// Of the trailers, those that were announced.
#[cfg(feature = "body-streams")]
pub(crate) fn announced(trailers: HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in names {
        for value in trailers.get_all(name) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::testing::test;

    #[test]
    fn what_must_be_known_before_the_body_is_dropped() {
        let mut sent: HeaderMap = NEVER_LATE
            .iter()
            .map(|name| (name.clone(), HeaderValue::from_static("forged")))
            .collect();
        sent.append(header::SET_COOKIE, HeaderValue::from_static("b=2"));
        assert!(allowed(sent).is_empty());
    }

    #[cfg(feature = "body-streams")]
    #[test]
    fn only_what_was_announced_and_may_be_late_is_sent() {
        let [digest, cookie, status] =
            ["repr-digest", "cookie", "x-status"].map(HeaderName::from_static);
        let names = allowed_names(&[digest.clone(), cookie.clone()]);
        assert_eq!(names, std::slice::from_ref(&digest));
        let made = [
            (&digest, "a"),
            (&cookie, "b"),
            (&status, "c"),
            (&digest, "d"),
        ];
        let mut trailers = HeaderMap::new();
        for (name, value) in made {
            trailers.append(name.clone(), HeaderValue::from_static(value));
        }
        let sent = announced(trailers, &names);
        let values: Vec<_> = sent.get_all(&digest).iter().collect();
        assert_eq!(
            (values, sent.len()),
            (
                vec![
                    &HeaderValue::from_static("a"),
                    &HeaderValue::from_static("d")
                ],
                2
            )
        );
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
