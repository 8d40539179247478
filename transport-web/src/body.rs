//! A response's body, read from its stream one chunk at a time.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
#[cfg(feature = "native-objects")]
use urlsession_core::NativeObject;
use urlsession_core::{Body, Error, ErrorCode, ExchangeEvents, Target};
#[cfg(feature = "download")]
use urlsession_core::{BoxFuture, FileSink, SaveTo};
#[cfg(feature = "native-objects")]
use wasm_bindgen::prelude::*;

use crate::arrays;
use crate::engine::is_server;
use crate::exchange::{Exchange, Lack};
#[cfg(feature = "download")]
use crate::files::WebSink;
use crate::incoming::malformed;
#[cfg(feature = "native-objects")]
use crate::js;
use crate::script_error::Step;
use crate::sending::Long;
use crate::timing::Timed;

/// The body of a response. A chunk is read when it is asked for, never before.
pub(crate) struct FetchBody {
    exchange: Exchange,
    stage: Stage,
    /// The request's body, as long as the server may still take of it while it answers.
    pub(crate) sending: Option<Long>,
    pub(crate) remaining: Option<u64>,
    pub(crate) timing: Option<Timed>,
    /// What was asked for, where the response came from there. Else its failures are told of without a URL: core has the response's.
    place: Option<Arc<Target>>,
    events: ExchangeEvents,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Untouched,
    Reading,
    Ended,
}

impl FetchBody {
    pub(crate) fn new(
        exchange: Exchange,
        remaining: Option<u64>,
        place: Option<Arc<Target>>,
        events: ExchangeEvents,
    ) -> Self {
        Self {
            exchange,
            stage: Stage::Untouched,
            sending: None,
            remaining,
            timing: None,
            place,
            events,
        }
    }

    /// How many bytes the next chunk has; 0 at the end.
    fn poll_read(&mut self, context: &Context<'_>) -> Poll<Result<usize, Error>> {
        self.stage = Stage::Reading;
        let read = ready!(self.exchange.poll_chunk(context));
        Poll::Ready(read.map_err(|lack| match lack {
            Lack::Thrown => self.placed(Step::Reading.error(&self.exchange.thrown())),
            Lack::Malformed | Lack::Unmade | Lack::Refused => self.malformed(),
        }))
    }

    /// The chunk's bytes, copied.
    fn bytes(&mut self, length: usize) -> Result<Bytes, Error> {
        let bytes = self.exchange.bytes(length).ok_or_else(|| {
            self.end_untold();
            self.malformed()
        })?;
        arrays::came(&bytes, &self.exchange);
        Ok(bytes)
    }

    fn malformed(&self) -> Error {
        self.placed(malformed(ErrorCode::CannotParseResponse.into()))
    }

    fn placed(&self, error: Error) -> Error {
        match &self.place {
            Some(target) => error.with_target(target),
            None => error,
        }
    }

    fn count(&mut self, length: usize) {
        self.events.touched();
        self.remaining = match self.remaining {
            Some(remaining) => remaining.checked_sub(length as u64),
            None => None,
        };
    }

    /// Every byte has come that the head has told of: the browser need not be asked, and waited for, to say the same. Only where its entry of the
    /// fetch is wanted, which it makes at the end; and in Node, where a fetch has its end only once it is read.
    fn has_all(&self) -> bool {
        let is_reading = self.stage == Stage::Reading;
        is_reading && self.remaining == Some(0) && self.timing.is_none() && !is_server()
    }

    /// Feeds what is fed, until its body has ended.
    fn feed(&mut self, context: &mut Context<'_>) -> Result<(), Error> {
        if let Some(sending) = &mut self.sending
            && let Poll::Ready(ended) = sending.poll_fed(context, &self.events)
        {
            self.sending = None;
            ended?;
        }
        Ok(())
    }

    /// How many bytes the next chunk has, which is still the browser's; 0 at the end.
    fn poll_length(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Error>> {
        if self.stage == Stage::Ended {
            return self.poll_told(context);
        }
        let read = match self.feed(context) {
            Ok(()) if self.has_all() => Ok(0),
            Ok(()) => ready!(self.poll_read(context)),
            Err(error) => Err(error),
        };
        match read {
            Ok(0) => {
                self.stage = Stage::Ended;
                // A server that answers before it has all wants no more of it.
                if self.sending.is_none() {
                    self.exchange.is_over();
                }
                return self.poll_told(context);
            }
            Ok(length) => self.count(length),
            Err(_) => self.end_untold(),
        }
        Poll::Ready(read)
    }

    /// The end, once the browser has told what it tells of the exchange.
    fn poll_told(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Error>> {
        if let Some(timing) = &mut self.timing {
            ready!(timing.poll_tell(context, &self.events));
            self.timing = None;
        }
        Poll::Ready(Ok(0))
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
        match ready!(self.poll_length(context))? {
            0 => Poll::Ready(None),
            length => Poll::Ready(Some(self.bytes(length))),
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
    #[cfg(feature = "native-objects")]
    fn take_native(&mut self) -> Option<NativeObject> {
        if self.stage != Stage::Untouched {
            return None;
        }
        let response = js::response_of(&self.exchange.object);
        if response.is_undefined() {
            return None;
        }
        self.end_untold();
        self.exchange.is_over();
        // JavaScript has looked.
        let response: web_sys::Response = response.unchecked_into();
        Some(Box::new(response))
    }
}

#[cfg(feature = "download")]
impl SaveTo for FetchBody {
    /// From the stream's reader to the file: the bytes do not come into this program's memory.
    fn save_to<'a>(&'a mut self, file: &'a mut dyn FileSink) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            let length = std::future::poll_fn(|context| self.poll_length(context)).await?;
            if length == 0 {
                return Ok(0);
            }
            match native(file) {
                Some(sink) => sink.pass(&self.exchange).await?,
                None => file.write(self.bytes(length)?).await?,
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
