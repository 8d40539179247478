//! Keeps a response that has come whole.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bytes::Bytes;
use http::{Method, StatusCode, header};

use crate::cache::asked::Asked;
use crate::cache::changes::Mark;
use crate::cache::entry::Entry;
use crate::cache::flights::Lead;
use crate::cache::found::{Found, Place};
use crate::cache::memory::LARGEST_PART;
use crate::cache::session::SessionCache;
use crate::cache::store::{CacheRecordId, CacheStore, CacheWriter, NewCacheRecord};
use crate::cache::tiers::Tiers;
use crate::policy::cache::{CacheHead, Extent, combined, selects, supersedes};
use crate::policy::date;
use crate::words::bounds::BoxFuture;
use crate::words::cache::CacheStoragePolicy;
use crate::words::cache_key::CacheKey;
use crate::words::response::Response;

/// So many responses of one URL are kept in each tier: where a server says of each that it is for one request only, look-ups stay short.
pub(crate) const MOST_VARIANTS: usize = 32;

/// A response with its body whole.
pub(crate) struct Kept {
    pub(crate) asked: Asked,
    pub(crate) head: Arc<CacheHead>,
    pub(crate) body: Bytes,
    pub(crate) stored_at: SystemTime,
    /// When its request went out.
    pub(crate) mark: Mark,
    /// Equal requests wait until it is kept.
    pub(crate) lead: Option<Lead>,
}

/// Keeps `kept` in each tier that takes it, in place of what answered the same request.
pub(crate) async fn keep(tiers: &Tiers, kept: Kept) {
    if kept.head.storage_policy() == CacheStoragePolicy::NotAllowed {
        return;
    }
    let name = keep_in_memory(tiers, &kept);
    if let Some(store) = tiers.store()
        && kept.head.storage_policy() == CacheStoragePolicy::Allowed
        && (kept.body.len() as u64) <= store.capacity() / LARGEST_PART
    {
        let record = NewCacheRecord {
            key: kept.asked.key().as_str().to_owned(),
            head: kept.head.to_bytes(),
            length: Some(kept.body.len() as u64),
            replaces: replaced(tiers, &kept).await,
            stored_at: kept.stored_at,
        };
        if let Some(id) = write(&**store, record, kept.body).await {
            let _ = name.set(id);
        }
    }
}

/// Keeps `kept` in memory, if it fits; gives where the name goes that the store will have it by.
pub(crate) fn keep_in_memory(tiers: &Tiers, kept: &Kept) -> Arc<OnceLock<CacheRecordId>> {
    let (head, body) = joined(tiers, kept);
    let entry = Entry::new(kept.asked.key().clone(), head.clone(), body, kept.stored_at);
    let name = entry.record.clone();
    put_in_memory(tiers, Arc::new(entry), kept.mark, |other| {
        takes_place_of(&kept.asked, &head, &other.head)
    });
    name
}

/// Keeps `entry` in memory, unless its key was taken out since `mark`. Looked at afterwards: what is taken out is noted first.
fn put_in_memory(tiers: &Tiers, entry: Arc<Entry>, mark: Mark, replaces: impl Fn(&Entry) -> bool) {
    let key = entry.key().clone();
    tiers.memory().insert(entry.clone(), replaces);
    if !tiers.changes().has_none_since(mark, &key) {
        let is_it = |other: &Entry| std::ptr::eq(other, &*entry);
        tiers.memory().remove(&key, is_it);
    }
}

/// Keeps in memory what a look-up at `mark` has found in the store and read along.
pub(crate) fn promote(tiers: &Tiers, key: &CacheKey, found: &Found, mark: Mark) {
    let Place::Store(record) = &found.place else {
        return;
    };
    let Some(body) = &record.body else { return };
    if body.len() as u64 > tiers.memory().largest() {
        return;
    }
    let stored_at = found.head.response_time();
    let entry = Entry::new(key.clone(), found.head.clone(), body.clone(), stored_at);
    let _ = entry.record.set(record.id);
    put_in_memory(tiers, Arc::new(entry), mark, |other| {
        other.record.get() == Some(&record.id)
    });
}

/// True when `new`, the answer to `asked`, takes the place of `old`.
pub(crate) fn takes_place_of(asked: &Asked, new: &CacheHead, old: &CacheHead) -> bool {
    selects(&asked.read(), old) && supersedes(new, old)
}

