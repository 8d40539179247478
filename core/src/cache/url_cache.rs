//! The cache as an app holds it.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};

use crate::cache::asked::Asked;
use crate::cache::found::Found;
use crate::cache::keeping::{self, Kept};
use crate::cache::store::CacheStore;
use crate::cache::tiers::Tiers;
use crate::policy::cache::{Extent, Salt, Salts, Stamp, selects, storable};
use crate::policy::fields::SessionFields;
use crate::seams::runtime::Runtime;
use crate::words::cache::{CachePolicy, CachedResponse};
use crate::words::cache_key::{self, CacheKey};
use crate::words::request::Request;

/// A private cache of responses, as HTTP has it (RFC 9111); Apple's `URLCache`.
///
/// A tier in memory, and one that outlives the program where there is a [`CacheStore`]. A clone is another handle to the same cache, and
/// several sessions may share one. A session uses it once it was given to its builder
/// ([`SessionBuilder::cache`](crate::SessionBuilder::cache)).
///
/// An entry that is larger than the 20th part of a tier's capacity is not kept in that tier. What is over the capacity is evicted, the least
/// recently used first.
///
/// ```
/// use urlsession_core::UrlCache;
///
/// let cache = UrlCache::in_memory(4 * 1024 * 1024);
/// assert_eq!((cache.memory_capacity(), cache.current_memory_usage()), (4 * 1024 * 1024, 0));
/// ```
#[derive(Clone)]
pub struct UrlCache {
    tiers: Arc<Tiers>,
    /// The session that the handle came from.
    sender: Option<Sender>,
}

/// Who sends the requests: what they carry besides their own fields, and the time.
#[derive(Clone)]
struct Sender {
    runtime: Arc<dyn Runtime>,
    fields: Arc<SessionFields>,
}

impl UrlCache {
    /// A cache in memory alone, of so many bytes.
    #[must_use]
    pub fn in_memory(capacity: u64) -> Self {
        Self::of(Tiers::new(capacity, None))
    }

    /// A cache in memory, of so many bytes, and in `store`.
    #[must_use]
    pub fn new(memory_capacity: u64, store: Arc<dyn CacheStore>) -> Self {
        Self::of(Tiers::new(memory_capacity, Some(store)))
    }

    fn of(tiers: Tiers) -> Self {
        Self {
            tiers: Arc::new(tiers),
            sender: None,
        }
    }

    pub(crate) fn as_sent_by(&self, runtime: Arc<dyn Runtime>, fields: Arc<SessionFields>) -> Self {
        Self {
            tiers: self.tiers.clone(),
            sender: Some(Sender { runtime, fields }),
        }
    }

    pub(crate) fn tiers(&self) -> &Arc<Tiers> {
        &self.tiers
    }

    /// The response to `request` that is kept, with its body whole, fresh or not.
    ///
    /// Which of several is told by what the request carries, where they differ (`Vary`). A handle from
    /// [`Session::url_cache`](crate::Session::url_cache) adds what that session would; one of your own knows the request's own fields only.
    pub async fn cached_response(&self, request: &Request) -> Option<CachedResponse> {
        let asked = self.asked(request)?;
        let found = self.select(&asked).await?;
        let data = self.body_of(&found).await?;
        let head = &found.head;
        let response = head.response().clone();
        Some(CachedResponse {
            response,
            data,
            user_info: head.user_info().clone(),
            storage_policy: head.storage_policy(),
        })
    }

    /// Keeps a response as the answer to `request`, in place of the one there was. One that may not be kept (RFC 9111 section 3: `no-store`, an answer
    /// to a PUT) is not.
    ///
    /// It came now, as far as that is known: a handle from [`Session::url_cache`](crate::Session::url_cache) knows the time, for one of your own
    /// the response came when it says (`Date`), else long ago.
    pub async fn store_cached_response(&self, cached: CachedResponse, request: &Request) {
        let Some(asked) = self.asked(request) else {
            return;
        };
        let now = self.came_at(&cached);
        let stamp = Stamp {
            request_time: now,
            response_time: now,
            salts: self,
        };
        let Some(head) = storable(&asked.read(), &cached.response, &stamp) else {
            return;
        };
        let head = head
            .with_user_info(cached.user_info)
            .with_storage_policy(cached.storage_policy);
        let Some(head) = head.ended(cached.data.len() as u64) else {
            return;
        };
        let kept = Kept {
            asked,
            head: Arc::new(head),
            body: cached.data,
            stored_at: now,
            mark: self.tiers.changes().mark(),
            lead: None,
        };
        keeping::keep(&self.tiers, kept).await;
    }

