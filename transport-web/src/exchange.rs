//! One exchange as the browser makes it, and bodies as they are read from streams: what `js/fetch.js` does, by the numbers that it tells.

use std::task::{Context, Poll};

use bytes::Bytes;
use wasm_bindgen::prelude::*;

use crate::copied::filled;
use crate::js;
use crate::wakers::{Number, Wake};

/// Why there is no head, or no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// It failed with what was [thrown](Exchange::thrown).
    Thrown,
    /// What came is no response, or no chunk of bytes.
    Malformed,
    /// No request can be made of what was asked for; there is no stream, or another reads it.
    Unmade,
    /// A redirect, of which none may be followed.
    Refused,
}

/// What is meant by a number: a count, or one of those below 0 that `js/fetch.js` names.
fn told(number: f64) -> Poll<Result<usize, Lack>> {
    if number >= 0.0 {
        // The cast saturates.
        return Poll::Ready(Ok(number as usize));
    }
    Poll::Ready(Err(match number as i32 {
        -1 => return Poll::Pending,
        -2 => Lack::Thrown,
        -4 => Lack::Unmade,
        -5 => Lack::Refused,
        _ => Lack::Malformed,
    }))
}

/// One request and its response, or a stream that is read. Dropped before its end it is cancelled and aborted.
pub(crate) struct Exchange {
    pub(crate) object: js::Exchange,
    number: Number,
    is_over: bool,
}

impl Exchange {
    /// What JavaScript has begun.
    pub(crate) fn begun(begin: impl FnOnce(&Wake, u32) -> js::Exchange) -> Self {
        let (number, object) = Number::told(begin);
        Self {
            object,
            number,
            is_over: false,
        }
    }

    /// A stream that is there to be read.
    #[cfg(feature = "body-streams")]
    pub(crate) fn of_stream(stream: &JsValue) -> Self {
        Self::begun(|wake, number| js::read_stream(stream, wake, number))
    }

    /// The status; 0 for one that is none.
    pub(crate) fn poll_head(&self, context: &Context<'_>) -> Poll<Result<usize, Lack>> {
        self.waiting(js::head(&self.object), context)
    }

    /// How many bytes the next chunk has, which is not 0; 0 at the end.
    pub(crate) fn poll_chunk(&self, context: &Context<'_>) -> Poll<Result<usize, Lack>> {
        self.waiting(js::read(&self.object), context)
    }

    fn waiting(&self, number: f64, context: &Context<'_>) -> Poll<Result<usize, Lack>> {
        let told = told(number);
        if told.is_pending() {
            self.number.waits(context);
        }
        told
    }

    /// A copy of the chunk that was read, which has so many bytes; `None` where there is no room for it.
    pub(crate) fn bytes(&self, length: usize) -> Option<Bytes> {
        filled(length, |memory| js::copy(&self.object, memory))
    }

    /// What it failed with.
    pub(crate) fn thrown(&self) -> JsValue {
        js::thrown_by(&self.object)
    }

    /// Nothing is left to cancel or to abort, or it is no longer ours.
    pub(crate) fn is_over(&mut self) {
        self.is_over = true;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.is_over {
            js::stop(&self.object);
        }
    }
}
