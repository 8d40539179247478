//! In place of `server` where the platform parses: host and port are a text, which is read when somebody asks.

use std::sync::OnceLock;

use url::Host;

#[cfg(feature = "connectivity")]
use super::loopback::is_loopback;
use crate::words::parsing::{SchemeHostPort, host_and_port};

#[derive(Debug)]
pub(super) struct Server {
    /// The host, and the port where it is not the scheme's default.
    text: String,
    read: OnceLock<(Host<String>, u16)>,
}

impl Server {
    pub(super) fn of((_, text): SchemeHostPort<'_>) -> Self {
        Self {
            text: text.to_owned(),
            read: OnceLock::new(),
        }
    }

    pub(super) fn with_scheme<'s>(&'s self, scheme: &'s str) -> SchemeHostPort<'s> {
        (scheme, &self.text)
    }

    pub(super) fn host(&self, scheme: &str) -> &Host<String> {
        &self.read(scheme).0
    }

    pub(super) fn port(&self, scheme: &str) -> u16 {
        self.read(scheme).1
    }

    fn read(&self, scheme: &str) -> &(Host<String>, u16) {
        self.read.get_or_init(|| {
            let read = host_and_port(self.with_scheme(scheme));
            read.unwrap_or((Host::Domain(String::new()), 0))
        })
    }

    #[cfg(feature = "connectivity")]
    pub(super) fn is_this_machine(&self) -> bool {
        is_loopback(&self.text)
    }
}
