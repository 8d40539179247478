//! A file being written, as core has it.

use std::any::Any;

use bytes::Bytes;
use urlsession_core::{BoxFuture, Error, FileSink};

use super::js;
use super::work::Work;
#[cfg(feature = "download")]
use crate::exchange::Exchange;

/// What JavaScript writes.
pub(crate) struct WebSink(pub(super) Work);

impl WebSink {
    /// Appends the chunk that was read last, which does not pass this program's memory.
    #[cfg(feature = "download")]
    pub(crate) fn pass(&mut self, exchange: &Exchange) -> BoxFuture<'_, Result<(), Error>> {
        js::pass(&self.0.object, &exchange.object);
        Box::pin(&mut self.0)
    }
}

impl FileSink for WebSink {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>> {
        js::put(&self.0.object, &chunk);
        Box::pin(&mut self.0)
    }

    fn move_to(&mut self, offset: u64) -> bool {
        js::move_to(&self.0.object, offset as f64)
    }

    fn sync(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        js::sync(&self.0.object);
        Box::pin(&mut self.0)
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        js::finish(&self.0.object);
        Box::pin(&mut self.0)
    }

    fn native(&mut self) -> Option<&mut dyn Any> {
        Some(self)
    }
}
