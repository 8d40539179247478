//! Floor 3: one transfer's stages, each one async fn that calls the next: follow, reach, send; then decode and deliver.

mod decode;
pub(crate) mod deliver;
mod drain;
mod follow;
mod measure;
mod reach;
mod send;
