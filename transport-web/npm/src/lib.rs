//! The part of the npm package `urlsession` that is in WebAssembly: core's session on the browser's platform, behind flat functions.
//!
//! The other part is TypeScript (`ts/`): it has the classes, events, iterators and promises, and is all that a program sees. Between the two go
//! numbers, texts (`wire`) and the browser's own objects. Sessions, tasks and caches are called by numbers that the other part gives out
//! (`table`); a number that is not known, or not any more, is no error: nothing happens.
//!
//! Nothing of JavaScript's is trusted, no value that it holds is ever consumed or borrowed while its code runs, so it can call anything from
//! anywhere. For any target but wasm32 the crate is empty.
#![cfg(target_arch = "wasm32")]

mod answer;
mod body;
mod bridge;
pub mod cache;
mod cached;
pub mod calls;
mod capabilities;
mod configuration;
mod download;
mod failure;
mod fetch;
mod host;
mod metrics;
mod protocol;
pub mod session;
mod table;
mod task;
mod wire;

/// A quarter of the code of Rust's own.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
