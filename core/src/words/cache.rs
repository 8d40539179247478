//! What is said about cached responses.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::words::response::Response;
use crate::words::user_info::UserInfo;

/// How a request uses the session's cache; Apple's `NSURLRequest.CachePolicy`. Of a session that has none, it is how the request uses the platform's
/// own, which only browsers have.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum CachePolicy {
    /// As HTTP has it (RFC 9111): a fresh response is used, a stale one is validated, a new one is stored if it may be. Fetch's `default`.
    #[default]
    UseProtocolCachePolicy,
    /// What is stored is not used; the new response is stored. Fetch's `reload`.
    ReloadIgnoringLocalCacheData,
    /// The same, and caches on the way are told not to answer either.
    ReloadIgnoringLocalAndRemoteCacheData,
    /// What is stored is used, however old; only without it the network is asked. Fetch's `force-cache`.
    ReturnCacheDataElseLoad,
    /// What is stored is used, however old; without it the task fails with
    /// [`ResourceUnavailable`](crate::ErrorCode::ResourceUnavailable). The network is never asked. Fetch's `only-if-cached`.
    ReturnCacheDataDontLoad,
    /// What is stored is validated with the server before it is used, fresh or not. Fetch's `no-cache`.
    ReloadRevalidatingCacheData,
}

impl CachePolicy {
    /// Every policy, by Apple's numbers.
    pub const ALL: [Self; 6] = [
        Self::UseProtocolCachePolicy,
        Self::ReloadIgnoringLocalCacheData,
        Self::ReturnCacheDataElseLoad,
        Self::ReturnCacheDataDontLoad,
        Self::ReloadIgnoringLocalAndRemoteCacheData,
        Self::ReloadRevalidatingCacheData,
    ];

    /// Apple's number for this policy.
    #[must_use]
    pub const fn raw(self) -> u8 {
        match self {
            Self::UseProtocolCachePolicy => 0,
            Self::ReloadIgnoringLocalCacheData => 1,
            Self::ReturnCacheDataElseLoad => 2,
            Self::ReturnCacheDataDontLoad => 3,
            Self::ReloadIgnoringLocalAndRemoteCacheData => 4,
            Self::ReloadRevalidatingCacheData => 5,
        }
    }

    /// The policy of Apple's number, 0 to 5.
    #[must_use]
    pub fn from_raw(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// Where a response may be kept; Apple's `URLCache.StoragePolicy`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum CacheStoragePolicy {
    /// In memory and on disk.
    #[default]
    Allowed,
    /// In memory only.
    AllowedInMemoryOnly,
    /// Nowhere.
    NotAllowed,
}

impl CacheStoragePolicy {
    /// Apple's number for this policy.
    #[must_use]
    pub const fn raw(self) -> u8 {
        match self {
            Self::Allowed => 0,
            Self::AllowedInMemoryOnly => 1,
            Self::NotAllowed => 2,
        }
    }
}

/// A response as a cache keeps it, with its body whole; Apple's `CachedURLResponse`.
///
/// The data are the bytes as they were received: under a Content-Encoding they are still coded.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CachedResponse {
    /// The head.
    pub response: Response,
    /// The body, as it was received.
    #[serde(with = "data")]
    pub data: Bytes,
    /// What the app keeps with it: text by name. It does not count in equality.
    #[serde(default)]
    pub user_info: UserInfo,
    /// Where it may be kept.
    #[serde(default)]
    pub storage_policy: CacheStoragePolicy,
}

impl CachedResponse {
    /// A response that may be kept in memory and on disk.
    #[must_use]
    pub fn new(response: Response, data: impl Into<Bytes>) -> Self {
        Self {
            response,
            data: data.into(),
            user_info: UserInfo::new(),
            storage_policy: CacheStoragePolicy::Allowed,
        }
    }

    /// The same with `value` kept under `name`.
    #[must_use]
    pub fn with_user_info(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.user_info.insert(name.into(), value.into());
        self
    }

    /// The same, to be kept there.
    #[must_use]
    pub fn with_storage_policy(mut self, policy: CacheStoragePolicy) -> Self {
        self.storage_policy = policy;
        self
    }
}

impl PartialEq for CachedResponse {
    /// As Apple's: what the app keeps with it does not count.
    fn eq(&self, other: &Self) -> bool {
        self.response == other.response
            && self.data == other.data
            && self.storage_policy == other.storage_policy
    }
}

impl Eq for CachedResponse {}

impl fmt::Debug for CachedResponse {
    /// Of the body its length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedResponse")
            .field("response", &self.response)
            .field("data", &format_args!("{} bytes", self.data.len()))
            .field("user_info", &self.user_info)
            .field("storage_policy", &self.storage_policy)
            .finish()
    }
}

/// The stored form of a body.
mod data {
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(data: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(data)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        Vec::<u8>::deserialize(from).map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode, Version};

    use super::*;
    use crate::testing::test;

    fn cached() -> CachedResponse {
        let url = "http://a.example/".parse().unwrap();
        let response = Response::new(url, StatusCode::OK, Version::HTTP_11, HeaderMap::new());
        CachedResponse::new(response, "abc")
    }

    #[test]
    fn numbers_are_apples() {
        for (number, policy) in CachePolicy::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(policy.raw()), number);
            assert_eq!(CachePolicy::from_raw(policy.raw()), Some(policy));
        }
        assert_eq!(CachePolicy::from_raw(6), None);
        assert_eq!(
            CachePolicy::ReloadIgnoringLocalAndRemoteCacheData.raw(),
            4,
            "the odd one in Apple's order"
        );
    }

    #[test]
    fn what_the_app_keeps_with_it_does_not_count() {
        assert_eq!(cached().with_user_info("a", "1"), cached());
        let elsewhere = cached().with_storage_policy(CacheStoragePolicy::AllowedInMemoryOnly);
        assert_ne!(elsewhere, cached());
        assert_ne!(CachedResponse::new(cached().response, "abd"), cached());
    }

    #[test]
    fn stored_and_read_again_it_is_equal() {
        let kept = cached().with_user_info("a", "1");
        let text = serde_json::to_string(&kept).unwrap();
        let read: CachedResponse = serde_json::from_str(&text).unwrap();
        assert_eq!(read, kept);
        assert_eq!(read.user_info, kept.user_info);
    }

    #[test]
    fn neither_the_body_nor_the_apps_own_is_shown() {
        let shown = format!("{:?}", cached().with_user_info("name", "s3cret"));
        assert!(
            shown.contains("name") && shown.contains("3 bytes"),
            "{shown}"
        );
        assert!(
            !shown.contains("s3cret") && !shown.contains("abc"),
            "{shown}"
        );
    }
}
