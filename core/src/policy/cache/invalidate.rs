//! What a request that changes things makes invalid (RFC 9111 section 4.4).

use http::Method;
use http::header::{self, HeaderName};
use url::Url;

use crate::policy::cache::head::stored_url;
use crate::words::parsing::join_url;
use crate::words::response::Response;

/// The URLs whose stored responses a request by `method` for `url` has made invalid: its own, and those of the same origin that the
/// response names. None when the method is safe or the response an error.
pub(crate) fn invalidated(method: &Method, url: &Url, response: &Response) -> Vec<Url> {
    let status = response.status();
    if is_safe(method) || !(status.is_success() || status.is_redirection()) {
        return Vec::new();
    }
    let mut urls = vec![stored_url(url)];
    for name in [header::LOCATION, header::CONTENT_LOCATION] {
        let named = named(url, response, &name);
        urls.extend(named.filter(|named| !urls.contains(named)));
    }
    urls
}

/// The safe methods of the registry (RFC 9110 section 16.1.1) that somebody uses; an unknown one may do anything.
fn is_safe(method: &Method) -> bool {
    matches!(
        method.as_str(),
        "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PROPFIND" | "QUERY" | "REPORT" | "SEARCH"
    )
}

/// Another origin's are not this server's to make invalid.
fn named(url: &Url, response: &Response, name: &HeaderName) -> Option<Url> {
    let value = response.headers().get(name)?.to_str().ok()?;
    let named = join_url(url, value).ok()?;
    // Not by `Url::origin`, which parses what a `blob:` URL holds.
    let is_same = named.scheme() == url.scheme()
        && named.host_str() == url.host_str()
        && named.port_or_known_default() == url.port_or_known_default();
    is_same.then(|| stored_url(&named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cache::testing::{response, url};
    use crate::testing::test;

    const HERE: &str = "http://a.example/a/b#c";

    fn by(method: &str, status: u16, lines: &[(&str, &str)]) -> Vec<String> {
        let method = method.parse().unwrap();
        let urls = invalidated(&method, &url(HERE), &response(status, lines));
        urls.into_iter().map(Into::into).collect()
    }

    #[test]
    fn methods_that_may_change_things_invalidate_their_url() {
        for method in [
            "POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "whatever", "get",
        ] {
            assert_eq!(by(method, 200, &[]), ["http://a.example/a/b"], "{method}");
        }
        for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "QUERY"] {
            assert!(
                by(method, 200, &[("location", "/d")]).is_empty(),
                "{method}"
            );
        }
    }

    #[test]
    fn an_error_invalidates_nothing() {
        let invalidating: Vec<u16> = (100..600)
            .filter(|&status| !by("POST", status, &[("location", "/d")]).is_empty())
            .collect();
        assert_eq!(invalidating, (200..400).collect::<Vec<_>>());
    }

    #[test]
    fn what_the_response_names_is_invalid_too() {
        let lines = [("location", "c"), ("content-location", "/d?e#f")];
        let expected = [
            "http://a.example/a/b",
            "http://a.example/a/c",
            "http://a.example/d?e",
        ];
        assert_eq!(by("PUT", 201, &lines), expected);
        assert_eq!(by("PUT", 201, &[("location", "/a/b")]).len(), 1);
    }

    #[test]
    fn another_origins_is_left_alone() {
        let others = [
            "http://b.example/c",
            "https://a.example/c",
            "http://a.example:81/c",
            "http://a.example.b.example/c",
            "file:///c",
            "data:,c",
            "//",
            "http://",
        ];
        for other in others {
            let lines = [("location", other), ("content-location", other)];
            assert_eq!(by("POST", 200, &lines), ["http://a.example/a/b"], "{other}");
        }
        assert_eq!(
            by("POST", 200, &[("location", "http://a.example:80/c")]).len(),
            2
        );
    }
}
