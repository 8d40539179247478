//! The numbers of origins, in a list: whoever does without queues for each has few of them.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::words::parsing::SchemeHostPort;
use crate::words::target::{Origin, OriginId};

/// The origins that somebody holds, and those let go since the last was added; and the number of the last.
static INTERNED: Mutex<(Vec<Weak<Origin>>, u64)> = Mutex::new((Vec::new(), 0));

pub(super) fn intern(parts: SchemeHostPort<'_>) -> Arc<Origin> {
    let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
    let (origins, last) = &mut *interned;
    let is_it = |origin: &Arc<Origin>| origin.parts() == parts;
    if let Some(origin) = origins.iter().filter_map(Weak::upgrade).find(is_it) {
        return origin;
    }
    origins.retain(|origin| origin.strong_count() > 0);
    *last += 1;
    let origin = Arc::new(Origin::new(OriginId(*last), parts));
    origins.push(Arc::downgrade(&origin));
    origin
}
