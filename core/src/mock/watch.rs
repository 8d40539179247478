//! What the scripted server sees, as it sees it.

use url::Url;

use crate::words::bounds::{MaybeSend, MaybeSync};

/// Something that the scripted server saw of an exchange.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sighting<'a> {
    /// The exchange: the place of its request among [`requests`](super::MockTransport::requests).
    pub exchange: usize,
    /// Where the request went.
    pub url: &'a Url,
    /// What was seen.
    pub sight: Sight,
}

/// A step of an exchange, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sight {
    /// The session asked for the exchange.
    Began,
    /// The connection is there.
    Connected,
    /// So many bytes of the request's body were read.
    Read(usize),
    /// An interim response of this status went out.
    Informational(u16),
    /// The head of the response, of this status, was taken.
    Head(u16),
    /// A chunk of the response, so many bytes long, was taken.
    Chunk(usize),
    /// The exchange ended as scripted: the body was taken whole, or the scripted error was.
    Ended,
    /// The session dropped the exchange before its end.
    Aborted,
}

pub(super) trait Watch: MaybeSend + MaybeSync {
    fn saw(&self, sighting: Sighting<'_>);
}

impl<F: Fn(Sighting<'_>) + MaybeSend + MaybeSync> Watch for F {
    fn saw(&self, sighting: Sighting<'_>) {
        self(sighting);
    }
}
