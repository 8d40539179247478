//! R5: every prefix of what was written, the last write torn, opens, and holds only what was written whole.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::damage::restore;
use crate::support::{Place, close, long};
use crate::{child, faults, model};

/// How many prefixes are looked at, where not all are.
const SOME: usize = 40;

/// One change of the file system, as the library wrote it down.
#[derive(Debug)]
enum Change<'a> {
    Create,
    Truncate(usize),
    Write(usize, &'a [u8]),
    Remove,
}

fn changes(mut log: &[u8]) -> Vec<(PathBuf, Change<'_>)> {
    let mut changes = Vec::new();
    while let Some(end) = log.iter().position(|byte| *byte == b'\n') {
        let line = std::str::from_utf8(&log[..end]).unwrap();
        let words: Vec<_> = line.split(' ').collect();
        let (at, count) = (words[2].parse().unwrap(), words[3].parse().unwrap());
        let data = &log[end + 1..][..count];
        log = &log[end + 1 + count..];
        let change = match words[0] {
            "C" => Change::Create,
            "T" => Change::Truncate(at),
            "W" => Change::Write(at, data),
            "U" => Change::Remove,
            other => panic!("no change is {other}"),
        };
        changes.push((PathBuf::from(words[1]), change));
    }
    changes
}

/// Applies a change, of a write only the first `torn` bytes.
fn apply(image: &mut BTreeMap<PathBuf, Vec<u8>>, path: &PathBuf, change: &Change<'_>, torn: usize) {
    match change {
        Change::Create => _ = image.entry(path.clone()).or_default(),
        Change::Truncate(length) => image.entry(path.clone()).or_default().resize(*length, 0),
        Change::Remove => _ = image.remove(path),
        Change::Write(at, data) => {
            let data = &data[..torn];
            let file = image.entry(path.clone()).or_default();
            file.resize(file.len().max(at + data.len()), 0);
            file[*at..at + data.len()].copy_from_slice(data);
        }
    }
}

#[tokio::test]
async fn r5_every_prefix_of_the_writes_holds_whole_records() {
    let Some(library) = faults::library() else {
        return;
    };
    let (place, log) = (Place::new(), Place::new());
    let status = child::command("script", place.path())
        .env("LD_PRELOAD", &library)
        .env("URLSESSION_FAULTS_LOG", log.path())
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let _ = std::fs::remove_file(library);
    let log_bytes = std::fs::read(log.path()).unwrap();
    std::fs::remove_file(log.path()).unwrap();
    let changes = changes(&log_bytes);
    assert!(changes.len() > 400, "{} changes", changes.len());

    let stride = if long() { 1 } else { changes.len() / SOME };
    let (mut image, mut found) = (BTreeMap::new(), 0);
    for (number, (path, change)) in changes.iter().enumerate() {
        let length = match change {
            Change::Write(_, data) => data.len(),
            Change::Create | Change::Truncate(_) | Change::Remove => 0,
        };
        if number % stride == 0 {
            for torn in [0, 1, length / 2, length.saturating_sub(1)] {
                let mut image = image.clone();
                apply(&mut image, path, change, torn.min(length));
                found += look_at(&image).await;
            }
        }
        apply(&mut image, path, change, length);
    }
    assert!(look_at(&image).await > 0, "the whole of it holds nothing");
    assert!(found > 0);
}

async fn look_at(image: &BTreeMap<PathBuf, Vec<u8>>) -> usize {
    let place = Place::new();
    restore(image, place.path());
    let store = place.store();
    let found = model::verify(&store).await;
    model::write(&store, "new", (7, 100), Vec::new())
        .await
        .unwrap();
    assert_eq!(model::seeds(&store, "new").await, [7]);
    close(store).await;
    found
}
