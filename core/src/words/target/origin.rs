//! An origin, of which there is one object.

use std::fmt;

use url::Host;

use super::OriginId;
use super::server::Server;
use crate::words::parsing::SchemeHostPort;

/// Scheme, host and port (RFC 6454), interned: comparing two is comparing two numbers.
#[derive(Debug)]
pub struct Origin {
    id: OriginId,
    scheme: String,
    server: Server,
}

impl Origin {
    pub(super) fn new(id: OriginId, parts: SchemeHostPort<'_>) -> Self {
        Self {
            id,
            scheme: parts.0.to_owned(),
            server: Server::of(parts),
        }
    }

    /// What there is one of.
    pub(super) fn parts(&self) -> SchemeHostPort<'_> {
        self.server.with_scheme(&self.scheme)
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
        self.server.host(&self.scheme)
    }

    /// The port, the scheme's default where the URL names none, 0 where the scheme has none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port(&self.scheme)
    }

    /// True where no network is needed to reach it.
    #[cfg(feature = "connectivity")]
    pub(crate) fn is_this_machine(&self) -> bool {
        self.server.is_this_machine()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host(), self.port())
    }
}
