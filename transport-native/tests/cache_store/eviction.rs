//! What is over the capacity goes, the least recently used first.

use urlsession_core::{CacheStore as _, NewCacheRecord};
use urlsession_transport_native::DiskCacheStore;

use crate::support::{Place, close, get, new, pattern, put, try_put, within};

/// A record's size with key and head.
const SIZE: usize = 1000;

async fn put_sized(store: &DiskCacheStore, number: usize) {
    let key = format!("{number:04}");
    put(store, &key, "h", &pattern(number as u64, SIZE - 5)).await;
}

async fn is_there(store: &DiskCacheStore, number: usize) -> bool {
    get(store, &format!("{number:04}")).await.is_some()
}

#[tokio::test]
async fn the_least_recently_used_goes_first() {
    let place = Place::new();
    let store = DiskCacheStore::new(place.path(), 20 * SIZE as u64);
    for number in 0..20 {
        put_sized(&store, number).await;
    }
    for number in [0, 3] {
        assert!(is_there(&store, number).await);
    }
    for number in 20..25 {
        put_sized(&store, number).await;
    }
    assert_eq!(within(store.usage()).await, 20 * SIZE as u64);
    for number in 0..25 {
        let is_kept = !matches!(number, 1 | 2 | 4 | 5 | 6);
        assert_eq!(is_there(&store, number).await, is_kept, "{number}");
    }
}

#[tokio::test]
async fn uses_are_remembered_by_the_next_store() {
    let place = Place::new();
    let store = DiskCacheStore::new(place.path(), 20 * SIZE as u64);
    for number in 0..20 {
        put_sized(&store, number).await;
    }
    assert!(is_there(&store, 0).await);
    close(store).await;
    let store = DiskCacheStore::new(place.path(), 20 * SIZE as u64);
    put_sized(&store, 20).await;
    // What is evicted for another is gone when that one is written, not before.
    assert_eq!(within(store.usage()).await, 20 * SIZE as u64);
    assert!(is_there(&store, 0).await);
    assert!(!is_there(&store, 1).await);
}

#[tokio::test]
async fn a_smaller_capacity_evicts_at_once() {
    let place = Place::new();
    let store = DiskCacheStore::new(place.path(), 2_000_000_000);
    put(&store, "large", "h", &pattern(1, 100_000)).await;
    for number in 0..100 {
        put_sized(&store, number).await;
    }
    within(store.set_capacity(10 * SIZE as u64)).await;
    assert_eq!(within(store.usage()).await, 10 * SIZE as u64);
    assert!(place.bodies().is_empty());
    assert!(is_there(&store, 90).await && !is_there(&store, 89).await);
    within(store.set_capacity(0)).await;
    assert_eq!(within(store.usage()).await, 0);
    assert!(within(store.insert(new("k", "h"))).await.is_none());
}

#[tokio::test]
async fn a_record_of_more_than_a_twentieth_of_the_capacity_is_not_kept() {
    let place = Place::new();
    let store = DiskCacheStore::new(place.path(), 20 * 1000);
    let announced = NewCacheRecord {
        length: Some(999),
        ..new("k", "h")
    };
    assert!(within(store.insert(announced)).await.is_none());
    assert!(
        try_put(&store, new("k", "h"), pattern(1, 999))
            .await
            .is_err()
    );
    assert!(
        try_put(&store, new("k", "h"), pattern(1, 998))
            .await
            .is_ok()
    );
    assert!(get(&store, "k").await.is_some());
}
