//! The fields of the request that asks whether a stored response still is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;

use crate::policy::cache::decide::Fields;
use crate::policy::fields::with_beside;

/// The fields of the last request that validated a stored response. What was validated twice is validated again, mostly by a request with
/// the same fields: those are kept then, and made once.
#[derive(Default)]
pub(super) struct Validating(Mutex<Kept>);

#[derive(Clone, Default)]
struct Kept {
    times: u32,
    /// The fields that requests have of themselves, and those that they are sent with.
    fields: Option<(Arc<HeaderMap>, Arc<HeaderMap>)>,
}

impl Validating {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `own` with `conditions` in place of those of the same name.
    pub(super) fn fields(&self, own: &Arc<HeaderMap>, conditions: &Fields) -> Arc<HeaderMap> {
        let mut kept = self.kept();
        if let Some((of, fields)) = &kept.fields
            && Arc::ptr_eq(of, own)
        {
            return fields.clone();
        }
        let fields = Arc::new(with_beside(own, conditions));
        kept.times = kept.times.saturating_add(1);
        if kept.times > 1 {
            kept.fields = Some((own.clone(), fields.clone()));
        }
        fields
    }

    /// About how many bytes of memory they take.
    pub(super) fn memory_size(&self) -> usize {
        /// A field's place in the map; its text others have too.
        const FIELD: usize = 128;
        let kept = self.kept();
        let fields = kept.fields.as_ref();
        fields.map_or(0, |(_, made)| (made.len() + 2) * FIELD)
    }

    /// For a head that has the same conditions.
    pub(super) fn handed_over(&self) -> Self {
        Self(Mutex::new(std::mem::take(&mut *self.kept())))
    }
}
