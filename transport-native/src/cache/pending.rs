//! What was asked for and has not reached the disk yet, so that a later call sees it.
//!
//! A look-up of a key that has something pending is the writer's to answer, in its turn. Heads and recency are lazier than that: they
//! are kept here until there is enough of them, and a look-up puts a head that waits in place of the one on disk.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use bytes::Bytes;
use urlsession_core::CacheRecord;

use super::record;

/// How many heads and uses wait at most before they are written.
const LAZY: usize = 2048;

/// How many bytes may wait to be written; what comes then is not kept, for a disk that is so far behind does not get its bytes anyway.
const QUEUE: usize = 64 * 1024 * 1024;

/// What is pending.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// By a key's hash, how many changes wait that touch it.
    keys: HashMap<i64, usize>,
    /// How many changes wait that may touch any key.
    any: usize,
    /// Records that wait to be inserted: their heads are updated after that.
    inserting: HashSet<i64>,
    /// Records that wait to be removed.
    removing: HashMap<i64, usize>,
    /// Bytes of bodies and heads that wait.
    bytes: usize,
    heads: HashMap<i64, Bytes>,
    used: HashMap<i64, i64>,
    /// What the writer knows of heads and uses that wait.
    told: Told,
    /// How often something came to the disk.
    settled: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    ThatSomethingWaits,
    ThatEnoughWaits,
}

/// What a change touches, kept with it until it is on disk.
#[derive(Clone, Debug)]
pub(super) enum Touches {
    /// A record of a key that is inserted, of so many bytes.
    Insertion {
        key: i64,
        id: i64,
        bytes: usize,
    },
    Key(i64),
    Records(Vec<i64>),
    Any,
}

/// How soon the writer is to be told of what waits lazily.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tell {
    /// It knows already.
    No,
    /// There is something, for later.
    Later,
    /// There is enough.
    Now,
}

impl Pending {
    /// How often something came to the disk. What is read between two equal answers is as old as what is pending.
    pub(super) fn settled(&self) -> u64 {
        self.settled
    }

    /// True when a look-up of this key must wait for the writer.
    pub(super) fn concerns(&self, key: &str) -> bool {
        self.any > 0 || (!self.keys.is_empty() && self.keys.contains_key(&record::key_hash(key)))
    }

    /// True when the body of this record must be asked of the writer.
    pub(super) fn concerns_record(&self, id: i64) -> bool {
        self.any > 0 || self.inserting.contains(&id)
    }

    pub(super) fn is_removing(&self, id: i64) -> bool {
        self.removing.contains_key(&id)
    }

