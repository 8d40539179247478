//! Floor 4: tasks: their life, their driver, their delegate.

pub(crate) mod bytes;
pub(crate) mod completion;
pub(crate) mod delegate;
mod dispatch;
#[cfg(feature = "download")]
mod download;
pub(crate) mod driver;
#[cfg(all(feature = "upload", feature = "informational"))]
mod farewell;
pub(crate) mod handle;
mod handover;
pub(crate) mod kind;
pub(crate) mod lifecycle;
pub(crate) mod observer;
#[cfg(feature = "progress")]
mod progress;
pub(crate) mod refusal;
pub(crate) mod shared;
pub(crate) mod timers;
#[cfg(feature = "upload")]
mod upload;
