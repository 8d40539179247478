//! What was taken out, and since when: what was asked for before is not kept after.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::words::cache_key::CacheKey;

/// So many of the keys taken out last are told apart; of what was asked for before them nothing is kept.
const TOLD_APART: usize = 4096;

/// The keys that were taken out last.
#[derive(Default)]
pub(crate) struct Changes(Mutex<Log>);

/// A moment among the changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark(u64);

#[derive(Default)]
struct Log {
    next: u64,
    /// Everything was taken out before this one.
    all: u64,
    recent: VecDeque<(u64, u64)>,
}

impl Changes {
    /// Now.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.lock().next)
    }

    /// Responses of `key` were taken out.
    pub(crate) fn took(&self, key: &CacheKey) {
        let mut log = self.lock();
        let number = log.next;
        log.next += 1;
        log.recent.push_back((number, key.hash()));
        if log.recent.len() > TOLD_APART
            && let Some((oldest, _)) = log.recent.pop_front()
        {
            log.all = oldest + 1;
        }
    }

    /// Everything was, or what is not told apart.
    pub(crate) fn took_all(&self) {
        let mut log = self.lock();
        log.next += 1;
        log.all = log.next;
        log.recent.clear();
    }

    /// True when nothing of `key` was taken out since `mark`, as far as is known.
    pub(crate) fn has_none_since(&self, mark: Mark, key: &CacheKey) -> bool {
        let log = self.lock();
        let since = log.recent.iter().rev();
        let mut since = since.take_while(|(number, _)| *number >= mark.0);
        mark.0 >= log.all && since.all(|(_, hash)| *hash != key.hash())
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn key(number: usize) -> CacheKey {
        CacheKey::of(&format!("http://a.example/{number}").parse().unwrap())
    }

    #[test]
    fn a_change_is_one_of_its_key_alone() {
        let changes = Changes::default();
        let before = changes.mark();
        changes.took(&key(1));
        assert!(!changes.has_none_since(before, &key(1)));
        assert!(changes.has_none_since(before, &key(2)));
        assert!(changes.has_none_since(changes.mark(), &key(1)));
    }

    #[test]
    fn everything_is_every_key() {
        let changes = Changes::default();
        let before = changes.mark();
        changes.took_all();
        assert!(!changes.has_none_since(before, &key(1)));
        assert!(changes.has_none_since(changes.mark(), &key(1)));
    }

    #[test]
    fn what_is_not_told_apart_any_more_counts_for_all() {
        let changes = Changes::default();
        let before = changes.mark();
        changes.took(&key(0));
        let after = changes.mark();
        for number in 1..=TOLD_APART {
            changes.took(&key(number));
        }
        assert!(!changes.has_none_since(before, &key(9999)));
        assert!(changes.has_none_since(after, &key(9999)));
        assert!(!changes.has_none_since(after, &key(1)));
    }
}
