//! The store as its callers see it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::SystemTime;

use bytes::Bytes;
use js_sys::{Array, Date, Reflect, Uint8Array};
use urlsession_core::{
    Body, BoxFuture, CacheRecord, CacheRecordId, CacheStore, CacheWriter, InMemory, NewCacheRecord,
    Runtime as _,
};
use wasm_bindgen::prelude::*;

use super::change::{self, Change};
use super::database::{BODIES, Database, RECORDS, parts_of, within};
use super::entry::{Entry, SMALL};
use super::js::{answer, at_least, between, list, over};
use crate::blob_body::BlobBody;
use crate::copied::bytes_of;
use crate::js::{Blob, Foreign};
use crate::objects::count;
use crate::runtime::WebRuntime;
use crate::spawned::{Spawned, spawned};

/// The part of a store's capacity that one record may take.
const LARGEST_SHARE: u64 = 20;
/// What an id has beside the time of its making: so many values.
const IDS_A_MILLISECOND: f64 = 4096.0;
/// Parts of a body whose record did not come in so many milliseconds belong to nobody.
const LONGEST_WRITE: f64 = 24.0 * 3600.0 * 1000.0;

/// Cached responses in IndexedDB, in a database of their own.
///
/// Pages and workers of an origin share it by its name. What happens to it is never an app's trouble: where there is no IndexedDB, or
/// no room, nothing is kept; a database that is damaged or of another version begins anew. A clone is another handle to the same store.
#[derive(Clone)]
pub struct IndexedDbCacheStore(Rc<Shared>);

pub(super) struct Shared {
    pub(super) database: Database,
    capacity: Cell<u64>,
    /// What its ids have beside the time.
    lane: f64,
    last_id: Cell<f64>,
    /// The records that were used since that was last noted.
    used: RefCell<Vec<f64>>,
    is_swept: Cell<bool>,
    /// No Blob was refused yet.
    pub(super) takes_blobs: Cell<bool>,
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
        database: Database::new(name),
        capacity: Cell::new(capacity),
        lane: (WebRuntime::new().random() % IDS_A_MILLISECOND as u64) as f64,
        last_id: Cell::new(0.0),
        used: RefCell::default(),
        is_swept: Cell::new(false),
        takes_blobs: Cell::new(true),
    }))
}

/// Milliseconds since 1970.
pub(super) fn milliseconds(date: SystemTime) -> f64 {
    let since = date.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}

impl Shared {
    /// True for a record of so many bytes that is not too large for the store.
    pub(super) fn has_place_for(&self, size: u64) -> bool {
        size <= self.capacity.get() / LARGEST_SHARE
    }

    /// Later than all before it; hardly one of another tab's: should two meet, the second is not kept.
    fn new_id(&self) -> f64 {
        let now = Date::now().floor() * IDS_A_MILLISECOND + self.lane;
        let id = now.max(self.last_id.get() + IDS_A_MILLISECOND);
        self.last_id.set(id);
        id
    }

    pub(super) async fn change(&self, is_strict: bool) -> Result<Change, JsValue> {
        let transaction = self.database.begin("readwrite", is_strict).await;
        let change = Change::begin(transaction.ok_or(JsValue::UNDEFINED)?).await?;
        for id in self.used.take() {
            change.touch(id).await?;
        }
        Ok(change)
    }

    pub(super) async fn end(&self, change: Change) -> Result<(), JsValue> {
        change.end(self.capacity.get()).await
    }

    /// Writes one part of a body.
    pub(super) async fn put_part(&self, part: &JsValue, key: &JsValue) -> Result<(), JsValue> {
        let transaction = self.database.begin("readwrite", false).await;
        let transaction = transaction.ok_or(JsValue::UNDEFINED)?;
        let bodies = transaction.object_store(BODIES)?;
        answer(bodies.put_at(part, key)).await?;
        over(&transaction).await?;
        Ok(())
    }

    pub(super) async fn forget_parts(&self, id: f64) -> Result<(), JsValue> {
        let change = self.change(false).await?;
        answer(change.bodies.delete(&parts_of(id)?)).await?;
        self.end(change).await
    }

    async fn find(&self, key: &str) -> Result<Vec<CacheRecord>, JsValue> {
        let transaction = self.database.begin("readonly", false).await;
        let transaction = transaction.ok_or(JsValue::UNDEFINED)?;
        let index = transaction.object_store(RECORDS)?.index("key")?;
        let rows = list(index.get_all(&key.into(), &JsValue::UNDEFINED)).await?;
        let bodies = transaction.object_store(BODIES)?;
        let mut found = Vec::new();
        for row in rows.iter() {
            if let Some(record) = read(&row, &bodies).await? {
                self.used.borrow_mut().push(record.id.0 as f64);
                found.push(record);
            }
        }
        found.reverse();
        Ok(found)
    }

