//! What the server's answers do to what is kept: variants, validation, errors, ranges, invalidation.

use http::Method;
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{
    CachePolicy, Capabilities, ErrorCode, HopRequest, NetworkPath, NetworkStatus, Request, Session,
};

use crate::support::{
    Outcome, URL, asked, fresh_for, get, in_memory, in_store, load, platform, seconds, serve,
    session, session_of, text,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn with(name: &'static str, value: &str) -> Request {
    Request::get(URL).unwrap().header(name, value).unwrap()
}

/// A server that says back what it was asked for in `name`, fresh and different by it.
fn varying(name: &'static str) -> MockPlatform {
    let mock = platform();
    mock.transport().respond(move |request: &HopRequest| {
        let value = request.headers.get(name);
        let value = value.map_or("none", |value| value.to_str().unwrap());
        Reply::new(200)
            .header("cache-control", "max-age=100")
            .header("vary", name)
            .body(value.to_owned())
    });
    mock
}

/// As many as a tier keeps of one URL.
const MOST_VARIANTS: usize = 32;

#[test]
fn a_server_that_varies_without_end_has_its_latest_variants_kept() {
    let (disk, store) = in_store();
    for cache in [in_memory(), disk] {
        let mock = varying("cookie");
        let session = session(&mock, cache.clone());
        let get = |number: usize| {
            let outcome = load(&mock, &session, with("cookie", &number.to_string()));
            mock.runtime().run_until_idle();
            assert_eq!(text(&outcome), number.to_string());
        };
        (0..100).for_each(get);
        assert_eq!(asked(&mock), 100);
        (100 - MOST_VARIANTS..100).for_each(get);
        assert_eq!(asked(&mock), 100);
        get(0);
        assert_eq!(asked(&mock), 101);
        let usage = cache.current_memory_usage();
        (0..100).for_each(get);
        assert!(cache.current_memory_usage() <= usage + 1024);
    }
    assert_eq!(store.records(), MOST_VARIANTS);
}

#[test]
fn of_too_many_variants_one_that_is_used_stays() {
    let mock = varying("cookie");
    let session = session(&mock, in_memory());
    let get = |number: usize| {
        load(&mock, &session, with("cookie", &number.to_string())).unwrap();
    };
    for number in 0..100 {
        get(number);
        get(0);
    }
    assert_eq!(asked(&mock), 100);
}

#[test]
fn variants_are_kept_side_by_side() {
    for cache in [in_memory(), in_store().0] {
        let mock = varying("accept-language");
        let session = session(&mock, cache);
        let get = |value| text(&load(&mock, &session, with("accept-language", value)));
        for _ in 0..2 {
            assert_eq!((get("en"), get("de")), ("en".to_owned(), "de".to_owned()));
        }
        assert_eq!(asked(&mock), 2);
    }
}

#[test]
fn credentials_are_kept_apart() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        mock.transport().respond(|request: &HopRequest| {
            let who = request.headers.get("authorization");
            let who = who.map_or("nobody", |value| value.to_str().unwrap());
            let reply = Reply::new(200).header("cache-control", "max-age=100");
            reply.body(who.to_owned())
        });
        let session = session(&mock, cache);
        let get = |value| text(&load(&mock, &session, with("authorization", value)));
        assert_eq!(
            (get("me"), get("you"), get("me")),
            ("me".into(), "you".into(), "me".into())
        );
        assert_eq!(
            text(&load(&mock, &session, Request::get(URL).unwrap())),
            "nobody"
        );
        assert_eq!(asked(&mock), 3);
    }
}

#[test]
fn secrets_are_not_in_the_store() {
    let mock = varying("authorization");
    let (cache, store) = in_store();
    let session = session(&mock, cache);
    let secret = with("authorization", "Bearer s3cret").header("cookie", "id=c00kie");
    load(&mock, &session, secret.unwrap()).unwrap();
    let own = Request::get("http://me:passw0rd@a.example/x").unwrap();
    load(&mock, &session, own).unwrap();
    let content = String::from_utf8_lossy(&store.content()).into_owned();
    assert_eq!(store.records(), 2);
    let body = "Bearer s3cret";
    assert_eq!(
        content.matches(body).count(),
        1,
        "the body says it, nothing else"
    );
    for secret in ["c00kie", "passw0rd"] {
        assert!(!content.contains(secret), "{secret}");
    }
}

