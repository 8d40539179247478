//! A platform for unit tests: scripted responses, a virtual clock, a deterministic executor, files in memory.
//!
//! [`MockPlatform`] is what a session stands on in a test. Its [`MockTransport`] answers from scripts ([`Reply`]) and records what was
//! sent; its [`MockRuntime`] runs everything on the test's own thread, in an order chosen by a seed, and lets time pass only when
//! nothing else can happen; its [`MockFiles`] fail when told to.

mod body;
mod chance;
mod clock;
mod counts;
mod degrade;
mod exchange;
mod executor;
mod files;
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

pub use files::MockFiles;
pub use platform::MockPlatform;
pub use record::{Outcome, RecordedRequest};
pub use reply::{Reply, Step};
pub use routes::{NoReply, Route};
pub use runtime::{Deadlock, MockRuntime};
pub use transport::MockTransport;
pub use watch::{Sight, Sighting};