    async fn open(&self, id: f64, offset: u64) -> Result<BlobBody, JsValue> {
        let transaction = self.database.begin("readonly", false).await;
        let transaction = transaction.ok_or(JsValue::UNDEFINED)?;
        let row = answer(transaction.object_store(RECORDS)?.get(&id.into())).await?;
        let length = count(Ok(Reflect::get(&row, &"length".into())?));
        let bodies = transaction.object_store(BODIES)?;
        let parts = list(bodies.get_all(&parts_of(id)?, &JsValue::UNDEFINED)).await?;
        let blob: Foreign = JsValue::from(Blob::new(&parts)?).unchecked_into();
        if count(blob.size()) != length {
            return Err(JsValue::UNDEFINED);
        }
        self.used.borrow_mut().push(id);
        Ok(BlobBody::new(blob, offset, length, None))
    }

    async fn update(&self, id: f64, head: &Bytes) -> Result<(), JsValue> {
        let mut change = self.change(false).await?;
        let row = answer(change.records.get(&id.into())).await?;
        if row.is_undefined() {
            return Ok(());
        }
        let before = Reflect::get(&row, &"head".into())?;
        let before = crate::copied::length(&before) as u64;
        Reflect::set(&row, &"head".into(), &Uint8Array::from(&**head))?;
        answer(change.records.put(&row)).await?;
        change.resize(id, before, head.len() as u64).await?;
        self.end(change).await
    }

    /// Removes what a request over the records, by this index, gives.
    async fn remove_by(&self, index: &str, range: Result<JsValue, JsValue>) -> Result<(), JsValue> {
        let range = range?;
        let mut change = self.change(false).await?;
        let ids = change.records.index(index)?.get_all_keys(&range);
        change.remove_all(ids).await?;
        self.end(change).await
    }

    /// Removes parts of bodies whose records never came: of tabs that were closed in the middle.
    async fn sweep(&self) -> Result<(), JsValue> {
        let change = self.change(false).await?;
        let latest = (Date::now() - LONGEST_WRITE) * IDS_A_MILLISECOND;
        let keys = list(change.bodies.get_all_keys(&JsValue::UNDEFINED)).await?;
        let mut last = 0.0;
        for key in keys.iter() {
            let id = key.dyn_ref::<Array>().and_then(|key| key.get(0).as_f64());
            let Some(id) = id.filter(|&id| id != last && id < latest) else {
                continue;
            };
            last = id;
            if change.size_of(id).await?.is_none() {
                answer(change.bodies.delete(&parts_of(id)?)).await?;
            }
        }
        self.end(change).await
    }
}

/// A record, with its body if that is small; `None` where it is not whole.
async fn read(row: &JsValue, bodies: &Foreign) -> Result<Option<CacheRecord>, JsValue> {
    let id = Reflect::get(row, &"id".into())?;
    let length = count(Reflect::get(row, &"length".into()));
    let head = Reflect::get(row, &"head".into())?;
    let body = match length {
        0 => Some(Bytes::new()),
        1..=SMALL => {
            let part = answer(bodies.get(&Array::of2(&id, &0.into()))).await?;
            match part.is_instance_of::<Uint8Array>() {
                true => bytes_of(&part).filter(|bytes| bytes.len() as u64 == length),
                false => None,
            }
        }
        _ => None,
    };
    let head = head.dyn_ref::<Uint8Array>().and_then(|head| bytes_of(head));
    let (Some(id), Some(head)) = (id.as_f64(), head) else {
        return Ok(None);
    };
    Ok(Some(CacheRecord {
        id: CacheRecordId(id as i64),
        head,
        length,
        body,
    }))
}

impl IndexedDbCacheStore {
    /// Begins what needs no answer.
    fn begin<W: Future<Output = Result<(), JsValue>> + 'static>(
        &self,
        work: impl FnOnce(Rc<Shared>) -> W,
    ) -> BoxFuture<'static, ()> {
        let work = spawned(work(Rc::clone(&self.0)));
        Box::pin(unanswered(work))
    }

    /// Begins what is answered, in time; else there is nothing, and the database is left alone for a while.
    fn ask<T: 'static, W: Future<Output = Result<T, JsValue>> + 'static>(
        &self,
        work: impl FnOnce(Rc<Shared>) -> W,
    ) -> BoxFuture<'static, Option<T>> {
        let work = spawned(work(Rc::clone(&self.0)));
        Box::pin(answered(Rc::clone(&self.0), work))
    }
}