#[test]
fn an_error_does_not_replace_what_may_be_used_stale() {
    let replies = [
        Reply::new(503).body("down"),
        Reply::error(ErrorCode::CannotConnectToHost),
        Reply::new(500),
    ];
    for failure in replies {
        let mock = platform();
        let stale = Reply::new(200)
            .header("cache-control", "max-age=1, stale-if-error=60")
            .body("one");
        serve(&mock, [stale, failure.clone(), failure]);
        let session = session(&mock, in_memory());
        assert_eq!(get(&mock, &session), "one");
        mock.runtime().advance(seconds(30));
        assert_eq!(get(&mock, &session), "one");
        assert_eq!(asked(&mock), 2);
        mock.runtime().advance(seconds(60));
        let late = load(&mock, &session, Request::get(URL).unwrap());
        assert!(late.is_err() || late.unwrap().1.status().is_server_error());
    }
}

fn disconnected(says: &str, serves_stale: bool) -> Outcome {
    let mock = platform();
    let first = Reply::new(200).header("cache-control", says).body("one");
    serve(
        &mock,
        [first, Reply::error(ErrorCode::NetworkConnectionLost)],
    );
    let session = session_of(&mock, in_memory(), |configuration| {
        configuration.serves_stale_when_disconnected = serves_stale;
    });
    get(&mock, &session);
    mock.runtime().advance(seconds(100));
    load(&mock, &session, Request::get(URL).unwrap())
}

#[test]
fn without_a_server_stale_is_served_where_the_session_wants_it() {
    assert_eq!(text(&disconnected("max-age=1", true)), "one");
    let lost = ErrorCode::NetworkConnectionLost;
    assert_eq!(disconnected("max-age=1", false).unwrap_err().code(), lost);
    let strict = disconnected("max-age=1, must-revalidate", true);
    assert_eq!(strict.unwrap_err().code(), lost);
}

#[test]
fn stale_while_revalidating_is_used_at_once_and_validated_beside() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        let says = "max-age=1, stale-while-revalidate=60";
        let reply = |body: &'static str| {
            let reply = Reply::new(200).header("cache-control", says);
            reply.after(seconds(1)).body(body)
        };
        serve(&mock, [reply("one"), reply("two")]);
        let session = session(&mock, cache);
        assert_eq!(get(&mock, &session), "one");
        mock.runtime().advance(seconds(10));
        let before = urlsession_core::Runtime::now(mock.runtime());
        assert_eq!(
            (get(&mock, &session), get(&mock, &session)),
            ("one".into(), "one".into())
        );
        assert_eq!(urlsession_core::Runtime::now(mock.runtime()), before);
        mock.runtime().run_until_idle();
        assert_eq!((get(&mock, &session), asked(&mock)), ("two".into(), 2));
    }
}

#[test]
fn what_may_not_be_kept_ends_what_was_validated_beside() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        let says = |says: &'static str, body: &'static str| {
            Reply::new(200).header("cache-control", says).body(body)
        };
        let old = says("max-age=1, stale-while-revalidate=60", "one");
        serve(
            &mock,
            [old, says("no-store", "two"), says("no-store", "three")],
        );
        let session = session(&mock, cache);
        get(&mock, &session);
        mock.runtime().advance(seconds(10));
        assert_eq!(get(&mock, &session), "one");
        mock.runtime().run_until_idle();
        assert_eq!((get(&mock, &session), asked(&mock)), ("three".into(), 3));
    }
}

#[test]
fn an_error_of_the_server_ends_nothing_that_is_validated_beside() {
    let mock = platform();
    let says = "max-age=1, stale-while-revalidate=60";
    let old = Reply::new(200).header("cache-control", says).body("one");
    let error = Reply::new(500).header("cache-control", "no-store");
    serve(&mock, [old, error]);
    let session = session(&mock, in_memory());
    get(&mock, &session);
    mock.runtime().advance(seconds(10));
    for _ in 0..2 {
        assert_eq!(get(&mock, &session), "one");
        mock.runtime().run_until_idle();
    }
}

