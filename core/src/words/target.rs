//! Where a request goes: a URL parsed once, with everything that a hop needs of it.

#[cfg(feature = "url-parser")]
mod home;
#[cfg(not(feature = "url-parser"))]
#[path = "target/late_home.rs"]
mod home;
#[cfg(any(
    all(test, feature = "url-parser"),
    all(feature = "connectivity", not(feature = "url-parser"))
))]
mod loopback;
mod origin;
#[cfg(feature = "host-limits")]
mod origins;
#[cfg(not(feature = "host-limits"))]
#[path = "target/few_origins.rs"]
mod origins;
#[cfg(feature = "request-target")]
mod parts;
#[cfg(feature = "url-parser")]
mod server;
#[cfg(not(feature = "url-parser"))]
#[path = "target/late_server.rs"]
mod server;

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "cache")]
use std::sync::atomic::{AtomicU64, Ordering};

use url::Url;

use crate::words::error::{Error, ErrorCode, Shown};
use crate::words::parsing::ParsedUrl;
use home::Home;
pub use origin::Origin;
#[cfg(all(feature = "url-parser", any(feature = "mock", test)))]
pub(crate) use server::is_this_machine;

/// A number for an [`Origin`], equal while and only while the origins are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginId(u64);

/// The URL without a user's name and password.
pub(crate) fn without_user(mut url: Url) -> Url {
    // Neither fails for a URL that has a host, and one without has no user.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// What has no host goes to no server.
fn without_host(url: &Url) -> Error {
    Error::new(ErrorCode::UnsupportedUrl)
        .with_url(url)
        .because("a URL without a host")
}

/// A URL that has an origin, parsed once.
pub struct Target {
    url: ParsedUrl,
    home: Home,
    #[cfg(feature = "request-target")]
    parts: parts::Parts,
    /// The hash of its cache key, made when a cache is asked first; 0 before. No more than that: every queued task may have a target of
    /// its own.
    #[cfg(feature = "cache")]
    cache_hash: AtomicU64,
}

impl Target {
    /// Parses `text` as the URL standard has it.
    ///
    /// # Errors
    /// [`ErrorCode::BadUrl`] when it is no URL, [`ErrorCode::UnsupportedUrl`] when it has no host.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::of(ParsedUrl::parse(text)?)
    }

    /// Takes a parsed URL.
    ///
    /// # Errors
    /// [`ErrorCode::UnsupportedUrl`] when it has no host.
    pub fn from_url(url: Url) -> Result<Self, Error> {
        Self::with(Home::of_url(&url)?, url.into())
    }

    pub(crate) fn of(url: ParsedUrl) -> Result<Self, Error> {
        Self::with(Home::of(&url)?, url)
    }

    #[cfg_attr(
        not(feature = "request-target"),
        expect(
            clippy::unnecessary_wraps,
            reason = "what goes on the wire may be none"
        )
    )]
    fn with(home: Home, url: ParsedUrl) -> Result<Self, Error> {
        Ok(Self {
            home,
            #[cfg(feature = "request-target")]
            parts: parts::Parts::of(url.url())?,
            #[cfg(feature = "cache")]
            cache_hash: AtomicU64::new(0),
            url,
        })
    }

    /// True for a URL that goes to a server, as a transport reaches it.
    pub(crate) fn has_scheme_of(url: &str) -> bool {
        url.starts_with("http:") || url.starts_with("https:")
    }

    /// The URL, fragment and user information included.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.url.url()
    }

    /// The URL's text, serialised as the URL standard has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &Arc<Origin> {
        self.home.origin(&self.url)
    }

    /// The hash of what its responses are found by in a cache, where that was noted.
    #[cfg(feature = "cache")]
    pub(crate) fn cache_hash(&self) -> Option<u64> {
        let hash = self.cache_hash.load(Ordering::Relaxed);
        (hash != 0).then_some(hash)
    }

    /// Notes that hash.
    #[cfg(feature = "cache")]
    pub(crate) fn note_cache_hash(&self, hash: u64) {
        self.cache_hash.store(hash, Ordering::Relaxed);
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", Shown(self.url.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn origin(url: &str) -> Arc<Origin> {
        Target::parse(url).unwrap().origin().clone()
    }

    #[test]
    fn one_origin_has_one_number() {
        let held = origin("http://example.com/a");
        assert_eq!(held.id(), origin("http://EXAMPLE.com:80/b").id());
        assert_ne!(held.id(), origin("https://example.com/a").id());
        assert_ne!(held.id(), origin("http://example.com:8080/a").id());
    }

    #[test]
    fn the_host_field_is_without_user_and_default_port() {
        let target = Target::parse("http://me:pw@example.com:80/a?b#c").unwrap();
        assert_eq!(target.host_field(), "example.com");
        assert_eq!(target.path_and_query(), "/a?b");
    }

    #[test]
    fn international_names_are_mapped() {
        assert_eq!(
            Target::parse("http://bücher.example/").unwrap().authority(),
            "xn--bcher-kva.example"
        );
    }

    #[test]
    fn a_port_out_of_range_is_a_bad_url() {
        assert_eq!(
            Target::parse("http://127.0.0.1:999999/")
                .unwrap_err()
                .code(),
            ErrorCode::BadUrl
        );
    }
}
