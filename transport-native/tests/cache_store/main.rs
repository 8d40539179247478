//! The store of cached responses on disk: what is kept, for how long, and what it survives.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod bodies;
mod child;
#[cfg(unix)]
mod crashes;
mod damage;
mod eviction;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod full_disk;
#[cfg(target_os = "linux")]
mod large;
mod model;
mod order;
mod place;
mod processes;
mod records;
#[cfg(target_os = "linux")]
mod replay;
mod support;
