//! Bodies that take time to open.

use std::fmt;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::words::body::Body;
use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::error::Error;

/// A body that was opened.
pub struct OpenedBody {
    /// Its bytes.
    pub body: Box<dyn Body>,
    /// How many there are, where that is known: then they go with Content-Length, and must be so many.
    pub length: Option<u64>,
}

impl fmt::Debug for OpenedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedBody")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// What opens the body of a request when it is to be sent, in its own time: see [`BodyStream::opened_by`](crate::BodyStream::opened_by).
pub trait OpenBody: MaybeSend + MaybeSync + 'static {
    /// The body from its byte `offset` on: 0, or, where an upload goes on that was broken off, what the server has of it.
    ///
    /// # Errors
    /// Whatever the task is to fail with.
    fn open(&self, offset: u64) -> BoxFuture<'static, Result<OpenedBody, Error>>;

    /// True, as by default, when it can be opened again and again.
    fn is_replayable(&self) -> bool {
        true
    }

    /// True, as by default, when the next [`open`](Self::open) can give the body.
    fn is_unread(&self) -> bool {
        true
    }
}

/// A body that is opened when its first byte is asked for.
pub(crate) struct Opening(State);

enum State {
    Opening(BoxFuture<'static, Result<OpenedBody, Error>>),
    Open(Box<dyn Body>),
    Failed,
}

impl Opening {
    pub(crate) fn new(opening: BoxFuture<'static, Result<OpenedBody, Error>>) -> Self {
        Self(State::Opening(opening))
    }
}

impl Body for Opening {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            match &mut self.0 {
                State::Open(body) => return body.poll_next_chunk(context),
                State::Failed => return Poll::Ready(None),
                State::Opening(opening) => match ready!(opening.as_mut().poll(context)) {
                    Ok(opened) => self.0 = State::Open(opened.body),
                    Err(error) => {
                        self.0 = State::Failed;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
            }
        }
    }

    fn remaining(&self) -> Option<u64> {
        match &self.0 {
            State::Open(body) => body.remaining(),
            State::Opening(_) => None,
            State::Failed => Some(0),
        }
    }
}
