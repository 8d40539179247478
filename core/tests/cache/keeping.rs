//! What is kept, and what is not: whole bodies that fit, by policy, capacity and the app's word.

use std::sync::{Arc, Mutex};

use http::Method;
use urlsession_core::mock::{CacheFault, MockPlatform, Reply};
use urlsession_core::{
    Answer, Bytes, CacheStoragePolicy, CachedResponse, Configuration, Delegate, ErrorCode, Request,
    Session, Task, UrlCache, Wants,
};

use crate::support::{
    URL, asked, fresh_for, get, in_memory, in_store, load, platform, seconds, serve, session,
    session_of, text,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Loads whatever comes, twice, and says how often the server was asked.
fn asked_for_two(mock: &MockPlatform, cache: UrlCache) -> usize {
    let session = session(mock, cache);
    let _ = load(mock, &session, Request::get(URL).unwrap());
    mock.runtime().run_until_idle();
    let _ = load(mock, &session, Request::get(URL).unwrap());
    asked(mock)
}

/// Fresh, and without a validator: not even its beginning is of use.
fn unvalidated(body: &'static str) -> Reply {
    let reply = Reply::new(200).header("cache-control", "max-age=100");
    reply.body(body)
}

#[test]
fn a_body_that_breaks_off_is_not_kept() {
    let broken = [
        unvalidated("0123456789").reset_after(4),
        unvalidated("0123456789").short_body(3),
        unvalidated("0123").fail(ErrorCode::NetworkConnectionLost),
    ];
    for reply in broken {
        for cache in [in_memory(), in_store().0] {
            let mock = platform();
            serve(&mock, [reply.clone(), fresh_for(1, "whole")]);
            let session = session(&mock, cache.clone());
            load(&mock, &session, Request::get(URL).unwrap()).unwrap_err();
            assert_eq!(cache.current_memory_usage(), 0);
            assert_eq!(get(&mock, &session), "whole");
        }
    }
}

#[test]
fn a_load_that_is_dropped_keeps_nothing() {
    let mock = platform();
    let slow = unvalidated("0123").wait(seconds(5)).chunk("4567");
    serve(&mock, [slow, fresh_for(1, "whole")]);
    let (cache, store) = in_store();
    let session = session(&mock, cache);
    let future = session.data(URL);
    mock.runtime().block_on(async {
        let timeout = mock.runtime().sleep(seconds(1));
        futures::future::select(future, timeout).await;
    });
    mock.runtime().run_until_idle();
    assert_eq!(store.records(), 0);
    assert_eq!(get(&mock, &session), "whole");
}

#[test]
fn what_is_larger_than_a_twentieth_is_not_kept_there() {
    let body = "x".repeat(6_000);
    let reply = || {
        Reply::new(200)
            .header("cache-control", "max-age=100")
            .body(body.clone())
    };
    for (reply, asked) in [
        (reply(), 2),
        (reply().without_length(), 2),
        (fresh_for(100, "small"), 1),
    ] {
        let mock = platform();
        serve(&mock, [reply.clone(), reply]);
        assert_eq!(asked_for_two(&mock, UrlCache::in_memory(100_000)), asked);
    }
    let mock = platform();
    serve(&mock, [reply(), reply()]);
    let (cache, store) = in_store();
    assert_eq!(asked_for_two(&mock, cache), 1);
    assert_eq!(store.records(), 1);
}

#[test]
fn no_store_is_not_kept() {
    for (wish, says, expected) in [
        ("no-store", "max-age=100", 0),
        ("no-transform", "no-store, max-age=100", 0),
        ("no-transform", "max-age=100", 1),
    ] {
        let mock = platform();
        serve(
            &mock,
            [Reply::new(200).header("cache-control", says).body("a")],
        );
        let (cache, store) = in_store();
        let session = session(&mock, cache);
        let request = Request::get(URL).unwrap();
        let request = request.header("cache-control", wish).unwrap();
        assert_eq!(text(&load(&mock, &session, request)), "a");
        assert_eq!(store.records(), expected, "{wish} {says}");
    }
}

/// A disk that fails in some way, and how often the server is asked for two.
#[test]
fn a_store_in_trouble_is_no_error() {
    for (fault, expected) in [
        (CacheFault::Finds, 2),
        (CacheFault::Inserts, 2),
        (CacheFault::Writes(2), 2),
        (CacheFault::Finishes, 2),
    ] {
        let mock = platform();
        serve(&mock, [fresh_for(100, "one"), fresh_for(100, "one")]);
        let (cache, store) = in_store();
        store.set_fault(Some(fault));
        assert_eq!(asked_for_two(&mock, cache), expected, "{fault:?}");
    }
}

#[test]
fn what_the_store_lost_is_asked_for_again() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one"), fresh_for(100, "two")]);
    let (cache, store) = in_store();
    store.set_read_along(0);
    let session = session(&mock, cache);
    assert_eq!(get(&mock, &session), "one");
    store.set_fault(Some(CacheFault::Opens));
    assert_eq!(get(&mock, &session), "two");
}

