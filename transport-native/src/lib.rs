//! The native platform of urlsession: HTTP over sockets, time by tokio, files.
//!
//! [`platform()`] makes one from a session's configuration; [`NativePlatform`] sets what only this platform has. Programs use the
//! facade crate `urlsession`.
//!
//! An HTTP/1.1 connection belongs to one exchange at a time, so the exchange itself polls it: there is no task, and no hop from
//! one to another, on the way of a request. HTTP/2 connections are tasks, shared by the exchanges that have a stream on them.

mod bell;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "sqlite")]
mod cache;
mod connect;
#[cfg(feature = "decode")]
mod decode;
mod errors;
mod exchange;
mod executor;
mod expectation;
mod files;
mod head;
mod host;
mod http1;
#[cfg(feature = "http2")]
mod http2;
mod io;
mod marking;
mod meter;
mod network;
mod phases;
mod platform;
mod pool;
mod race;
mod resolve;
mod runtime;
#[cfg(feature = "tls")]
mod tls;
mod transport;
#[cfg(feature = "tls")]
mod trust;
mod upload;

#[cfg(feature = "sqlite")]
pub use cache::DiskCacheStore;
#[cfg(feature = "decode")]
pub use decode::NativeDecoder;
pub use files::NativeFiles;
pub use network::{NativeNetwork, network_monitor};
pub use platform::{NativePlatform, platform, platform_on_own_thread};
pub use runtime::NativeRuntime;
pub use transport::NativeTransport;
