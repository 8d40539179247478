//! Floor 4: sessions: their books, their queues, their life.

#[cfg(all(feature = "tasks", feature = "host-limits"))]
pub(crate) mod admission;
#[cfg(all(feature = "tasks", not(feature = "host-limits")))]
#[path = "no_admission.rs"]
pub(crate) mod admission;
#[cfg(feature = "tasks")]
mod builder;
#[cfg(feature = "tasks")]
pub(crate) mod delegate_queue;
#[cfg(feature = "download")]
mod downloads;
mod ground;
#[cfg(feature = "tasks")]
mod handle;
#[cfg(feature = "tasks")]
mod keeper;
#[cfg(feature = "tasks")]
pub(crate) mod ledger;
#[cfg(feature = "tasks")]
pub(crate) mod lifecycle;
#[cfg(not(feature = "tasks"))]
mod no_tasks;
#[cfg(feature = "tasks")]
pub(crate) mod shared;
#[cfg(feature = "tasks")]
mod soonest;
#[cfg(feature = "tasks")]
pub(crate) mod turn;
#[cfg(feature = "upload")]
mod upload;
#[cfg(feature = "host-limits")]
mod waiting;

#[cfg(feature = "tasks")]
pub use builder::SessionBuilder;
#[cfg(feature = "tasks")]
pub use delegate_queue::DelegateQueue;
#[cfg(feature = "download")]
pub use downloads::IntoDownload;
#[cfg(feature = "tasks")]
pub use handle::Session;
#[cfg(not(feature = "tasks"))]
pub(crate) use no_tasks::SessionShared;
#[cfg(not(feature = "tasks"))]
pub use no_tasks::{Session, SessionBuilder};
