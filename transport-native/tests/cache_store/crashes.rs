//! A program that is killed while it writes leaves whole records, or none.

use std::time::Duration;

use urlsession_core::CacheStore as _;

use crate::support::{Place, long, within};
use crate::{child, model};

/// How often the writer is killed.
fn times() -> u32 {
    if long() { 200 } else { 12 }
}

#[tokio::test]
async fn killed_at_random_points_no_record_is_half_there() {
    let place = Place::new();
    let mut survivors = 0;
    for time in 0..times() {
        let mut writer = child::at_work("write", place.path());
        // Where it is then, nobody knows: that is the point.
        tokio::time::sleep(Duration::from_micros(u64::from(time * 7919 % 60_000))).await;
        writer.kill().unwrap();
        writer.wait().unwrap();
        let store = place.store();
        survivors += model::verify(&store).await;
        within(store.flush()).await;
    }
    assert!(survivors > 0, "nothing was ever kept");
    no_file_is_an_orphan(&place).await;
}

/// Every file of a body is a record's, in the end.
async fn no_file_is_an_orphan(place: &Place) {
    let store = place.store();
    within(store.flush()).await;
    let files_of_records = || {
        let index = rusqlite::Connection::open(place.index()).unwrap();
        let count = "SELECT count(*) FROM record WHERE in_file";
        index
            .query_row(count, [], |row| {
                row.get::<_, u32>(0).map(|count| count as usize)
            })
            .unwrap()
    };
    within(async {
        while place.bodies().len() != files_of_records() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
