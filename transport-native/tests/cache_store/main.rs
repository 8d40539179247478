//! The store of cached responses on disk: what is kept, for how long, and what it survives.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod bodies;
mod eviction;
mod order;
mod place;
mod records;
mod support;
