//! A request as a cache sees it, read once.

use http::{HeaderMap, Method};
use url::Url;

use crate::policy::cache::directives::RequestDirectives;
use crate::policy::cache::range::Asked;
use crate::words::cache::CachePolicy;

/// A request's hop: method, URL and the fields as they will be sent, but for what the cache adds.
#[derive(Debug)]
pub(crate) struct CacheRequest<'a> {
    pub(super) method: &'a Method,
    pub(super) url: &'a Url,
    pub(super) fields: &'a HeaderMap,
    pub(super) policy: CachePolicy,
    pub(super) directives: RequestDirectives,
    pub(super) range: Asked,
    /// The app has conditions of its own.
    pub(super) is_conditional: bool,
    pub(super) has_authorization: bool,
    pub(super) has_content: bool,
    /// A GET that says nothing about caches.
    pub(crate) is_plain: bool,
}

impl<'a> CacheRequest<'a> {
    /// Reads a hop's request.
    pub(crate) fn new(
        method: &'a Method,
        url: &'a Url,
        fields: &'a HeaderMap,
        policy: CachePolicy,
    ) -> Self {
        let seen = Seen::of(fields);
        let (directives, range) = if seen.about_caches {
            (RequestDirectives::of(fields), Asked::of(fields))
        } else {
            (RequestDirectives::default(), Asked::Whole)
        };
        Self {
            is_plain: !seen.about_caches
                && !seen.conditional
                && !seen.authorization
                && policy == CachePolicy::UseProtocolCachePolicy
                && *method == Method::GET,
            method,
            url,
            fields,
            policy,
            directives,
            range,
            is_conditional: seen.conditional,
            has_authorization: seen.authorization,
            has_content: false,
        }
    }

    /// The same with a body, which no stored response answers.
    pub(crate) fn with_content(mut self) -> Self {
        self.has_content = true;
        self.is_plain = false;
        self
    }

    /// True where the cache has no part in it: nothing stored is read, nothing is stored.
    pub(super) fn bypasses(&self) -> bool {
        let is_read = self.is_read();
        self.directives.no_store || (is_read && (self.is_conditional || self.has_content))
    }

    /// True for the methods that stored responses answer.
    pub(super) fn is_read(&self) -> bool {
        *self.method == Method::GET || *self.method == Method::HEAD
    }
}

/// True when `fields` say nothing about caches, and bear no conditions and no credentials.
pub(crate) fn are_plain(fields: &HeaderMap) -> bool {
    let seen = Seen::of(fields);
    !seen.about_caches && !seen.conditional && !seen.authorization
}

/// What there is among the fields.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Cache-Control, Pragma or Range.
    about_caches: bool,
    conditional: bool,
    authorization: bool,
}

impl Seen {
    /// One look at each name is less than a look-up for each of these.
    fn of(fields: &HeaderMap) -> Self {
        let mut seen = Self::default();
        for name in fields.keys() {
            match name.as_str() {
                "cache-control" | "pragma" | "range" => seen.about_caches = true,
                "if-none-match"
                | "if-modified-since"
                | "if-match"
                | "if-unmodified-since"
                | "if-range" => seen.conditional = true,
                "authorization" => seen.authorization = true,
                _ => {}
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use http::{HeaderName, HeaderValue};

    fn is_plain(method: &str, name: &'static str, policy: CachePolicy) -> bool {
        let url = Url::parse("http://a.example/").unwrap();
        let method = method.parse().unwrap();
        let fields =
            HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static("x"))]);
        CacheRequest::new(&method, &url, &fields, policy).is_plain
    }

    #[test]
    fn a_plain_request_says_nothing_about_caches() {
        let usual = CachePolicy::UseProtocolCachePolicy;
        assert!(is_plain("GET", "accept", usual));
        assert!(!is_plain("HEAD", "accept", usual));
        for name in [
            "cache-control",
            "pragma",
            "range",
            "if-match",
            "authorization",
        ] {
            assert!(!is_plain("GET", name, usual), "{name}");
        }
        for policy in CachePolicy::ALL {
            assert_eq!(is_plain("GET", "accept", policy), policy == usual);
        }
    }
}
