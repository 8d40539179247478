//! Floor 5: the words of other crates, each behind a feature named for its crate.

#[cfg(feature = "http-body")]
pub(crate) mod http_body;
#[cfg(feature = "json")]
pub(crate) mod json;
#[cfg(feature = "tower")]
mod tower;
#[cfg(feature = "tracing")]
pub(crate) mod tracing;
