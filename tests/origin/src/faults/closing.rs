//! Connections that end or stop before they should.

use bytes::Bytes;

use super::response;
use crate::script::{Script, Step};

/// The body of the response that [`at`] breaks off.
const BODY: &str = "a body that is long enough to be broken off in its middle";

/// The moment of an exchange at which the server misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Right after the connection was accepted, with nothing read.
    Accept,
    /// After the request's head.
    RequestHead,
    /// After the first byte of the request's body.
    RequestBody,
    /// After the whole request, before the response.
    Request,
    /// In the middle of the response's head.
    Head,
    /// Right after the response's head.
    HeadEnd,
    /// In the middle of the response's body.
    Body,
    /// After the whole response.
    End,
}

impl Phase {
    /// All phases in their order.
    pub const ALL: [Self; 8] = [
        Self::Accept,
        Self::RequestHead,
        Self::RequestBody,
        Self::Request,
        Self::Head,
        Self::HeadEnd,
        Self::Body,
        Self::End,
    ];
}

/// What the server does then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// FIN, as [`Step::Close`].
    Close,
    /// FIN without TLS's close_notify, as [`Step::Cut`].
    Cut,
    /// A close that may become RST, as [`Step::Drop`].
    Drop,
    /// RST, as [`Step::Reset`].
    Reset,
    /// Nothing more, as [`Step::Stall`].
    Stall,
}

impl How {
    /// All ways.
    pub const ALL: [Self; 5] = [Self::Close, Self::Cut, Self::Drop, Self::Reset, Self::Stall];

    /// The step that does it.
    #[must_use]
    pub fn step(self) -> Step {
        match self {
            Self::Close => Step::Close,
            Self::Cut => Step::Cut,
            Self::Drop => Step::Drop,
            Self::Reset => Step::Reset,
            Self::Stall => Step::Stall,
        }
    }
}

/// A connection that ends or stops at this moment.
#[must_use]
pub fn at(phase: Phase, how: How) -> Script {
    let whole = response(BODY);
    let head = whole.len() - BODY.len();
    let steps = match phase {
        Phase::Accept => vec![],
        Phase::RequestHead => vec![Step::ReadHead],
        Phase::RequestBody => vec![Step::ReadHead, Step::ReadBody(1)],
        Phase::Request => vec![Step::ReadRequest],
        Phase::Head => return cut_after(&whole, head / 2, how),
        Phase::HeadEnd => return cut_after(&whole, head, how),
        Phase::Body => return cut_after(&whole, head + BODY.len() / 2, how),
        Phase::End => return cut_after(&whole, whole.len(), how),
    };
    Script::new(steps).then(how.step())
}

/// Reads a request, writes the first `count` bytes of `reply`, then ends or stops.
#[must_use]
pub fn cut_after(reply: &Bytes, count: usize, how: How) -> Script {
    let start = reply.slice(..count.min(reply.len()));
    Script::new([Step::ReadRequest, Step::Write(start), how.step()])
}
