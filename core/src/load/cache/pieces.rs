//! Bodies made of parts of others.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;

use crate::words::body::Body;
use crate::words::error::Error;

/// The first so many bytes of a body.
pub(super) struct Limited {
    body: Box<dyn Body>,
    left: u64,
}

impl Limited {
    pub(super) fn new(body: Box<dyn Body>, length: u64) -> Self {
        Self { body, left: length }
    }
}

impl Body for Limited {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let chunk = ready!(self.body.poll_next_chunk(context));
        Poll::Ready(chunk.map(|chunk| {
            chunk.map(|mut bytes| {
                bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
                self.left -= bytes.len() as u64;
                bytes
            })
        }))
    }

    fn remaining(&self) -> Option<u64> {
        Some(self.left)
    }
}

/// One body after another.
pub(super) struct Joined {
    first: Option<Box<dyn Body>>,
    then: Box<dyn Body>,
}

impl Joined {
    pub(super) fn new(first: Box<dyn Body>, then: Box<dyn Body>) -> Self {
        Self {
            first: Some(first),
            then,
        }
    }
}

impl Body for Joined {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(first) = &mut self.first {
            match ready!(first.poll_next_chunk(context)) {
                None => self.first = None,
                chunk => return Poll::Ready(chunk),
            }
        }
        self.then.poll_next_chunk(context)
    }

    fn remaining(&self) -> Option<u64> {
        let first = match &self.first {
            Some(first) => first.remaining()?,
            None => 0,
        };
        first.checked_add(self.then.remaining()?)
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.then.trailers()
    }
}
