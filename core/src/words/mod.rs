//! Floor 0: the words that every other floor speaks.

#[cfg(any(
    feature = "body-streams",
    feature = "cache",
    feature = "connectivity",
    feature = "redirects",
    feature = "retry"
))]
pub(crate) mod apart;
pub(crate) mod body;
pub(crate) mod bounds;
pub(crate) mod cache;
#[cfg(feature = "cache")]
pub(crate) mod cache_key;
pub(crate) mod cipher;
pub(crate) mod configuration;
#[cfg(feature = "download")]
pub(crate) mod content_range;
pub(crate) mod curl;
pub(crate) mod decoding;
#[cfg(feature = "download")]
pub(crate) mod download_options;
pub(crate) mod error;
pub(crate) mod few;
mod field_lines;
pub(crate) mod file_name;
pub(crate) mod file_version;
pub(crate) mod gathered;
pub(crate) mod guarded;
pub(crate) mod header_fields;
mod hop_fields;
pub(crate) mod metrics;
#[cfg(feature = "upload")]
pub(crate) mod multipart;
pub(crate) mod network;
#[cfg(not(all(feature = "body-streams", feature = "delegate")))]
pub(crate) mod no_future;
pub(crate) mod one_shot;
pub(crate) mod opening;
pub(crate) mod parsing;
pub(crate) mod place;
pub(crate) mod properties;
pub(crate) mod request;
pub(crate) mod response;
#[cfg(feature = "download")]
pub(crate) mod resume_data;
pub(crate) mod retry;
pub(crate) mod service_type;
#[cfg(any(feature = "cache", feature = "download"))]
pub(crate) mod sorted;
pub(crate) mod target;
pub(crate) mod time;
#[cfg(feature = "upload")]
pub(crate) mod upload_body;
pub(crate) mod upload_draft;
#[cfg(feature = "upload")]
pub(crate) mod upload_resume_data;
pub(crate) mod user_info;
pub(crate) mod wire;
#[cfg(any(test, not(feature = "url-parser")))]
mod written_fields;
