//! Floor 4: sessions: their books, their queues, their life.

pub(crate) mod admission;
mod builder;
pub(crate) mod delegate_queue;
#[cfg(feature = "download")]
mod downloads;
mod handle;
mod keeper;
pub(crate) mod ledger;
pub(crate) mod lifecycle;
pub(crate) mod shared;
#[cfg(feature = "upload")]
mod upload;

pub use builder::SessionBuilder;
pub use delegate_queue::DelegateQueue;
#[cfg(feature = "download")]
pub use downloads::IntoDownload;
pub use handle::Session;
