//! An origin's host and port, known at once.

#[cfg(any(feature = "connectivity", test))]
use std::net::IpAddr;

use url::Host;

use crate::words::parsing::SchemeHostPort;

#[derive(Debug)]
pub(super) struct Server {
    host: Host<String>,
    port: u16,
}

impl Server {
    pub(super) fn of((_, host, port): SchemeHostPort<'_>) -> Self {
        let host = host.to_owned();
        Self { host, port }
    }

    pub(super) fn with_scheme<'s>(&'s self, scheme: &'s str) -> SchemeHostPort<'s> {
        let host = match &self.host {
            Host::Domain(name) => Host::Domain(name.as_str()),
            Host::Ipv4(address) => Host::Ipv4(*address),
            Host::Ipv6(address) => Host::Ipv6(*address),
        };
        (scheme, host, self.port)
    }

    pub(super) fn host(&self, _: &str) -> &Host<String> {
        &self.host
    }

    pub(super) fn port(&self, _: &str) -> u16 {
        self.port
    }

    #[cfg(feature = "connectivity")]
    pub(super) fn is_this_machine(&self) -> bool {
        is_this_machine(&self.host)
    }
}

/// True for loopback addresses, and for `localhost` and the names under it (RFC 6761 section 6.3).
#[cfg(any(feature = "connectivity", test))]
pub(crate) fn is_this_machine(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).to_canonical().is_loopback(),
    }
}
