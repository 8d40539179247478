//! A response's body, read from its stream one chunk at a time.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use urlsession_core::{Body, Error, ErrorCode, ExchangeEvents, NativeObject, Response, Url};
#[cfg(feature = "download")]
use urlsession_core::{BoxFuture, FileSink, SaveTo};
use wasm_bindgen::prelude::*;

use crate::arrays;
use crate::engine::is_server;
use crate::feed::Feed;
#[cfg(feature = "download")]
use crate::files::WebSink;
use crate::incoming::{body_length, is_absent, malformed};
use crate::js::{AbortController, Foreign};
use crate::reader::{Chunk, Reader, Unreadable};
use crate::script_error::Step;
use crate::timing::Timing;
use crate::transport::poll_fed;

/// The body of a response. A chunk is read when it is asked for, never before.
pub(crate) struct FetchBody {
    // In the order in which they must go: a reader cancelled before the abort leaves no rejection behind.
    stage: Stage,
    /// What the server still takes of the request's body while it answers.
    pub(crate) feed: Option<Feed>,
    abort: AbortOnDrop,
    pub(crate) remaining: Option<u64>,
    pub(crate) timing: Option<Timing>,
    url: Url,
    events: ExchangeEvents,
}

enum Stage {
    Untouched(Foreign),
    Reading(Reader),
    Ended,
}

impl FetchBody {
    pub(crate) fn new(
        response: Foreign,
        abort: AbortOnDrop,
        head: &Response,
        events: ExchangeEvents,
    ) -> Self {
        let remaining = body_length(&response, head.headers());
        Self {
            stage: Stage::Untouched(response),
            feed: None,
            abort,
            remaining,
            timing: None,
            url: head.url().clone(),
            events,
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Chunk>, Error>> {
        loop {
            match &mut self.stage {
                Stage::Untouched(response) => match reader_of(response) {
                    Ok(Some(reader)) => self.stage = Stage::Reading(reader),
                    Ok(None) => return Poll::Ready(Ok(None)),
                    Err(_) => return Poll::Ready(Err(self.malformed())),
                },
                Stage::Reading(reader) => {
                    let read = ready!(reader.poll_chunk(context));
                    return Poll::Ready(read.map_err(|error| self.unreadable(error)));
                }
                Stage::Ended => return Poll::Ready(Ok(None)),
            }
        }
    }

    fn unreadable(&self, error: Unreadable) -> Error {
        match error {
            Unreadable::Thrown(thrown) => Step::Reading.failed(&self.url, &thrown),
            Unreadable::NoChunk => self.malformed(),
        }
    }

    /// A chunk's bytes, copied.
    fn bytes(&mut self, chunk: &Chunk) -> Result<Bytes, Error> {
        let bytes = chunk.bytes().ok_or_else(|| {
            self.end_untold();
            self.malformed()
        })?;
        arrays::came(&bytes, &chunk.array);
        Ok(bytes)
    }

    fn malformed(&self) -> Error {
        malformed(ErrorCode::CannotParseResponse, &self.url)
    }

    fn count(&mut self, chunk: &Chunk) {
        self.events.touched();
        self.remaining = match self.remaining {
            Some(remaining) => remaining.checked_sub(chunk.length as u64),
            None => None,
        };
    }

    /// Every byte has come that the head has told of: the browser need not be asked, and waited for, to say the same. Only where its entry of the
    /// fetch is wanted, which it makes at the end; and in Node, where a fetch has its end only once it is read.
    fn has_all(&mut self) -> bool {
        let has_all = self.remaining == Some(0) && self.timing.is_none() && !is_server();
        if let Stage::Reading(reader) = &mut self.stage
            && has_all
        {
            reader.has_all();
            return true;
        }
        false
    }

    /// The next chunk, still the browser's.
    fn poll_array(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Chunk>, Error>> {
        if let Stage::Ended = self.stage {
            return self.poll_told(context);
        }
        let read = match poll_fed(&mut self.feed, context, &self.events) {
            Ok(()) if self.has_all() => Ok(None),
            Ok(()) => ready!(self.poll_read(context)),
            Err(error) => Err(error),
        };
        match &read {
            Ok(Some(chunk)) => self.count(chunk),
            Ok(None) => {
                self.stage = Stage::Ended;
                // A server that answers before it has all wants no more of it.
                if self.feed.is_none() {
                    self.abort.disarm();
                }
                return self.poll_told(context);
            }
            // The reader is cancelled now, the exchange aborted when the body goes.
            Err(_) => self.end_untold(),
        }
        Poll::Ready(read)
    }

    /// The end, once the browser has told what it tells of the exchange.
    fn poll_told(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Chunk>, Error>> {
        // Asked where it is known when a module is linked: without the feature `metrics` nothing of this is in it.
        if self.events.wants_metrics()
            && let Some(timing) = &mut self.timing
        {
            ready!(timing.poll_tell(context, &self.events));
            self.timing = None;
        }
        Poll::Ready(Ok(None))
    }

    fn end_untold(&mut self) {
        self.stage = Stage::Ended;
        self.timing = None;
    }
}

impl Drop for FetchBody {
    fn drop(&mut self) {
        arrays::forget();
    }
}

impl Body for FetchBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        match ready!(self.poll_array(context))? {
            Some(chunk) => Poll::Ready(Some(self.bytes(&chunk))),
            None => Poll::Ready(None),
        }
    }

    fn remaining(&self) -> Option<u64> {
        self.remaining
    }

    #[cfg(feature = "download")]
    fn direct(&mut self) -> Option<&mut dyn SaveTo> {
        Some(self)
    }

    /// The browser's `Response`, a `web_sys::Response`, as long as nothing was read. Its transfer is the caller's from now on.
    fn take_native(&mut self) -> Option<NativeObject> {
        let Stage::Untouched(response) = &self.stage else {
            return None;
        };
        let response: web_sys::Response = JsValue::from(response.clone()).dyn_into().ok()?;
        self.end_untold();
        self.abort.disarm();
        Some(Box::new(response))
    }
}

#[cfg(feature = "download")]
impl SaveTo for FetchBody {
    /// From the stream's reader to the file: the bytes do not come into this program's memory.
    fn save_to<'a>(&'a mut self, file: &'a mut dyn FileSink) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            let Some(chunk) = std::future::poll_fn(|context| self.poll_array(context)).await?
            else {
                return Ok(0);
            };
            let length = chunk.length;
            match native(file) {
                Some(sink) => sink.put(chunk.array, length).await?,
                None => file.write(self.bytes(&chunk)?).await?,
            }
            Ok(length as u64)
        })
    }
}

/// The file, where it is one of this crate's.
#[cfg(feature = "download")]
fn native(file: &mut dyn FileSink) -> Option<&mut WebSink> {
    file.native()?.downcast_mut()
}

/// The reader of the response's body; `None` when it has none.
fn reader_of(response: &Foreign) -> Result<Option<Reader>, JsValue> {
    let stream = response.body()?;
    if is_absent(&stream) {
        return Ok(None);
    }
    Reader::of(&stream).map(Some)
}

/// Aborts its exchange when dropped.
pub(crate) struct AbortOnDrop(Option<AbortController>);

impl AbortOnDrop {
    pub(crate) fn new(controller: AbortController) -> Self {
        Self(Some(controller))
    }

    /// There is nothing to abort.
    pub(crate) fn nothing() -> Self {
        Self(None)
    }

    /// Nothing is left to abort, or it is no longer ours.
    fn disarm(&mut self) {
        self.0 = None;
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            // A throw from a page's listener is the page's.
            let _ = controller.abort();
        }
    }
}
