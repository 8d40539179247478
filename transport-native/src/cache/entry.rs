//! A record being written.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::channel::oneshot;
use urlsession_core::{BoxFuture, CacheRecordId, CacheWriter, Error, ErrorCode, NewCacheRecord};

use super::blocks::BlockInProgress;
use super::pending::Touches;
use super::record;
use super::store::Front;
use super::writer::{Change, Insertion, Job};

/// How many blocks of a record wait for the disk at most: 1 MiB.
const BLOCKS_WAITING: usize = 16;

/// Room for a body of unknown length, in bytes; it grows.
const LENGTH_EXPECTED: u64 = 4096;

/// Why a record is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotKept {
    #[error("the record is too large for the store")]
    TooLarge,
    #[error("the body is not as long as it was said to be")]
    OtherLength,
    #[error("the disk is too far behind")]
    DiskBehind,
    #[error("the store could not write it")]
    NotWritten,
}

impl From<NotKept> for Error {
    fn from(reason: NotKept) -> Self {
        Self::new(ErrorCode::CannotWriteToFile).with_cause(reason)
    }
}

/// A record whose body comes. Up to one block it stays here, and is kept in the index; more goes to a file block by block.
pub(super) struct Entry {
    front: Arc<Front>,
    id: i64,
    record: NewCacheRecord,
    length: u64,
    block: BlockInProgress,
    /// How many blocks went to the file, where there is one.
    sent: u64,
    /// Those that the writer has not written yet.
    waiting: VecDeque<oneshot::Receiver<io::Result<()>>>,
    is_finished: bool,
}

impl Entry {
    /// `None` for a record that is known not to be kept.
    pub(super) fn begin(front: Arc<Front>, record: NewCacheRecord) -> Option<Self> {
        let size = record::size(&record.key, record.head.len(), record.length.unwrap_or(0));
        if !front.has_place_for(size) || front.is_full() {
            return None;
        }
        let expected = record.length.unwrap_or(LENGTH_EXPECTED);
        Some(Self {
            id: front.new_id(),
            front,
            record,
            length: 0,
            block: BlockInProgress::new(expected),
            sent: 0,
            waiting: VecDeque::new(),
            is_finished: false,
        })
    }

    fn take(&mut self, mut chunk: Bytes) -> Result<(), NotKept> {
        self.length += chunk.len() as u64;
        let size = record::size(&self.record.key, self.record.head.len(), self.length);
        if !self.front.has_place_for(size) {
            return Err(NotKept::TooLarge);
        }
        while !chunk.is_empty() {
            if self.block.is_full() {
                self.send_block();
            }
            self.block.fill(&mut chunk);
        }
        Ok(())
    }

    fn send_block(&mut self) {
        let left = self.record.length.unwrap_or(u64::MAX);
        let block = std::mem::replace(&mut self.block, BlockInProgress::new(left));
        let (reply, written) = oneshot::channel();
        self.front.send(Job::Append {
            id: self.id,
            block: block.sealed(self.id, self.sent),
            reply,
        });
        self.sent += 1;
        self.waiting.push_back(written);
    }

    /// Waits until no more than `count` blocks wait.
    async fn wait_until_waiting(&mut self, count: usize) -> Result<(), Error> {
        while self.waiting.len() > count
            && let Some(block) = self.waiting.front_mut()
        {
            let written = block.await.map_err(|_| NotKept::NotWritten)?;
            self.waiting.pop_front();
            written.map_err(|cause| Error::new(ErrorCode::CannotWriteToFile).with_cause(cause))?;
        }
        Ok(())
    }

    /// Queues the record, and tells how to learn what becomes of it: `None` for one that need not be waited for.
    fn queue(
        &mut self,
        head: Option<Bytes>,
    ) -> Result<Option<oneshot::Receiver<Result<(), Error>>>, NotKept> {
        if self
            .record
            .length
            .is_some_and(|length| length != self.length)
        {
            return Err(NotKept::OtherLength);
        }
        let head = head.unwrap_or_else(|| std::mem::take(&mut self.record.head));
        let size = record::size(&self.record.key, head.len(), self.length);
        if !self.front.has_place_for(size) {
            return Err(NotKept::TooLarge);
        }
        if self.front.is_full() {
            return Err(NotKept::DiskBehind);
        }
        let in_file = self.sent > 0;
        let body = if in_file {
            self.send_block();
            None
        } else {
            let block = std::mem::replace(&mut self.block, BlockInProgress::new(0));
            Some(block.into_data())
        };
        let (reply, outcome) = oneshot::channel();
        let touches = Touches::Insertion {
            key: record::key_hash(&self.record.key),
            id: self.id,
            bytes: head.len() + body.as_ref().map_or(0, Bytes::len),
        };
        let insertion = Insertion {
            id: self.id,
            key: std::mem::take(&mut self.record.key),
            head,
            length: self.length,
            body,
            stored_at: record::micros(self.record.stored_at),
            replaces: self.record.replaces.iter().map(|id| id.0).collect(),
            reply,
        };
        self.front.change(touches, Change::Insert(insertion));
        self.is_finished = true;
        Ok(in_file.then_some(outcome))
    }
}

impl CacheWriter for Entry {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>> {
        let taken = self.take(chunk);
        Box::pin(async move {
            taken?;
            self.wait_until_waiting(BLOCKS_WAITING).await
        })
    }

    fn finish(
        mut self: Box<Self>,
        head: Option<Bytes>,
    ) -> BoxFuture<'static, Result<CacheRecordId, Error>> {
        let id = CacheRecordId(self.id);
        match self.queue(head) {
            Err(reason) => Box::pin(std::future::ready(Err(reason.into()))),
            Ok(None) => Box::pin(std::future::ready(Ok(id))),
            Ok(Some(outcome)) => Box::pin(async move {
                outcome.await.map_err(|_| NotKept::NotWritten)??;
                Ok(id)
            }),
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.sent > 0 && !self.is_finished {
            self.front.send(Job::Abandon(self.id));
        }
    }
}