#[test]
fn a_stored_body_that_breaks_off_is_an_error_once() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one"), fresh_for(100, "two")]);
    let (cache, store) = in_store();
    store.set_read_along(0);
    let session = session(&mock, cache);
    assert_eq!(get(&mock, &session), "one");
    store.set_fault(Some(CacheFault::Reads(1)));
    load(&mock, &session, Request::get(URL).unwrap()).unwrap_err();
    store.set_fault(None);
    assert_eq!(get(&mock, &session), "two");
}

#[test]
fn the_least_recently_used_goes_first() {
    let mock = platform();
    let body = Bytes::from("x".repeat(900));
    mock.transport().respond(move |_| {
        let reply = Reply::new(200).header("cache-control", "max-age=1000");
        reply.body(body.clone())
    });
    let cache = UrlCache::in_memory(60_000);
    let session = session(&mock, cache.clone());
    let get = |number: u32| {
        let before = asked(&mock);
        load(
            &mock,
            &session,
            Request::get(format!("{URL}{number}")).unwrap(),
        )
        .unwrap();
        asked(&mock) - before
    };
    get(0);
    let (size, before) = (cache.current_memory_usage(), asked(&mock));
    let fits = u32::try_from(60_000 / size).unwrap();
    for number in 1..fits {
        get(number);
    }
    assert_eq!(get(0), 0, "{fits} fit, {before}");
    get(fits);
    assert!(cache.current_memory_usage() <= 60_000);
    assert_eq!((get(0), get(1)), (0, 1));
    cache.set_memory_capacity(30_000);
    assert!(cache.current_memory_usage() <= 30_000 && cache.current_memory_usage() > 0);
}

#[test]
fn what_is_kept_can_be_looked_up_and_taken_out() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        serve(&mock, [fresh_for(100, "one")]);
        let session = session(&mock, cache.clone());
        let request = Request::get(URL).unwrap();
        get(&mock, &session);
        mock.runtime().block_on(async {
            let kept = cache.cached_response(&request).await.unwrap();
            assert_eq!(kept.data, "one");
            assert_eq!(kept.response.headers()["etag"], "\"one\"");
            let used = cache.current_memory_usage() + cache.current_disk_usage().await;
            assert!(used > 3);
            cache.remove_cached_response(&request).await;
            assert!(cache.cached_response(&request).await.is_none());
            assert_eq!(cache.current_memory_usage(), 0);
            assert_eq!(cache.current_disk_usage().await, 0);
        });
    }
}

#[test]
fn what_came_since_a_date_can_be_taken_out() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        mock.transport().respond(|_| fresh_for(10_000, "one"));
        let session = session(&mock, cache.clone());
        let (early, late) = (
            Request::get(format!("{URL}early")),
            Request::get(format!("{URL}late")),
        );
        let (early, late) = (early.unwrap(), late.unwrap());
        load(&mock, &session, early.clone()).unwrap();
        mock.runtime().advance(seconds(100));
        let date = urlsession_core::Runtime::wall_clock(mock.runtime());
        load(&mock, &session, late.clone()).unwrap();
        mock.runtime().block_on(async {
            cache.remove_cached_responses_since(date).await;
            assert!(cache.cached_response(&early).await.is_some());
            assert!(cache.cached_response(&late).await.is_none());
            session.reset().await;
            assert!(cache.cached_response(&early).await.is_none());
        });
    }
}

#[test]
fn what_the_app_keeps_answers() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        serve(&mock, [fresh_for(100, "one")]);
        let session = session(&mock, cache);
        let request = Request::get(URL).unwrap();
        get(&mock, &session);
        mock.runtime().block_on(async {
            let cache = session.url_cache().unwrap();
            let kept = cache.cached_response(&request).await.unwrap();
            let own = CachedResponse::new(kept.response, "mine").with_user_info("who", "me");
            cache.store_cached_response(own, &request).await;
            let kept = cache.cached_response(&request).await.unwrap();
            assert_eq!(kept.user_info.get("who"), Some("me"));
        });
        assert_eq!(get(&mock, &session), "mine");
        assert_eq!(asked(&mock), 1);
    }
}

#[test]
fn an_ephemeral_session_touches_no_store() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one")]);
    let (_, store) = in_store();
    let cache = UrlCache::new(10 << 20, Arc::new(store.clone()));
    let ephemeral = |configuration: &mut Configuration| configuration.is_ephemeral = true;
    let session = session_of(&mock, cache.clone(), ephemeral);
    get(&mock, &session);
    get(&mock, &session);
    assert_eq!((asked(&mock), store.records()), (1, 0));
    assert_eq!(cache.current_memory_usage(), 0);
    assert_eq!(session.url_cache().unwrap().disk_capacity(), 0);
}

