//! Writes a body to the store, one chunk at a time.

use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::cache::changes::Mark;
use crate::cache::flights::Lead;
use crate::cache::session::SessionCache;
use crate::cache::store::{CacheRecordId, CacheWriter, NewCacheRecord};
use crate::cache::tiers::Tiers;
use crate::words::bounds::BoxFuture;
use crate::words::cache_key::CacheKey;
use crate::words::error::ErrorCode;

/// A record that is being written: at most one thing is asked of it at a time.
pub(super) struct Writer(State);

enum State {
    Idle(Box<dyn CacheWriter>),
    /// `None` when it has failed.
    Busy(BoxFuture<'static, Option<Box<dyn CacheWriter>>>),
    Failed,
}

impl Writer {
    /// Begins a record, where there is a store.
    pub(super) fn begin(tiers: &Tiers, record: NewCacheRecord) -> Option<Self> {
        let store = tiers.store()?;
        Some(Self(State::Busy(store.insert(record))))
    }

    /// Ready when the next thing can be asked of it; with false, it has failed.
    pub(super) fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        if let State::Busy(future) = &mut self.0 {
            self.0 = match ready!(future.as_mut().poll(context)) {
                Some(writer) => State::Idle(writer),
                None => State::Failed,
            };
        }
        Poll::Ready(matches!(self.0, State::Idle(_)))
    }

    /// Appends `chunk`; called when it is idle.
    pub(super) fn write(&mut self, chunk: Bytes) {
        self.0 = match std::mem::replace(&mut self.0, State::Failed) {
            State::Idle(mut writer) => State::Busy(Box::pin(async move {
                let written = writer.write(chunk).await;
                written.is_ok().then_some(writer)
            })),
            // What was not waited for is lost.
            State::Busy(_) | State::Failed => State::Failed,
        };
    }

    /// Makes the record whole in the background: nobody waits for a disk.
    pub(super) fn finish(self, head: Bytes, after: After) {
        let finish = move |writer: Box<dyn CacheWriter>| writer.finish(Some(head));
        let finishing: BoxFuture<'static, _> = match self.0 {
            State::Idle(writer) => finish(writer),
            State::Busy(busy) => Box::pin(async move {
                match busy.await {
                    Some(writer) => finish(writer).await,
                    None => Err(ErrorCode::CannotWriteToFile.into()),
                }
            }),
            State::Failed => return,
        };
        let runtime = after.cache.runtime().clone();
        runtime.spawn(Box::pin(async move {
            if let Ok(id) = finishing.await {
                after.finished(id).await;
            }
        }));
    }
}

/// What is done once a record is whole.
pub(super) struct After {
    pub(super) cache: Arc<SessionCache>,
    pub(super) key: CacheKey,
    /// When its request went out.
    pub(super) mark: Mark,
    /// Where its name goes.
    pub(super) name: Arc<OnceLock<CacheRecordId>>,
    /// Equal requests wait so long.
    pub(super) lead: Option<Lead>,
}

impl After {
    async fn finished(self, id: CacheRecordId) {
        let tiers = self.cache.tiers();
        let _ = self.name.set(id);
        // Taken out while it was written: it is not to be found again.
        if !tiers.changes().has_none_since(self.mark, &self.key)
            && let Some(store) = tiers.store()
        {
            store.remove(vec![id]).await;
        }
        drop(self.lead);
    }
}
