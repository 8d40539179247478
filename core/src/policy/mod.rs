//! Floor 1: decisions as pure functions: no await, no clock, no store.

#[cfg(feature = "cache")]
pub(crate) mod cache;
pub(crate) mod coding;
pub(crate) mod connectivity;
pub(crate) mod date;
pub(crate) mod expectation;
pub(crate) mod fields;
#[cfg(feature = "upload")]
pub(crate) mod multipart;
pub(crate) mod priority;
pub(crate) mod redirect;
#[cfg(feature = "download")]
pub(crate) mod resume;
pub(crate) mod retry;
pub(crate) mod trailers;
#[cfg(feature = "upload")]
pub(crate) mod upload;
#[cfg(feature = "metrics")]
pub(crate) mod waterfall;