#[test]
fn what_is_validated_beside_ends_with_the_session() {
    let mock = platform();
    let says = "max-age=1, stale-while-revalidate=60";
    let reply = Reply::new(200).header("cache-control", says).body("one");
    serve(&mock, [reply, Reply::never()]);
    let session = session(&mock, in_memory());
    get(&mock, &session);
    mock.runtime().advance(seconds(10));
    get(&mock, &session);
    mock.runtime().run_until_stalled();
    assert_eq!(mock.transport().open_exchanges(), 1);
    session.finish_tasks_and_invalidate();
    mock.runtime().run_until_stalled();
    assert_eq!(mock.transport().open_exchanges(), 0);
    assert_eq!(mock.runtime().spawned_tasks(), 0);
}

#[test]
fn a_silent_server_is_not_waited_for_beside() {
    let mock = platform();
    let says = "max-age=1, stale-while-revalidate=600";
    let reply = Reply::new(200).header("cache-control", says).body("one");
    serve(&mock, [reply, Reply::never(), fresh_for(100, "two")]);
    let session = session(&mock, in_memory());
    get(&mock, &session);
    mock.runtime().advance(seconds(10));
    get(&mock, &session);
    mock.runtime().advance(seconds(61));
    assert_eq!((mock.transport().open_exchanges(), asked(&mock)), (0, 2));
    assert_eq!(get(&mock, &session), "one");
    mock.runtime().run_until_idle();
    assert_eq!(get(&mock, &session), "two");
}

#[test]
fn only_if_cached_is_answered_here() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one")]);
    let session = session(&mock, in_memory());
    let only = || with("cache-control", "only-if-cached");
    let (body, response) = load(&mock, &session, only()).unwrap();
    assert_eq!((body.len(), response.status().as_u16()), (0, 504));
    get(&mock, &session);
    assert_eq!(text(&load(&mock, &session, only())), "one");
    assert_eq!(asked(&mock), 1);
}

#[test]
fn conditions_of_the_apps_own_pass_the_cache_by() {
    let mock = platform();
    serve(
        &mock,
        [fresh_for(100, "one"), Reply::new(304), fresh_for(1, "two")],
    );
    let session = session(&mock, in_memory());
    get(&mock, &session);
    let (_, response) = load(&mock, &session, with("if-none-match", "\"x\"")).unwrap();
    assert_eq!(response.status().as_u16(), 304);
    assert_eq!(get(&mock, &session), "one");
    assert_eq!(asked(&mock), 2);
}

#[test]
fn head_is_answered_by_what_a_get_brought() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        serve(&mock, [fresh_for(100, "one")]);
        let session = session(&mock, cache);
        get(&mock, &session);
        let head = load(&mock, &session, Request::head(URL).unwrap()).unwrap();
        assert_eq!(
            (head.0.len(), &head.1.headers()["content-length"]),
            (0, &"3".parse().unwrap())
        );
        assert_eq!(asked(&mock), 1);
    }
}

#[test]
fn ranges_are_cut_from_the_whole() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        serve(&mock, [fresh_for(100, "0123456789")]);
        let session = session(&mock, cache);
        get(&mock, &session);
        for (range, part, says) in [
            ("bytes=2-4", "234", "bytes 2-4/10"),
            ("bytes=7-", "789", "bytes 7-9/10"),
            ("bytes=-1", "9", "bytes 9-9/10"),
        ] {
            let outcome = load(&mock, &session, with("range", range));
            assert_eq!(text(&outcome), part);
            let response = outcome.unwrap().1;
            assert_eq!(response.status().as_u16(), 206);
            assert_eq!(response.headers()["content-range"], says);
        }
        assert_eq!(asked(&mock), 1);
    }
}

#[test]
fn a_beginning_is_completed_not_loaded_again() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        let broken = fresh_for(100, "0123456789").reset_after(4);
        let rest = Reply::new(206)
            .header("etag", "\"0123456789\"")
            .header("content-range", "bytes 4-9/10")
            .body("456789");
        serve(&mock, [broken, rest]);
        let session = session(&mock, cache);
        load(&mock, &session, Request::get(URL).unwrap()).unwrap_err();
        mock.runtime().run_until_idle();
        let whole = load(&mock, &session, Request::get(URL).unwrap());
        assert_eq!(text(&whole), "0123456789");
        assert_eq!(whole.unwrap().1.status().as_u16(), 200);
        let second = mock.transport().requests()[1].headers.clone();
        assert_eq!(second["range"], "bytes=4-");
        assert_eq!(second["if-range"], "\"0123456789\"");
        assert_eq!(get(&mock, &session), "0123456789");
        assert_eq!(asked(&mock), 2);
    }
}

