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

    /// The next chunk, a `Uint8Array` that is not empty; `None` at the end.
    pub(crate) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<JsValue>, Unreadable>> {
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
            if chunk.as_ref().is_none_or(|chunk| length(chunk) > 0) {
                return Poll::Ready(Ok(chunk));
            }
        }
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
fn chunk(read: &Foreign) -> Option<Option<JsValue>> {
    if read.done().ok()?.is_truthy() {
        return Some(None);
    }
    let value = read.value().ok()?;
    let is_sound =
        value.is_instance_of::<js_sys::Uint8Array>() && js::element_count(&value).is_some();
    is_sound.then_some(Some(value))
}

/// How many bytes a chunk has.
pub(crate) fn length(chunk: &JsValue) -> usize {
    js::element_count(chunk).unwrap_or(0)
}

/// What memory is filled with, by copies: `resize` and zeroed memory go byte by byte in code that is compiled for size, and take as long as the
/// browser's part of a download.
static ZEROS: [u8; 16384] = [0; 16384];

/// A copy of a chunk's bytes; `None` where there is no room for it.
pub(crate) fn bytes_of(chunk: &JsValue) -> Option<Bytes> {
    let mut bytes = Vec::new();
    let length = length(chunk);
    bytes.try_reserve_exact(length).ok()?;
    while bytes.len() < length {
        let missing = length - bytes.len();
        bytes.extend_from_slice(&ZEROS[..missing.min(ZEROS.len())]);
    }
    js::copy_elements(&mut bytes, chunk).ok()?;
    Some(bytes.into())
}
