//! The bytes of a Blob, read as they are asked for.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use urlsession_core::{Body, Error, FileChanged};
#[cfg(feature = "cache")]
use wasm_bindgen::JsValue;

use crate::exchange::Exchange;
#[cfg(feature = "cache")]
use crate::js;

/// A Blob's bytes from an offset on.
pub(crate) struct BlobBody {
    read: Exchange,
    remaining: u64,
}

impl BlobBody {
    /// The `length` bytes of `blob` that there are, from `at` on.
    #[cfg(feature = "cache")]
    pub(crate) fn new(blob: &JsValue, at: u64, length: u64) -> Self {
        let read = Exchange::begun(|wake, number| {
            js::read_parts(blob, at as f64, length as f64, wake, number)
        });
        Self::of(read, length.saturating_sub(at))
    }

    /// The `remaining` bytes that are being read.
    pub(crate) fn of(read: Exchange, remaining: u64) -> Self {
        Self { read, remaining }
    }
}

impl Body for BlobBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if self.remaining == 0 {
            return Poll::Ready(None);
        }
        let length = ready!(self.read.poll_chunk(context)).unwrap_or(0);
        let bytes = self.read.bytes(length).filter(|bytes| !bytes.is_empty());
        // The browser found that its file is another.
        let bytes = bytes.ok_or_else(|| Error::from(FileChanged));
        self.remaining = match bytes {
            Ok(_) => self.remaining.saturating_sub(length as u64),
            Err(_) => 0,
        };
        Poll::Ready(Some(bytes))
    }

    fn remaining(&self) -> Option<u64> {
        Some(self.remaining)
    }
}