#[test]
fn a_beginning_of_something_else_is_loaded_again() {
    let mock = platform();
    let broken = fresh_for(100, "0123456789").reset_after(4);
    let other = Reply::new(206)
        .header("etag", "\"other\"")
        .header("content-range", "bytes 4-9/10")
        .body("abcdef");
    serve(&mock, [broken, other, fresh_for(100, "whole")]);
    let session = session(&mock, in_memory());
    load(&mock, &session, Request::get(URL).unwrap()).unwrap_err();
    assert_eq!(get(&mock, &session), "whole");
    assert_eq!(get(&mock, &session), "whole");
    assert_eq!(asked(&mock), 3);
}

fn after(mock: &MockPlatform, session: &Session, method: Method, status: u16) -> usize {
    mock.transport()
        .on(method.clone(), URL)
        .reply(Reply::new(status));
    let request = Request::new(method, URL).unwrap();
    let _ = load(mock, session, request);
    let before = asked(mock);
    get(mock, session);
    asked(mock) - before
}

#[test]
fn what_a_request_changes_is_asked_for_again() {
    for cache in [in_memory(), in_store().0] {
        for (method, status, expected) in [
            (Method::POST, 200, 1),
            (Method::PUT, 204, 1),
            (Method::DELETE, 303, 1),
            (Method::POST, 500, 0),
            (Method::OPTIONS, 200, 0),
        ] {
            let mock = platform();
            serve(&mock, [fresh_for(100, "one"), fresh_for(100, "two")]);
            let session = session(&mock, cache.clone());
            mock.runtime().block_on(session.reset());
            get(&mock, &session);
            assert_eq!(
                after(&mock, &session, method.clone(), status),
                expected,
                "{method}"
            );
        }
    }
}

#[test]
fn a_reload_is_kept() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one"), fresh_for(100, "two")]);
    let session = session(&mock, in_memory());
    get(&mock, &session);
    let reload = Request::get(URL).unwrap();
    let reload = reload.with_cache_policy(CachePolicy::ReloadIgnoringLocalCacheData);
    assert_eq!(text(&load(&mock, &session, reload)), "two");
    assert_eq!(get(&mock, &session), "two");
}

#[test]
fn a_redirect_is_kept_under_its_own_url() {
    let mock = platform();
    let moved = Reply::redirect(301, "/there").header("cache-control", "max-age=100");
    serve(&mock, [moved]);
    let there = format!("{URL}there");
    mock.transport()
        .on(Method::GET, &there)
        .reply(fresh_for(1, "one"))
        .then(fresh_for(100, "two"));
    let session = session(&mock, in_memory());
    assert_eq!(get(&mock, &session), "one");
    assert_eq!(get(&mock, &session), "one");
    assert_eq!(asked(&mock), 2);
    mock.runtime().advance(seconds(5));
    let outcome = load(&mock, &session, Request::get(URL).unwrap());
    assert_eq!((text(&outcome), asked(&mock)), ("two".into(), 3));
    assert_eq!(outcome.unwrap().1.url().as_str(), there);
}

#[test]
fn what_a_platform_hides_is_not_kept() {
    let mock = platform();
    let mut able = Capabilities::all();
    able.all_response_headers = false;
    mock.transport().set_capabilities(able);
    let shown = fresh_for(100, "all").header("date", "Thu, 01 Jan 2026 00:00:00 GMT");
    serve(&mock, [fresh_for(100, "some"), shown]);
    let session = session(&mock, in_memory());
    assert_eq!(
        (get(&mock, &session), get(&mock, &session)),
        ("some".into(), "all".into())
    );
}

#[test]
fn what_a_platform_adds_unseen_tells_no_requests_apart() {
    let mock = platform();
    let mut able = Capabilities::all();
    able.all_request_headers = false;
    mock.transport().set_capabilities(able);
    let personal = |body| fresh_for(100, body).header("vary", "cookie");
    serve(&mock, [personal("one"), personal("two")]);
    let session = session(&mock, in_memory());
    assert_eq!(
        (get(&mock, &session), get(&mock, &session)),
        ("one".into(), "two".into())
    );
}

