//! Response bodies: bytes at hand, or a number of them in chunks.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

const CHUNK: usize = 64 * 1024;
const SMALL: usize = 1024;

/// A response body.
pub(crate) enum Outgoing {
    Whole(Option<Bytes>),
    /// So many bytes yet, 64 KiB a frame.
    Chunks(u64),
}

impl Outgoing {
    pub(crate) fn empty() -> Self {
        Self::Whole(None)
    }

    /// 1 KiB.
    pub(crate) fn small() -> Self {
        Self::Whole(Some(Bytes::from_static(&[b'a'; SMALL])))
    }

    pub(crate) fn text(text: String) -> Self {
        Self::Whole(Some(text.into()))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(match self.get_mut() {
            Self::Whole(bytes) => bytes.take().map(|bytes| Ok(Frame::data(bytes))),
            Self::Chunks(0) => None,
            Self::Chunks(left) => {
                let chunk = noise();
                let length = chunk
                    .len()
                    .min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= length as u64;
                Some(Ok(Frame::data(chunk.slice(..length))))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None) | Self::Chunks(0))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Self::Chunks(left) => *left,
        })
    }
}

/// Bytes that do not compress (xorshift64), always the same.
fn noise() -> Bytes {
    static NOISE: OnceLock<Bytes> = OnceLock::new();
    let make = || {
        let mut x = 0x2545_f491_4f6c_dd1d_u64;
        (0..CHUNK)
            .map(|_| {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                x.to_le_bytes()[0]
            })
            .collect()
    };
    NOISE.get_or_init(make).clone()
}