/// `kept`, and the parts in memory that touch it, as one.
fn joined(tiers: &Tiers, kept: &Kept) -> (Arc<CacheHead>, Bytes) {
    let (mut head, mut body) = (kept.head.clone(), kept.body.clone());
    if matches!(head.extent(), Extent::Whole { .. }) {
        return (head, body);
    }
    let read = kept.asked.read();
    for other in tiers.memory().find(kept.asked.key(), Arc::clone) {
        if !selects(&read, &other.head) {
            continue;
        }
        if let Some((whole, skip)) = combined(&other.head, &head) {
            (head, body) = (Arc::new(whole), concatenated(&other.body, &body, skip));
        } else if let Some((whole, skip)) = combined(&head, &other.head) {
            (head, body) = (Arc::new(whole), concatenated(&body, &other.body, skip));
        }
    }
    (head, body)
}

fn concatenated(first: &Bytes, second: &Bytes, skip: u64) -> Bytes {
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let rest = second.get(skip..).unwrap_or_default();
    [first, rest].concat().into()
}

/// The store's names of what goes for `kept`.
async fn replaced(tiers: &Tiers, kept: &Kept) -> Vec<CacheRecordId> {
    let known = tiers.in_store(kept.asked.target()).await;
    gone_for(&kept.asked, &kept.head, &known)
}

/// The store's names of what goes for `new`, the answer to `asked`: what it takes the place of, and of too many others of its URL the
/// last of `found`.
pub(crate) fn gone_for(asked: &Asked, new: &CacheHead, found: &[Found]) -> Vec<CacheRecordId> {
    let mut others = 0;
    let goes = |found: &&Found| {
        takes_place_of(asked, new, &found.head) || {
            others += 1;
            others >= MOST_VARIANTS
        }
    };
    found
        .iter()
        .filter(goes)
        .filter_map(Found::record)
        .collect()
}

/// `found` under a new head, its body as it is; taken out where the head says that it must not be kept.
///
/// What is to be waited for is there where the store has it too.
pub(crate) fn update(
    cache: &SessionCache,
    found: &Found,
    head: Arc<CacheHead>,
) -> (Found, Option<BoxFuture<'static, ()>>) {
    let tiers = cache.tiers();
    let is_kept = head.storage_policy() != CacheStoragePolicy::NotAllowed;
    let place = match &found.place {
        Place::Memory(entry) => {
            let anew = Arc::new(entry.with_head(head.clone()));
            let is_old = |other: &Entry| std::ptr::eq(other, &**entry);
            match is_kept {
                true => tiers.memory().replace(entry, anew.clone()),
                false => tiers.memory().remove(entry.key(), is_old),
            }
            Place::Memory(anew)
        }
        Place::Store(record) => Place::Store(record.clone()),
    };
    let written = tiers.store().zip(found.record());
    let written = written.map(|(store, id)| match is_kept {
        true => store.update(id, head.to_bytes()),
        false => store.remove(vec![id]),
    });
    (Found { head, place }, written)
}

/// Takes out of `found` what `response`, which may not be stored, is there in place of: a success is what there is now, and what a request like it
/// got before is not (RFC 9111 sections 4.3.3 and 4.3.4).
pub(crate) async fn superseded(tiers: &Tiers, asked: &Asked, response: &Response, found: &[Found]) {
    let status = response.status();
    let is_whole = status.is_success() && status != StatusCode::PARTIAL_CONTENT;
    if asked.method() != Method::GET || !is_whole {
        return;
    }
    let read = asked.read();
    for found in found.iter().filter(|found| selects(&read, &found.head)) {
        forget(tiers, asked.key(), found).await;
    }
}

/// Takes `found` out.
pub(crate) async fn forget(tiers: &Tiers, key: &CacheKey, found: &Found) {
    if let Place::Memory(entry) = &found.place {
        tiers
            .memory()
            .remove(key, |other| std::ptr::eq(other, &**entry));
    }
    if let (Some(store), Some(id)) = (tiers.store(), found.record()) {
        store.remove(vec![id]).await;
    }
}

async fn write(
    store: &dyn CacheStore,
    record: NewCacheRecord,
    body: Bytes,
) -> Option<CacheRecordId> {
    let mut writer: Box<dyn CacheWriter> = store.insert(record).await?;
    if !body.is_empty() {
        writer.write(body).await.ok()?;
    }
    writer.finish(None).await.ok()
}

/// When a response says that it was made; long ago where it does not.
pub(crate) fn date_of(response: &Response) -> SystemTime {
    let date = response.headers().get(header::DATE);
    let date = date.and_then(|value| value.to_str().ok());
    date.and_then(date::parse_alone)
        .unwrap_or(SystemTime::UNIX_EPOCH)
}
