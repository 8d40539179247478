//! R6: bits that flip in what is stored: no wrong byte is delivered, and nothing panics.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use urlsession_core::CacheStore as _;

use crate::model;
use crate::support::{Place, close, long, pattern, within};

/// How many bits flip, one at a time.
fn flips() -> usize {
    if long() { 10_000 } else { 300 }
}

/// The files of a directory by their paths in it.
type Image = BTreeMap<PathBuf, Vec<u8>>;

pub(crate) fn image(directory: &Path) -> Image {
    let mut image = Image::new();
    for folder in ["", "bodies"] {
        for entry in fs::read_dir(directory.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(directory).unwrap().to_owned();
                image.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    image
}

pub(crate) fn restore(image: &Image, directory: &Path) {
    fs::create_dir_all(directory.join("bodies")).unwrap();
    for (name, bytes) in image {
        fs::write(directory.join(name), bytes).unwrap();
    }
}

/// A store's files: when all is in the index, and when it is in the log yet.
async fn images() -> [Image; 2] {
    let place = Place::new();
    let store = place.store();
    for number in 0..11 {
        let key = format!("https://a.test/{number}");
        let length = match number {
            9 => 70_000,
            10 => 300_000,
            _ => 300 + 700 * usize::try_from(number).unwrap(),
        };
        model::write(&store, &key, (number, length), Vec::new())
            .await
            .unwrap();
    }
    assert_eq!(model::verify(&store).await, 11);
    within(store.usage()).await;
    let in_log = image(place.path());
    drop(store);
    // The last to leave moves the log into the index and removes it.
    within(async {
        while place.path().join("index.sqlite-wal").exists() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    })
    .await;
    let in_index = image(place.path());
    [in_index, in_log]
}

#[tokio::test]
async fn r6_flipped_bits_deliver_no_wrong_byte() {
    let images = images().await;
    let mut whole = 0;
    for flip in 0..flips() {
        let mut image = images[flip % 2].clone();
        let place = flip_one(&mut image, flip as u64);
        let directory = Place::new();
        restore(&image, directory.path());
        let store = directory.store();
        let found = model::verify(&store).await;
        assert!(found <= 11, "{place}");
        whole += found;
        // It is as good as a new one.
        model::write(&store, "new", (7, 100), Vec::new())
            .await
            .unwrap();
        assert_eq!(model::seeds(&store, "new").await, [7], "{place}");
        close(store).await;
    }
    let share = whole * 100 / (11 * flips());
    assert!(
        share >= 50,
        "a flipped bit costs too much: {share} % is left"
    );
}

/// Flips a random bit of a random file; tells where.
fn flip_one(image: &mut Image, seed: u64) -> String {
    let random = pattern(seed + 1, 40);
    let number = |at: usize, below: usize| {
        let number = u64::from_le_bytes(random[at..at + 8].try_into().unwrap());
        usize::try_from(number % below as u64).unwrap()
    };
    let mut files: Vec<_> = image
        .iter_mut()
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect();
    let file = number(16, files.len());
    let (name, bytes) = &mut files[file];
    let at = number(24, bytes.len());
    bytes[at] ^= 1 << number(32, 8);
    format!("byte {at} of {}", name.display())
}
