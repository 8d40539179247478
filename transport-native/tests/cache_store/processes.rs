//! Several programs in one directory.

use urlsession_core::CacheStore as _;

use crate::support::{Place, long, within};
use crate::{child, model};

/// How many steps each of them makes.
fn steps() -> u64 {
    if long() { 20_000 } else { 150 }
}

/// A child's work. Others remove and replace what it writes, so it only looks whether what it finds is whole.
pub(crate) async fn hammers(place: &Place, seed: u64) {
    let store = place.store();
    for step in 0..steps() {
        let number = step * 3 + seed;
        let key = format!("https://a.test/{}", number * 7 % 11);
        let found = within(store.find(&key)).await;
        let ids = found.iter().map(|record| record.id).collect();
        let length = usize::try_from(number * 977 % 150_000).unwrap();
        match number % 17 {
            0 => within(store.remove_key(&key)).await,
            1 if number.is_multiple_of(5) => within(store.remove_all()).await,
            2 => within(store.flush()).await,
            _ => model::write(&store, &key, (number, length), ids)
                .await
                .map(drop)
                .unwrap(),
        }
        model::verify(&store).await;
    }
    within(store.flush()).await;
}

#[tokio::test]
async fn two_programs_at_once_find_what_either_wrote_whole() {
    let place = Place::new();
    let mut children: Vec<_> = ["hammer 1", "hammer 2"]
        .map(|role| child::command(role, place.path()).spawn().unwrap())
        .into();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let store = place.store();
    assert!(model::verify(&store).await > 0);
    within(store.remove_all()).await;
    assert_eq!(within(store.usage()).await, 0);
}

#[tokio::test]
async fn one_programs_removal_is_seen_by_the_other() {
    let place = Place::new();
    let (one, other) = (place.store(), place.store());
    model::write(&one, "k", (1, 100), Vec::new()).await.unwrap();
    within(one.flush()).await;
    assert_eq!(model::seeds(&other, "k").await, [1]);
    within(other.remove_key("k")).await;
    within(other.flush()).await;
    assert_eq!(model::seeds(&one, "k").await, [0_u64; 0]);
}