    /// True when so much waits that no more is taken.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > QUEUE
    }

    /// Notes a change that was queued.
    pub(super) fn note(&mut self, touches: &Touches) {
        match touches {
            Touches::Insertion { key, id, bytes } => {
                *self.keys.entry(*key).or_default() += 1;
                self.inserting.insert(*id);
                self.bytes += bytes;
            }
            Touches::Key(key) => *self.keys.entry(*key).or_default() += 1,
            Touches::Records(ids) => {
                for id in ids {
                    *self.removing.entry(*id).or_default() += 1;
                }
            }
            Touches::Any => self.any += 1,
        }
    }

    /// Forgets a change that is on disk, or that came to nothing.
    pub(super) fn settle(&mut self, touches: &Touches) {
        self.settled += 1;
        match touches {
            Touches::Insertion { key, id, bytes } => {
                count_down(&mut self.keys, *key);
                self.inserting.remove(id);
                self.bytes -= bytes;
            }
            Touches::Key(key) => count_down(&mut self.keys, *key),
            Touches::Records(ids) => {
                for id in ids {
                    count_down(&mut self.removing, *id);
                }
            }
            Touches::Any => self.any -= 1,
        }
    }

    /// Notes a head that waits to be written.
    pub(super) fn note_head(&mut self, id: i64, head: Bytes) -> Tell {
        self.heads.insert(id, head);
        self.tell()
    }

    /// Makes of what was found on disk what a caller is to see, and notes that it was used.
    pub(super) fn shown(&mut self, records: &mut Vec<CacheRecord>) -> Tell {
        if !self.removing.is_empty() {
            records.retain(|record| !self.removing.contains_key(&record.id.0));
        }
        if records.is_empty() {
            return Tell::No;
        }
        let now = record::micros(SystemTime::now());
        for record in records {
            self.used.insert(record.id.0, now);
            if let Some(head) = self.heads.get(&record.id.0) {
                record.head = head.clone();
            }
        }
        self.tell()
    }

    fn tell(&mut self) -> Tell {
        let waiting = self.heads.len() + self.used.len();
        match self.told {
            Told::Nothing | Told::ThatSomethingWaits if waiting >= LAZY => {
                self.told = Told::ThatEnoughWaits;
                Tell::Now
            }
            Told::Nothing => {
                self.told = Told::ThatSomethingWaits;
                Tell::Later
            }
            Told::ThatSomethingWaits | Told::ThatEnoughWaits => Tell::No,
        }
    }

    /// The heads that can be written now; they are shown until [`written`](Self::written).
    pub(super) fn heads(&self) -> Vec<(i64, Bytes)> {
        self.heads
            .iter()
            .filter(|(id, _)| !self.inserting.contains(id))
            .map(|(id, head)| (*id, head.clone()))
            .collect()
    }

    /// Takes what is known of uses, in the order of records.
    pub(super) fn take_used(&mut self) -> Vec<(i64, i64)> {
        self.told = Told::Nothing;
        let mut used: Vec<_> = self.used.drain().collect();
        used.sort_unstable();
        used
    }

    /// Forgets heads that are on disk, unless others have come in their places.
    pub(super) fn written(&mut self, heads: &[(i64, Bytes)]) {
        self.settled += 1;
        for (id, head) in heads {
            if self.heads.get(id) == Some(head) {
                self.heads.remove(id);
            }
        }
    }

    /// Heads that could not be written wait for another time, unless there are too many: those on disk are older, and as valid as they
    /// were.
    pub(super) fn not_written(&mut self) {
        if self.heads.len() > LAZY {
            self.heads.clear();
        }
    }
}

fn count_down(counts: &mut HashMap<i64, usize>, key: i64) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use urlsession_core::CacheRecordId;

    use super::*;

    fn record(id: i64) -> CacheRecord {
        CacheRecord {
            id: CacheRecordId(id),
            head: Bytes::from_static(b"old"),
            length: 0,
            body: None,
        }
    }

    #[test]
    fn a_key_is_the_writers_until_all_its_changes_are_settled() {
        let mut pending = Pending::default();
        let touches = Touches::Key(record::key_hash("a"));
        pending.note(&touches);
        pending.note(&touches);
        pending.settle(&touches);
        assert!(pending.concerns("a"));
        assert!(!pending.concerns("b"));
        pending.settle(&touches);
        assert!(!pending.concerns("a"));
    }

    #[test]
    fn removed_records_are_not_shown_and_waiting_heads_are() {
        let mut pending = Pending::default();
        pending.note(&Touches::Records(vec![1]));
        let new = Bytes::from_static(b"new");
        assert_eq!(pending.note_head(2, new.clone()), Tell::Later);
        let mut records = vec![record(1), record(2)];
        assert_eq!(pending.shown(&mut records), Tell::No);
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].head, new);
        let used: Vec<_> = pending.take_used().into_iter().map(|(id, _)| id).collect();
        assert_eq!(used, [2]);
    }

    #[test]
    fn a_head_that_came_while_another_was_written_still_waits() {
        let mut pending = Pending::default();
        pending.note_head(1, Bytes::from_static(b"one"));
        let written = pending.heads();
        pending.note_head(1, Bytes::from_static(b"two"));
        pending.written(&written);
        assert_eq!(pending.heads(), [(1, Bytes::from_static(b"two"))]);
    }
}