/// What could not be written is not kept.
async fn unanswered(work: Spawned<Result<(), JsValue>>) {
    let _ = within(work).await;
}

async fn answered<T>(shared: Rc<Shared>, work: Spawned<Result<T, JsValue>>) -> Option<T> {
    let answer = within(work).await;
    if answer.is_none() {
        shared.database.give_up();
    }
    answer?.ok()
}

impl CacheStore for IndexedDbCacheStore {
    fn find(&self, key: &str) -> BoxFuture<'static, Vec<CacheRecord>> {
        let key = key.to_owned();
        let found = self.ask(|shared| async move { shared.find(&key).await });
        Box::pin(async { found.await.unwrap_or_default() })
    }

    fn open(&self, id: CacheRecordId, offset: u64) -> BoxFuture<'static, Option<Box<dyn Body>>> {
        let opened = self.ask(move |shared| async move { shared.open(id.0 as f64, offset).await });
        Box::pin(async {
            let body: Box<dyn Body> = Box::new(opened.await?);
            Some(match body.remaining() {
                Some(0) => Box::new(InMemory::new(Bytes::new())),
                Some(_) | None => body,
            })
        })
    }

    fn insert(&self, record: NewCacheRecord) -> BoxFuture<'static, Option<Box<dyn CacheWriter>>> {
        let shared = &self.0;
        let least = (record.head.len() + record.key.len()) as u64 + record.length.unwrap_or(0);
        if !shared.is_swept.replace(true) {
            drop(self.begin(|shared| async move { shared.sweep().await }));
        }
        let writer = shared.has_place_for(least).then(|| {
            let entry = Entry::new(Rc::clone(shared), shared.new_id(), record);
            Box::new(entry) as Box<dyn CacheWriter>
        });
        Box::pin(std::future::ready(writer))
    }

    fn update(&self, id: CacheRecordId, head: Bytes) -> BoxFuture<'static, ()> {
        self.begin(move |shared| async move { shared.update(id.0 as f64, &head).await })
    }

    fn remove(&self, ids: Vec<CacheRecordId>) -> BoxFuture<'static, ()> {
        self.begin(|shared| async move {
            let mut change = shared.change(false).await?;
            for CacheRecordId(id) in ids {
                change.remove(id as f64).await?;
            }
            shared.end(change).await
        })
    }

    fn remove_key(&self, key: &str) -> BoxFuture<'static, ()> {
        let key = JsValue::from(key);
        self.begin(|shared| async move { shared.remove_by("key", Ok(key)).await })
    }

    fn remove_prefix(&self, prefix: &str) -> BoxFuture<'static, ()> {
        let first = JsValue::from(prefix);
        let last = JsValue::from([prefix, "\u{ffff}"].concat());
        self.begin(|shared| async move { shared.remove_by("key", between(&first, &last)).await })
    }

    fn remove_since(&self, date: SystemTime) -> BoxFuture<'static, ()> {
        let first = JsValue::from(milliseconds(date));
        self.begin(|shared| async move { shared.remove_by("stored", at_least(&first)).await })
    }

    fn remove_all(&self) -> BoxFuture<'static, ()> {
        self.begin(|shared| async move {
            let mut change = shared.change(false).await?;
            let all = change.all();
            change.remove_all(all).await?;
            shared.end(change).await
        })
    }

    fn usage(&self) -> BoxFuture<'static, u64> {
        let size = self.ask(|shared| async move {
            let transaction = shared.database.begin("readonly", false).await;
            change::size(&transaction.ok_or(JsValue::UNDEFINED)?).await
        });
        Box::pin(async { size.await.unwrap_or(0) })
    }

    fn capacity(&self) -> u64 {
        self.0.capacity.get()
    }

    fn set_capacity(&self, bytes: u64) -> BoxFuture<'static, ()> {
        self.0.capacity.set(bytes);
        self.begin(|shared| async move {
            let change = shared.change(false).await?;
            shared.end(change).await
        })
    }

    fn flush(&self) -> BoxFuture<'static, ()> {
        self.begin(|shared| async move {
            let change = shared.change(true).await?;
            shared.end(change).await
        })
    }
}

impl fmt::Debug for IndexedDbCacheStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexedDbCacheStore")
            .field("capacity", &self.0.capacity)
            .finish_non_exhaustive()
    }
}
