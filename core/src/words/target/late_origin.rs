//! In place of `origin` where the platform parses: an origin is known by its text, of which the host is read when somebody asks.

use std::fmt;
use std::sync::OnceLock;

use url::Host;

use super::OriginId;
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

    /// True where no network is needed to reach it: for loopback addresses, and for `localhost` and the names under it (RFC 6761 section 6.3).
    #[cfg(feature = "connectivity")]
    pub(crate) fn is_this_machine(&self) -> bool {
        let place = self.place.as_bytes();
        // A colon behind the last bracket is the port's.
        let end = place.iter().rposition(|byte| b":]".contains(byte));
        let end = end.filter(|&at| place[at] == b':');
        let host = &place[..end.unwrap_or(place.len())];
        let name = host.strip_suffix(b".").unwrap_or(host);
        let is_number = |it: &u8| matches!(it, b'0'..=b'9' | b'.');
        // Of an IPv4 address in an IPv6 address, the first two of four bytes are together.
        matches!(
            host,
            b"[::1]"
                | [
                    b'[',
                    b':',
                    b':',
                    b'f',
                    b'f',
                    b'f',
                    b'f',
                    b':',
                    b'7',
                    b'f',
                    _,
                    _,
                    b':',
                    ..
                ]
        ) || (host.starts_with(b"127.") && host.iter().all(is_number))
            || name == b"localhost"
            || name.ends_with(b".localhost")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host(), self.port())
    }
}
