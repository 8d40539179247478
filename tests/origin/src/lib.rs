//! The HTTP server that urlsession's tests and demo run against.
//!
//! * [`Origin`]: sound HTTP/1.1, HTTP/2 and TLS with the routes of [`routes`], a log of what came
//!   in, counters, and ways to wait for an event instead of sleeping.
//! * [`RawOrigin`]: plays a [`Script`] on each connection it accepts; [`faults`] has the ready-made
//!   ones, [`frame`] the bytes for those over HTTP/2.
//!
//! * [`tls::TlsOrigin`]: one server for each case of the TLS matrix.
//! * [`FullBacklog`]: a port that never accepts.
//! * [`cache_suite`]: the server's part in suites of HTTP caching, which a mock can play too.
//!
//! They start on the caller's tokio runtime (`start`) or on a thread of their own (`spawn`), listen
//! on loopback only, and stop when dropped. Awaiting one of their waiting helpers needs no runtime;
//! [`block_on`] does it without any. A test that pauses tokio's clock uses `spawn`.

mod authority;
mod backlog;
mod body;
pub mod cache_suite;
mod choice;
mod coding;
mod cors;
mod exchange;
pub mod faults;
mod folders;
pub mod frame;
mod h2_read;
mod listen;
mod log;
mod origin;
mod pattern;
mod player;
mod raw;
mod resumable;
pub mod routes;
mod script;
mod signal;
mod thread;
pub mod tls;
mod watched;
mod wire;

pub use authority::{ALPN_H2, ALPN_HTTP_1_1, Authority, Identity};
pub use backlog::FullBacklog;
pub use choice::Scripts;
pub use coding::{Bomb, encode};
pub use folders::Folders;
pub use futures::executor::block_on;
pub use log::{ConnectionRecord, LOGGED_BODY, LOGGED_REQUESTS, Listener, ReceivedRequest};
pub use origin::{Origin, Ports};
pub use pattern::{PATTERN_FRAME, PATTERN_PERIOD, pattern, pattern_byte};
pub use player::Ending;
pub use raw::{KEPT_BYTES, RawConnection, RawOrigin};
pub use resumable::{H2Uploads, Upload};
pub use script::{Script, Step};
pub use signal::Signal;
pub use watched::{Overdue, WAIT_LIMIT};
