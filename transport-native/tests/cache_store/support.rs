//! A directory of a test's own, and a store in it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use urlsession_core::{Body, Bytes, CacheRecord, CacheRecordId, CacheStore, Error, NewCacheRecord};
use urlsession_transport_native::DiskCacheStore;

pub(crate) const KIB: usize = 1024;
pub(crate) const MIB: usize = 1024 * KIB;
/// More than any test fills.
pub(crate) const ROOMY: u64 = 1 << 40;

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// True where the long forms of tests are asked for.
pub(crate) fn long() -> bool {
    std::env::var_os("URLSESSION_LONG").is_some()
}

/// What `future` gives; a failure when it does not end.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap()
}

/// A directory that goes with what is returned.
#[derive(Debug)]
pub(crate) struct Place(PathBuf);

impl Place {
    /// One in memory, where there is such a place: what is tested is the order of writes, not how long a disk takes for them.
    pub(crate) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        match memory.is_dir() {
            true => Self::within(memory),
            false => Self::on_disk(),
        }
    }

    pub(crate) fn on_disk() -> Self {
        Self::within(&std::env::temp_dir())
    }

    fn within(outer: &Path) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("urlsession-store-{}-{number}", std::process::id());
        let path = outer.join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    /// One in another.
    pub(crate) fn new_in(outer: &Path, name: &str) -> Self {
        Self(outer.join(name))
    }

    /// One that is there already, and stays.
    pub(crate) fn at(path: PathBuf) -> std::mem::ManuallyDrop<Self> {
        std::mem::ManuallyDrop::new(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn store(&self) -> DiskCacheStore {
        DiskCacheStore::new(self.path(), ROOMY)
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.0.join("index.sqlite")
    }

    /// The files of bodies.
    pub(crate) fn bodies(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.0.join("bodies")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A record to be written.
pub(crate) fn new(key: &str, head: &str) -> NewCacheRecord {
    NewCacheRecord {
        key: key.to_owned(),
        head: Bytes::copy_from_slice(head.as_bytes()),
        length: None,
        replaces: Vec::new(),
        stored_at: UNIX_EPOCH + Duration::from_secs(1_000_000),
    }
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Bytes that differ from place to place, and from seed to seed.
pub(crate) fn pattern(seed: u64, length: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes.into()
}

/// Writes a record whole.
pub(crate) async fn try_put(
    store: &DiskCacheStore,
    record: NewCacheRecord,
    body: Bytes,
) -> Result<CacheRecordId, Error> {
    let mut writer = within(store.insert(record)).await.unwrap();
    if !body.is_empty() {
        within(writer.write(body)).await?;
    }
    within(writer.finish(None)).await
}

pub(crate) async fn put(
    store: &DiskCacheStore,
    key: &str,
    head: &str,
    body: &Bytes,
) -> CacheRecordId {
    try_put(store, new(key, head), body.clone()).await.unwrap()
}

/// The only record of a key.
pub(crate) async fn get(store: &DiskCacheStore, key: &str) -> Option<CacheRecord> {
    let mut records = within(store.find(key)).await;
    assert!(records.len() <= 1, "{records:?}");
    records.pop()
}

/// The rest of a body; an error where it ends early.
pub(crate) async fn read(body: &mut Box<dyn Body>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = within(body.next_chunk()).await? {
        assert!(!chunk.is_empty());
        bytes.extend_from_slice(&chunk);
        let remaining = body.remaining();
        assert!(remaining.is_some());
    }
    assert_eq!(body.remaining(), Some(0));
    Ok(bytes)
}

/// The body of a record from `offset` on.
pub(crate) async fn body(
    store: &DiskCacheStore,
    id: CacheRecordId,
    offset: u64,
) -> Option<Vec<u8>> {
    let mut body = within(store.open(id, offset)).await?;
    Some(read(&mut body).await.unwrap())
}

/// Ends this store, and waits until all is written.
pub(crate) async fn close(store: DiskCacheStore) {
    within(store.flush()).await;
}
