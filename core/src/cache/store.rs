//! Where cached responses are kept beyond the program's memory.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;

use crate::words::body::Body;
use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::error::Error;

/// Keeps cached responses beyond the program's memory: a head, which only core can read, and the body's bytes as they were received.
///
/// A record is whole or absent, whatever becomes of the program or the machine while it is written; one whose bytes are not those that
/// were written is absent too. Trouble of the store's own (a full disk, a broken database) is never an app's: what cannot be read is not
/// there, what cannot be written is not kept. Several stores, of several programs too, may stand on the same place.
///
/// Calls take effect in the order in which they were made, as seen by later calls of the same store, whether or not somebody waits for
/// them. No future waits for a disk on the thread that polls it for longer than a small read takes.
pub trait CacheStore: MaybeSend + MaybeSync + 'static {
    /// Every record of `key`, the latest first. An empty list where there is none.
    fn find(&self, key: &str) -> BoxFuture<'static, Vec<CacheRecord>>;

    /// The bytes of a record's body from `offset` on, their remaining length known; `None` when it is not there any more. A body once
    /// opened stays readable to its end when its record is replaced or removed meanwhile.
    fn open(&self, id: CacheRecordId, offset: u64) -> BoxFuture<'static, Option<Box<dyn Body>>>;

    /// Begins to write a record. `None` when it cannot be kept.
    fn insert(&self, record: NewCacheRecord) -> BoxFuture<'static, Option<Box<dyn CacheWriter>>>;

    /// Writes a record's head anew; its body stays as it is, unread and unwritten.
    fn update(&self, id: CacheRecordId, head: Bytes) -> BoxFuture<'static, ()>;

    /// Takes these records out.
    fn remove(&self, ids: Vec<CacheRecordId>) -> BoxFuture<'static, ()>;

    /// Takes every record of `key` out.
    fn remove_key(&self, key: &str) -> BoxFuture<'static, ()>;

    /// Takes out every record whose key begins so: with the URL of an origin, its last slash included.
    fn remove_prefix(&self, prefix: &str) -> BoxFuture<'static, ()>;

    /// Takes out what was stored at `date` or after it.
    fn remove_since(&self, date: SystemTime) -> BoxFuture<'static, ()>;

    /// Takes everything out.
    fn remove_all(&self) -> BoxFuture<'static, ()>;

    /// How many bytes heads, bodies and keys take.
    fn usage(&self) -> BoxFuture<'static, u64>;

    /// How many bytes they may take.
    fn capacity(&self) -> u64;

    /// Sets how many bytes they may take; what is over it is evicted at once, the least recently used first.
    fn set_capacity(&self, bytes: u64) -> BoxFuture<'static, ()>;

    /// Ready when all that was asked for before is as durable as it gets.
    fn flush(&self) -> BoxFuture<'static, ()>;
}

/// Names a record of one store, for as long as the record is there; never given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheRecordId(pub i64);

/// A record as it was found.
#[derive(Clone)]
pub struct CacheRecord {
    /// Its name.
    pub id: CacheRecordId,
    /// The head.
    pub head: Bytes,
    /// The body's length in bytes.
    pub length: u64,
    /// The body itself, where it is so small that it was read along.
    pub body: Option<Bytes>,
}

impl fmt::Debug for CacheRecord {
    /// Not its bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheRecord")
            .field("id", &self.id)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// A record to be written.
#[derive(Clone)]
pub struct NewCacheRecord {
    /// What it is found by.
    pub key: String,
    /// The head.
    pub head: Bytes,
    /// The body's length in bytes, where it is known.
    pub length: Option<u64>,
    /// The records that it takes the place of, in the moment it is whole.
    pub replaces: Vec<CacheRecordId>,
    /// When, for [`CacheStore::remove_since`].
    pub stored_at: SystemTime,
}

impl fmt::Debug for NewCacheRecord {
    /// Not its bytes, and not its key, which is a URL with whatever stands in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCacheRecord")
            .field("length", &self.length)
            .field("replaces", &self.replaces)
            .field("stored_at", &self.stored_at)
            .finish_non_exhaustive()
    }
}

/// A record being written. Dropped unfinished, it leaves nothing behind.
pub trait CacheWriter: MaybeSend {
    /// Appends `chunk` to the body.
    ///
    /// # Errors
    /// What kept it from being written; the record is lost.
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>>;

    /// Makes the record whole and findable, `head` in place of the one that it began with if given.
    ///
    /// # Errors
    /// What kept it from being written; the record is lost, and what it was to replace is as it was.
    fn finish(
        self: Box<Self>,
        head: Option<Bytes>,
    ) -> BoxFuture<'static, Result<CacheRecordId, Error>>;
}
