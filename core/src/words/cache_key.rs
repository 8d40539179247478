//! What a cached response is found by.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock};

use url::{Position, Url};

use crate::words::target::Target;

/// What a cached response is found by: the URL of the hop that gave it, without fragment and user information, and a hash of that.
///
/// Who the user is, the request says by its Authorization field. The hash is keyed with chance of this run of the program, so
/// that no server can choose URLs whose hashes are the same. A browser's module is given no such chance: there equal hashes cost time, and that
/// the page's own.
#[derive(Clone)]
pub(crate) struct CacheKey {
    hash: u64,
    text: Text,
}

#[derive(Clone)]
enum Text {
    Own(Arc<str>),
    /// The target's URL has no user information: it begins with the text.
    Target(Arc<Target>),
}

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl CacheKey {
    /// The key of what `url` gives.
    pub(crate) fn of(url: &Url) -> Self {
        let text: Arc<str> = if has_no_user(url) {
            url[..Position::AfterQuery].into()
        } else {
            let scheme = &url[..Position::BeforeUsername];
            [scheme, &url[Position::BeforeHost..Position::AfterQuery]]
                .concat()
                .into()
        };
        Self {
            hash: hash(&text),
            text: Text::Own(text),
        }
    }

    /// The key of what `target` gives, without a copy of its text.
    pub(crate) fn of_target(target: &Arc<Target>) -> Self {
        let hash = match target.cache_hash() {
            Some(hash) => hash,
            None => {
                let url = target.url();
                if !has_no_user(url) {
                    return Self::of(url);
                }
                let hash = hash(&url[..Position::AfterQuery]);
                target.note_cache_hash(hash);
                hash
            }
        };
        Self {
            hash,
            text: Text::Target(target.clone()),
        }
    }

    /// The same with a text of its own, for who keeps it long.
    pub(crate) fn detached(&self) -> Self {
        let text = match &self.text {
            Text::Own(text) => text.clone(),
            Text::Target(_) => self.as_str().into(),
        };
        Self {
            hash: self.hash,
            text: Text::Own(text),
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
        match &self.text {
            Text::Own(text) => text,
            Text::Target(target) => &target.url()[..Position::AfterQuery],
        }
    }
}

fn has_no_user(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

/// Never 0.
fn hash(text: &str) -> u64 {
    HASHER.hash_one(text).max(1)
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
        self.hash == other.hash && self.as_str() == other.as_str()
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
    fn a_targets_key_is_its_urls() {
        for url in ["http://a.example/b?c#d", "http://me:pw@a.example/b?c"] {
            let of_target = CacheKey::of_target(&Arc::new(Target::parse(url).unwrap()));
            assert_eq!(of_target, key(url));
            assert_eq!(of_target.detached(), key("http://a.example/b?c"));
        }
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
