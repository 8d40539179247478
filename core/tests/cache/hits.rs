//! What is fresh is the answer; what is not is validated.

use urlsession_core::mock::Reply;
use urlsession_core::{CachePolicy, ErrorCode, Request};

use crate::support::{
    URL, asked, fresh_for, get, in_memory, in_store, load, platform, seconds, serve, session, text,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_fresh_response_is_not_asked_for_again() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        serve(&mock, [fresh_for(10, "one"), fresh_for(10, "two")]);
        let session = session(&mock, cache);
        assert_eq!(get(&mock, &session), "one");
        assert_eq!(get(&mock, &session), "one");
        assert_eq!(asked(&mock), 1);
        mock.runtime().advance(seconds(11));
        assert_eq!(get(&mock, &session), "two");
        assert_eq!(asked(&mock), 2);
    }
}

#[test]
fn a_fresh_response_says_how_old_it_is() {
    let mock = platform();
    serve(&mock, [fresh_for(10, "one")]);
    let session = session(&mock, in_memory());
    get(&mock, &session);
    mock.runtime().advance(seconds(3));
    let (_, response) = load(&mock, &session, Request::get(URL).unwrap()).unwrap();
    assert_eq!(response.headers()["age"], "3");
}

#[test]
fn a_stale_response_is_validated() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        let not_modified = Reply::new(304).header("cache-control", "max-age=10");
        serve(&mock, [fresh_for(1, "one"), not_modified]);
        let session = session(&mock, cache);
        assert_eq!(get(&mock, &session), "one");
        mock.runtime().advance(seconds(2));
        assert_eq!(get(&mock, &session), "one");
        let asked_with = &mock.transport().requests()[1];
        assert_eq!(asked_with.headers["if-none-match"], "\"one\"");
        // The 304 has made it fresh.
        mock.runtime().advance(seconds(5));
        assert_eq!(get(&mock, &session), "one");
        assert_eq!(asked(&mock), 2);
    }
}

#[test]
fn a_304_writes_no_body() {
    let mock = platform();
    serve(&mock, [fresh_for(1, "one"), Reply::new(304)]);
    let (cache, store) = in_store();
    let session = session(&mock, cache);
    get(&mock, &session);
    mock.runtime().advance(seconds(2));
    get(&mock, &session);
    assert_eq!((store.body_bytes_written(), store.heads_updated()), (3, 1));
}

#[test]
fn without_the_network_only_the_cache_answers() {
    let mock = platform();
    serve(&mock, [fresh_for(0, "one")]);
    let session = session(&mock, in_memory());
    let offline = || {
        let request = Request::get(URL).unwrap();
        request.with_cache_policy(CachePolicy::ReturnCacheDataDontLoad)
    };
    let refused = load(&mock, &session, offline()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::ResourceUnavailable);
    get(&mock, &session);
    mock.runtime().advance(seconds(1000));
    assert_eq!(text(&load(&mock, &session, offline())), "one");
    assert_eq!(asked(&mock), 1);
}

#[test]
fn a_wall_clock_that_jumps_has_it_asked_for_again() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        serve(
            &mock,
            [
                fresh_for(100, "one"),
                fresh_for(100, "two"),
                fresh_for(100, "three"),
            ],
        );
        let session = session(&mock, cache);
        get(&mock, &session);
        let years = seconds(10 * 365 * 24 * 3600);
        let now = urlsession_core::Runtime::wall_clock(mock.runtime());
        for (jump, expected) in [(now - years, "two"), (now + years, "three")] {
            mock.runtime().set_wall_clock(jump);
            assert_eq!(get(&mock, &session), expected);
            assert_eq!(get(&mock, &session), expected);
        }
        assert_eq!(asked(&mock), 3);
    }
}