#[test]
fn a_platform_that_follows_redirects_validates_nothing_of_another_url_beside() {
    let mock = platform();
    let mut able = Capabilities::all();
    able.redirects = false;
    mock.transport().set_capabilities(able);
    let there = format!("{URL}there");
    let says = "max-age=1, stale-while-revalidate=60";
    let old = Reply::new(200).header("cache-control", says).body("one");
    serve(&mock, [old, fresh_for(1000, "two").from_url(&there)]);
    let session = session(&mock, in_memory());
    get(&mock, &session);
    mock.runtime().advance(seconds(10));
    for _ in 0..2 {
        assert_eq!(get(&mock, &session), "one");
        mock.runtime().run_until_idle();
    }
}

#[test]
fn a_head_that_is_answered_anew_tells_of_what_is_kept() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        serve(&mock, [fresh_for(1, "one"), fresh_for(100, "two")]);
        mock.transport()
            .on(Method::HEAD, URL)
            .reply(fresh_for(100, "one"));
        let session = session(&mock, cache);
        get(&mock, &session);
        mock.runtime().advance(seconds(5));
        load(&mock, &session, Request::head(URL).unwrap()).unwrap();
        assert_eq!((get(&mock, &session), asked(&mock)), ("one".into(), 2));
    }
}

fn part(range: &str, body: &'static str) -> Reply {
    Reply::new(206)
        .header("cache-control", "max-age=100")
        .header("etag", "\"whole\"")
        .header("content-range", format!("bytes {range}/10"))
        .body(body)
}

#[test]
fn parts_that_touch_become_one() {
    let mock = platform();
    serve(&mock, [part("0-4", "01234"), part("5-9", "56789")]);
    let session = session(&mock, in_memory());
    assert_eq!(
        text(&load(&mock, &session, with("range", "bytes=0-4"))),
        "01234"
    );
    assert_eq!(
        text(&load(&mock, &session, with("range", "bytes=5-9"))),
        "56789"
    );
    assert_eq!(
        text(&load(&mock, &session, with("range", "bytes=3-6"))),
        "3456"
    );
    assert_eq!(get(&mock, &session), "0123456789");
    assert_eq!(asked(&mock), 2);
}

#[test]
fn a_part_leaves_the_whole() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        let whole = Reply::new(200).header("cache-control", "max-age=100");
        let whole = whole.header("etag", "\"whole\"").body("0123456789");
        serve(&mock, [whole, part("2-3", "23")]);
        let session = session(&mock, cache);
        get(&mock, &session);
        let reload = with("range", "bytes=2-3");
        let reload = reload.with_cache_policy(CachePolicy::ReloadIgnoringLocalCacheData);
        assert_eq!(text(&load(&mock, &session, reload)), "23");
        assert_eq!(get(&mock, &session), "0123456789");
        assert_eq!(asked(&mock), 2);
    }
}

#[test]
fn what_was_asked_for_before_a_change_is_not_kept_after_it() {
    let mock = platform();
    let old = fresh_for(1000, "old").after(seconds(5));
    serve(&mock, [old, fresh_for(1000, "new")]);
    mock.transport().on(Method::PUT, URL).reply(Reply::new(204));
    let session = session(&mock, in_memory());
    let early = session.data_task(URL);
    early.resume();
    mock.runtime().run_until_stalled();
    load(&mock, &session, Request::put(URL).unwrap()).unwrap();
    mock.runtime().block_on(early.finished()).unwrap();
    assert_eq!((get(&mock, &session), asked(&mock)), ("new".into(), 3));
}

#[test]
fn what_may_not_use_the_network_is_not_validated_beside() {
    let mock = platform();
    let says = "max-age=1, stale-while-revalidate=600";
    let reply = Reply::new(200).header("cache-control", says).body("one");
    serve(&mock, [reply, fresh_for(100, "two")]);
    let session = session_of(&mock, in_memory(), |configuration| {
        configuration.allows_expensive_network_access = false;
    });
    get(&mock, &session);
    mock.runtime().advance(seconds(10));
    let mut path = NetworkPath::default();
    (path.status, path.is_expensive) = (NetworkStatus::Satisfied, true);
    mock.network().set_path(path);
    assert_eq!(get(&mock, &session), "one");
    mock.runtime().run_until_idle();
    assert_eq!(asked(&mock), 1);
}
