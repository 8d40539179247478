//! The store as its callers see it.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::SystemTime;

use bytes::Bytes;
use js_sys::Array;
use urlsession_core::{
    Body, BoxFuture, CacheRecord, CacheRecordId, CacheStore, CacheWriter, InMemory, NewCacheRecord,
};
use wasm_bindgen::prelude::*;

use super::entry::Entry;
use super::js::{self, Store};
use crate::blob_body::BlobBody;
use crate::copied::bytes_of;
use crate::js::{Foreign, Wait};
use crate::promised::Promised;
use crate::wakers::Wake;

/// The part of a store's capacity that one record may take.
const LARGEST_SHARE: u64 = 20;

/// Cached responses in IndexedDB, in a database of their own.
///
/// Pages and workers of an origin share it by its name. What happens to it is never an app's trouble: where there is no IndexedDB, or
/// no room, nothing is kept; a database that is damaged or of another version begins anew. A clone is another handle to the same store.
#[derive(Clone)]
pub struct IndexedDbCacheStore(Rc<Shared>);

pub(super) struct Shared {
    pub(super) store: Store,
    capacity: Cell<u64>,
}

/// A store of cached responses in the browser's IndexedDB, of at most `capacity` bytes of keys, heads and bodies, shared by all that have the
/// `name`. Nothing is read or written yet.
///
/// ```
/// # #[cfg(target_arch = "wasm32")]
/// # fn cache() -> urlsession_core::UrlCache {
/// use std::sync::Arc;
///
/// use urlsession_core::UrlCache;
/// use urlsession_transport_web::indexed_db_cache;
///
/// UrlCache::new(4 << 20, Arc::new(indexed_db_cache("default", 50 << 20)))
/// # }
/// ```
#[must_use]
pub fn indexed_db_cache(name: &str, capacity: u64) -> IndexedDbCacheStore {
    IndexedDbCacheStore(Rc::new(Shared {
        store: js::store(name, capacity as f64),
        capacity: Cell::new(capacity),
    }))
}

/// What should be a count; 0 where it is none.
fn count(property: Result<JsValue, JsValue>) -> u64 {
    // The cast saturates, and takes what is no number for 0.
    property
        .ok()
        .and_then(|count| count.as_f64())
        .unwrap_or(0.0) as u64
}

/// Milliseconds since 1970.
pub(super) fn milliseconds(date: SystemTime) -> f64 {
    let since = date.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}

pub(super) fn list(ids: &[CacheRecordId]) -> Array {
    ids.iter().map(|id| JsValue::from(id.0 as f64)).collect()
}

impl Shared {
    /// True for a record of so many bytes that is not too large for the store.
    pub(super) fn has_place_for(&self, size: u64) -> bool {
        size <= self.capacity.get() / LARGEST_SHARE
    }
}

/// The records that were found: id, length, head and body of each, one behind the other.
fn records(found: &JsValue) -> Vec<CacheRecord> {
    let found: &Array = found.unchecked_ref();
    let records = (0..found.length()).step_by(4);
    records
        .filter_map(|at| {
            let length = count(Ok(found.get(at + 1)));
            let body = bytes_of(&found.get(at + 3));
            Some(CacheRecord {
                id: CacheRecordId(found.get(at).as_f64()? as i64),
                head: bytes_of(&found.get(at + 2))?,
                length,
                // What was not read along, or is not whole, has another length.
                body: body.filter(|body| body.len() as u64 == length),
            })
        })
        .collect()
}

impl IndexedDbCacheStore {
    /// Begins what is answered.
    fn ask(&self, begin: impl FnOnce(&Store, &Wake, u32) -> Wait) -> Promised {
        Promised::begun(|wake, number| begin(&self.0.store, wake, number))
    }

