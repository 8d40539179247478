//! The tier in memory: parsed responses, found by a hash that was made with the request, evicted by bytes.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use smallvec::SmallVec;

use crate::cache::entry::Entry;
use crate::cache::keeping::MOST_VARIANTS;
use crate::words::cache_key::CacheKey;

/// An entry may take so large a part of the capacity: the 20th.
pub(crate) const LARGEST_PART: u64 = 20;

/// So many turns of entries that are gone are kept, however few entries there are.
const FEW_TURNS: usize = 64;

/// The responses to one URL, the latest first.
pub(crate) type Variants = SmallVec<[Arc<Entry>; 2]>;

/// Responses in memory, up to so many bytes. Look-ups do not wait for one another.
///
/// What was used since it was looked at last is not evicted before what was not; among equals the oldest goes first.
pub(crate) struct Memory(RwLock<Tier>);

struct Tier {
    capacity: u64,
    usage: u64,
    entries: HashMap<u64, Variants, BuildHasherDefault<Given>>,
    /// How many there are.
    count: usize,
    /// The entries' turns to be looked at when room is needed, and their hashes; turns of entries that are gone among them.
    turns: VecDeque<(u64, u64)>,
    next_turn: u64,
}

impl Memory {
    pub(crate) fn new(capacity: u64) -> Self {
        Self(RwLock::new(Tier {
            capacity,
            usage: 0,
            entries: HashMap::default(),
            count: 0,
            turns: VecDeque::new(),
            next_turn: 0,
        }))
    }

    fn read(&self) -> RwLockReadGuard<'_, Tier> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tier> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every response of `key`, the latest first, as `seen`.
    pub(crate) fn find<T>(&self, key: &CacheKey, seen: impl Fn(&Arc<Entry>) -> T) -> Vec<T> {
        let tier = self.read();
        let found = tier.entries.get(&key.hash()).into_iter().flatten();
        found.filter(|entry| entry.is_of(key)).map(seen).collect()
    }

    /// Every response of `key`, the latest first, if there is one among them that `suits`; else none.
    pub(crate) fn find_if(&self, key: &CacheKey, suits: impl Fn(&Entry) -> bool) -> Variants {
        let tier = self.read();
        let Some(found) = tier.entries.get(&key.hash()) else {
            return Variants::new();
        };
        let of_key = || found.iter().filter(|entry| entry.is_of(key));
        match of_key().any(|entry| suits(entry)) {
            true => of_key().cloned().collect(),
            false => Variants::new(),
        }
    }

    /// The largest entry that is kept, in bytes.
    pub(crate) fn largest(&self) -> u64 {
        self.read().capacity / LARGEST_PART
    }

    /// Keeps `entry` in place of those that it `replaces`; one that is too large is not kept, and the others go all the same.
    pub(crate) fn insert(&self, entry: Arc<Entry>, replaces: impl Fn(&Entry) -> bool) {
        self.write().insert(entry, replaces);
    }

    /// Keeps `new` in place of `old`, unless that was taken out meanwhile.
    pub(crate) fn replace(&self, old: &Arc<Entry>, new: Arc<Entry>) {
        self.write().replace(old, new);
    }

    /// Takes out what `goes` says of the responses of `key`.
    pub(crate) fn remove(&self, key: &CacheKey, goes: impl Fn(&Entry) -> bool) {
        self.write()
            .remove_where(key.hash(), |entry| entry.is_of(key) && goes(entry));
    }

    /// Takes out what is of a key that begins so.
    pub(crate) fn remove_prefix(&self, prefix: &str) {
        self.remove_anywhere(|entry| entry.key().as_str().starts_with(prefix));
    }

    /// Takes out what was stored at `date` or after it.
    pub(crate) fn remove_since(&self, date: SystemTime) {
        self.remove_anywhere(|entry| entry.stored_at() >= date);
    }

    fn remove_anywhere(&self, goes: impl Fn(&Entry) -> bool) {
        let mut tier = self.write();
        let hashes: Vec<u64> = tier.turns.iter().map(|(_, hash)| *hash).collect();
        for hash in hashes {
            tier.remove_where(hash, &goes);
        }
    }

    /// Takes everything out.
    pub(crate) fn remove_all(&self) {
        let mut tier = self.write();
        tier.entries.clear();
        tier.turns.clear();
        tier.count = 0;
        tier.usage = 0;
    }

    /// How many bytes the entries take.
    pub(crate) fn usage(&self) -> u64 {
        self.read().usage
    }

    /// How many bytes they may take.
    pub(crate) fn capacity(&self) -> u64 {
        self.read().capacity
    }

    /// Sets how many bytes they may take; what is over it goes at once.
    pub(crate) fn set_capacity(&self, bytes: u64) {
        let mut tier = self.write();
        tier.capacity = bytes;
        tier.evict();
    }
}

