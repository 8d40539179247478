//! The app's word about what is kept.

use std::sync::{Arc, Mutex, PoisonError};

use crate::cache::keeping::{Kept, keep};
use crate::cache::session::SessionCache;
use crate::seams::app::App;
use crate::words::cache::{CacheStoragePolicy, CachedResponse};
use crate::words::error::Error;

/// Where a body that has come whole waits for the app's word.
pub(super) type Slot = Arc<Mutex<Option<Kept>>>;

/// What the cache would keep of an answer, once its body has come.
pub(crate) struct Proposal {
    cache: Arc<SessionCache>,
    slot: Slot,
}

impl Proposal {
    pub(super) fn new(cache: &Arc<SessionCache>, slot: Slot) -> Self {
        Self {
            cache: cache.clone(),
            slot,
        }
    }

    /// Asks the app, and keeps what it says.
    pub(crate) async fn put_to<A: App>(self, app: &A) -> Result<(), Error> {
        let waiting = self
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(kept) = waiting else {
            return Ok(());
        };
        let proposed = CachedResponse {
            response: kept.head.response().clone(),
            data: kept.body.clone(),
            user_info: kept.head.user_info().clone(),
            storage_policy: kept.head.storage_policy(),
        };
        let Some(edited) = app.will_cache(proposed).await? else {
            return Ok(());
        };
        if edited.storage_policy == CacheStoragePolicy::NotAllowed {
            return Ok(());
        }
        keep(self.cache.tiers(), with_edits(kept, edited)).await;
        Ok(())
    }
}

fn with_edits(kept: Kept, edited: CachedResponse) -> Kept {
    let mut head = (*kept.head).clone();
    if *head.response() != edited.response {
        head = head.with_response(edited.response);
    }
    let head = head
        .with_user_info(edited.user_info)
        .with_storage_policy(edited.storage_policy);
    Kept {
        // The app's own data have the length that they have.
        head: Arc::new(head.clone().ended(edited.data.len() as u64).unwrap_or(head)),
        body: edited.data,
        ..kept
    }
}
