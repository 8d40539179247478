//! The bytes of a Blob, read as they are asked for.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use urlsession_core::{Body, BoxFuture, Error, FileChanged};
use wasm_bindgen::JsValue;

use crate::js::Foreign;
use crate::objects::bytes_in;
use crate::promised::Promised;

/// So many bytes are read at once.
const CHUNK: u64 = 256 * 1024;

/// Tells whether the file is still what it was.
pub(crate) type Check = BoxFuture<'static, Result<(), Error>>;

/// A Blob's bytes from an offset on.
pub(crate) struct BlobBody {
    blob: Foreign,
    at: u64,
    end: u64,
    read: Option<Promised>,
    /// The last chunk waits for it.
    check: Option<Check>,
    last: Option<Bytes>,
}

impl BlobBody {
    /// The `length` bytes of `blob` that there are, from `at` on. `check` is asked before the last chunk.
    pub(crate) fn new(blob: Foreign, at: u64, length: u64, check: Option<Check>) -> Self {
        Self {
            blob,
            at,
            end: length.max(at),
            read: None,
            check,
            last: None,
        }
    }

    fn begin(&self) -> Result<Promised, JsValue> {
        let end = self.end.min(self.at.saturating_add(CHUNK));
        let part = self.blob.slice(self.at as f64, end as f64)?;
        let promised = Promised::new();
        promised.listen(part.array_buffer()?.as_ref());
        Ok(promised)
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Error>> {
        if self.read.is_none() {
            self.read = Some(self.begin().map_err(|_| FileChanged)?);
        }
        let Some(read) = &self.read else {
            return Poll::Pending;
        };
        let read = ready!(read.poll(context));
        self.read = None;
        // The browser found that its file is another.
        let buffer = read.map_err(|_| FileChanged)?;
        let bytes = bytes_in(&buffer).filter(|bytes| !bytes.is_empty());
        let bytes = bytes.filter(|bytes| bytes.len() as u64 <= self.end - self.at);
        let bytes = bytes.ok_or(FileChanged)?;
        self.at += bytes.len() as u64;
        Poll::Ready(Ok(bytes))
    }
}

impl Body for BlobBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if self.last.is_none() {
            if self.at >= self.end {
                return Poll::Ready(None);
            }
            let chunk = ready!(self.poll_read(context));
            let chunk = chunk.inspect_err(|_| self.at = self.end)?;
            if self.at < self.end {
                return Poll::Ready(Some(Ok(chunk)));
            }
            self.last = Some(chunk);
        }
        if let Some(check) = &mut self.check {
            let checked = ready!(check.as_mut().poll(context));
            self.check = None;
            checked.inspect_err(|_| self.last = None)?;
        }
        Poll::Ready(self.last.take().map(Ok))
    }

    fn remaining(&self) -> Option<u64> {
        let waiting = self.last.as_ref().map_or(0, Bytes::len) as u64;
        Some(self.end - self.at + waiting)
    }
}
