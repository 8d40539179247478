//! Bodies in files.

use urlsession_core::CacheStore as _;

use crate::support::{KIB, Place, body, new, pattern, put, within};

#[tokio::test]
async fn a_body_is_read_from_any_offset() {
    let place = Place::new();
    let store = place.store();
    for length in [64 * KIB + 1, 128 * KIB, 256 * KIB, 256 * KIB + 1, 700_000] {
        let bytes = pattern(length as u64, length);
        let id = put(&store, "k", "h", &bytes).await;
        let edges = [
            0,
            1,
            64 * KIB - 1,
            64 * KIB,
            64 * KIB + 1,
            length - 1,
            length,
        ];
        for offset in edges {
            let rest = body(&store, id, offset as u64).await.unwrap();
            assert_eq!(rest, bytes[offset..], "{offset} of {length}");
        }
        assert!(body(&store, id, length as u64 + 1).await.is_none());
    }
}

#[tokio::test]
async fn chunks_of_any_size_come_to_the_same_body() {
    let place = Place::new();
    let store = place.store();
    let bytes = pattern(9, 400_000);
    for size in [1_000, 16 * KIB, 64 * KIB, 65 * KIB, 400_000] {
        let mut writer = within(store.insert(new("k", "h"))).await.unwrap();
        for chunk in bytes.chunks(size) {
            within(writer.write(bytes.slice_ref(chunk))).await.unwrap();
        }
        let id = within(writer.finish(None)).await.unwrap();
        assert_eq!(body(&store, id, 0).await.unwrap(), bytes, "{size}");
    }
}

#[tokio::test]
async fn a_body_whose_file_is_gone_is_not_there_nor_is_its_record() {
    let place = Place::new();
    let store = place.store();
    let id = put(&store, "k", "h", &pattern(1, 100_000)).await;
    for file in place.bodies() {
        std::fs::remove_file(file).unwrap();
    }
    assert!(within(store.open(id, 0)).await.is_none());
    assert!(within(store.find("k")).await.is_empty());
    assert_eq!(within(store.usage()).await, 0);
}
