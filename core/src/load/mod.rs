//! Floor 3: one transfer's stages, each one async fn that calls the next: follow, cache, retry, route, reach, send; then decode and deliver.

#[cfg(all(feature = "body-streams", feature = "informational"))]
mod announce;
#[cfg(all(feature = "body-streams", not(feature = "informational")))]
#[path = "no_announce.rs"]
mod announce;
#[cfg(feature = "protocols")]
pub(crate) mod builtin;
#[cfg(feature = "cache")]
mod cache;
#[cfg(feature = "decode")]
mod decode;
#[cfg(not(feature = "decode"))]
#[path = "no_decode.rs"]
mod decode;
pub(crate) mod deliver;
#[cfg(feature = "download")]
pub(crate) mod download;
mod drain;
#[cfg(feature = "upload")]
mod file;
#[cfg(feature = "redirects")]
mod follow;
#[cfg(not(feature = "redirects"))]
#[path = "one_hop.rs"]
mod follow;
#[cfg(feature = "upload")]
pub(crate) mod form;
mod measure;
#[cfg(feature = "body-streams")]
mod open;
#[cfg(not(feature = "body-streams"))]
#[path = "no_open.rs"]
mod open;
#[cfg(feature = "protocols")]
mod protocol;
#[cfg(feature = "connectivity")]
mod reach;
#[cfg(feature = "retry")]
mod retry;
mod route;
mod send;
#[cfg(feature = "delegate")]
mod sent;
#[cfg(not(feature = "delegate"))]
#[path = "no_sent.rs"]
mod sent;
#[cfg(feature = "upload")]
mod skipping;
#[cfg(all(feature = "upload", feature = "informational"))]
mod upload;
#[cfg(all(feature = "upload", not(feature = "informational")))]
#[path = "no_upload.rs"]
mod upload;

#[cfg(all(
    not(feature = "connectivity"),
    any(feature = "cache", feature = "download")
))]
use at_once as reach;
#[cfg(not(feature = "retry"))]
use once as retry;

/// In place of `reach`: there is a way, as far as anybody looks.
#[cfg(all(
    not(feature = "connectivity"),
    any(feature = "cache", feature = "download")
))]
mod at_once {
    #[cfg(any(feature = "cache", feature = "download"))]
    use crate::load::send::Hop;

    #[cfg(feature = "download")]
    pub(super) fn is_clear<A>(_: &A, _: &Hop) -> bool {
        true
    }

    #[cfg(feature = "cache")]
    pub(super) fn is_open<A>(_: &A, _: &Hop) -> bool {
        true
    }
}

/// In place of `retry`: the first attempt's outcome is the hop's.
#[cfg(not(feature = "retry"))]
mod once {
    pub(super) use crate::load::route::route as retry;
}
