//! What a session keeps on disk, a later program's session answers from, without the network.

#![cfg(all(not(target_arch = "wasm32"), feature = "sqlite"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;

use std::path::PathBuf;

use guard::within;
use urlsession::{Bytes, CachePolicy, Configuration, ErrorCode, Request, Session};
use urlsession_origin::Origin;

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("urlsession-disk-cache-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    /// A session of a program that begins: nothing of it is in memory.
    fn session(&self) -> Session {
        let cache = urlsession::url_cache(1 << 20, 1 << 30, &self.0);
        urlsession::builder(Configuration::default())
            .cache(cache)
            .build()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn request(url: &str, policy: CachePolicy) -> Request {
    Request::get(url).unwrap().with_cache_policy(policy)
}

async fn load(session: &Session, url: &str, policy: CachePolicy) -> Bytes {
    let loaded = within(url, session.data(request(url, policy))).await;
    loaded.unwrap().0
}

#[tokio::test]
async fn a_response_outlives_its_program_in_the_index_and_in_a_file() {
    let (origin, directory) = (Origin::start().await.unwrap(), Directory::new("kept"));
    for (path, length) in [("/bytes/1000", 1000), ("/bytes/3000000", 3_000_000)] {
        let url = origin.url(path);
        let session = directory.session();
        let first = load(&session, &url, CachePolicy::ReturnCacheDataElseLoad).await;
        assert_eq!(first.len(), length);
        within("flush", session.url_cache().unwrap().flush()).await;
        drop(session);
        let later = directory.session();
        let again = load(&later, &url, CachePolicy::ReturnCacheDataDontLoad).await;
        assert_eq!(again, first, "{path}");
        assert_eq!(origin.request_count(path), 1, "{path}");
    }
}

#[tokio::test]
async fn a_removed_response_is_gone_for_later_programs() {
    let (origin, directory) = (Origin::start().await.unwrap(), Directory::new("removed"));
    let url = origin.url("/bytes/1000");
    let session = directory.session();
    load(&session, &url, CachePolicy::ReturnCacheDataElseLoad).await;
    let cache = session.url_cache().unwrap();
    let asked = request(&url, CachePolicy::default());
    within("removal", cache.remove_cached_response(&asked)).await;
    within("flush", cache.flush()).await;
    let request = request(&url, CachePolicy::ReturnCacheDataDontLoad);
    let error = within("error", directory.session().data(request))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::ResourceUnavailable);
}

#[tokio::test]
async fn a_damaged_file_is_loaded_again() {
    let (origin, directory) = (Origin::start().await.unwrap(), Directory::new("damaged"));
    let url = origin.url("/bytes/200000");
    let session = directory.session();
    let first = load(&session, &url, CachePolicy::ReturnCacheDataElseLoad).await;
    within("flush", session.url_cache().unwrap().flush()).await;
    let body = std::fs::read_dir(directory.0.join("bodies"))
        .unwrap()
        .next();
    let body = body.unwrap().unwrap().path();
    let mut bytes = std::fs::read(&body).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&body, bytes).unwrap();
    let later = directory.session();
    let again = load(&later, &url, CachePolicy::ReturnCacheDataElseLoad).await;
    assert_eq!(again, first);
    assert_eq!(origin.request_count("/bytes/200000"), 2);
}
