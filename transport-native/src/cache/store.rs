//! The store as its callers see it.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use futures::channel::oneshot;
use urlsession_core::{
    Body, BoxFuture, CacheRecord, CacheRecordId, CacheStore, CacheWriter, InMemory, NewCacheRecord,
};

use super::body::StoredBody;
use super::directory::Directory;
use super::entry::Entry;
use super::index::{self, Found, Place};
use super::pending::{Pending, Tell, Touches};
use super::readers::Readers;
use super::record;
use super::writer::{self, Change, Job, Question};
use crate::files::Buffers;

/// The part of a store's capacity that one record may take.
const LARGEST_SHARE: u64 = 20;

/// How often a look-up on the caller's thread is tried, while others write.
const LOOKS: usize = 3;

/// Cached responses on disk, in a directory of their own.
///
/// The directory is made on first use, with mode 0700, and files in it with 0600. It may be the store of several programs at once. What
/// happens to it is never an app's trouble: a directory that cannot be written keeps nothing, one that is damaged begins anew.
///
/// Reading is done on the thread that asks, as long as it need not wait; all writing on one thread of the store's own, started on
/// first use. A clone is another handle to the same store.
#[derive(Clone)]
pub struct DiskCacheStore(Arc<Front>);

/// What callers hold: when the last of them lets go, the writer ends.
pub(super) struct Front {
    pub(super) shared: Arc<Shared>,
    jobs: OnceLock<Sender<Job>>,
    pub(super) buffers: Arc<Buffers>,
}

/// What callers and the writer both hold.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) directory: Directory,
    pub(super) readers: Readers,
    capacity: AtomicU64,
    /// The next record's id: 39 random bits for this store, 24 that count.
    next_id: AtomicU64,
    pending: Mutex<Pending>,
}

impl DiskCacheStore {
    /// The store in `directory`, of at most `capacity` bytes of keys, heads and bodies. Nothing is read or written yet.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, capacity: u64) -> Self {
        Self(Arc::new(Front {
            shared: Arc::new(Shared {
                directory: Directory::new(directory.into()),
                readers: Readers::default(),
                capacity: AtomicU64::new(capacity),
                next_id: AtomicU64::new(first_id()),
                pending: Mutex::default(),
            }),
            jobs: OnceLock::new(),
            buffers: Arc::default(),
        }))
    }
}

/// Where ids begin: positive, and hardly where those of another store of this directory stand. Should two meet, the second is not
/// kept.
fn first_id() -> u64 {
    let random =
        getrandom::u64().unwrap_or_else(|_| record::micros(SystemTime::now()).cast_unsigned());
    (random << 24) & !(1 << 63)
}

impl Shared {
    pub(super) fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn capacity(&self) -> u64 {
        self.capacity.load(Ordering::Relaxed)
    }
}

impl Front {
    /// True for a record of so many bytes that is not too large for the store.
    pub(super) fn has_place_for(&self, size: u64) -> bool {
        size <= self.shared.capacity() / LARGEST_SHARE
    }

    pub(super) fn new_id(&self) -> i64 {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        (id & !(1 << 63)).cast_signed()
    }

    /// Gives the writer something to do. Without a writer (no thread could be started) whoever waits for an answer learns that none comes.
    pub(super) fn send(&self, job: Job) {
        let jobs = self
            .jobs
            .get_or_init(|| writer::start(Arc::clone(&self.shared)));
        let _ = jobs.send(job);
    }

    /// Queues a change. It is noted in the same moment, so that the order of notes is that of the queue.
    pub(super) fn change(&self, touches: Touches, change: Change) {
        let mut pending = self.shared.pending();
        pending.note(&touches);
        self.send(Job::Change(touches, change));
        drop(pending);
    }

    pub(super) fn is_full(&self) -> bool {
        self.shared.pending().is_full()
    }

