//! The reader of a stream of bytes: one chunk at a time, each read when it is asked for.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use wasm_bindgen::prelude::*;

use crate::js::{self, Foreign};
use crate::promised::Promised;

/// The reader of a stream, which is cancelled when this is dropped before the end.
pub(crate) struct Reader {
    object: Foreign,
    promised: Promised,
    is_reading: bool,
    has_ended: bool,
}

/// Why there is no chunk.
pub(crate) enum Unreadable {
    /// The stream failed with this.
    Thrown(JsValue),
    /// It gave what no stream of bytes gives.
    NoChunk,
}

impl From<JsValue> for Unreadable {
    fn from(thrown: JsValue) -> Self {
        Self::Thrown(thrown)
    }
}

/// What a stream of bytes gives at once.
pub(crate) struct Chunk {
    /// A `Uint8Array`.
    pub(crate) array: JsValue,
    /// How many bytes it has, which is not 0.
    pub(crate) length: usize,
}

impl Reader {
    /// # Errors
    /// What was thrown: it is no stream, or has a reader already.
    pub(crate) fn of(stream: &Foreign) -> Result<Self, JsValue> {
        Ok(Self {
            object: stream.get_reader()?,
            promised: Promised::new(),
            is_reading: false,
            has_ended: false,
        })
    }

    /// The next chunk; `None` at the end.
    pub(crate) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Chunk>, Unreadable>> {
        loop {
            if !self.is_reading {
                let promise = self.object.read()?;
                self.promised.listen(&promise)?;
                self.is_reading = true;
            }
            let read = ready!(self.promised.poll(context));
            self.is_reading = false;
            let read: Foreign = read?.unchecked_into();
            let Some(chunk) = chunk(&read) else {
                return Poll::Ready(Err(Unreadable::NoChunk));
            };
            self.has_ended = chunk.is_none();
            if chunk.as_ref().is_none_or(|chunk| chunk.length > 0) {
                return Poll::Ready(Ok(chunk));
            }
        }
    }

    /// Nothing is left to read: there is nothing to cancel.
    pub(crate) fn has_all(&mut self) {
        self.has_ended = true;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if !self.has_ended
            && let Ok(promise) = self.object.cancel()
        {
            // Nobody waits for it, but an unheard rejection is reported as an error of the page.
            let _ = self.promised.listen(&promise);
        }
    }
}

/// What one `read()` gave: a chunk or, within, the end. `None` when it is nothing that a stream of bytes gives.
fn chunk(read: &Foreign) -> Option<Option<Chunk>> {
    if read.done().ok()?.is_truthy() {
        return Some(None);
    }
    let array = read.value().ok()?;
    if !array.is_instance_of::<js_sys::Uint8Array>() {
        return None;
    }
    let length = js::element_count(&array)?;
    Some(Some(Chunk { array, length }))
}

/// How many bytes an array has.
#[cfg(any(feature = "cache", feature = "download", feature = "upload"))]
pub(crate) fn length(array: &JsValue) -> usize {
    js::element_count(array).unwrap_or(0)
}

impl Chunk {
    /// A copy of its bytes; `None` where there is no room for it.
    pub(crate) fn bytes(&self) -> Option<Bytes> {
        copied(&self.array, self.length)
    }
}

/// A copy of an array's bytes; `None` where there is no room for it.
#[cfg(any(feature = "cache", feature = "download", feature = "upload"))]
pub(crate) fn bytes_of(array: &JsValue) -> Option<Bytes> {
    copied(array, length(array))
}

/// What memory is filled with, by copies: `resize` and zeroed memory go byte by byte in code that is compiled for size, and take as long as the
/// browser's part of a download.
static ZEROS: [u8; 16384] = [0; 16384];

fn copied(array: &JsValue, length: usize) -> Option<Bytes> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).ok()?;
    while bytes.len() < length {
        let missing = length - bytes.len();
        bytes.extend_from_slice(&ZEROS[..missing.min(ZEROS.len())]);
    }
    js::copy_elements(&mut bytes, array).ok()?;
    Some(bytes.into())
}