    /// Takes out every response to the URL of `request`.
    pub async fn remove_cached_response(&self, request: &Request) {
        if let Some(target) = request.target() {
            self.tiers.remove_key(&CacheKey::of_target(target)).await;
        }
    }

    /// Takes everything out.
    pub async fn remove_all_cached_responses(&self) {
        self.tiers.remove_all().await;
    }

    /// Takes out what was stored at `date` or after it.
    pub async fn remove_cached_responses_since(&self, date: SystemTime) {
        self.tiers.remove_since(date).await;
    }

    /// How many bytes the tier in memory may take.
    #[must_use]
    pub fn memory_capacity(&self) -> u64 {
        self.tiers.memory().capacity()
    }

    /// Sets how many bytes the tier in memory may take. What is over it is evicted at once.
    pub fn set_memory_capacity(&self, bytes: u64) {
        self.tiers.memory().set_capacity(bytes);
    }

    /// How many bytes the tier in memory takes: bodies, and what belongs to them.
    #[must_use]
    pub fn current_memory_usage(&self) -> u64 {
        self.tiers.memory().usage()
    }

    /// How many bytes the tier that outlives the program may take; 0 where there is none.
    #[must_use]
    pub fn disk_capacity(&self) -> u64 {
        self.tiers.store().map_or(0, |store| store.capacity())
    }

    /// Sets how many bytes the tier that outlives the program may take. What is over it is evicted at once.
    pub async fn set_disk_capacity(&self, bytes: u64) {
        if let Some(store) = self.tiers.store() {
            store.set_capacity(bytes).await;
        }
    }

    /// How many bytes the tier that outlives the program takes.
    pub async fn current_disk_usage(&self) -> u64 {
        match self.tiers.store() {
            Some(store) => store.usage().await,
            None => 0,
        }
    }

    /// Ready when all that is to outlive the program is as durable as it gets.
    pub async fn flush(&self) {
        if let Some(store) = self.tiers.store() {
            store.flush().await;
        }
    }

    fn asked(&self, request: &Request) -> Option<Asked> {
        let fields = match &self.sender {
            Some(sender) => sender.fields.of_hop(request, false).into_map(),
            None => Arc::new(request.headers().clone()),
        };
        Asked::new(request, fields, CachePolicy::ReturnCacheDataElseLoad)
    }

    /// The latest whole response that `asked` selects: memory's, else the store's.
    async fn select(&self, asked: &Asked) -> Option<Found> {
        let fits = |found: &Found| {
            matches!(found.head.extent(), Extent::Whole { .. })
                && selects(&asked.read(), &found.head)
        };
        let in_memory = self.tiers.in_memory(asked.key()).into_iter().find(fits);
        if in_memory.is_some() {
            return in_memory;
        }
        let in_store = self.tiers.in_store(asked.target()).await;
        in_store.into_iter().find(fits)
    }

    async fn body_of(&self, found: &Found) -> Option<Bytes> {
        let mut body = found.open(&self.tiers, 0).await?;
        let mut data = BytesMut::new();
        while let Some(chunk) = body.next_chunk().await.ok()? {
            if data.is_empty() && body.remaining() == Some(0) {
                return Some(chunk);
            }
            data.extend_from_slice(&chunk);
        }
        Some(data.freeze())
    }

    fn came_at(&self, cached: &CachedResponse) -> SystemTime {
        match &self.sender {
            Some(sender) => sender.runtime.wall_clock(),
            None => keeping::date_of(&cached.response),
        }
    }
}

impl Salts for UrlCache {
    fn salt(&self) -> Salt {
        let Some(sender) = &self.sender else {
            return cache_key::chance();
        };
        let mut salt = Salt::default();
        for half in salt.chunks_exact_mut(8) {
            half.copy_from_slice(&sender.runtime.random().to_le_bytes());
        }
        salt
    }
}

impl fmt::Debug for UrlCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlCache")
            .field("memory_capacity", &self.memory_capacity())
            .field("current_memory_usage", &self.current_memory_usage())
            .field("disk_capacity", &self.disk_capacity())
            .finish_non_exhaustive()
    }
}
