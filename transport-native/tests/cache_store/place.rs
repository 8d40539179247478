//! What stands in the directory, for whom, and what becomes of it.

use std::fs;
use std::path::Path;

use urlsession_core::CacheStore as _;

use crate::support::{Place, body, close, get, pattern, put, within};

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_for_their_owner_alone() {
    let place = Place::new();
    let store = place.store();
    put(&store, "k", "h", &pattern(1, 100_000)).await;
    within(store.flush()).await;
    assert_eq!(mode(place.path()), 0o700);
    let mut files = place.bodies();
    for entry in fs::read_dir(place.path()).unwrap() {
        files.push(entry.unwrap().path());
    }
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        let expected = if file.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&file), expected, "{file:?}");
    }
}

#[tokio::test]
async fn a_store_that_nobody_uses_touches_nothing() {
    let place = Place::new();
    drop(place.store());
    assert!(!place.path().exists());
}

#[tokio::test]
async fn a_directory_that_vanishes_is_made_again() {
    let place = Place::new();
    let store = place.store();
    put(&store, "before", "h", &pattern(1, 100_000)).await;
    within(store.flush()).await;
    fs::remove_dir_all(place.path()).unwrap();
    for length in [100, 100_000] {
        let bytes = pattern(2, length);
        let id = put(&store, "after", "h", &bytes).await;
        assert_eq!(body(&store, id, 0).await.unwrap(), bytes);
        within(store.remove(vec![id])).await;
    }
    put(&store, "after", "h", &pattern(3, 10)).await;
    assert!(get(&store, "before").await.is_none());
    close(store).await;
    assert!(get(&place.store(), "after").await.is_some());
}

#[tokio::test]
async fn a_directory_that_cannot_be_is_no_error() {
    let place = Place::new();
    fs::write(place.path(), "a file").unwrap();
    let store = place.store();
    put(&store, "k", "h", &pattern(1, 10)).await;
    assert!(get(&store, "k").await.is_none());
    let large = crate::support::try_put(&store, crate::support::new("k", "h"), pattern(1, 100_000));
    assert!(large.await.is_err());
    within(store.remove_all()).await;
    assert_eq!(within(store.usage()).await, 0);
    fs::remove_file(place.path()).unwrap();
}

#[tokio::test]
async fn orphans_are_swept_and_strangers_are_not() {
    let place = Place::new();
    let store = place.store();
    let id = put(&store, "k", "h", &pattern(1, 100_000)).await;
    close(store).await;
    let orphan = place.path().join("bodies/0123456789abcdef.body");
    let stranger = place.path().join("bodies/notes.txt");
    fs::write(&orphan, "left behind").unwrap();
    fs::write(&stranger, "somebody's").unwrap();
    let store = place.store();
    assert!(body(&store, id, 0).await.is_some());
    within(async {
        while orphan.exists() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(stranger.exists());
    assert!(body(&store, id, 0).await.is_some());
}

#[tokio::test]
async fn a_database_of_another_version_or_program_begins_anew() {
    for pragma in ["user_version = 2", "application_id = 7"] {
        let place = Place::new();
        let store = place.store();
        put(&store, "k", "h", &pattern(1, 100_000)).await;
        close(store).await;
        let connection = rusqlite::Connection::open(place.index()).unwrap();
        connection
            .execute_batch(&format!("PRAGMA {pragma}"))
            .unwrap();
        drop(connection);
        let store = place.store();
        assert!(get(&store, "k").await.is_none(), "{pragma}");
        put(&store, "k", "h", &pattern(2, 10)).await;
        close(store).await;
        assert!(get(&place.store(), "k").await.is_some());
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_begins_anew() {
    for length in [1, 100, 100_000] {
        let place = Place::new();
        fs::create_dir_all(place.path()).unwrap();
        fs::write(place.index(), pattern(1, length)).unwrap();
        let store = place.store();
        put(&store, "k", "h", &pattern(2, 10)).await;
        assert!(get(&store, "k").await.is_some(), "{length}");
    }
}

#[tokio::test]
async fn a_database_that_is_damaged_while_it_is_open_begins_anew() {
    let place = Place::new();
    let store = place.store();
    for number in 0..500 {
        put(&store, &format!("k{number}"), "h", &pattern(number, 1000)).await;
    }
    within(store.flush()).await;
    let length = fs::metadata(place.index()).unwrap().len();
    fs::write(place.index(), pattern(1, usize::try_from(length).unwrap())).unwrap();
    // A new connection's eyes: those that are open remember pages.
    let second = place.store();
    assert!(get(&second, "k7").await.is_none());
    put(&second, "new", "h", &pattern(1, 10)).await;
    assert!(get(&second, "new").await.is_some());
    put(&store, "too", "h", &pattern(1, 10)).await;
    assert!(get(&store, "too").await.is_some());
    within(second.flush()).await;
    assert!(get(&store, "new").await.is_some(), "both use the new one");
}

/// What is written to it, for all to see.
#[cfg(feature = "tracing")]
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

#[cfg(feature = "tracing")]
impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The writer's thread is the store's own, so the subscriber is the process's: nextest gives each test one.
#[cfg(feature = "tracing")]
#[tokio::test]
async fn a_database_that_is_made_anew_is_told_of() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone());
    subscriber.init();
    let place = Place::new();
    fs::create_dir_all(place.path()).unwrap();
    fs::write(place.index(), pattern(1, 5000)).unwrap();
    assert!(get(&place.store(), "k").await.is_none());
    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let name = place.path().file_name().unwrap().to_str().unwrap();
    let line = told.lines().find(|line| line.contains(name));
    assert!(
        line.is_some_and(|line| line.contains("WARN") && line.contains("made anew")),
        "{told}"
    );
}
