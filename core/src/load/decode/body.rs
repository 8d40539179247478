//! Bodies that are decoded as they are pulled, and those that are not.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;

use super::chain::{Chain, Pulled};
use crate::words::body::Body;
use crate::words::decoding::DecodingError;
use crate::words::error::Error;

/// After so many steps without a byte for the app, others have their turn.
const STEPS: u32 = 32;

/// A body decoded chunk by chunk: nothing is decoded, and nothing read, that nobody asks for.
pub(super) struct DecodedBody {
    body: Box<dyn Body>,
    chain: Chain,
}

impl DecodedBody {
    pub(super) fn new(body: Box<dyn Body>, chain: Chain) -> Self {
        Self { body, chain }
    }

    fn poll_decoded(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        let mut steps = STEPS;
        loop {
            match self.chain.pull(&mut steps)? {
                Pulled::Chunk(chunk) => return Poll::Ready(Ok(Some(chunk))),
                Pulled::Ended => return Poll::Ready(Ok(None)),
                Pulled::Tired => {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Pulled::Hungry => match ready!(self.body.poll_next_chunk(context)).transpose()? {
                    Some(chunk) => self.chain.feed(chunk),
                    None => self.chain.end(),
                },
            }
        }
    }
}

impl Body for DecodedBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        self.poll_decoded(context).map(Result::transpose)
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.body.trailers()
    }
}

/// A body that must not be decoded: its first byte is an error.
pub(super) struct RefusedBody {
    body: Box<dyn Body>,
    refusal: DecodingError,
}

impl RefusedBody {
    pub(super) fn new(body: Box<dyn Body>, refusal: DecodingError) -> Self {
        Self { body, refusal }
    }
}

impl Body for RefusedBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let chunk = ready!(self.body.poll_next_chunk(context));
        Poll::Ready(chunk.map(|chunk| match chunk {
            Ok(chunk) if chunk.is_empty() => Ok(chunk),
            Ok(_) => Err(self.refusal.clone().into()),
            Err(error) => Err(error),
        }))
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.body.trailers()
    }
}
