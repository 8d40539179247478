//! Floor 3: one transfer's stages, each one async fn that calls the next: follow, cache, retry, route, reach, send; then decode and deliver.

mod announce;
pub(crate) mod builtin;
#[cfg(feature = "cache")]
mod cache;
mod decode;
pub(crate) mod deliver;
#[cfg(feature = "download")]
pub(crate) mod download;
mod drain;
#[cfg(feature = "upload")]
mod file;
mod follow;
#[cfg(feature = "upload")]
pub(crate) mod form;
mod measure;
mod protocol;
mod reach;
mod retry;
mod route;
mod send;
#[cfg(feature = "upload")]
mod skipping;
#[cfg(feature = "upload")]
mod upload;
