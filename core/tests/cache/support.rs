//! A mock, a session with a cache, and a server whose replies count up.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use http::Method;
use urlsession_core::mock::{MockCacheStore, MockPlatform, Reply};
use urlsession_core::{Bytes, Configuration, Error, Request, Response, Session, UrlCache};

pub(crate) const URL: &str = "http://a.example/";

pub(crate) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A platform whose clock says a day in 2026.
pub(crate) fn platform() -> MockPlatform {
    let mock = MockPlatform::new();
    mock.runtime()
        .set_wall_clock(UNIX_EPOCH + seconds(1_780_000_000));
    mock
}

/// A cache of 10 MiB in memory.
pub(crate) fn in_memory() -> UrlCache {
    UrlCache::in_memory(10 << 20)
}

/// A cache whose memory keeps nothing, and its store of 100 MiB.
pub(crate) fn in_store() -> (UrlCache, MockCacheStore) {
    let store = MockCacheStore::new(100 << 20);
    (UrlCache::new(0, Arc::new(store.clone())), store)
}

pub(crate) fn session(mock: &MockPlatform, cache: UrlCache) -> Session {
    session_of(mock, cache, |_| {})
}

pub(crate) fn session_of(
    mock: &MockPlatform,
    cache: UrlCache,
    configure: impl FnOnce(&mut Configuration),
) -> Session {
    let mut configuration = Configuration::default();
    configure(&mut configuration);
    Session::builder(mock.platform(), configuration)
        .cache(cache)
        .build()
}

/// The server answers `GET URL` so, one after the other.
pub(crate) fn serve(mock: &MockPlatform, replies: impl IntoIterator<Item = Reply>) {
    let mut replies = replies.into_iter();
    let mut route = mock
        .transport()
        .on(Method::GET, URL)
        .reply(replies.next().unwrap());
    for reply in replies {
        route = route.then(reply);
    }
}

/// 200, fresh for so many seconds.
pub(crate) fn fresh_for(count: u64, body: &'static str) -> Reply {
    Reply::new(200)
        .header("cache-control", format!("max-age={count}"))
        .header("etag", format!("\"{body}\""))
        .body(body)
}

pub(crate) type Outcome = Result<(Bytes, Response), Error>;

pub(crate) fn load(mock: &MockPlatform, session: &Session, request: Request) -> Outcome {
    mock.runtime().block_on(session.data(request))
}

/// The body that a GET brings.
pub(crate) fn get(mock: &MockPlatform, session: &Session) -> String {
    text(&load(mock, session, Request::get(URL).unwrap()))
}

pub(crate) fn text(outcome: &Outcome) -> String {
    String::from_utf8(outcome.as_ref().unwrap().0.to_vec()).unwrap()
}

/// How often the server was asked.
pub(crate) fn asked(mock: &MockPlatform) -> usize {
    mock.transport().total_exchanges()
}