/// Decides about what is kept, and notes what it was asked about.
#[derive(Clone)]
struct Editor {
    seen: Arc<Mutex<Vec<(Bytes, usize)>>>,
    edit: fn(CachedResponse) -> Answer<Option<CachedResponse>>,
}

impl Delegate for Editor {
    fn wants(&self) -> Wants {
        Wants::WILL_CACHE_RESPONSE | Wants::DATA
    }

    fn did_receive_data(&self, _: &Task, data: &Bytes) -> Answer<()> {
        self.seen.lock().unwrap().push((data.clone(), 0));
        Answer::HANDLED
    }

    fn will_cache_response(
        &self,
        _: &Task,
        proposed: CachedResponse,
    ) -> Answer<Option<CachedResponse>> {
        self.seen.lock().unwrap().push((proposed.data.clone(), 1));
        (self.edit)(proposed)
    }
}

/// What a second GET brings after the app's word about the first.
fn after_edit(edit: fn(CachedResponse) -> Answer<Option<CachedResponse>>) -> (String, Editor) {
    let mock = platform();
    serve(
        &mock,
        [fresh_for(100, "o").chunk("ne"), fresh_for(100, "two")],
    );
    let editor = Editor {
        seen: Arc::default(),
        edit,
    };
    let session = Session::builder(mock.platform(), Configuration::default())
        .cache(in_memory())
        .delegate(editor.clone())
        .build();
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().block_on(task.finished()).unwrap();
    (get(&mock, &session), editor)
}

#[test]
fn the_app_is_asked_after_the_data_with_all_of_them() {
    let (second, editor) = after_edit(|_| Answer::Unhandled);
    assert_eq!(second, "one");
    let seen = editor.seen.lock().unwrap().clone();
    let expected = [("o", 0), ("ne", 0), ("one", 1)];
    assert_eq!(seen, expected.map(|(data, kind)| (Bytes::from(data), kind)));
}

#[test]
fn the_app_may_refuse_edit_and_say_where() {
    assert_eq!(after_edit(|_| Answer::Now(None)).0, "two");
    assert_eq!(after_edit(|_| Answer::later(async { None })).0, "two");
    let never = |kept: CachedResponse| {
        Some(kept.with_storage_policy(CacheStoragePolicy::NotAllowed)).into()
    };
    assert_eq!(after_edit(never).0, "two");
    let edited = |kept: CachedResponse| Some(CachedResponse::new(kept.response, "mine")).into();
    assert_eq!(after_edit(edited).0, "mine");
}

#[test]
fn in_memory_only_is_not_in_the_store() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one")]);
    let (_, store) = in_store();
    let editor = Editor {
        seen: Arc::default(),
        edit: |kept| Some(kept.with_storage_policy(CacheStoragePolicy::AllowedInMemoryOnly)).into(),
    };
    let session = Session::builder(mock.platform(), Configuration::default())
        .cache(UrlCache::new(10 << 20, Arc::new(store.clone())))
        .delegate(editor)
        .build();
    get(&mock, &session);
    get(&mock, &session);
    assert_eq!((asked(&mock), store.records()), (1, 0));
}

#[test]
fn a_large_body_goes_to_the_store_as_it_passes() {
    let mock = platform();
    let chunk = Bytes::from(vec![7; 64 * 1024]);
    let large = (0..40).fold(
        Reply::new(200).header("cache-control", "max-age=100"),
        |reply, _| reply.chunk(chunk.clone()),
    );
    mock.transport().on(Method::GET, URL).reply(large);
    let (_, store) = in_store();
    let cache = UrlCache::new(1 << 20, Arc::new(store.clone()));
    let session = session(&mock, cache.clone());
    let first = load(&mock, &session, Request::get(URL).unwrap()).unwrap();
    let second = load(&mock, &session, Request::get(URL).unwrap()).unwrap();
    assert_eq!((first.0.len(), asked(&mock)), (40 * 64 * 1024, 1));
    assert_eq!(first.0, second.0);
    assert_eq!(cache.current_memory_usage(), 0);
    assert_eq!(store.records(), 1);
}

#[test]
fn what_the_store_has_is_in_memory_once_it_was_used() {
    let mock = platform();
    serve(&mock, [fresh_for(1000, "one")]);
    let (_, store) = in_store();
    let store_of = || UrlCache::new(1 << 20, Arc::new(store.clone()));
    get(&mock, &session(&mock, store_of()));
    // As after a start of the program.
    let cache = store_of();
    let session = session(&mock, cache.clone());
    assert_eq!(get(&mock, &session), "one");
    assert!(cache.current_memory_usage() > 0);
    store.set_fault(Some(CacheFault::Finds));
    assert_eq!((get(&mock, &session), asked(&mock)), ("one".into(), 1));
    mock.runtime()
        .block_on(cache.remove_cached_response(&Request::get(URL).unwrap()));
    assert_eq!((cache.current_memory_usage(), store.records()), (0, 0));
}