impl Tier {
    fn replace(&mut self, old: &Arc<Entry>, new: Arc<Entry>) {
        let Some(variants) = self.entries.get_mut(&old.key().hash()) else {
            return;
        };
        let Some(at) = variants.iter().position(|other| Arc::ptr_eq(other, old)) else {
            return;
        };
        if new.size() != old.size() {
            return self.insert(new, |other| std::ptr::eq(other, &**old));
        }
        // It takes the old one's turn, and is the latest of its key.
        new.set_turn(old.turn());
        new.set_used();
        variants[at] = new;
        variants[..=at].rotate_right(1);
    }

    fn insert(&mut self, entry: Arc<Entry>, replaces: impl Fn(&Entry) -> bool) {
        let (key, hash) = (entry.key().clone(), entry.key().hash());
        self.remove_where(hash, |other| other.is_of(&key) && replaces(other));
        if entry.size() > self.capacity / LARGEST_PART {
            return;
        }
        self.thin_out(&key);
        self.forget_turns();
        self.usage += entry.size();
        self.count += 1;
        self.take_turn(&entry);
        self.entries.entry(hash).or_default().insert(0, entry);
        self.evict();
    }

    /// Makes room for one more response of `key`: of too many the one goes that was not used for the longest time.
    fn thin_out(&mut self, key: &CacheKey) {
        let variants = self.entries.get(&key.hash()).into_iter().flatten();
        let of_key: Vec<_> = variants.filter(|entry| entry.is_of(key)).cloned().collect();
        if of_key.len() < MOST_VARIANTS {
            return;
        }
        let by_use = |entry: &&Arc<Entry>| (entry.is_used(), entry.turn());
        if let Some(last) = of_key.iter().min_by_key(by_use) {
            // All were used, or what was stays to be told from what was not.
            if last.is_used() {
                of_key.iter().for_each(|entry| {
                    entry.take_used();
                });
            }
            self.remove_where(key.hash(), |entry| std::ptr::eq(entry, &**last));
        }
    }

    fn take_turn(&mut self, entry: &Entry) {
        entry.set_turn(self.next_turn);
        self.turns.push_back((self.next_turn, entry.key().hash()));
        self.next_turn += 1;
    }

    fn remove_where(&mut self, hash: u64, goes: impl Fn(&Entry) -> bool) {
        let Some(variants) = self.entries.get_mut(&hash) else {
            return;
        };
        let (count, usage) = (&mut self.count, &mut self.usage);
        variants.retain(|entry| {
            let goes = goes(entry);
            if goes {
                *count -= 1;
                *usage -= entry.size();
            }
            !goes
        });
        if variants.is_empty() {
            self.entries.remove(&hash);
        }
    }

    /// Strikes the turns of entries off that are gone, once there are as many as others.
    fn forget_turns(&mut self) {
        if self.turns.len() <= 2 * self.count + FEW_TURNS {
            return;
        }
        let entries = &self.entries;
        self.turns.retain(|(turn, hash)| {
            let mut variants = entries.get(hash).into_iter().flatten();
            variants.any(|entry| entry.turn() == *turn)
        });
    }

    fn evict(&mut self) {
        let mut second_chances = self.count;
        while self.usage > self.capacity {
            let Some((turn, hash)) = self.turns.pop_front() else {
                return;
            };
            let variants = self.entries.get(&hash);
            let entry = variants.and_then(|all| all.iter().find(|entry| entry.turn() == turn));
            let Some(entry) = entry.cloned() else {
                continue;
            };
            if entry.take_used() && second_chances > 0 {
                second_chances -= 1;
                self.take_turn(&entry);
            } else {
                self.remove_where(hash, |other| other.turn() == turn);
            }
        }
    }
}

/// Hashes of which the key is one already.
#[derive(Default)]
pub(crate) struct Given(u64);

impl Hasher for Given {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cache::testing::stored;
    use crate::testing::test;

    /// A response of this number's URL.
    fn entry(number: usize) -> Arc<Entry> {
        let key = CacheKey::of(&format!("http://a.example/{number}").parse().unwrap());
        let head = stored(&[("cache-control", "max-age=60")]);
        Arc::new(Entry::new(
            key,
            Arc::new(head),
            Default::default(),
            SystemTime::UNIX_EPOCH,
        ))
    }

    #[test]
    fn turns_of_what_is_gone_are_kept_no_longer_than_they_are_few() {
        let memory = Memory::new(1 << 20);
        for _ in 0..1_000 {
            memory.insert(entry(1), |_| true);
            memory.insert(entry(2), |_| true);
        }
        let tier = memory.read();
        assert_eq!(tier.count, 2);
        assert!(tier.turns.len() <= 2 * tier.count + FEW_TURNS + 1);
        let turn_of = |number| {
            let key = entry(number).key().clone();
            tier.entries[&key.hash()][0].turn()
        };
        // Those that are there have theirs.
        let turns: Vec<_> = tier.turns.iter().map(|(turn, _)| *turn).collect();
        assert!(turns.contains(&turn_of(1)) && turns.contains(&turn_of(2)));
    }
}
