//! Bodies that take time to open.

use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::words::body::Body;
use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::error::Error;

/// A body that was opened, and how long it is from there on, where that is known.
pub(crate) struct Opened {
    pub(crate) body: Box<dyn Body>,
    pub(crate) length: Option<u64>,
}

/// What opens a body: at its start, or, to go on with an upload, further on.
pub(crate) trait OpenBody: MaybeSend + MaybeSync {
    /// The body from its byte `offset` on.
    fn open(&self, offset: u64) -> BoxFuture<'static, Result<Opened, Error>>;

    /// True when it can be opened again and again.
    fn is_replayable(&self) -> bool;

    /// True when the next [`open`](Self::open) can give it.
    fn is_unread(&self) -> bool;
}

/// A body that is opened when its first byte is asked for.
pub(crate) struct Opening(State);

enum State {
    Opening(BoxFuture<'static, Result<Opened, Error>>),
    Open(Box<dyn Body>),
    Failed,
}

impl Opening {
    pub(crate) fn new(opening: BoxFuture<'static, Result<Opened, Error>>) -> Self {
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
