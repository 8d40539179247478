//! A request's body on its way out: its length kept, its bytes counted as the network takes them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Frame, SizeHint};
use urlsession_core::{Body, Error, ErrorCode, ExchangeEvents, FileChanged, HopBody};

use crate::executor::Executor;
use crate::expectation::{Gate, Held};
use crate::files::NativeFiles;
use crate::io::Line;

/// Where the bytes of a body come from, for one attempt and perhaps another.
#[derive(Debug)]
pub(crate) struct Source {
    /// `None` once a stream was given out.
    body: Option<HopBody>,
    events: ExchangeEvents,
    reported: Option<Arc<Reported>>,
}

impl Source {
    pub(crate) fn new(body: HopBody, events: ExchangeEvents) -> Self {
        Self {
            body: Some(body),
            events,
            reported: None,
        }
    }

    /// The body from its start; `None` for a stream that was given out before.
    pub(crate) async fn open(&mut self, files: &NativeFiles) -> Result<Option<Upload>, Error> {
        let (chunks, length) = match &self.body {
            None => return Ok(None),
            Some(HopBody::Empty) => return Ok(Some(Upload::default())),
            Some(HopBody::Bytes(bytes)) if bytes.is_empty() => return Ok(Some(Upload::default())),
            Some(HopBody::Bytes(bytes)) => (Chunks::Bytes(bytes.clone()), Some(bytes.len() as u64)),
            Some(HopBody::File(file, version)) => {
                let body = files.open(file, 0).await?;
                if body.version() != **version {
                    return Err(FileChanged.into());
                }
                let length = body.remaining();
                (Chunks::Pulled(Box::new(body)), length)
            }
            Some(HopBody::Stream(..)) => match self.body.take() {
                // What fields follow has no length: HTTP/1.1 knows them in the chunked coding alone.
                Some(HopBody::Stream(body, length)) => {
                    let length = length.filter(|_| body.trailer_names().is_empty());
                    (Chunks::Pulled(body), length)
                }
                _ => return Ok(None),
            },
        };
        let reported = Arc::clone(self.reported());
        Ok(Some(Upload(Some(Box::new(Sending {
            chunks,
            length,
            offset: 0,
            next: None,
            reported,
            line: None,
            held: None,
        })))))
    }

    fn reported(&mut self) -> &Arc<Reported> {
        let events = &self.events;
        self.reported.get_or_insert_with(|| {
            Arc::new(Reported {
                events: events.clone(),
                bytes: AtomicU64::new(0),
            })
        })
    }
}

/// The body of one attempt; `None` when there is nothing to send.
#[derive(Debug, Default)]
pub(crate) struct Upload(Option<Box<Sending>>);

#[derive(Debug)]
struct Sending {
    chunks: Chunks,
    length: Option<u64>,
    offset: u64,
    next: Option<Bytes>,
    reported: Arc<Reported>,
    /// The connection that is to know when the last byte is written.
    line: Option<Arc<Line>>,
    /// What holds the first byte back.
    held: Option<Box<Held>>,
}

#[derive(Debug)]
enum Chunks {
    Bytes(Bytes),
    Pulled(Box<dyn Body>),
}

impl Chunks {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        match self {
            Self::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Bytes(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Self::Pulled(body) => body.poll_next_chunk(context),
        }
    }
}

impl Upload {
    /// The length of the whole in bytes, where it is known.
    pub(crate) fn length(&self) -> Option<u64> {
        self.0.as_ref().map_or(Some(0), |sending| sending.length)
    }

    /// Tells the connection at the other end of `line` that a body is on its way, and when it is out.
    pub(crate) fn announce_on(&mut self, line: &Arc<Line>) {
        if !self.is_at_end()
            && let Some(sending) = &mut self.0
        {
            if sending.held.is_none() {
                line.begin_sending();
            }
            sending.line = Some(Arc::clone(line));
        }
    }

    /// The field that announces what follows the body.
    pub(crate) fn trailer_field(&self) -> Option<HeaderValue> {
        let Chunks::Pulled(body) = &self.0.as_ref()?.chunks else {
            return None;
        };
        let names: Vec<_> = body
            .trailer_names()
            .iter()
            .map(HeaderName::as_str)
            .collect();
        // Names of fields are values of fields.
        HeaderValue::try_from(names.join(", "))
            .ok()
            .filter(|names| !names.is_empty())
    }

    /// What follows the body, at its end; asked for once.
    pub(crate) fn trailers(&mut self) -> Option<HeaderMap> {
        match &mut self.0.as_mut()?.chunks {
            Chunks::Pulled(body) if !body.trailer_names().is_empty() => body.trailers(),
            Chunks::Pulled(_) | Chunks::Bytes(_) => None,
        }
    }

    /// Holds the body back until the server asks for it, or `patience` is over; a body that is no body is not held.
    pub(crate) fn hold(&mut self, patience: Duration, executor: &Executor) {
        if let Some(sending) = &mut self.0 {
            sending.held = Some(Box::new(Held::new(patience, executor)));
        }
    }

