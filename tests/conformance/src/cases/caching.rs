//! Responses kept and found again. The route counts for each target apart, and its body says how often it was asked.

use std::time::Duration;

use urlsession_core::futures::future::join_all;
use urlsession_core::http::header::{AGE, DATE};
use urlsession_core::{
    Answer, CachePolicy, CachedResponse, Delegate, ErrorCode, Request, Session, Task, UrlCache,
    Wants,
};

use crate::recorder::Recorder;
use crate::{Failure, Fixture, Verdict};

/// The URL of a resource that nobody has asked for yet, with these fields.
fn counted(fixture: &Fixture, fields: &str) -> String {
    let platform = fixture.ground().platform(&Default::default());
    let number = platform.runtime.random();
    fixture.url(&format!("/counted?x-number={number}&{fields}"))
}

fn cached(fixture: &Fixture) -> Session {
    let cache = UrlCache::in_memory(10 << 20);
    fixture.builder_of(|_| {}).cache(cache).build()
}

/// How often the server says that it was asked.
async fn count(session: &Session, request: Request) -> Result<u32, Failure> {
    let (body, _) = session.data(request).await?;
    Ok(String::from_utf8_lossy(&body).parse()?)
}

fn get(url: &str) -> Result<Request, Failure> {
    Ok(Request::get(url)?)
}

pub(crate) async fn what_is_fresh_is_not_asked_for_again(fixture: Fixture) -> Verdict {
    let (session, url) = (
        cached(&fixture),
        counted(&fixture, "cache-control=max-age=1000"),
    );
    for _ in 0..3 {
        check_eq!(count(&session, get(&url)?).await?, 1);
    }
    let (_, response) = session.data(&url).await?;
    check!(response.headers().contains_key(AGE), "{response:?}");
    let elsewhere = count(&fixture.session(), get(&url)?).await?;
    check_eq!(elsewhere, 2);
    Ok(())
}

pub(crate) async fn what_is_stale_is_validated(fixture: Fixture) -> Verdict {
    let fields = "cache-control=max-age=0&etag=%22a%22";
    let (session, url) = (cached(&fixture), counted(&fixture, fields));
    for _ in 0..3 {
        check_eq!(count(&session, get(&url)?).await?, 1);
    }
    check_eq!(count(&fixture.session(), get(&url)?).await?, 4);
    Ok(())
}

pub(crate) async fn what_is_forbidden_is_not_kept(fixture: Fixture) -> Verdict {
    let (session, url) = (
        cached(&fixture),
        counted(&fixture, "cache-control=no-store"),
    );
    check_eq!(count(&session, get(&url)?).await?, 1);
    check_eq!(count(&session, get(&url)?).await?, 2);
    Ok(())
}

pub(crate) async fn policies_say_where_to_look(fixture: Fixture) -> Verdict {
    let (session, url) = (
        cached(&fixture),
        counted(&fixture, "cache-control=max-age=1000"),
    );
    let by = |policy| Ok::<_, Failure>(get(&url)?.with_cache_policy(policy));
    let offline = CachePolicy::ReturnCacheDataDontLoad;
    let refused = fails!(session.data(by(offline)?).await);
    check_eq!(refused.code(), ErrorCode::ResourceUnavailable);
    for (policy, expected) in [
        (CachePolicy::ReturnCacheDataElseLoad, 1),
        (CachePolicy::ReturnCacheDataElseLoad, 1),
        (CachePolicy::ReloadIgnoringLocalCacheData, 2),
        (CachePolicy::UseProtocolCachePolicy, 2),
        (CachePolicy::ReloadIgnoringLocalAndRemoteCacheData, 3),
        (CachePolicy::ReloadRevalidatingCacheData, 4),
        (offline, 4),
    ] {
        check_eq!(count(&session, by(policy)?).await?, expected, "{policy:?}");
    }
    Ok(())
}

pub(crate) async fn variants_are_kept_apart(fixture: Fixture) -> Verdict {
    let fields = "cache-control=max-age=1000&vary=x-kind";
    let (session, url) = (cached(&fixture), counted(&fixture, fields));
    let of = |kind: &'static str| Ok::<_, Failure>(get(&url)?.header("x-kind", kind)?);
    for _ in 0..2 {
        check_eq!(count(&session, of("a")?).await?, 1);
        check_eq!(count(&session, of("b")?).await?, 2);
    }
    Ok(())
}

pub(crate) async fn a_change_makes_it_asked_for_again(fixture: Fixture) -> Verdict {
    let (session, url) = (
        cached(&fixture),
        counted(&fixture, "cache-control=max-age=1000"),
    );
    check_eq!(count(&session, get(&url)?).await?, 1);
    session.data(Request::put(&url)?.with_body("new")).await?;
    check_eq!(count(&session, get(&url)?).await?, 3);
    Ok(())
}

