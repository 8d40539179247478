//! The cache on the mock: what is answered without the network, what is asked, what is kept.
#![cfg(all(feature = "mock", feature = "cache"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod collapse;
mod hits;
mod keeping;
mod servers;
mod support;
mod tasks;
