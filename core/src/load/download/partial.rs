//! A file that is not whole yet.

use std::sync::Arc;

use bytes::Bytes;

use super::shared::{Download, Unclaimed};
use crate::seams::app::App;
use crate::seams::downloaded::DownloadedFile;
use crate::words::body::FileSink;
use crate::words::error::{Error, ErrorCode};

/// The file as it is being written. Dropped before it is whole, it leaves what it has to the download.
pub(super) struct Partial {
    download: Arc<Download>,
    /// `None` once it is whole.
    remains: Option<Remains>,
    written: u64,
}

/// What is left of it.
pub(super) struct Remains {
    file: Unclaimed,
    sink: Box<dyn FileSink>,
}

impl Partial {
    /// Makes the file.
    pub(super) async fn begin<A: App>(app: &A, download: &Arc<Download>) -> Result<Self, Error> {
        let files = &app.platform().files;
        let (file, sink) = files.temporary().await?;
        let file = DownloadedFile::new(file, files.clone());
        Ok(Self {
            download: download.clone(),
            remains: Some(Remains {
                file: Unclaimed::new(file, app.platform()),
                sink,
            }),
            written: 0,
        })
    }

    pub(super) async fn write(&mut self, chunk: Bytes) -> Result<(), Error> {
        let remains = self.remains.as_mut().ok_or(ErrorCode::CannotWriteToFile)?;
        self.written += chunk.len() as u64;
        remains.sink.write(chunk).await
    }

    /// How long it is.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// It is whole.
    pub(super) async fn finish(mut self) -> Result<DownloadedFile, Error> {
        let remains = self.remains.as_mut().ok_or(ErrorCode::CannotCloseFile)?;
        remains.sink.finish().await?;
        let file = self.remains.take().and_then(|whole| whole.file.claim());
        file.ok_or(ErrorCode::CannotCloseFile.into())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(remains) = self.remains.take() {
            self.download.leave(remains);
        }
    }
}

impl Remains {
    /// Closes and removes it.
    pub(super) async fn discard(self) {
        drop(self.sink);
        self.file.remove().await;
    }
}
