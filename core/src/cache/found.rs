//! What a look-up finds: in memory at once, in the store when it has answered.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::cache::entry::Entry;
use crate::cache::store::{CacheRecord, CacheRecordId, CacheStore};
use crate::cache::tiers::Tiers;
use crate::policy::cache::CacheHead;
use crate::words::body::{Body, InMemory};
use crate::words::cache_key::CacheKey;
use crate::words::error::Error;
use crate::words::target::Target;

/// A response that was kept.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) head: Arc<CacheHead>,
    pub(crate) place: Place,
}

/// Where its body is.
#[derive(Clone)]
pub(crate) enum Place {
    Memory(Arc<Entry>),
    Store(CacheRecord),
}

impl From<Arc<Entry>> for Found {
    fn from(entry: Arc<Entry>) -> Self {
        Self {
            head: entry.head.clone(),
            place: Place::Memory(entry),
        }
    }
}

impl AsRef<CacheHead> for Found {
    fn as_ref(&self) -> &CacheHead {
        &self.head
    }
}

impl Found {
    /// The name that the store has it by, as far as that is known.
    pub(crate) fn record(&self) -> Option<CacheRecordId> {
        match &self.place {
            Place::Memory(entry) => entry.record.get().copied(),
            Place::Store(record) => Some(record.id),
        }
    }

    /// The bytes of its body from `offset` on; `None` when they are not there any more.
    pub(crate) async fn open(&self, tiers: &Tiers, offset: u64) -> Option<Box<dyn Body>> {
        match &self.place {
            Place::Memory(entry) => {
                entry.set_used();
                Some(from(&entry.body, offset))
            }
            Place::Store(record) => match &record.body {
                Some(body) => Some(from(body, offset)),
                None => {
                    let store = tiers.store()?;
                    let body = store.open(record.id, offset).await?;
                    Some(Box::new(Doubtful {
                        body,
                        store: store.clone(),
                        id: record.id,
                    }))
                }
            },
        }
    }
}

/// A body out of the store; one that breaks off is taken out of it.
struct Doubtful {
    body: Box<dyn Body>,
    store: Arc<dyn CacheStore>,
    id: CacheRecordId,
}

impl Body for Doubtful {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let chunk = ready!(self.body.poll_next_chunk(context));
        if let Some(Err(_)) = &chunk {
            // It takes effect with the call: nobody waits for it.
            drop(self.store.remove(vec![self.id]));
        }
        Poll::Ready(chunk)
    }

    fn remaining(&self) -> Option<u64> {
        self.body.remaining()
    }
}

fn from(bytes: &Bytes, offset: u64) -> Box<dyn Body> {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    Box::new(InMemory::new(bytes.slice(offset.min(bytes.len())..)))
}

impl Tiers {
    /// What memory has of `key`, the latest first.
    pub(crate) fn in_memory(&self, key: &CacheKey) -> Vec<Found> {
        self.memory().find(key, |entry| Found::from(entry.clone()))
    }

    /// What the store has of `target`, the latest first; what cannot be read is not there.
    pub(crate) async fn in_store(&self, target: &Arc<Target>) -> Vec<Found> {
        let Some(store) = self.store() else {
            return Vec::new();
        };
        let records = store.find(CacheKey::of_target(target).as_str()).await;
        let read = |record: CacheRecord| {
            Some(Found {
                head: Arc::new(CacheHead::from_bytes(&record.head, target.url())?),
                place: Place::Store(record),
            })
        };
        records.into_iter().filter_map(read).collect()
    }
}
