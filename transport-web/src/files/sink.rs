//! A file being written, as core has it.

use std::any::Any;

use bytes::Bytes;
use js_sys::Uint8Array;
use urlsession_core::{BoxFuture, Error, FileSink};
use wasm_bindgen::JsValue;

use super::memory::MemorySink;
use super::page_sink::PageSink;
use super::worker_sink::WorkerSink;

/// Bytes on their way to a file: this program's, or the browser's own, which do not come into its memory.
pub(super) enum Chunk {
    Ours(Bytes),
    /// A `Uint8Array`, of so many bytes.
    #[cfg_attr(
        not(feature = "download"),
        expect(dead_code, reason = "downloads move them")
    )]
    Browsers(JsValue, usize),
}

impl Chunk {
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Ours(bytes) => bytes.len(),
            Self::Browsers(_, length) => *length,
        }
    }

    /// As the browser has it.
    pub(super) fn array(&self) -> JsValue {
        match self {
            Self::Ours(bytes) => Uint8Array::from(&**bytes).into(),
            Self::Browsers(array, _) => array.clone(),
        }
    }
}

/// One for each way to write.
pub(crate) enum WebSink {
    Worker(WorkerSink),
    Page(PageSink),
    Memory(MemorySink),
}

impl WebSink {
    /// Appends the `length` bytes of the browser's `array`.
    #[cfg(feature = "download")]
    pub(crate) async fn put(&mut self, array: JsValue, length: usize) -> Result<(), Error> {
        self.append(Chunk::Browsers(array, length)).await
    }

    async fn append(&mut self, chunk: Chunk) -> Result<(), Error> {
        match self {
            Self::Worker(sink) => sink.write(&chunk),
            Self::Page(sink) => sink.write(chunk).await,
            Self::Memory(sink) => sink.write(&chunk),
        }
    }
}

impl FileSink for WebSink {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.append(Chunk::Ours(chunk)))
    }

    fn move_to(&mut self, offset: u64) -> bool {
        match self {
            Self::Worker(sink) => {
                sink.at = offset;
                true
            }
            Self::Page(_) | Self::Memory(_) => false,
        }
    }

    fn sync(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            match self {
                Self::Worker(sink) => sink.flush(),
                Self::Page(sink) => sink.sync().await,
                Self::Memory(sink) => sink.flush(),
            }
        })
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            match self {
                Self::Worker(sink) => sink.close(),
                Self::Page(sink) => sink.finish().await,
                Self::Memory(sink) => sink.flush(),
            }
        })
    }

    fn native(&mut self) -> Option<&mut dyn Any> {
        Some(self)
    }
}
