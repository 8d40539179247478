//! A stored body being read from its file.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Seek as _, SeekFrom};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use futures::FutureExt as _;
use urlsession_core::{Body, Error, ErrorCode};

use super::blocks::{self, BLOCK};
use super::store::Front;
use crate::executor::{Executor, Spawned};
use crate::files::{Buffer, Buffers};

/// How many blocks are read at a time: 256 KiB.
const RUN: u64 = 4;

/// The bytes of a body in a file, each checked before it is given.
pub(super) struct StoredBody {
    front: Arc<Front>,
    id: i64,
    length: u64,
    executor: Executor,
    /// The next block to be read.
    block: u64,
    /// What was read and not given yet.
    ready: VecDeque<Bytes>,
    remaining: u64,
    reading: Reading,
}

enum Reading {
    Idle(File),
    Busy(Spawned<io::Result<(File, VecDeque<Bytes>)>>),
    Over,
}

impl StoredBody {
    /// The body of record `id` from `offset` on, with its first bytes already read; `None` when it is not there, or not what was written.
    ///
    /// The file stays open: what becomes of the record does not touch it.
    pub(super) async fn open(front: Arc<Front>, id: i64, length: u64, offset: u64) -> Option<Self> {
        let remaining = length.checked_sub(offset)?;
        let (block, skipped) = (offset / BLOCK as u64, offset % BLOCK as u64);
        let path = front.shared.directory.body(id);
        let buffer = Buffers::take(&front.buffers);
        let executor = Executor::here();
        let first = executor.spawn_blocking(move || {
            let mut file = File::open(path)?;
            if file.metadata()?.len() != blocks::file_length(length) {
                return Err(ErrorKind::InvalidData.into());
            }
            file.seek(SeekFrom::Start(blocks::position(block)))?;
            read(file, buffer, (id, length), block)
        });
        let (file, mut ready) = first.ok()?.await.ok()?.ok()?;
        if let Some(first) = ready.front_mut() {
            first.advance(usize::try_from(skipped).ok()?);
        }
        Some(Self {
            front,
            id,
            length,
            executor,
            block: block + RUN,
            ready,
            remaining,
            reading: Reading::Idle(file),
        })
    }

    fn next_read(&mut self, file: File) -> Result<Reading, Error> {
        let (record, block) = ((self.id, self.length), self.block);
        let buffer = Buffers::take(&self.front.buffers);
        self.block += RUN;
        let read = move || read(file, buffer, record, block);
        Ok(Reading::Busy(self.executor.spawn_blocking(read)?))
    }

    /// What cannot be read, or is not what was written, is taken out of the store.
    fn broken(&self, cause: io::Error) -> Error {
        self.front.remove(vec![self.id]);
        Error::new(ErrorCode::ResourceUnavailable).with_cause(cause)
    }
}

impl Body for StoredBody {
    /// Ends with [`ErrorCode::ResourceUnavailable`] where the next bytes are not those that were written.
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                if chunk.is_empty() {
                    continue;
                }
                self.remaining -= chunk.len() as u64;
                return Poll::Ready(Some(Ok(chunk)));
            }
            match std::mem::replace(&mut self.reading, Reading::Over) {
                Reading::Idle(_) if self.remaining == 0 => return Poll::Ready(None),
                Reading::Idle(file) => self.reading = self.next_read(file)?,
                Reading::Busy(mut read) => {
                    let Poll::Ready(read) = read.poll_unpin(context) else {
                        self.reading = Reading::Busy(read);
                        return Poll::Pending;
                    };
                    let (file, ready) = read?.map_err(|cause| self.broken(cause))?;
                    (self.reading, self.ready) = (Reading::Idle(file), ready);
                }
                Reading::Over => return Poll::Ready(None),
            }
        }
    }

    fn remaining(&self) -> Option<u64> {
        Some(self.remaining)
    }
}

/// Reads blocks from number `block` on, where the file stands, and checks them.
fn read(
    file: File,
    mut buffer: Buffer,
    (id, length): (i64, u64),
    block: u64,
) -> io::Result<(File, VecDeque<Bytes>)> {
    let left = length.saturating_sub(block.saturating_mul(BLOCK as u64));
    let mut data = usize::try_from(left.min(RUN * BLOCK as u64)).map_err(io::Error::other)?;
    let wanted = usize::try_from(blocks::file_length(data as u64)).map_err(io::Error::other)?;
    buffer.fill(&file, wanted)?;
    let mut bytes = Bytes::from_owner(buffer);
    let mut ready = VecDeque::new();
    for number in block.. {
        if data == 0 {
            break;
        }
        let in_block = data.min(BLOCK);
        let opened = blocks::opened(&mut bytes, id, number, in_block);
        ready.push_back(opened.ok_or(ErrorKind::InvalidData)?);
        data -= in_block;
    }
    Ok((file, ready))
}
