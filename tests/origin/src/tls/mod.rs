//! Servers for judging a client's certificate checks: one for each case of the TLS matrix.

mod case;
mod chain;
mod server;
mod weak_rsa;

pub use case::{Expectation, TlsCase};
pub use server::TlsOrigin;
