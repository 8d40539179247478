//! Units set aside for a part that somebody else makes.

use std::fmt;

use crate::progress::Progress;
use crate::progress::node::AddChildError;

/// Units of a parent for one part, handed to whoever does it.
///
/// It takes the place of a thread's current progress: who gets the share need not know its parent, and only one part can have it.
/// Dropped unused, its units count as done: nothing was left to do.
///
/// ```
/// use urlsession_core::{Progress, ProgressShare};
///
/// fn unpack(share: ProgressShare) {
///     let progress = share.begin(3); // files
///     progress.set_completed_unit_count(3);
/// }
///
/// let all = Progress::new(100);
/// unpack(all.share(20));
/// assert_eq!(all.completed_unit_count(), 20);
/// ```
#[must_use = "dropped, its units count as done"]
pub struct ProgressShare(Option<(Progress, i64)>);

impl ProgressShare {
    pub(super) fn new(parent: Progress, units: i64) -> Self {
        Self(Some((parent, units)))
    }

    /// The part itself, of `total_unit_count` units of its own.
    #[must_use]
    pub fn begin(self, total_unit_count: i64) -> Progress {
        let part = Progress::new(total_unit_count);
        self.give_to(&part)
            .expect("a new progress has neither parent nor children");
        part
    }

    /// Makes `part` the part.
    ///
    /// # Errors
    /// As [`Progress::add_child`].
    pub fn give_to(mut self, part: &Progress) -> Result<(), AddChildError> {
        match self.0.take() {
            Some((parent, units)) => parent.add_child(part, units),
            None => Ok(()),
        }
    }
}

impl Drop for ProgressShare {
    fn drop(&mut self) {
        if let Some((parent, units)) = self.0.take() {
            parent.add_completed_unit_count(units);
        }
    }
}

impl fmt::Debug for ProgressShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgressShare")
            .field("units", &self.0.as_ref().map(|(_, units)| units))
            .finish_non_exhaustive()
    }
}
