//! Calls take effect in their order, as later calls see it, without waiting for the disk.

use std::time::Duration;

use futures::FutureExt as _;
use urlsession_core::{Bytes, CacheStore as _, NewCacheRecord};

use crate::support::{Place, at, body, get, new, pattern, put, try_put, within};

#[tokio::test]
async fn every_step_is_seen_by_the_next_call() {
    let place = Place::new();
    let store = place.store();
    for round in 0..200 {
        let (key, bytes) = (format!("k{round}"), pattern(round, 100));
        let id = put(&store, &key, "h", &bytes).await;
        assert_eq!(get(&store, &key).await.unwrap().body, Some(bytes));
        store
            .update(id, Bytes::from_static(b"u"))
            .now_or_never()
            .unwrap();
        assert_eq!(get(&store, &key).await.unwrap().head, "u");
        store.remove(vec![id]).now_or_never().unwrap();
        assert!(get(&store, &key).await.is_none());
        assert!(body(&store, id, 0).await.is_none());
        put(&store, &key, "again", &Bytes::new()).await;
        store.remove_key(&key).now_or_never().unwrap();
        assert!(get(&store, &key).await.is_none());
    }
    assert_eq!(within(store.usage()).await, 0);
}

#[tokio::test]
async fn a_large_record_is_readable_when_it_is_finished() {
    let place = Place::new();
    let store = place.store();
    let bytes = pattern(3, 3_000_000);
    let id = put(&store, "k", "h", &bytes).await;
    assert_eq!(body(&store, id, 70_000).await.unwrap(), bytes[70_000..]);
}

#[tokio::test]
async fn what_is_removed_since_a_date_is_what_was_stored_then() {
    let place = Place::new();
    let store = place.store();
    for seconds in [10, 20, 30] {
        let record = NewCacheRecord {
            stored_at: at(seconds),
            ..new(&format!("k{seconds}"), "h")
        };
        try_put(&store, record, pattern(seconds, 100_000))
            .await
            .unwrap();
    }
    within(store.remove_since(at(20) - Duration::from_micros(1))).await;
    assert!(get(&store, "k10").await.is_some());
    assert!(get(&store, "k20").await.is_none());
    assert!(get(&store, "k30").await.is_none());
    assert_eq!(place.bodies().len(), 1);
}

#[tokio::test]
async fn what_begins_with_an_origin_goes_with_it() {
    let place = Place::new();
    let store = place.store();
    let keys = [
        "https://a.test/",
        "https://a.test/%_/ü",
        "https://a.test:8443/",
        "https://b.test/",
    ];
    for key in keys {
        put(&store, key, "h", &pattern(1, 10)).await;
    }
    store
        .remove_prefix("https://a.test/")
        .now_or_never()
        .unwrap();
    for (number, key) in keys.into_iter().enumerate() {
        assert_eq!(get(&store, key).await.is_some(), number > 1, "{key}");
    }
}

#[tokio::test]
async fn all_is_removed_but_what_is_written_now() {
    let place = Place::new();
    let store = place.store();
    for (key, length) in [("small", 100), ("large", 100_000)] {
        put(&store, key, "h", &pattern(1, length)).await;
    }
    let mut writer = within(store.insert(new("k", "h"))).await.unwrap();
    within(writer.write(pattern(2, 200_000))).await.unwrap();
    within(store.remove_all()).await;
    assert_eq!(within(store.usage()).await, 0);
    let id = within(writer.finish(None)).await.unwrap();
    assert_eq!(body(&store, id, 0).await.unwrap(), pattern(2, 200_000));
    assert!(get(&store, "small").await.is_none());
    assert_eq!(place.bodies().len(), 1);
}

#[tokio::test]
async fn a_body_that_is_being_read_outlives_its_record() {
    let place = Place::new();
    let store = place.store();
    let bytes = pattern(5, 1_000_000);
    let id = put(&store, "k", "h", &bytes).await;
    let mut open = within(store.open(id, 0)).await.unwrap();
    let first = within(open.next_chunk()).await.unwrap().unwrap();
    within(store.remove_all()).await;
    assert!(place.bodies().is_empty());
    let rest = crate::support::read(&mut open).await.unwrap();
    assert_eq!([&first[..], &rest[..]].concat(), bytes);
}