    /// The gate that holds it back.
    pub(crate) fn gate(&self) -> Option<&Gate> {
        self.0.as_ref()?.held.as_deref().map(Held::gate)
    }

    /// True when every byte has been handed on.
    pub(crate) fn is_at_end(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|sending| sending.length == Some(sending.offset))
    }

    /// The next chunk, never empty; `None` at the end.
    ///
    /// # Errors
    /// The body's own; [`ErrorCode::RequestBodyStreamExhausted`] when it ends before its length,
    /// [`ErrorCode::DataLengthExceedsMaximum`] when it goes on beyond it.
    pub(crate) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Chunk, Error>>> {
        match &mut self.0 {
            None => Poll::Ready(None),
            Some(sending) => sending.poll_chunk(context),
        }
    }
}

impl Sending {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Chunk, Error>>> {
        if let Some(held) = &mut self.held {
            ready!(held.poll(context));
            self.held = None;
            if let Some(line) = &self.line {
                line.begin_sending();
            }
        }
        let next = match self.next.take() {
            Some(next) => Some(next),
            None => ready!(self.chunks.poll_next(context)).transpose()?,
        };
        let Some(bytes) = next else {
            return Poll::Ready(self.ended());
        };
        if bytes.is_empty() {
            // A body of empty chunks must not keep the thread: others run before the next one is asked for.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let end = self.offset + bytes.len() as u64;
        if let Some(length) = self.length {
            if end == length {
                self.look_beyond(context)?;
            }
            if end > length || self.next.is_some() {
                return Poll::Ready(Some(Err(ErrorCode::DataLengthExceedsMaximum.into())));
            }
        }
        let last_on = if self.length == Some(end) {
            self.line.take()
        } else {
            None
        };
        let reported = Some(Arc::clone(&self.reported));
        let chunk = Chunk {
            bytes,
            offset: self.offset,
            reported,
            last_on,
        };
        self.offset = end;
        Poll::Ready(Some(Ok(chunk)))
    }

    fn ended(&mut self) -> Option<Result<Chunk, Error>> {
        if self.length.is_some_and(|length| self.offset < length) {
            return Some(Err(ErrorCode::RequestBodyStreamExhausted.into()));
        }
        if let Some(line) = self.line.take() {
            line.end_sending();
        }
        None
    }

    /// Before the last chunk leaves, a body that has more at hand than its length says is found out; one that has not yet
    /// made up its mind is not waited for, and not asked again.
    fn look_beyond(&mut self, context: &mut Context<'_>) -> Result<(), Error> {
        if let Poll::Ready(more) = self.chunks.poll_next(context) {
            self.next = more.transpose()?.filter(|bytes| !bytes.is_empty());
        }
        Ok(())
    }
}

impl http_body::Body for Upload {
    type Data = Chunk;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Chunk>, Error>>> {
        match ready!(self.poll_chunk(context)) {
            Some(chunk) => Poll::Ready(Some(chunk.map(Frame::data))),
            None => Poll::Ready(
                self.trailers()
                    .map(|trailers| Ok(Frame::trailers(trailers))),
            ),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_at_end()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            None => SizeHint::with_exact(0),
            Some(sending) => sending.length.map_or_else(SizeHint::new, |length| {
                SizeHint::with_exact(length - sending.offset)
            }),
        }
    }
}

/// How many of a body's bytes the app has been told of: those sent a second time are not counted again.
#[derive(Debug)]
struct Reported {
    events: ExchangeEvents,
    bytes: AtomicU64,
}

impl Reported {
    fn up_to(&self, offset: u64) {
        let before = self.bytes.fetch_max(offset, Ordering::Relaxed);
        if offset > before {
            self.events.sent(offset - before);
        }
    }
}

/// A chunk that counts its bytes as they are written.
#[derive(Default)]
pub(crate) struct Chunk {
    bytes: Bytes,
    offset: u64,
    /// `None` in the empty chunk that only ends a stream.
    reported: Option<Arc<Reported>>,
    /// The connection that is told when the last byte is written, in the last chunk.
    last_on: Option<Arc<Line>>,
}

#[cfg(feature = "http2")]
impl Chunk {
    /// The first `length` bytes, taken from this chunk.
    pub(crate) fn split_to(&mut self, length: usize) -> Self {
        let first = Self {
            bytes: self.bytes.split_to(length),
            offset: self.offset,
            reported: self.reported.clone(),
            last_on: None,
        };
        self.offset += length as u64;
        first
    }
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.offset += count as u64;
        if let Some(reported) = &self.reported {
            reported.up_to(self.offset);
        }
        if self.bytes.is_empty()
            && let Some(line) = self.last_on.take()
        {
            line.end_sending();
        }
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk")
            .field("remaining", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
