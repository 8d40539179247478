//! A file being written in a dedicated worker, by a synchronous handle: what was flushed outlives worker and machine.

use urlsession_core::{Error, ErrorCode};
use wasm_bindgen::JsValue;

use super::failed::{because, failed};
use super::pieces::NO_ROOM;
use super::sink::Chunk;
use super::writer::Claim;
use crate::js::Foreign;
use crate::objects::{count, option};

/// Writes where it stands.
pub(crate) struct WorkerSink {
    pub(super) claim: Claim,
    pub(super) at: u64,
}

impl WorkerSink {
    fn handle(&self) -> Result<Foreign, Error> {
        let handle = self.claim.writer().object();
        handle.ok_or_else(|| because(ErrorCode::CannotWriteToFile, "the file was closed"))
    }

    /// Counts what was written of `length` bytes.
    fn wrote(&mut self, length: usize, written: Result<JsValue, JsValue>) -> Result<(), Error> {
        let thrown = |thrown: JsValue| failed(ErrorCode::CannotWriteToFile, &thrown);
        let written = count(Ok(written.map_err(thrown)?));
        if written != length as u64 {
            return Err(because(ErrorCode::CannotWriteToFile, NO_ROOM));
        }
        self.at += written;
        Ok(())
    }

    pub(super) fn write(&mut self, chunk: &Chunk) -> Result<(), Error> {
        let (handle, at) = (self.handle()?, option("at", self.at as f64));
        let written = match chunk {
            Chunk::Ours(bytes) => handle.write_bytes(bytes, &at),
            Chunk::Browsers(array, _) => handle.write_at(array, &at),
        };
        self.wrote(chunk.length(), written)
    }

    pub(super) fn flush(&self) -> Result<(), Error> {
        let flushed = self.handle()?.flush();
        flushed.map_err(|thrown| failed(ErrorCode::CannotWriteToFile, &thrown))?;
        Ok(())
    }

    pub(super) fn close(&self) -> Result<(), Error> {
        // Closed already where the file was moved or removed.
        let Some(handle) = self.claim.writer().take_object() else {
            return Ok(());
        };
        let closed = handle.close();
        closed.map_err(|thrown| failed(ErrorCode::CannotWriteToFile, &thrown))?;
        Ok(())
    }
}
