//! Floor 1: decisions as pure functions: no await, no clock, no store.

pub(crate) mod coding;
pub(crate) mod connectivity;
pub(crate) mod expectation;
pub(crate) mod fields;
pub(crate) mod priority;
pub(crate) mod redirect;
pub(crate) mod retry;
pub(crate) mod trailers;
#[cfg(feature = "metrics")]
pub(crate) mod waterfall;
