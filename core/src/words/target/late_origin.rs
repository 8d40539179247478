//! In place of `origin` where the platform parses: an origin is known by its text, of which the host is read when somebody asks.

use std::fmt;
use std::sync::OnceLock;

use url::Host;

use super::OriginId;
#[cfg(feature = "connectivity")]
use super::loopback::is_loopback;
use crate::words::parsing::{SchemeHostPort, host_and_port};

/// Scheme, host and port (RFC 6454), interned: comparing two is comparing two numbers.
#[derive(Debug)]
pub struct Origin {
    id: OriginId,
    scheme: String,
    /// The host, and the port where it is not the scheme's default.
    place: String,
    read: OnceLock<(Host<String>, u16)>,
}

impl Origin {
    pub(super) fn new(id: OriginId, (scheme, place): SchemeHostPort<'_>) -> Self {
        Self {
            id,
            scheme: scheme.to_owned(),
            place: place.to_owned(),
            read: OnceLock::new(),
        }
    }

    /// What there is one of.
    pub(super) fn parts(&self) -> SchemeHostPort<'_> {
        (&self.scheme, &self.place)
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
        &self.read().0
    }

    /// The port, the scheme's default where the URL names none, 0 where the scheme has none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.read().1
    }

    fn read(&self) -> &(Host<String>, u16) {
        self.read.get_or_init(|| {
            let read = host_and_port(self.parts());
            read.unwrap_or((Host::Domain(String::new()), 0))
        })
    }

    /// True where no network is needed to reach it.
    #[cfg(feature = "connectivity")]
    pub(crate) fn is_this_machine(&self) -> bool {
        is_loopback(&self.place)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host(), self.port())
    }
}
