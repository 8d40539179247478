//! A disk that is full is nobody's trouble: what does not fit is not kept, what was removed is gone, and room is used again.

use std::fs;
use std::process::Command;

use urlsession_core::CacheStore as _;

use crate::support::{Place, close, within};
use crate::{child, model};

/// A file system of 3 MiB in namespaces of the child's own.
const MOUNTED: &str =
    r#"mount -t tmpfs -o size=3m none "$URLSESSION_STORE_DIRECTORY" && exec "$@""#;

/// True where a program may make namespaces; else the test says that it was skipped.
fn may_mount() -> bool {
    let status = Command::new("unshare")
        .args(["-Urm", "mount", "-t", "tmpfs", "none", "/mnt"])
        .status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_costs_records_and_no_more() {
    if !may_mount() {
        eprintln!("skipped: no namespaces for programs of this user");
        return;
    }
    let place = Place::new();
    fs::create_dir_all(place.path()).unwrap();
    let mut command = Command::new("unshare");
    command.args(["-Urm", "sh", "-c", MOUNTED, "sh"]);
    command.arg(std::env::current_exe().unwrap());
    child::as_child(&mut command, "fill", place.path());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("1 passed"), "{said}");
}

/// The child's work, in a directory of 3 MiB.
pub(crate) async fn fills(place: &Place) {
    let store = place.store();
    let ballast = place.path().join("ballast");
    let mut lost = 0;
    for number in 0..100 {
        let key = format!("https://a.test/{}", number % 11);
        let length = if number % 2 == 0 { 200_000 } else { 60_000 };
        let written = model::write(&store, &key, (number, length), Vec::new()).await;
        lost += usize::from(written.is_err());
        model::verify(&store).await;
    }
    assert!(lost > 0, "all of it had room");
    // To the last byte.
    let _ = fs::write(&ballast, vec![1; 3 << 20]);
    for number in 0..11 {
        let key = format!("https://a.test/{number}");
        within(store.remove_key(&key)).await;
        assert_eq!(model::seeds(&store, &key).await, [0_u64; 0]);
    }
    close(store).await;
    let store = place.store();
    assert_eq!(
        model::verify(&store).await,
        0,
        "what was removed has come back"
    );
    fs::remove_file(&ballast).unwrap();
    // A database that could not be opened is let be for a second.
    within(async {
        while model::seeds(&store, "https://a.test/1").await.is_empty() {
            let _ = model::write(&store, "https://a.test/1", (1, 60_000), Vec::new()).await;
        }
    })
    .await;
    model::write(&store, "https://a.test/2", (2, 200_000), Vec::new())
        .await
        .unwrap();
    assert_eq!(model::seeds(&store, "https://a.test/2").await, [2]);
}
