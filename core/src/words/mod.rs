//! Floor 0: the words that every other floor speaks.

pub(crate) mod body;
pub(crate) mod bounds;
pub(crate) mod cache;
#[cfg(feature = "cache")]
pub(crate) mod cache_key;
pub(crate) mod cipher;
pub(crate) mod configuration;
pub(crate) mod curl;
pub(crate) mod decoding;
pub(crate) mod error;
pub(crate) mod file_version;
pub(crate) mod guarded;
pub(crate) mod metrics;
pub(crate) mod multipart;
pub(crate) mod network;
pub(crate) mod one_shot;
pub(crate) mod opening;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod service_type;
pub(crate) mod target;
pub(crate) mod time;
pub(crate) mod upload_body;
pub(crate) mod wire;
