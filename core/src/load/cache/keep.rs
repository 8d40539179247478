//! Gathers a body as it passes, for memory, for the store, or for the app's word about it.

use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};

use crate::cache::asked::Asked;
use crate::cache::changes::Mark;
use crate::cache::flights::Lead;
use crate::cache::keeping::{Kept, keep_in_memory};
use crate::cache::session::SessionCache;
use crate::cache::store::{CacheRecordId, NewCacheRecord};
use crate::load::cache::proposal::Slot;
use crate::load::cache::writer::{After, Writer};
use crate::policy::cache::CacheHead;

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It came to its end.
    Whole,
    /// It was broken off.
    Broken,
}

/// What is to be kept once its body has come.
pub(super) struct Plan {
    pub(super) cache: Arc<SessionCache>,
    pub(super) asked: Asked,
    pub(super) head: CacheHead,
    /// The body's length as the response says it.
    pub(super) length: Option<u64>,
    /// The store's names of what it takes the place of.
    pub(super) replaces: Vec<CacheRecordId>,
    pub(super) stored_at: SystemTime,
    /// Where it goes when the app is asked first.
    pub(super) slot: Option<Slot>,
    /// When the request went out.
    pub(super) mark: Mark,
    /// Equal requests wait until it is kept.
    pub(super) lead: Option<Lead>,
}

/// Keeps a body as it passes.
pub(super) struct Keeper {
    plan: Plan,
    /// `None` once there is too much of it.
    gathered: Option<BytesMut>,
    most_gathered: u64,
    writer: Option<Writer>,
    received: u64,
}

impl Keeper {
    /// `None` where no tier takes a body of that length.
    pub(super) fn new(plan: Plan) -> Option<Self> {
        let tiers = plan.cache.tiers();
        let most_gathered = match plan.slot {
            Some(_) => tiers.largest_for_the_app(),
            None => tiers.memory().largest(),
        };
        let fits = |most: u64| plan.length.is_none_or(|length| length <= most);
        let gathered = fits(most_gathered).then(BytesMut::new);
        let writer = (plan.slot.is_none() && fits(tiers.largest_in_store()))
            .then(|| Writer::begin(tiers, record(&plan)))
            .flatten();
        (gathered.is_some() || writer.is_some()).then_some(Self {
            plan,
            gathered,
            most_gathered,
            writer,
            received: 0,
        })
    }

    /// Ready when what came last is written.
    pub(super) fn poll_written(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.writer {
            Some(writer) => {
                let written = writer.poll_idle(context);
                if written == Poll::Ready(false) {
                    self.writer = None;
                    return Poll::Ready(());
                }
                written.map(|_| ())
            }
            None => Poll::Ready(()),
        }
    }

    /// More of the body.
    pub(super) fn add(&mut self, chunk: &Bytes) {
        self.received += chunk.len() as u64;
        match &mut self.gathered {
            Some(gathered) if self.received <= self.most_gathered => {
                gathered.extend_from_slice(chunk);
            }
            Some(_) | None => self.gathered = None,
        }
        if self.received > self.plan.cache.tiers().largest_in_store() {
            self.writer = None;
        }
        if let Some(writer) = &mut self.writer {
            writer.write(chunk.clone());
        }
    }

    /// No more will come.
    pub(super) fn ended(self, end: End) {
        let Self {
            plan,
            gathered,
            writer,
            received,
            ..
        } = self;
        let tiers = plan.cache.tiers();
        if !tiers.changes().has_none_since(plan.mark, plan.asked.key()) {
            return;
        }
        let head = match end {
            End::Whole => plan.head.ended(received),
            End::Broken => plan.head.cut_short(received),
        };
        let Some(head) = head.map(Arc::new) else {
            return;
        };
        let bytes = head.to_bytes();
        let mut lead = plan.lead;
        let key = plan.asked.key().clone();
        let kept = gathered.map(|body| Kept {
            asked: plan.asked,
            head,
            body: body.freeze(),
            stored_at: plan.stored_at,
            mark: plan.mark,
            lead: lead.take(),
        });
        match (plan.slot, kept) {
            (None, kept) => {
                let name = kept.as_ref().map(|kept| keep_in_memory(tiers, kept));
                if let Some(writer) = writer {
                    let lead = kept.and_then(|kept| kept.lead).or(lead);
                    let after = After {
                        cache: plan.cache.clone(),
                        key,
                        mark: plan.mark,
                        name: name.unwrap_or_default(),
                        lead,
                    };
                    writer.finish(bytes, after);
                }
            }
            (Some(slot), Some(kept)) if end == End::Whole => {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
            }
            // The app was not asked, or could not be.
            (Some(_), _) => {}
        }
    }
}

fn record(plan: &Plan) -> NewCacheRecord {
    NewCacheRecord {
        key: plan.asked.key().as_str().to_owned(),
        head: plan.head.to_bytes(),
        length: plan.length,
        replaces: plan.replaces.clone(),
        stored_at: plan.stored_at,
    }
}
