//! Pages that teach: where you come from, and one thing at a time.
//!
//! Coming from elsewhere: [from NSURLSession](coming_from_nsurlsession), [from reqwest](coming_from_reqwest), [from `fetch`](coming_from_fetch).
//!
//! One thing at a time: [tasks], [bodies], [uploads], [downloads], [delegates], [caching], [retries], [progress], [metrics], [testing].
//!
//! In a browser: [apps in Rust](web_apps).

#[doc = include_str!("bodies.md")]
pub mod bodies {}

#[doc = include_str!("caching.md")]
pub mod caching {}

#[doc = include_str!("coming_from_fetch.md")]
pub mod coming_from_fetch {}

#[doc = include_str!("coming_from_nsurlsession.md")]
pub mod coming_from_nsurlsession {}

#[doc = include_str!("coming_from_reqwest.md")]
pub mod coming_from_reqwest {}

#[doc = include_str!("delegates.md")]
pub mod delegates {}

#[cfg(feature = "download")]
#[doc = include_str!("downloads.md")]
pub mod downloads {}

#[doc = include_str!("metrics.md")]
pub mod metrics {}

#[doc = include_str!("progress.md")]
pub mod progress {}

#[doc = include_str!("retries.md")]
pub mod retries {}

#[doc = include_str!("tasks.md")]
pub mod tasks {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[cfg(feature = "upload")]
#[doc = include_str!("uploads.md")]
pub mod uploads {}

#[doc = include_str!("web_apps.md")]
pub mod web_apps {}
