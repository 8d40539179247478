//! Equal GETs under way at the same time share one response, and wait for nobody who stands still.

use futures::future::join_all;
use http::Method;
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{ErrorCode, Request, Session, TaskState, UrlCache};

use crate::support::{
    URL, asked, fresh_for, in_memory, in_store, platform, seconds, serve, session_of, text,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn collapsing(mock: &MockPlatform, cache: UrlCache) -> Session {
    session_of(mock, cache, |configuration| {
        configuration.collapses_identical_requests = true;
    })
}

/// The bodies of so many GETs at once.
fn at_once(mock: &MockPlatform, session: &Session, count: usize) -> Vec<String> {
    let loads = (0..count).map(|_| session.data(URL));
    let outcomes = mock.runtime().block_on(join_all(loads));
    outcomes.iter().map(text).collect()
}

#[test]
fn equal_gets_share_one_response() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        serve(&mock, [fresh_for(100, "one").after(seconds(1))]);
        let session = collapsing(&mock, cache);
        assert_eq!(at_once(&mock, &session, 10), vec!["one"; 10]);
        assert_eq!(asked(&mock), 1);
    }
}

#[test]
fn what_may_not_be_kept_is_asked_for_by_each() {
    for says in ["no-store", "no-cache", "max-age=0"] {
        let mock = platform();
        mock.transport().respond(move |_| {
            let reply = Reply::new(200).header("cache-control", says);
            reply.after(seconds(1)).body("own")
        });
        let session = collapsing(&mock, in_memory());
        assert_eq!(at_once(&mock, &session, 4), vec!["own"; 4]);
        assert_eq!(asked(&mock), 4, "{says}");
    }
}

#[test]
fn different_requests_go_each_by_itself() {
    let mock = platform();
    mock.transport()
        .respond(|_| fresh_for(100, "one").after(seconds(1)));
    let session = collapsing(&mock, in_memory());
    let other = Request::get(URL).unwrap().header("x-a", "1").unwrap();
    let loads = [
        session.data(URL),
        session.data(other),
        session.data(Request::post(URL)),
        session.data("http://a.example/other"),
    ];
    mock.runtime().block_on(join_all(loads));
    assert_eq!(asked(&mock), 4);
}

#[test]
fn when_the_leader_fails_the_others_ask_themselves() {
    let mock = platform();
    let lost = Reply::error(ErrorCode::NetworkConnectionLost).after(seconds(1));
    let slow = fresh_for(100, "one").after(seconds(1));
    serve(&mock, [lost, slow.clone(), slow]);
    let session = collapsing(&mock, in_memory());
    let loads = (0..3).map(|_| session.data(URL));
    let outcomes = mock.runtime().block_on(join_all(loads));
    assert!(outcomes[0].is_err());
    assert!(outcomes[1..].iter().all(|outcome| text(outcome) == "one"));
    assert_eq!(asked(&mock), 3);
}

#[test]
fn a_leader_that_is_dropped_hands_over() {
    let mock = platform();
    mock.transport()
        .on(Method::GET, URL)
        .reply(Reply::never())
        .then(fresh_for(100, "one"));
    let session = collapsing(&mock, in_memory());
    let leader = session.data_task(URL);
    leader.resume();
    mock.runtime().run_until_stalled();
    let followers = (0..3).map(|_| session.data(URL)).collect::<Vec<_>>();
    let cancelled = async {
        mock.runtime().sleep(seconds(1)).await;
        leader.cancel();
    };
    let (outcomes, ()) = mock
        .runtime()
        .block_on(futures::future::join(join_all(followers), cancelled));
    assert!(outcomes.iter().all(|outcome| text(outcome) == "one"));
    assert!(asked(&mock) <= 4);
}

#[test]
fn a_leader_that_is_suspended_hands_over() {
    let mock = platform();
    let slow = fresh_for(100, "slow").after(seconds(5));
    serve(&mock, [slow, fresh_for(100, "one")]);
    let session = collapsing(&mock, in_memory());
    let leader = session.data_task(URL);
    leader.resume();
    mock.runtime().run_until_stalled();
    leader.suspend();
    assert_eq!(at_once(&mock, &session, 3), vec!["one"; 3]);
    assert_eq!((asked(&mock), leader.state()), (2, TaskState::Suspended));
    leader.resume();
    mock.runtime().block_on(leader.finished()).unwrap();
}

#[test]
fn a_leader_that_nobody_polls_hands_over() {
    let mock = platform();
    let slow = fresh_for(100, "slow").after(seconds(1));
    serve(&mock, [slow, fresh_for(100, "one")]);
    let session = collapsing(&mock, in_memory());
    let mut leader = session.data(URL);
    mock.runtime().block_on(async {
        // Polled once, then left.
        assert!(futures::poll!(&mut leader).is_pending());
        assert_eq!(text(&session.data(URL).await), "one");
    });
    assert_eq!(asked(&mock), 2);
    drop(leader);
}