    /// Begins what needs no answer: what cannot be written is not kept.
    fn begin(&self, begin: impl FnOnce(&Store, &Wake, u32) -> Wait) -> BoxFuture<'static, ()> {
        over(self.ask(begin))
    }

    fn settle(&self, is_strict: bool) -> BoxFuture<'static, ()> {
        let capacity = self.0.capacity.get() as f64;
        self.begin(|store, wake, number| js::settle(store, capacity, is_strict, wake, number))
    }
}

fn over(begun: Promised) -> BoxFuture<'static, ()> {
    Box::pin(async {
        let _ = begun.outcome().await;
    })
}

impl CacheStore for IndexedDbCacheStore {
    fn find(&self, key: &str) -> BoxFuture<'static, Vec<CacheRecord>> {
        let found = self.ask(|store, wake, number| js::find(store, key, wake, number));
        Box::pin(async {
            let found = found.outcome().await;
            found.map_or_else(|_| Vec::new(), |found| records(&found))
        })
    }

    fn open(&self, id: CacheRecordId, offset: u64) -> BoxFuture<'static, Option<Box<dyn Body>>> {
        let id = id.0 as f64;
        let opened = self.ask(|store, wake, number| js::open_body(store, id, wake, number));
        Box::pin(async move {
            let blob: Foreign = opened.outcome().await.ok()?.unchecked_into();
            let length = count(blob.size());
            let body: Box<dyn Body> = match offset < length {
                true => Box::new(BlobBody::new(&blob, offset, length)),
                false => Box::new(InMemory::new(Bytes::new())),
            };
            Some(body)
        })
    }

    fn insert(&self, record: NewCacheRecord) -> BoxFuture<'static, Option<Box<dyn CacheWriter>>> {
        let shared = &self.0;
        let least = (record.head.len() + record.key.len()) as u64 + record.length.unwrap_or(0);
        let writer = shared.has_place_for(least).then(|| {
            let entry = Entry::new(Rc::clone(shared), record);
            Box::new(entry) as Box<dyn CacheWriter>
        });
        Box::pin(std::future::ready(writer))
    }

    fn update(&self, id: CacheRecordId, head: Bytes) -> BoxFuture<'static, ()> {
        let id = id.0 as f64;
        self.begin(|store, wake, number| js::update(store, id, &head, wake, number))
    }

    fn remove(&self, ids: Vec<CacheRecordId>) -> BoxFuture<'static, ()> {
        let ids = list(&ids);
        self.begin(|store, wake, number| js::remove(store, &ids, wake, number))
    }

    fn remove_key(&self, key: &str) -> BoxFuture<'static, ()> {
        self.begin(|store, wake, number| js::remove_keys(store, key, false, wake, number))
    }

    fn remove_prefix(&self, prefix: &str) -> BoxFuture<'static, ()> {
        self.begin(|store, wake, number| js::remove_keys(store, prefix, true, wake, number))
    }

    fn remove_since(&self, date: SystemTime) -> BoxFuture<'static, ()> {
        let first = milliseconds(date);
        self.begin(|store, wake, number| js::remove_since(store, first, wake, number))
    }

    fn remove_all(&self) -> BoxFuture<'static, ()> {
        let first = f64::NEG_INFINITY;
        self.begin(|store, wake, number| js::remove_since(store, first, wake, number))
    }

    fn usage(&self) -> BoxFuture<'static, u64> {
        let size = self.ask(js::usage);
        Box::pin(async { count(size.outcome().await) })
    }

    fn capacity(&self) -> u64 {
        self.0.capacity.get()
    }

    fn set_capacity(&self, bytes: u64) -> BoxFuture<'static, ()> {
        self.0.capacity.set(bytes);
        self.settle(false)
    }

    fn flush(&self) -> BoxFuture<'static, ()> {
        self.settle(true)
    }
}

impl fmt::Debug for IndexedDbCacheStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexedDbCacheStore")
            .field("capacity", &self.0.capacity)
            .finish_non_exhaustive()
    }
}
