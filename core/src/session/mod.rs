//! Floor 4: sessions: their books, their queues, their life.

#[cfg(feature = "host-limits")]
pub(crate) mod admission;
#[cfg(not(feature = "host-limits"))]
#[path = "no_admission.rs"]
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
mod soonest;
pub(crate) mod turn;
#[cfg(feature = "upload")]
mod upload;
#[cfg(feature = "host-limits")]
mod waiting;

pub use builder::SessionBuilder;
pub use delegate_queue::DelegateQueue;
#[cfg(feature = "download")]
pub use downloads::IntoDownload;
pub use handle::Session;
