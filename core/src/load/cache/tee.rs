//! A response's body on its way to the app, kept as it passes.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;

use crate::load::cache::keep::{End, Keeper};
use crate::words::body::Body;
use crate::words::error::Error;

/// A body that is kept when it has come to its end; broken off, or dropped before, it leaves at most a part.
pub(super) struct Tee {
    body: Box<dyn Body>,
    keeper: Option<Box<Keeper>>,
}

impl Tee {
    pub(super) fn new(body: Box<dyn Body>, keeper: Keeper) -> Self {
        Self {
            body,
            keeper: Some(Box::new(keeper)),
        }
    }
}

impl Body for Tee {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(keeper) = &mut self.keeper {
            // What came last is written before more is read: a slow disk slows the server, and memory holds one chunk.
            ready!(keeper.poll_written(context));
        }
        let chunk = ready!(self.body.poll_next_chunk(context));
        match (&chunk, &mut self.keeper) {
            (Some(Ok(bytes)), Some(keeper)) => keeper.add(bytes),
            (Some(Err(_)), keeper) => {
                if let Some(keeper) = keeper.take() {
                    keeper.ended(End::Broken);
                }
            }
            (None, keeper) => {
                if let Some(keeper) = keeper.take() {
                    keeper.ended(End::Whole);
                }
            }
            (Some(Ok(_)), None) => {}
        }
        Poll::Ready(chunk)
    }

    fn remaining(&self) -> Option<u64> {
        self.body.remaining()
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.body.trailers()
    }
}

impl Drop for Tee {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.ended(End::Broken);
        }
    }
}
