//! A cache's store in memory, with scripted faults.

use std::collections::BTreeMap;
use std::fmt;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};

use super::exchange::scripted;
use crate::cache::store::{CacheRecord, CacheRecordId, CacheStore, CacheWriter, NewCacheRecord};
use crate::words::body::Body;
use crate::words::bounds::BoxFuture;
use crate::words::error::{Error, ErrorCode};

/// The most bytes that one chunk of a body holds.
const CHUNK: usize = 16 * 1024;

/// What a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheFault {
    /// Nothing is found.
    Finds,
    /// What was found is gone when its body is opened.
    Opens,
    /// Bodies break off after so many bytes.
    Reads(u64),
    /// No record is begun.
    Inserts,
    /// Writing fails after so many bytes of a body.
    Writes(u64),
    /// No record is made whole.
    Finishes,
}

/// Keeps cached responses in memory, as a store on a disk would keep them. A clone is the same store.
///
/// ```
/// use std::sync::Arc;
/// use urlsession_core::UrlCache;
/// use urlsession_core::mock::{CacheFault, MockCacheStore};
///
/// let store = MockCacheStore::new(1024 * 1024);
/// let cache = UrlCache::new(64 * 1024, Arc::new(store.clone()));
/// store.set_fault(Some(CacheFault::Inserts));
/// assert_eq!((store.records(), cache.disk_capacity()), (0, 1024 * 1024));
/// ```
#[derive(Clone)]
pub struct MockCacheStore(Arc<Mutex<Records>>);

struct Records {
    records: BTreeMap<CacheRecordId, Record>,
    next_id: i64,
    /// Grows with each use: the least is the least recently used.
    uses: u64,
    capacity: u64,
    read_along: u64,
    fault: Option<CacheFault>,
    body_bytes_written: u64,
    heads_updated: u64,
    flushes: u64,
}

struct Record {
    key: String,
    head: Bytes,
    body: Bytes,
    stored_at: SystemTime,
    used: u64,
}

impl Record {
    fn size(&self) -> u64 {
        (self.key.len() + self.head.len() + self.body.len()) as u64
    }
}

impl MockCacheStore {
    /// A store of so many bytes, empty. Bodies up to 4 KiB are read along with their heads.
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        Self(Arc::new(Mutex::new(Records {
            records: BTreeMap::new(),
            next_id: 1,
            uses: 0,
            capacity,
            read_along: 4 * 1024,
            fault: None,
            body_bytes_written: 0,
            heads_updated: 0,
            flushes: 0,
        })))
    }

    /// Bodies up to so many bytes are read along with their heads from now on.
    pub fn set_read_along(&self, bytes: u64) {
        self.lock().read_along = bytes;
    }

    /// What goes wrong from now on; `None`: nothing.
    pub fn set_fault(&self, fault: Option<CacheFault>) {
        self.lock().fault = fault;
    }

    /// How many records there are.
    #[must_use]
    pub fn records(&self) -> usize {
        self.lock().records.len()
    }

    /// Everything that is kept, as one text: what must not be found there can be looked for.
    #[must_use]
    pub fn content(&self) -> Vec<u8> {
        let records = self.lock();
        let parts = |record: &Record| [record.key.as_bytes(), &record.head, &record.body].concat();
        records.records.values().flat_map(parts).collect()
    }

    /// How many bytes of bodies were written so far.
    #[must_use]
    pub fn body_bytes_written(&self) -> u64 {
        self.lock().body_bytes_written
    }

    /// How many heads were written anew so far, their bodies left as they were.
    #[must_use]
    pub fn heads_updated(&self) -> u64 {
        self.lock().heads_updated
    }

    /// How often all was made durable.
    #[must_use]
    pub fn flushes(&self) -> u64 {
        self.lock().flushes
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn do_at_once(&self, work: impl FnOnce(&mut Records)) -> BoxFuture<'static, ()> {
        work(&mut self.lock());
        Box::pin(ready(()))
    }
}

impl Records {
    fn usage(&self) -> u64 {
        self.records.values().map(Record::size).sum()
    }

    fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }

    fn find(&mut self, key: &str) -> Vec<CacheRecord> {
        if self.fault == Some(CacheFault::Finds) {
            return Vec::new();
        }
        let now = self.next_use();
        let read_along = self.read_along;
        let of_key = self.records.iter_mut().rev();
        of_key
            .filter(|(_, record)| record.key == key)
            .map(|(&id, record)| {
                record.used = now;
                let length = record.body.len() as u64;
                CacheRecord {
                    id,
                    head: record.head.clone(),
                    length,
                    body: (length <= read_along).then(|| record.body.clone()),
                }
            })
            .collect()
    }

    fn open(&self, id: CacheRecordId, offset: u64) -> Option<Stored> {
        if self.fault == Some(CacheFault::Opens) {
            return None;
        }
        let mut left = self.records.get(&id)?.body.clone();
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let left = left.split_off(start.min(left.len()));
        let until = match self.fault {
            Some(CacheFault::Reads(bytes)) => Some(bytes),
            Some(_) | None => None,
        };
        Some(Stored { left, until })
    }

    fn finish(&mut self, new: NewCacheRecord, body: Bytes) -> CacheRecordId {
        self.records.retain(|id, _| !new.replaces.contains(id));
        let id = CacheRecordId(self.next_id);
        self.next_id += 1;
        let record = Record {
            key: new.key,
            head: new.head,
            body,
            stored_at: new.stored_at,
            used: self.next_use(),
        };
        self.records.insert(id, record);
        self.evict();
        id
    }

    fn evict(&mut self) {
        while self.usage() > self.capacity {
            let oldest = self.records.iter().min_by_key(|(_, record)| record.used);
            let Some(id) = oldest.map(|(&id, _)| id) else {
                return;
            };
            self.records.remove(&id);
        }
    }
}

