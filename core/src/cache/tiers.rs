//! A cache's two tiers: memory, and what outlives the program.

use std::sync::Arc;
use std::time::SystemTime;

use url::Url;

use crate::cache::changes::Changes;
use crate::cache::memory::{LARGEST_PART, Memory};
use crate::cache::store::CacheStore;
use crate::words::cache_key::CacheKey;

/// A response that the app is asked about is gathered up to so many bytes, where the tier in memory takes less.
const MOST_FOR_THE_APP: u64 = 8 * 1024 * 1024;

/// What all handles to a cache share.
pub(crate) struct Tiers {
    memory: Memory,
    store: Option<Arc<dyn CacheStore>>,
    changes: Changes,
}

impl Tiers {
    pub(crate) fn new(memory_capacity: u64, store: Option<Arc<dyn CacheStore>>) -> Self {
        Self {
            memory: Memory::new(memory_capacity),
            store,
            changes: Changes::default(),
        }
    }

    /// What was taken out.
    pub(crate) fn changes(&self) -> &Changes {
        &self.changes
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    pub(crate) fn store(&self) -> Option<&Arc<dyn CacheStore>> {
        self.store.as_ref()
    }

    /// The largest body that the store keeps, in bytes; 0 without one.
    pub(crate) fn largest_in_store(&self) -> u64 {
        let store = self.store.as_ref();
        store.map_or(0, |store| store.capacity() / LARGEST_PART)
    }

    /// The largest body that is gathered for the app, in bytes.
    pub(crate) fn largest_for_the_app(&self) -> u64 {
        let memory = self.memory.largest();
        let most = self.largest_in_store().max(memory);
        most.min(MOST_FOR_THE_APP.max(memory))
    }

    /// Takes out every response of `key`.
    pub(crate) async fn remove_key(&self, key: &CacheKey) {
        self.changes.took(key);
        self.memory.remove(key, |_| true);
        if let Some(store) = &self.store {
            store.remove_key(key.as_str()).await;
        }
    }

    /// Takes out every response of the origin of `url`.
    pub(crate) async fn remove_origin(&self, url: &Url) {
        self.changes.took_all();
        let prefix = CacheKey::beginning(url);
        self.memory.remove_prefix(&prefix);
        if let Some(store) = &self.store {
            store.remove_prefix(&prefix).await;
        }
    }

    pub(crate) async fn remove_since(&self, date: SystemTime) {
        self.changes.took_all();
        self.memory.remove_since(date);
        if let Some(store) = &self.store {
            store.remove_since(date).await;
        }
    }

    pub(crate) async fn remove_all(&self) {
        self.changes.took_all();
        self.memory.remove_all();
        if let Some(store) = &self.store {
            store.remove_all().await;
        }
    }
}
