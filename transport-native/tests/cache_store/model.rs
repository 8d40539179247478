//! Records that say what they are: whoever finds one can tell whether it is one that was written, whole.

use urlsession_core::{CacheRecord, CacheRecordId, CacheStore as _, Error, NewCacheRecord};
use urlsession_transport_native::DiskCacheStore;

use crate::support::{new, pattern, try_put, within};

/// Writes the record of `key` whose body is made of `seed`, in place of `replaces`.
pub(crate) async fn write(
    store: &DiskCacheStore,
    key: &str,
    (seed, length): (u64, usize),
    replaces: Vec<CacheRecordId>,
) -> Result<CacheRecordId, Error> {
    let head = format!("{key} {seed} {length}");
    let record = NewCacheRecord {
        replaces,
        ..new(key, &head)
    };
    try_put(store, record, pattern(seed, length)).await
}

/// Looks at every record of `key`, to the last byte; gives the seeds of those that are whole. What is not whole may be missing, or end in
/// an error.
///
/// # Panics
/// When a byte is delivered that was not written so.
pub(crate) async fn seeds(store: &DiskCacheStore, key: &str) -> Vec<u64> {
    let mut seeds = Vec::new();
    for record in within(store.find(key)).await {
        seeds.extend(seed(store, key, record).await);
    }
    seeds
}

async fn seed(store: &DiskCacheStore, key: &str, record: CacheRecord) -> Option<u64> {
    let head = std::str::from_utf8(&record.head).unwrap();
    let words: Vec<_> = head.split(' ').collect();
    let [of, seed, length] = words[..] else {
        panic!("a head that nobody wrote: {head:?}");
    };
    let (seed, length) = (seed.parse().unwrap(), length.parse().unwrap());
    assert_eq!((of, record.length), (key, length as u64));
    let expected = pattern(seed, length);
    if let Some(body) = record.body {
        assert!(body == expected, "other bytes than were written");
        return Some(seed);
    }
    let mut body = within(store.open(record.id, 0)).await?;
    let mut read = 0;
    loop {
        match within(body.next_chunk()).await {
            Ok(Some(chunk)) => {
                let as_written = &expected[read..read + chunk.len()];
                assert!(chunk == as_written, "other bytes than were written");
                read += chunk.len();
            }
            Ok(None) => {
                assert_eq!(read, length, "ended early without an error");
                return Some(seed);
            }
            Err(_) => return None,
        }
    }
}

/// A script of many steps over a few keys: small records and large, replaced, updated, read, removed, evicted.
///
/// What was removed is not found again; whatever else fails, what is found is whole.
pub(crate) async fn run(store: &DiskCacheStore, steps: u64, seed: u64) {
    for step in 0..steps {
        let number = seed * steps + step;
        let key = format!("https://a.test/{}", number * 7 % 11);
        let length = match number % 5 {
            0 => 0,
            4 => 70_000 + usize::try_from(number % 3).unwrap() * 60_000,
            _ => usize::try_from(number * 37 % 3000).unwrap(),
        };
        let old: Vec<_> = within(store.find(&key)).await;
        let ids: Vec<_> = old.iter().map(|record| record.id).collect();
        match number % 13 {
            12 => {
                within(store.remove_key(&key)).await;
                assert_eq!(seeds(store, &key).await, [0_u64; 0], "what was removed");
            }
            11 => {
                within(store.remove(ids.clone())).await;
                assert_eq!(seeds(store, &key).await, [0_u64; 0], "what was removed");
            }
            10 => {
                for record in old {
                    within(store.update(record.id, record.head)).await;
                }
            }
            // A record may be lost; that is no reason to find another.
            _ => _ = write(store, &key, (number, length), ids).await,
        }
        assert!(seeds(store, &key).await.len() <= 1);
        match step % 50 {
            20 => within(store.flush()).await,
            45 => {
                let capacity = store.capacity();
                within(store.set_capacity(100_000)).await;
                within(store.set_capacity(capacity)).await;
            }
            _ => {}
        }
    }
}

/// How many whole records there are of the keys of [`run`], each looked at.
pub(crate) async fn verify(store: &DiskCacheStore) -> usize {
    let mut count = 0;
    for number in 0..11 {
        count += seeds(store, &format!("https://a.test/{number}"))
            .await
            .len();
    }
    count
}
