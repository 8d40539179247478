//! R4: each call of the file system fails once, for lack of room or for no reason, over a script of work.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use urlsession_core::CacheStore as _;

use crate::support::{Place, close, long, within};
use crate::{child, model};

const ENOSPC: u32 = 28;
const EIO: u32 = 5;

/// How many calls fail of each kind, where not all do.
const SOME: usize = 40;

/// The library that stands between a program and its files; `None` where there is no C compiler, which is said.
pub(crate) fn library() -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cache_store/faults.c");
    let library = std::env::temp_dir().join(format!("urlsession-faults-{}.so", std::process::id()));
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status();
    match compiled {
        Ok(status) => {
            assert!(status.success(), "faults.c is no C");
            Some(library)
        }
        Err(_) => {
            eprintln!("skipped: no C compiler");
            None
        }
    }
}

/// The `number`th call from now on under `directory` fails with `error`; none for 0.
fn arm(number: usize, error: u32, directory: &Path) {
    let path = format!(
        "/urlsession-faults/arm/{number}/{error}{}",
        directory.display()
    );
    assert!(File::open(path).is_err());
}

fn calls() -> usize {
    std::fs::read_to_string("/urlsession-faults/count")
        .unwrap()
        .parse()
        .unwrap()
}

/// Work of two programs, one after the other.
async fn work(place: &Place) {
    let store = place.store();
    model::run(&store, 50, 1).await;
    close(store).await;
    let store = place.store();
    model::run(&store, 12, 2).await;
    close(store).await;
}

/// The child's work, under the library.
pub(crate) async fn meets_each(outer: &Place) {
    let fresh = |name: String| Place::new_in(outer.path(), &name);
    let place = fresh("none".to_owned());
    arm(0, 0, place.path());
    work(&place).await;
    let all = calls();
    assert!(all > 200, "{all} calls: the library is not there");
    assert!(model::verify(&place.store()).await > 0);
    let stride = if long() { 1 } else { all.div_ceil(SOME) };
    for error in [ENOSPC, EIO] {
        for number in (1..=all).step_by(stride) {
            let place = fresh(format!("{error}-{number}"));
            arm(number, error, place.path());
            work(&place).await;
            arm(0, 0, place.path());
            works_again(&place, number).await;
        }
    }
}

/// Later work is as if nothing had been. A database that could not be opened is let be for a second, so it may take two.
async fn works_again(place: &Place, seed: usize) {
    let store = place.store();
    model::verify(&store).await;
    let seed = seed as u64;
    within(async {
        while model::seeds(&store, "again").await != [seed] {
            within(store.remove_key("again")).await;
            let _ = model::write(&store, "again", (seed, 70_000), Vec::new()).await;
        }
    })
    .await;
    close(store).await;
    assert_eq!(model::seeds(&place.store(), "again").await, [seed]);
}

#[test]
fn r4_each_call_that_fails_once_costs_records_and_no_more() {
    let Some(library) = library() else {
        return;
    };
    let place = Place::new();
    let output = child::command("faults", place.path())
        .env("LD_PRELOAD", &library)
        .output()
        .unwrap();
    let _ = std::fs::remove_file(library);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("1 passed"), "{said}");
}
