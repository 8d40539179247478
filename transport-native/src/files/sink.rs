//! A file being written: few large writes, on a thread for blocking work, while the next bytes come.

use std::fs::File;
use std::io::{self, IoSlice, Write as _};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use urlsession_core::{BoxFuture, Error, ErrorCode, FileSink};

use crate::executor::{Executor, Spawned};

/// So many bytes are written at once.
const BLOCK: usize = 512 * 1024;

/// A chunk shorter than this is copied, so that it does not keep the buffer that it is a part of.
const SMALL: usize = 8 * 1024;

/// A file being written from where its cursor stands.
#[derive(Debug)]
pub(super) struct Sink {
    file: Arc<File>,
    executor: Executor,
    gathered: Gathered,
    /// The write under way.
    busy: Option<Spawned<io::Result<()>>>,
}

impl Sink {
    pub(super) fn new(file: File, executor: Executor) -> Self {
        Self {
            file: Arc::new(file),
            executor,
            gathered: Gathered::default(),
            busy: None,
        }
    }

    /// Waits for the write under way.
    async fn settle(&mut self) -> Result<(), Error> {
        match self.busy.as_mut() {
            None => Ok(()),
            Some(busy) => {
                let done = busy.await;
                self.busy = None;
                done?.map_err(failed)
            }
        }
    }

    /// Waits for the write under way, and begins the next one: of what was gathered, and `then`.
    async fn begin(
        &mut self,
        then: impl FnOnce(&File) -> io::Result<()> + Send + 'static,
    ) -> Result<(), Error> {
        self.settle().await?;
        let (file, gathered) = (Arc::clone(&self.file), self.gathered.take());
        self.busy = Some(self.executor.spawn_blocking(move || {
            write_all(&file, &gathered)?;
            drop(gathered);
            then(&file)
        })?);
        Ok(())
    }

    async fn take(&mut self, chunk: Bytes) -> Result<(), Error> {
        self.gathered.add(chunk);
        match self.gathered.length < BLOCK {
            true => Ok(()),
            false => self.begin(|_| Ok(())).await,
        }
    }
}

impl FileSink for Sink {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.take(chunk))
    }

    fn sync(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            self.begin(File::sync_data).await?;
            self.settle().await
        })
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            if self.gathered.length > 0 {
                self.begin(|_| Ok(())).await?;
            }
            self.settle().await
        })
    }
}

fn failed(cause: io::Error) -> Error {
    Error::new(ErrorCode::CannotWriteToFile).with_cause(cause)
}

/// Chunks that wait for the next write.
#[derive(Debug, Default)]
struct Gathered {
    chunks: Vec<Bytes>,
    /// Small ones, together.
    small: BytesMut,
    length: usize,
}

impl Gathered {
    fn add(&mut self, chunk: Bytes) {
        self.length += chunk.len();
        if chunk.len() < SMALL {
            self.small.extend_from_slice(&chunk);
            return;
        }
        self.end_small();
        self.chunks.push(chunk);
    }

    fn end_small(&mut self) {
        if !self.small.is_empty() {
            self.chunks.push(self.small.split().freeze());
        }
    }

    fn take(&mut self) -> Vec<Bytes> {
        self.end_small();
        self.length = 0;
        std::mem::take(&mut self.chunks)
    }
}

fn write_all(mut file: &File, chunks: &[Bytes]) -> io::Result<()> {
    let mut slices: Vec<_> = chunks.iter().map(|chunk| IoSlice::new(chunk)).collect();
    let mut left = &mut slices[..];
    while !left.is_empty() {
        match file.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut left, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