impl CacheStore for MockCacheStore {
    fn find(&self, key: &str) -> BoxFuture<'static, Vec<CacheRecord>> {
        Box::pin(ready(self.lock().find(key)))
    }

    fn open(&self, id: CacheRecordId, offset: u64) -> BoxFuture<'static, Option<Box<dyn Body>>> {
        let opened = self.lock().open(id, offset);
        Box::pin(ready(opened.map(|body| Box::new(body) as Box<dyn Body>)))
    }

    fn insert(&self, record: NewCacheRecord) -> BoxFuture<'static, Option<Box<dyn CacheWriter>>> {
        if self.lock().fault == Some(CacheFault::Inserts) {
            return Box::pin(ready(None));
        }
        let writer = Writing {
            store: self.clone(),
            record,
            body: BytesMut::new(),
        };
        Box::pin(ready(Some(Box::new(writer) as Box<dyn CacheWriter>)))
    }

    fn update(&self, id: CacheRecordId, head: Bytes) -> BoxFuture<'static, ()> {
        self.do_at_once(|records| {
            if let Some(record) = records.records.get_mut(&id) {
                record.head = head;
                records.heads_updated += 1;
            }
        })
    }

    fn remove(&self, ids: Vec<CacheRecordId>) -> BoxFuture<'static, ()> {
        self.do_at_once(|records| records.records.retain(|id, _| !ids.contains(id)))
    }

    fn remove_key(&self, key: &str) -> BoxFuture<'static, ()> {
        self.do_at_once(|records| records.records.retain(|_, record| record.key != key))
    }

    fn remove_prefix(&self, prefix: &str) -> BoxFuture<'static, ()> {
        self.do_at_once(|records| {
            records
                .records
                .retain(|_, record| !record.key.starts_with(prefix));
        })
    }

    fn remove_since(&self, date: SystemTime) -> BoxFuture<'static, ()> {
        self.do_at_once(|records| {
            records.records.retain(|_, record| record.stored_at < date);
        })
    }

    fn remove_all(&self) -> BoxFuture<'static, ()> {
        self.do_at_once(|records| records.records.clear())
    }

    fn usage(&self) -> BoxFuture<'static, u64> {
        Box::pin(ready(self.lock().usage()))
    }

    fn capacity(&self) -> u64 {
        self.lock().capacity
    }

    fn set_capacity(&self, bytes: u64) -> BoxFuture<'static, ()> {
        self.do_at_once(|records| {
            records.capacity = bytes;
            records.evict();
        })
    }

    fn flush(&self) -> BoxFuture<'static, ()> {
        self.do_at_once(|records| records.flushes += 1)
    }
}

impl fmt::Debug for MockCacheStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockCacheStore")
            .field("records", &self.records())
            .finish_non_exhaustive()
    }
}

/// A body as it was opened; it stays whole whatever becomes of its record.
struct Stored {
    left: Bytes,
    /// Where it breaks off.
    until: Option<u64>,
}

impl Body for Stored {
    fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let mut length = self.left.len().min(CHUNK);
        if let Some(until) = &mut self.until {
            length = length.min(usize::try_from(*until).unwrap_or(usize::MAX));
            if length == 0 {
                let error = scripted(ErrorCode::CannotOpenFile);
                return Poll::Ready(Some(Err(error)));
            }
            *until -= length as u64;
        }
        Poll::Ready(Some(Ok(self.left.split_to(length))))
    }

    fn remaining(&self) -> Option<u64> {
        Some(self.left.len() as u64)
    }
}

struct Writing {
    store: MockCacheStore,
    record: NewCacheRecord,
    body: BytesMut,
}

impl CacheWriter for Writing {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>> {
        let mut records = self.store.lock();
        let so_far = (self.body.len() + chunk.len()) as u64;
        if matches!(records.fault, Some(CacheFault::Writes(most)) if so_far > most) {
            return Box::pin(ready(Err(scripted(ErrorCode::CannotWriteToFile))));
        }
        records.body_bytes_written += chunk.len() as u64;
        drop(records);
        self.body.extend_from_slice(&chunk);
        Box::pin(ready(Ok(())))
    }

    fn finish(
        self: Box<Self>,
        head: Option<Bytes>,
    ) -> BoxFuture<'static, Result<CacheRecordId, Error>> {
        let Self {
            store,
            mut record,
            body,
        } = *self;
        let mut records = store.lock();
        if records.fault == Some(CacheFault::Finishes) {
            return Box::pin(ready(Err(scripted(ErrorCode::CannotWriteToFile))));
        }
        if let Some(head) = head {
            record.head = head;
        }
        Box::pin(ready(Ok(records.finish(record, body.freeze()))))
    }
}
