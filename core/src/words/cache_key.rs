//! What a cached response is found by.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock};

use url::{Position, Url};

/// What a cached response is found by: the URL of the hop that gave it, without fragment and user information, and a hash of that.
///
/// Who the user is, the request says by its Authorization field. The hash is keyed with chance of this run of the program, so
/// that no server can choose URLs whose hashes are the same.
#[derive(Clone)]
pub(crate) struct CacheKey {
    hash: u64,
    text: Arc<str>,
}

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl CacheKey {
    /// The key of what `url` gives.
    pub(crate) fn of(url: &Url) -> Self {
        let text: Arc<str> = if url.username().is_empty() && url.password().is_none() {
            url[..Position::AfterQuery].into()
        } else {
            let scheme = &url[..Position::BeforeUsername];
            [scheme, &url[Position::BeforeHost..Position::AfterQuery]]
                .concat()
                .into()
        };
        Self {
            hash: HASHER.hash_one(&text),
            text,
        }
    }

    /// What the keys of every URL of the origin of `url` begin with.
    pub(crate) fn beginning(url: &Url) -> String {
        let scheme = &url[..Position::BeforeUsername];
        [
            scheme,
            &url[Position::BeforeHost..Position::BeforePath],
            "/",
        ]
        .concat()
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// Bytes that nobody can foresee, where no runtime is at hand to give some.
pub(crate) fn chance() -> [u8; 16] {
    let state = RandomState::new();
    let mut bytes = [0; 16];
    for (half, number) in bytes.chunks_exact_mut(8).zip(0_u8..) {
        half.copy_from_slice(&state.hash_one(number).to_le_bytes());
    }
    bytes
}

impl PartialEq for CacheKey {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && (Arc::ptr_eq(&self.text, &other.text) || self.text == other.text)
    }
}

impl Eq for CacheKey {}

impl fmt::Debug for CacheKey {
    /// Not its text, whose query may hold anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CacheKey({:x})", self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn key(url: &str) -> CacheKey {
        CacheKey::of(&url.parse().unwrap())
    }

    #[test]
    fn fragment_and_user_do_not_count() {
        let plain = key("http://a.example/b?c");
        assert_eq!(plain.as_str(), "http://a.example/b?c");
        assert_eq!(key("http://a.example/b?c#d"), plain);
        assert_eq!(key("http://me:pw@a.example/b?c#d"), plain);
        assert_eq!(key("http://me@a.example:80/b?c"), plain);
    }

    #[test]
    fn keys_of_an_origin_begin_alike() {
        let beginning = CacheKey::beginning(&"http://me:pw@a.example:80/b".parse().unwrap());
        assert_eq!(beginning, "http://a.example/");
        assert!(key("http://a.example/c?d").as_str().starts_with(&beginning));
        assert!(
            !key("http://a.example:8080/")
                .as_str()
                .starts_with(&beginning)
        );
    }

    #[test]
    fn everything_else_counts() {
        let plain = key("http://a.example/b?c");
        for other in [
            "https://a.example/b?c",
            "http://a.example:8080/b?c",
            "http://a.example/b",
            "http://a.example/B?c",
            "http://b.example/b?c",
        ] {
            assert_ne!(key(other), plain, "{other}");
        }
    }
}
