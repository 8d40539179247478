//! Floor 2: what a platform implements, and what the stages see of the app.

pub(crate) mod app;
pub(crate) mod asking;
#[cfg(feature = "metrics")]
pub(crate) mod collector;
#[cfg(not(feature = "metrics"))]
#[path = "no_collector.rs"]
pub(crate) mod collector;
pub(crate) mod decoder;
#[cfg(feature = "download")]
pub(crate) mod downloaded;
pub(crate) mod exchange;
pub(crate) mod files;
pub(crate) mod network;
pub(crate) mod platform;
pub(crate) mod protocol;
pub(crate) mod runtime;
pub(crate) mod signals;
pub(crate) mod transport;
#[cfg(feature = "upload")]
pub(crate) mod upload;
