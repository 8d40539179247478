//! A body that is read from further on.

use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderName};

use crate::words::body::Body;
use crate::words::error::{Error, ErrorCode};

/// `body` without its first bytes, which are read and forgotten.
pub(crate) struct Skipping {
    body: Box<dyn Body>,
    left: u64,
}

impl Skipping {
    /// `body` without its first `count` bytes.
    pub(crate) fn of(body: Box<dyn Body>, count: u64) -> Box<dyn Body> {
        match count {
            0 => body,
            left => Box::new(Self { body, left }),
        }
    }
}

impl Body for Skipping {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let mut chunk = match ready!(self.body.poll_next_chunk(context)) {
            Some(Ok(chunk)) => chunk,
            None if self.left > 0 => {
                self.left = 0;
                let error = Error::new(ErrorCode::RequestBodyStreamExhausted);
                return Poll::Ready(Some(Err(
                    error.because("the body ends before what was sent of it")
                )));
            }
            other => return Poll::Ready(other),
        };
        let skipped = usize::try_from(self.left).map_or(chunk.len(), |left| left.min(chunk.len()));
        chunk.advance(skipped);
        self.left -= skipped as u64;
        if chunk.is_empty() {
            // Others run before the next chunk is asked for: much may have to be skipped.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(chunk)))
    }

    fn remaining(&self) -> Option<u64> {
        let remaining = self.body.remaining()?;
        Some(remaining.saturating_sub(self.left))
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.body.trailers()
    }

    fn trailer_names(&self) -> &[HeaderName] {
        self.body.trailer_names()
    }
}