pub(crate) async fn a_hit_calls_as_the_network_does(fixture: Fixture) -> Verdict {
    let url = counted(&fixture, "cache-control=max-age=1000");
    let cache = UrlCache::in_memory(10 << 20);
    let mut seen = Vec::new();
    for _ in 0..2 {
        let recorder = Recorder::new();
        let builder = fixture.builder_of(|_| {}).cache(cache.clone());
        let session = builder.delegate(recorder.clone()).build();
        let task = session.data_task(&url);
        task.resume();
        task.finished().await?;
        seen.push((recorder.names(), task.count_of_bytes_received()));
    }
    check_eq!(seen[0], seen[1]);
    check_eq!(count(&fixture.session(), get(&url)?).await?, 2);
    Ok(())
}

/// Refuses what is proposed, or keeps something else.
struct Editor(bool);

impl Delegate for Editor {
    fn wants(&self) -> Wants {
        Wants::WILL_CACHE_RESPONSE
    }

    fn will_cache_response(
        &self,
        _: &Task,
        proposed: CachedResponse,
    ) -> Answer<Option<CachedResponse>> {
        let edited = CachedResponse::new(proposed.response, "77");
        self.0.then_some(edited).into()
    }
}

pub(crate) async fn the_app_has_a_say_in_what_is_kept(fixture: Fixture) -> Verdict {
    for (keeps, expected) in [(false, 2), (true, 77)] {
        let url = counted(&fixture, "cache-control=max-age=1000");
        let builder = fixture.builder_of(|_| {});
        let builder = builder.cache(UrlCache::in_memory(10 << 20));
        let session = builder.delegate(Editor(keeps)).build();
        check_eq!(count(&session, get(&url)?).await?, 1);
        check_eq!(count(&session, get(&url)?).await?, expected);
    }
    Ok(())
}

pub(crate) async fn what_the_app_keeps_and_takes_out_counts(fixture: Fixture) -> Verdict {
    let (session, url) = (
        cached(&fixture),
        counted(&fixture, "cache-control=max-age=1000"),
    );
    let Some(cache) = session.url_cache() else {
        return Err(Failure::new("a session with a cache has one"));
    };
    check_eq!(count(&session, get(&url)?).await?, 1);
    let Some(kept) = cache.cached_response(&get(&url)?).await else {
        return Err(Failure::new("what was kept is not found"));
    };
    check_eq!(&kept.data[..], b"1");
    cache.remove_cached_response(&get(&url)?).await;
    check_eq!(cache.cached_response(&get(&url)?).await, None);
    check_eq!(count(&session, get(&url)?).await?, 2);
    cache.store_cached_response(kept, &get(&url)?).await;
    check_eq!(count(&session, get(&url)?).await?, 1);
    session.reset().await;
    check_eq!(count(&session, get(&url)?).await?, 3);
    Ok(())
}

pub(crate) async fn equal_requests_can_be_one(fixture: Fixture) -> Verdict {
    let url = counted(&fixture, "cache-control=max-age=1000");
    let builder = fixture.builder_of(|configuration| {
        configuration.collapses_identical_requests = true;
    });
    let session = builder.cache(UrlCache::in_memory(10 << 20)).build();
    let loads = (0..5).map(|_| session.data(&url));
    for outcome in join_all(loads).await {
        check_eq!(&outcome?.0[..], b"1");
    }
    check_eq!(count(&fixture.session(), get(&url)?).await?, 2);
    Ok(())
}

pub(crate) async fn what_is_used_stale_is_validated_beside(fixture: Fixture) -> Verdict {
    let fields = "cache-control=max-age=0,%20stale-while-revalidate=1000";
    let (session, url) = (cached(&fixture), counted(&fixture, fields));
    check_eq!(count(&session, get(&url)?).await?, 1);
    check_eq!(count(&session, get(&url)?).await?, 1);
    let mut last = 1;
    while last == 1 {
        fixture.sleep(Duration::from_millis(5)).await;
        last = count(&session, get(&url)?).await?;
    }
    check!(last >= 2, "{last}");
    Ok(())
}

pub(crate) async fn what_hides_its_fields_is_not_kept(fixture: Fixture) -> Verdict {
    let (session, url) = (
        cached(&fixture),
        counted(&fixture, "cache-control=max-age=1000"),
    );
    let (_, response) = session.data(&url).await?;
    let Some(cache) = session.url_cache() else {
        return Err(Failure::new("a session with a cache has one"));
    };
    let is_kept = cache.cached_response(&get(&url)?).await.is_some();
    check_eq!(is_kept, response.headers().contains_key(DATE));
    Ok(())
}
