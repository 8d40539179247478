//! A file being written: where it stands, as long as the page cache takes the bytes at once; on a thread for blocking work once that
//! takes its time.
//!
//! A write into the page cache costs less than to hand it to another thread, and lets the reader of the socket use its buffer again, whose
//! pages are warm. (1 GiB to disk: half the CPU of gathered writes elsewhere.) A disk that cannot keep up makes writes wait: a few such, and
//! the rest goes to a thread that may. Each write is waited for there, so that the reader has its buffer back as well: the socket's own takes what comes
//! meanwhile.

use std::fs::File;
use std::io::{self, IoSlice, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use urlsession_core::{BoxFuture, Error, ErrorCode, FileSink};

use crate::executor::{Executor, Spawned};

/// So many bytes are written at once, where they are gathered.
const BLOCK: usize = 256 * 1024;

/// So many bytes of small chunks are.
const SMALL_BLOCK: usize = 64 * 1024;

/// A write that takes longer has waited for the disk.
const PATIENCE: Duration = Duration::from_millis(20);

/// So many waits are borne.
const WAITS: u32 = 3;

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
    /// How often a write has waited for the disk.
    waits: u32,
}

impl Sink {
    pub(super) fn new(file: File, executor: Executor) -> Self {
        Self {
            file: Arc::new(file),
            executor,
            gathered: Gathered::default(),
            busy: None,
            waits: 0,
        }
    }

    /// True while the page cache takes what is written.
    fn writes_here(&self) -> bool {
        self.busy.is_none() && self.waits < WAITS
    }

    /// Writes what was gathered, here.
    fn write_here(&mut self) -> Result<(), Error> {
        let gathered = self.gathered.take();
        let began = Instant::now();
        let written = write_all(&self.file, &gathered);
        if began.elapsed() > PATIENCE {
            self.waits += 1;
        }
        written.map_err(failed)
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
        let is_small = chunk.len() < SMALL;
        self.gathered.add(chunk);
        let length = self.gathered.length;
        if self.writes_here() {
            return match is_small && length < SMALL_BLOCK {
                true => Ok(()),
                false => self.write_here(),
            };
        }
        match length < BLOCK {
            true => Ok(()),
            false => {
                self.begin(|_| Ok(())).await?;
                self.settle().await
            }
        }
    }
}

impl FileSink for Sink {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.take(chunk))
    }

    fn move_to(&mut self, offset: u64) -> bool {
        self.gathered.move_to(offset);
        true
    }

    fn sync(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            self.begin(File::sync_data).await?;
            self.settle().await
        })
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            if self.gathered.length > 0 && self.writes_here() {
                self.write_here()?;
            } else if self.gathered.length > 0 {
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
    runs: Vec<Run>,
    /// Small ones, together.
    small: BytesMut,
    length: usize,
}

/// Chunks that follow each other.
#[derive(Debug, Default)]
struct Run {
    /// `None`: where the cursor stands.
    at: Option<u64>,
    chunks: Vec<Bytes>,
}

impl Gathered {
    fn move_to(&mut self, offset: u64) {
        self.end_small();
        self.runs.push(Run {
            at: Some(offset),
            chunks: Vec::new(),
        });
    }

    fn push(&mut self, chunk: Bytes) {
        if self.runs.is_empty() {
            self.runs.push(Run::default());
        }
        if let Some(run) = self.runs.last_mut() {
            run.chunks.push(chunk);
        }
    }

    fn add(&mut self, chunk: Bytes) {
        self.length += chunk.len();
        if chunk.len() < SMALL {
            self.small.extend_from_slice(&chunk);
            return;
        }
        self.end_small();
        self.push(chunk);
    }

    fn end_small(&mut self) {
        if !self.small.is_empty() {
            let small = self.small.split().freeze();
            self.push(small);
        }
    }

    fn take(&mut self) -> Vec<Run> {
        self.end_small();
        self.length = 0;
        std::mem::take(&mut self.runs)
    }
}

fn write_all(mut file: &File, runs: &[Run]) -> io::Result<()> {
    for run in runs {
        if let Some(at) = run.at {
            file.seek(SeekFrom::Start(at))?;
        }
        write_run(file, &run.chunks)?;
    }
    Ok(())
}

fn write_run(mut file: &File, chunks: &[Bytes]) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Chunks of every size around the limits.
    fn chunks() -> Vec<Bytes> {
        let lengths = [1, SMALL - 1, SMALL, SMALL_BLOCK, 7, BLOCK, BLOCK + 1, 3];
        let chunk = |(number, length): (usize, usize)| Bytes::from(vec![number as u8; length]);
        lengths.into_iter().enumerate().map(chunk).collect()
    }

    #[tokio::test]
    async fn what_is_given_is_written_in_order_here_and_elsewhere() {
        for waits in [0, WAITS] {
            let name = format!("urlsession-sink-{}-{waits}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let mut sink = Sink::new(File::create(&path).unwrap(), Executor::here());
            sink.waits = waits;
            for chunk in chunks() {
                sink.write(chunk).await.unwrap();
            }
            sink.sync().await.unwrap();
            let synced = std::fs::read(&path).unwrap();
            sink.write("end".into()).await.unwrap();
            sink.finish().await.unwrap();
            let finished = std::fs::read(&path).unwrap();
            std::fs::remove_file(path).unwrap();
            assert!(synced == chunks().concat());
            assert!(finished == [&*synced, b"end"].concat());
        }
    }

    #[tokio::test]
    async fn parts_are_written_where_they_belong_here_and_elsewhere() {
        for waits in [0, WAITS] {
            let name = format!("urlsession-parts-{}-{waits}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let mut sink = Sink::new(File::create(&path).unwrap(), Executor::here());
            sink.waits = waits;
            let whole = chunks().concat();
            let middle = whole.len() / 2;
            let (mut front, mut back) = (0, middle);
            for step in [1, SMALL - 1, 7, SMALL, SMALL_BLOCK, BLOCK, BLOCK, BLOCK] {
                for (at, end) in [(&mut back, whole.len()), (&mut front, middle)] {
                    let next = (*at + step).min(end);
                    assert!(sink.move_to(*at as u64));
                    let chunk = Bytes::copy_from_slice(&whole[*at..next]);
                    sink.write(chunk).await.unwrap();
                    *at = next;
                }
            }
            sink.finish().await.unwrap();
            let written = std::fs::read(&path).unwrap();
            std::fs::remove_file(path).unwrap();
            assert_eq!((front, back), (middle, whole.len()));
            assert!(written == whole);
        }
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_is_an_error() {
        for waits in [0, WAITS] {
            // Open for reading only.
            let file = File::open(std::env::current_exe().unwrap()).unwrap();
            let mut sink = Sink::new(file, Executor::here());
            sink.waits = waits;
            let mut written = Ok(());
            for chunk in chunks() {
                written = written.and(sink.write(chunk).await);
            }
            let failed = written.and(sink.finish().await).unwrap_err();
            assert_eq!(failed.code(), ErrorCode::CannotWriteToFile);
        }
    }
}
