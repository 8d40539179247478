//! What was written is found again, by this store and by a later one.

use urlsession_core::{Bytes, CacheStore as _, NewCacheRecord};

use crate::support::{Place, at, body, close, get, new, pattern, put, try_put, within};

#[tokio::test]
async fn a_small_record_is_found_with_its_body() {
    let place = Place::new();
    let store = place.store();
    let bytes = pattern(1, 1000);
    let id = put(&store, "https://a.test/", "head", &bytes).await;
    let found = get(&store, "https://a.test/").await.unwrap();
    assert_eq!(
        (found.id, &found.head[..], found.length),
        (id, &b"head"[..], 1000)
    );
    assert_eq!(found.body, Some(bytes.clone()));
    assert_eq!(body(&store, id, 0).await.unwrap(), bytes);
    assert_eq!(body(&store, id, 990).await.unwrap(), bytes[990..]);
    assert_eq!(body(&store, id, 1000).await.unwrap(), b"");
    assert_eq!(body(&store, id, 1001).await, None);
    assert!(get(&store, "https://a.test/b").await.is_none());
}

#[tokio::test]
async fn an_empty_body_is_one() {
    let place = Place::new();
    let store = place.store();
    let id = put(&store, "k", "head", &Bytes::new()).await;
    assert_eq!(get(&store, "k").await.unwrap().body, Some(Bytes::new()));
    assert_eq!(body(&store, id, 0).await.unwrap(), b"");
}

#[tokio::test]
async fn a_later_store_finds_what_an_earlier_one_wrote() {
    let place = Place::new();
    let store = place.store();
    let (small, large) = (pattern(1, 64 * 1024), pattern(2, 300_000));
    put(&store, "small", "s", &small).await;
    put(&store, "large", "l", &large).await;
    close(store).await;
    let store = place.store();
    assert_eq!(get(&store, "small").await.unwrap().body, Some(small));
    let found = get(&store, "large").await.unwrap();
    assert_eq!((found.length, found.body), (300_000, None));
    assert_eq!(body(&store, found.id, 0).await.unwrap(), large);
}

#[tokio::test]
async fn variants_of_a_key_come_the_latest_first() {
    let place = Place::new();
    let store = place.store();
    for (head, seconds) in [("b", 20), ("c", 30), ("a", 10)] {
        let record = NewCacheRecord {
            stored_at: at(seconds),
            ..new("k", head)
        };
        try_put(&store, record, Bytes::from_static(b"x"))
            .await
            .unwrap();
    }
    close(store).await;
    let heads = within(place.store().find("k")).await;
    let heads: Vec<_> = heads.into_iter().map(|record| record.head).collect();
    assert_eq!(heads, ["c", "b", "a"]);
}

#[tokio::test]
async fn a_record_takes_the_place_of_those_it_replaces() {
    let place = Place::new();
    let store = place.store();
    let large = pattern(1, 100_000);
    let first = put(&store, "k", "first", &large).await;
    let record = NewCacheRecord {
        replaces: vec![first],
        ..new("k", "second")
    };
    try_put(&store, record, Bytes::from_static(b"x"))
        .await
        .unwrap();
    assert_eq!(get(&store, "k").await.unwrap().head, "second");
    close(store).await;
    assert!(place.bodies().is_empty(), "the file of the first is gone");
    assert!(body(&place.store(), first, 0).await.is_none());
}

#[tokio::test]
async fn a_head_is_updated_and_the_body_stays() {
    let place = Place::new();
    let store = place.store();
    let (small, large) = (pattern(1, 10), pattern(2, 100_000));
    let ids = [
        put(&store, "s", "old", &small).await,
        put(&store, "l", "old", &large).await,
    ];
    for id in ids {
        within(store.update(id, Bytes::from_static(b"a new head"))).await;
    }
    assert_eq!(get(&store, "s").await.unwrap().head, "a new head");
    close(store).await;
    let store = place.store();
    let found = get(&store, "s").await.unwrap();
    assert_eq!(
        (&found.head[..], found.body),
        (&b"a new head"[..], Some(small))
    );
    assert_eq!(get(&store, "l").await.unwrap().head, "a new head");
    assert_eq!(body(&store, ids[1], 0).await.unwrap(), large);
    assert_eq!(within(store.usage()).await, 2 * 11 + 10 + 100_000);
}

#[tokio::test]
async fn an_update_of_a_record_that_is_gone_is_nothing() {
    let place = Place::new();
    let store = place.store();
    let id = put(&store, "k", "h", &Bytes::new()).await;
    within(store.remove(vec![id])).await;
    within(store.update(id, Bytes::from_static(b"new"))).await;
    within(store.flush()).await;
    assert!(get(&store, "k").await.is_none());
    assert_eq!(within(store.usage()).await, 0);
}

#[tokio::test]
async fn the_head_given_at_the_end_counts() {
    let place = Place::new();
    let store = place.store();
    let writer = within(store.insert(new("k", "first"))).await.unwrap();
    within(writer.finish(Some(Bytes::from_static(b"last"))))
        .await
        .unwrap();
    assert_eq!(get(&store, "k").await.unwrap().head, "last");
}

#[tokio::test]
async fn an_unfinished_record_leaves_nothing() {
    let place = Place::new();
    let store = place.store();
    for length in [10, 200_000] {
        let mut writer = within(store.insert(new("k", "h"))).await.unwrap();
        within(writer.write(pattern(1, length))).await.unwrap();
        drop(writer);
    }
    within(store.flush()).await;
    assert!(get(&store, "k").await.is_none());
    assert!(place.bodies().is_empty());
}

#[tokio::test]
async fn a_body_of_another_length_than_announced_is_not_kept() {
    let place = Place::new();
    let store = place.store();
    for length in [9, 11, 200_000] {
        let record = NewCacheRecord {
            length: Some(10),
            ..new("k", "h")
        };
        assert!(
            try_put(&store, record, pattern(1, length)).await.is_err(),
            "{length}"
        );
    }
    within(store.flush()).await;
    assert!(get(&store, "k").await.is_none());
    assert!(place.bodies().is_empty());
}
