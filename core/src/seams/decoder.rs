//! Undoing content codings, where the platform can.

use bytes::Bytes;

use crate::words::bounds::{MaybeSend, MaybeSync};
use crate::words::error::Cause;

/// The content codings (RFC 9110 section 8.4.1) that a platform undoes. A session offers them in Accept-Encoding.
///
/// A program can bring codings of its own, by [`Platform::with_decoder`](crate::Platform::with_decoder).
pub trait Decoder: MaybeSend + MaybeSync + 'static {
    /// The codings by their registered lower-case names, the most welcome first. It never changes.
    fn codings(&self) -> &[&'static str];

    /// Begins to decode a body under `coding`, one of [`codings`](Self::codings).
    fn decoding(&self, coding: &str) -> Box<dyn Decoding>;
}

/// One coding of one body being undone, as its bytes come.
pub trait Decoding: MaybeSend + 'static {
    /// Decodes: takes bytes from the front of `input`, and appends to `output` no more than its capacity has room for.
    ///
    /// A call either takes or appends something, or wants input that it was not given. Nothing is made that `output` has no room for,
    /// so that a body costs its window and no more.
    ///
    /// # Errors
    /// What is wrong with the coded data. It is not called again then.
    fn decode(&mut self, input: &mut Bytes, output: &mut Vec<u8>) -> Result<Decoded, Cause>;

    /// The input is over, and all of it was taken. True when the coded data may end here.
    fn may_end(&self) -> bool;
}

/// What became of one step of decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// The input was taken whole, and what it decodes to was appended whole.
    NeedsInput,
    /// The output is full, and there may be more.
    NeedsRoom,
    /// The coded data has ended; what is left of the input is no part of it.
    Ended,
}