    /// Asks the writer, in its turn.
    fn ask<T: Default + Send + 'static>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Question,
    ) -> BoxFuture<'static, T> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Question(question(reply)));
        Box::pin(async move { answer.await.unwrap_or_default() })
    }

    fn tell(&self, tell: Tell) {
        if tell != Tell::No {
            self.send(Job::Tell(tell));
        }
    }

    /// Takes a record out whose bytes are not those that were written.
    pub(super) fn remove(&self, ids: Vec<i64>) {
        if !ids.is_empty() {
            self.change(Touches::Records(ids.clone()), Change::Remove(ids));
        }
    }

    /// A look-up on this thread; `None` where the writer must be asked.
    ///
    /// What is on disk and what is pending belong together only when nothing passed from one to the other meanwhile.
    fn find_here(&self, key: &str) -> Option<Vec<CacheRecord>> {
        for _ in 0..LOOKS {
            let settled = {
                let pending = self.shared.pending();
                if pending.concerns(key) {
                    return None;
                }
                pending.settled()
            };
            let read = |connection: &_| index::find(connection, key);
            let mut found = self.shared.readers.read(read)?;
            let mut pending = self.shared.pending();
            if pending.settled() == settled {
                let tell = pending.shown(&mut found.records);
                drop(pending);
                self.tell(tell);
                return Some(self.whole(found));
            }
        }
        None
    }

    /// What was found whole; the rest is taken out.
    fn whole(&self, Found { records, broken }: Found) -> Vec<CacheRecord> {
        self.remove(broken);
        records
    }

    /// Where a body is, as found on this thread; `None` where the writer must be asked.
    fn place_here(&self, id: i64) -> Option<Option<Place>> {
        {
            let pending = self.shared.pending();
            if pending.is_removing(id) {
                return Some(None);
            }
            if pending.concerns_record(id) {
                return None;
            }
        }
        let place = self
            .shared
            .readers
            .read(|connection| index::place(connection, id))?;
        Some(self.placed(id, place))
    }

    fn placed(&self, id: i64, place: Option<Result<Place, index::NotWhole>>) -> Option<Place> {
        match place? {
            Ok(place) => Some(place),
            Err(index::NotWhole) => {
                self.remove(vec![id]);
                None
            }
        }
    }

    /// The body at `place` from `offset` on.
    async fn opened(self: Arc<Self>, id: i64, place: Place, offset: u64) -> Option<Box<dyn Body>> {
        match place {
            Place::Inline(mut bytes) => {
                let offset = usize::try_from(offset).ok()?;
                let rest = (offset <= bytes.len()).then(|| bytes.split_off(offset))?;
                Some(Box::new(InMemory::new(rest)))
            }
            Place::File(length) => {
                match StoredBody::open(Arc::clone(&self), id, length, offset).await {
                    Some(body) => Some(Box::new(body)),
                    None => {
                        self.remove(vec![id]);
                        None
                    }
                }
            }
        }
    }
}

impl CacheStore for DiskCacheStore {
    fn find(&self, key: &str) -> BoxFuture<'static, Vec<CacheRecord>> {
        if let Some(records) = self.0.find_here(key) {
            return Box::pin(std::future::ready(records));
        }
        let front = Arc::clone(&self.0);
        let (reply, found) = oneshot::channel();
        front.send(Job::Question(Question::Find(key.to_owned(), reply)));
        Box::pin(async move { front.whole(found.await.unwrap_or_default()) })
    }

    fn open(&self, id: CacheRecordId, offset: u64) -> BoxFuture<'static, Option<Box<dyn Body>>> {
        let front = Arc::clone(&self.0);
        if let Some(place) = front.place_here(id.0) {
            return match place {
                Some(place) => Box::pin(front.opened(id.0, place, offset)),
                None => Box::pin(std::future::ready(None)),
            };
        }
        let (reply, place) = oneshot::channel();
        front.send(Job::Question(Question::Place(id.0, reply)));
        Box::pin(async move {
            let place = front.placed(id.0, place.await.ok().flatten())?;
            front.opened(id.0, place, offset).await
        })
    }

    fn insert(&self, record: NewCacheRecord) -> BoxFuture<'static, Option<Box<dyn CacheWriter>>> {
        let entry = Entry::begin(Arc::clone(&self.0), record);
        Box::pin(std::future::ready(
            entry.map(|entry| Box::new(entry) as Box<dyn CacheWriter>),
        ))
    }

    fn update(&self, id: CacheRecordId, head: Bytes) -> BoxFuture<'static, ()> {
        let tell = self.0.shared.pending().note_head(id.0, head);
        self.0.tell(tell);
        Box::pin(std::future::ready(()))
    }

    fn remove(&self, ids: Vec<CacheRecordId>) -> BoxFuture<'static, ()> {
        self.0.remove(ids.into_iter().map(|id| id.0).collect());
        Box::pin(std::future::ready(()))
    }

    fn remove_key(&self, key: &str) -> BoxFuture<'static, ()> {
        let touches = Touches::Key(record::key_hash(key));
        self.0.change(touches, Change::RemoveKey(key.to_owned()));
        Box::pin(std::future::ready(()))
    }

    fn remove_prefix(&self, prefix: &str) -> BoxFuture<'static, ()> {
        let change = Change::RemovePrefix(prefix.to_owned());
        self.0.change(Touches::Any, change);
        Box::pin(std::future::ready(()))
    }

    fn remove_since(&self, date: SystemTime) -> BoxFuture<'static, ()> {
        self.0
            .change(Touches::Any, Change::RemoveSince(record::micros(date)));
        self.0.ask(Question::Settled)
    }

    fn remove_all(&self) -> BoxFuture<'static, ()> {
        self.0.change(Touches::Any, Change::RemoveAll);
        self.0.ask(Question::Settled)
    }

    fn usage(&self) -> BoxFuture<'static, u64> {
        self.0.ask(Question::Usage)
    }

    fn capacity(&self) -> u64 {
        self.0.shared.capacity()
    }

    fn set_capacity(&self, bytes: u64) -> BoxFuture<'static, ()> {
        self.0.shared.capacity.store(bytes, Ordering::Relaxed);
        self.0.change(Touches::Any, Change::Evict);
        self.0.ask(Question::Settled)
    }

    fn flush(&self) -> BoxFuture<'static, ()> {
        self.0.ask(Question::Flush)
    }
}

impl fmt::Debug for DiskCacheStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskCacheStore")
            .field("directory", &self.0.shared.directory.path())
            .field("capacity", &self.0.shared.capacity())
            .finish_non_exhaustive()
    }
}
