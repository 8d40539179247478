//! A platform for unit tests: scripted responses, a virtual clock, a deterministic executor, files in memory.
//!
//! [`MockPlatform`] is what a session stands on in a test. Its [`MockTransport`] answers from scripts ([`Reply`]) and records what was
//! sent; its [`MockRuntime`] runs everything on the test's own thread, in an order chosen by a seed, and lets time pass only when
//! nothing else can happen; its [`MockFiles`] fail when told to; its [`MockNetwork`] comes and goes.
//!
//! An app's own logic, tested without a server and without waiting:
//!
//! ```
//! use std::time::Duration;
//! use urlsession_core::http::Method;
//! use urlsession_core::mock::{MockPlatform, Reply};
//! use urlsession_core::{Configuration, Error, ErrorCode, Session};
//!
//! /// What the app does: try once more when the server is silent.
//! async fn greeting(session: &Session) -> Result<String, Error> {
//!     let mut loaded = session.data("http://a.example/greeting").await;
//!     if matches!(&loaded, Err(error) if error.code() == ErrorCode::TimedOut) {
//!         loaded = session.data("http://a.example/greeting").await;
//!     }
//!     Ok(String::from_utf8_lossy(&loaded?.0).into_owned())
//! }
//!
//! let mock = MockPlatform::new();
//! let route = mock.transport().on(Method::GET, "http://a.example/greeting");
//! route.reply(Reply::never()).then(Reply::new(200).body("hello"));
//! let session = Session::new(mock.platform(), Configuration::default());
//!
//! assert_eq!(mock.runtime().block_on(greeting(&session))?, "hello");
//! assert_eq!(mock.transport().requests()[1].at.as_nanos(), Duration::from_secs(60).as_nanos() as u64);
//! # Ok::<(), Error>(())
//! ```

mod body;
#[cfg(feature = "cache")]
mod cache_store;
mod chance;
mod clock;
mod connecting;
mod counts;
mod degrade;
mod exchange;
mod executor;
mod files;
mod network;
mod platform;
mod record;
mod reply;
mod routes;
mod runtime;
#[cfg(test)]
mod tests;
mod transport;
mod upload;
mod watch;

#[cfg(feature = "cache")]
pub use cache_store::{CacheFault, MockCacheStore};
pub use files::MockFiles;
pub use network::MockNetwork;
pub use platform::MockPlatform;
pub use record::{Outcome, RecordedRequest};
pub use reply::{Reply, Step};
pub use routes::{NoReply, Route};
pub use runtime::{Deadlock, MockRuntime};
pub use transport::MockTransport;
pub use watch::{Sight, Sighting};
