//! A body of 2 GB passes through; it never sits in memory.

#[path = "../../../tests/support/resident.rs"]
mod resident;

use urlsession_core::{Bytes, CacheStore as _};

use self::resident::growth;
use crate::support::{MIB, Place, long, new, pattern, within};

/// How much more may be resident, in bytes.
const MORE: u64 = 32 * MIB as u64;

fn chunks() -> usize {
    let mib = if long() { 2 * 1024 } else { 128 };
    mib * 4
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_2_gb_streams_through_with_bounded_memory() {
    let place = Place::on_disk();
    let store = place.store();
    let kinds: Vec<Bytes> = (0..7).map(|kind| pattern(kind, 256 * 1024)).collect();
    let grown = growth(async {
        let mut writer = within(store.insert(new("k", "h"))).await.unwrap();
        for chunk in 0..chunks() {
            within(writer.write(kinds[chunk % 7].clone()))
                .await
                .unwrap();
        }
        let id = within(writer.finish(None)).await.unwrap();
        let mut body = within(store.open(id, 0)).await.unwrap();
        let mut read = 0;
        while let Some(chunk) = within(body.next_chunk()).await.unwrap() {
            let at = read % (256 * 1024);
            let expected = &kinds[read / (256 * 1024) % 7][at..at + chunk.len()];
            assert!(chunk == expected, "other bytes than were written at {read}");
            read += chunk.len();
        }
        assert_eq!(read, chunks() * 256 * 1024);
    })
    .await;
    assert!(grown <= MORE, "{} MiB more", grown / MIB as u64);
}
