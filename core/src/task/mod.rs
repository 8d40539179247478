//! Floor 4: tasks: their life, their driver, their delegate.

#[cfg(feature = "tasks")]
mod app;
#[cfg(feature = "tasks")]
pub(crate) mod bytes;
#[cfg(feature = "tasks")]
pub(crate) mod completion;
#[cfg(feature = "tasks")]
pub(crate) mod delegate;
#[cfg(feature = "tasks")]
mod dispatch;
#[cfg(feature = "download")]
mod download;
#[cfg(feature = "tasks")]
pub(crate) mod driver;
#[cfg(all(feature = "upload", feature = "informational"))]
mod farewell;
#[cfg(feature = "tasks")]
pub(crate) mod handle;
#[cfg(feature = "tasks")]
mod handover;
#[cfg(feature = "tasks")]
pub(crate) mod kind;
#[cfg(feature = "tasks")]
pub(crate) mod lifecycle;
#[cfg(not(feature = "tasks"))]
mod no_tasks;
#[cfg(feature = "tasks")]
pub(crate) mod observer;
#[cfg(feature = "progress")]
mod progress;
#[cfg(feature = "tasks")]
pub(crate) mod refusal;
#[cfg(feature = "tasks")]
pub(crate) mod shared;
#[cfg(feature = "tasks")]
pub(crate) mod timers;
#[cfg(feature = "upload")]
mod upload;

#[cfg(not(feature = "tasks"))]
pub(crate) use no_tasks::drive;
