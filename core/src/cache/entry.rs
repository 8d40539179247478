//! One cached response in memory.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;

use crate::cache::store::CacheRecordId;
use crate::policy::cache::CacheHead;
use crate::words::cache_key::CacheKey;
use crate::words::response::Response;

/// What an entry takes beside its key, head and body: its places in the tier's tables.
const OVERHEAD: u64 = 256;

/// A response and its body, never changed: a new head is a new entry with the same body.
pub(crate) struct Entry {
    key: CacheKey,
    pub(crate) head: Arc<CacheHead>,
    pub(crate) body: Bytes,
    /// Where the store has it, as soon as that is known.
    pub(crate) record: Arc<OnceLock<CacheRecordId>>,
    stored_at: SystemTime,
    /// In bytes, but for what its head has made meanwhile.
    bare_size: u64,
    size: u64,
    is_final: bool,
    turn: AtomicU64,
    used: AtomicBool,
}

impl Entry {
    /// The response `head` with `body`, stored at `stored_at`.
    pub(crate) fn new(
        key: CacheKey,
        head: Arc<CacheHead>,
        body: Bytes,
        stored_at: SystemTime,
    ) -> Self {
        let bare_size = size(&key, &head, &body);
        Self {
            bare_size,
            size: bare_size + head.made_meanwhile(),
            is_final: is_final(head.but_for_date()),
            key: key.detached(),
            head,
            body,
            record: Arc::default(),
            stored_at,
            turn: AtomicU64::new(0),
            used: AtomicBool::new(false),
        }
    }

    /// The same body under another head.
    pub(crate) fn with_head(&self, head: Arc<CacheHead>) -> Self {
        let (bare_size, is_final) = match head.shares_fields(&self.head) {
            true => (self.bare_size, self.is_final),
            false => (
                size(&self.key, &head, &self.body),
                is_final(head.but_for_date()),
            ),
        };
        let made_meanwhile = head.made_meanwhile();
        Self {
            key: self.key.clone(),
            head,
            body: self.body.clone(),
            record: self.record.clone(),
            stored_at: self.stored_at,
            bare_size,
            size: bare_size + made_meanwhile,
            is_final,
            turn: AtomicU64::new(0),
            used: AtomicBool::new(false),
        }
    }

    pub(crate) fn key(&self) -> &CacheKey {
        &self.key
    }

    pub(crate) fn is_of(&self, key: &CacheKey) -> bool {
        self.key == *key
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// True where there is nothing more to do: no coding to be undone, no redirect to be followed.
    pub(crate) fn is_final(&self) -> bool {
        self.is_final
    }

    pub(crate) fn stored_at(&self) -> SystemTime {
        self.stored_at
    }

    /// It answered a request: it is among the last to be evicted.
    pub(crate) fn set_used(&self) {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    pub(crate) fn take_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn turn(&self) -> u64 {
        self.turn.load(Ordering::Relaxed)
    }

    pub(crate) fn set_turn(&self, turn: u64) {
        self.turn.store(turn, Ordering::Relaxed);
    }
}

fn size(key: &CacheKey, head: &CacheHead, body: &Bytes) -> u64 {
    let size = body.len() + key.as_str().len() + head.memory_size();
    size as u64 + OVERHEAD
}

fn is_final(response: &Response) -> bool {
    !response.status().is_redirection() && !response.headers().contains_key(CONTENT_ENCODING)
}
