//! An origin by its parts.

use std::fmt;

use url::Host;

use super::OriginId;
use crate::words::parsing::SchemeHostPort;

/// Scheme, host and port (RFC 6454), interned: comparing two is comparing two numbers.
#[derive(Debug)]
pub struct Origin {
    id: OriginId,
    scheme: String,
    host: Host<String>,
    port: u16,
}

impl Origin {
    pub(super) fn new(id: OriginId, (scheme, host, port): SchemeHostPort<'_>) -> Self {
        Self {
            id,
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port,
        }
    }

    /// What there is one of.
    pub(super) fn parts(&self) -> SchemeHostPort<'_> {
        let host = match &self.host {
            Host::Domain(name) => Host::Domain(name.as_str()),
            Host::Ipv4(address) => Host::Ipv4(*address),
            Host::Ipv6(address) => Host::Ipv6(*address),
        };
        (&self.scheme, host, self.port)
    }

    /// True where no network is needed to reach it.
    #[cfg(feature = "connectivity")]
    pub(crate) fn is_this_machine(&self) -> bool {
        super::is_this_machine(&self.host)
    }

    /// Its number, the same for every URL of this origin as long as one of them is held.
    #[must_use]
    pub fn id(&self) -> OriginId {
        self.id
    }

    /// The scheme, lower-cased: `http` or `https` of a [`Request`](crate::Request)'s.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// True for `https`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.scheme == "https"
    }

    /// The host, after IDNA (UTS 46): a name or an address.
    #[must_use]
    pub fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The port, the scheme's default where the URL names none, 0 where the scheme has none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}
