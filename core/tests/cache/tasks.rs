//! Tasks answered by the cache: places, callbacks, metrics, what is shared.

use std::sync::{Arc, Mutex};

use futures::future::join_all;
use http::Method;
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{
    Answer, Bytes, Configuration, Delegate, Error, Request, ResourceFetchType, Response,
    ResponseDisposition, Session, Task, TaskEvent, TaskMetrics, UrlCache, Wants,
};

use crate::support::{
    URL, asked, fresh_for, get, in_memory, in_store, load, platform, seconds, serve, session,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Notes what it is told, in order.
#[derive(Clone, Default)]
struct Notes {
    told: Arc<Mutex<Vec<String>>>,
    metrics: Arc<Mutex<Vec<TaskMetrics>>>,
    wants: Option<Wants>,
}

impl Notes {
    fn say(&self, what: impl Into<String>) {
        self.told.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

impl Delegate for Notes {
    fn wants(&self) -> Wants {
        self.wants.unwrap_or(Wants::ALL)
    }

    fn did_receive_response(&self, _: &Task, response: &Response) -> Answer<ResponseDisposition> {
        self.say(format!("response {}", response.status()));
        Answer::Unhandled
    }

    fn did_receive_data(&self, _: &Task, data: &Bytes) -> Answer<()> {
        self.say(format!("data {}", data.len()));
        Answer::HANDLED
    }

    fn did_send_body_data(&self, _: &Task, _: u64, _: u64, _: Option<u64>) -> Answer<()> {
        self.say("sent");
        Answer::HANDLED
    }

    fn did_finish_collecting_metrics(&self, _: &Task, metrics: &TaskMetrics) -> Answer<()> {
        self.metrics.lock().unwrap().push(metrics.clone());
        Answer::HANDLED
    }

    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        self.say(format!("complete {}", error.is_none()));
        Answer::HANDLED
    }
}

fn noted(mock: &MockPlatform, cache: UrlCache, notes: &Notes) -> Session {
    Session::builder(mock.platform(), Configuration::default())
        .cache(cache)
        .delegate(notes.clone())
        .build()
}

fn run(mock: &MockPlatform, session: &Session) {
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().block_on(task.finished()).unwrap();
}

#[test]
fn a_hit_calls_as_the_network_does() {
    for cache in [in_memory(), in_store().0] {
        let mock = platform();
        serve(&mock, [fresh_for(100, "one")]);
        let notes = Notes::default();
        let session = noted(&mock, cache, &notes);
        run(&mock, &session);
        let first = notes.take();
        run(&mock, &session);
        assert_eq!(notes.take(), first);
        assert_eq!(first, ["response 200 OK", "data 3", "complete true"]);
        assert_eq!(asked(&mock), 1);
    }
}

fn fetched(notes: &Notes) -> Vec<Vec<(ResourceFetchType, u16)>> {
    let metrics = notes.metrics.lock().unwrap();
    let of_task = |task: &TaskMetrics| {
        let hops = task.transaction_metrics.iter();
        let status = |response: &Response| response.status().as_u16();
        hops.map(|hop| {
            let status = hop.response.as_ref().map_or(0, status);
            (hop.resource_fetch_type, status)
        })
        .collect()
    };
    metrics.iter().map(of_task).collect()
}

#[test]
fn metrics_tell_where_the_answer_came_from() {
    let mock = platform();
    serve(&mock, [fresh_for(1, "one"), Reply::new(304)]);
    let notes = Notes::default();
    let session = noted(&mock, in_memory(), &notes);
    run(&mock, &session);
    run(&mock, &session);
    mock.runtime().advance(seconds(2));
    run(&mock, &session);
    let network = ResourceFetchType::NetworkLoad;
    let local = ResourceFetchType::LocalCache;
    let expected = [
        vec![(network, 200)],
        vec![(local, 200)],
        vec![(network, 304), (local, 200)],
    ];
    assert_eq!(fetched(&notes), expected);
    let metrics = notes.metrics.lock().unwrap();
    let hit = &metrics[1].transaction_metrics[0];
    assert!(hit.response_end.is_some() && hit.remote_address.is_none());
    assert_eq!(hit.count_of_response_body_bytes_received, None);
    assert_eq!(hit.count_of_response_body_bytes_after_decoding, Some(3));
}

#[test]
fn who_watches_sees_a_hit_too() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one")]);
    let seen = Arc::new(Mutex::new(0));
    let count = seen.clone();
    let session = Session::builder(mock.platform(), Configuration::default())
        .cache(in_memory())
        .observer(move |_: &Task, event: TaskEvent<'_>| {
            if matches!(event, TaskEvent::Completed(None)) {
                *count.lock().unwrap() += 1;
            }
        })
        .build();
    get(&mock, &session);
    get(&mock, &session);
    assert_eq!((*seen.lock().unwrap(), asked(&mock)), (2, 1));
}

/// Six exchanges with the origin that never end.
fn full(mock: &MockPlatform, session: &Session) {
    mock.transport()
        .on(Method::GET, "http://a.example/never")
        .reply(Reply::never());
    for _ in 0..6 {
        session.data_task("http://a.example/never").resume();
    }
    mock.runtime().run_until_stalled();
    assert_eq!(mock.transport().open_exchanges(), 6);
}

#[test]
fn a_hit_needs_no_place_at_its_server() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one"), fresh_for(100, "two")]);
    let notes = Notes {
        wants: Some(Wants::COMPLETION),
        ..Notes::default()
    };
    let session = noted(&mock, in_memory(), &notes);
    get(&mock, &session);
    full(&mock, &session);
    let task = session.data_task(URL);
    task.resume();
    mock.runtime().run_until_stalled();
    assert_eq!(notes.take(), ["complete true"]);
    assert_eq!(get(&mock, &session), "one");
}

#[test]
fn what_was_fresh_and_is_not_waits_for_its_place() {
    let mock = platform();
    serve(&mock, [fresh_for(10, "one"), fresh_for(100, "two")]);
    let session = session(&mock, in_memory());
    get(&mock, &session);
    full(&mock, &session);
    // Fresh when it is resumed, and emptied before it is polled.
    let task = session.data_task(URL);
    task.resume();
    let cache = session.url_cache().unwrap();
    mock.runtime().block_on(cache.remove_all_cached_responses());
    mock.runtime().run_until_stalled();
    assert_eq!(mock.transport().most_open_exchanges(), 6);
    for other in session.tasks() {
        if other.id() != task.id() {
            other.cancel();
        }
    }
    mock.runtime().block_on(task.finished()).unwrap();
    assert_eq!(asked(&mock), 8);
}

#[test]
fn a_cache_of_many_sessions_is_one() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one")]);
    let cache = in_memory();
    let (a, b) = (session(&mock, cache.clone()), session(&mock, cache));
    assert_eq!(
        (get(&mock, &a), get(&mock, &b)),
        ("one".into(), "one".into())
    );
    assert_eq!(asked(&mock), 1);
}

#[test]
fn an_invalidated_session_gives_no_hits() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one")]);
    let session = session(&mock, in_memory());
    get(&mock, &session);
    session.finish_tasks_and_invalidate();
    let refused = load(&mock, &session, Request::get(URL).unwrap()).unwrap_err();
    assert!(refused.is_cancelled());
}

#[test]
fn a_hit_of_a_fragment_and_a_user_says_where_it_was_asked_for() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one")]);
    let session = session(&mock, in_memory());
    get(&mock, &session);
    let url = "http://a.example/#part";
    let (_, response) = load(&mock, &session, Request::get(url).unwrap()).unwrap();
    assert_eq!((response.url().as_str(), asked(&mock)), (url, 1));
}

#[test]
fn a_stream_of_a_hit_is_the_same_bytes() {
    let mock = platform();
    serve(&mock, [fresh_for(100, "one")]);
    let session = session(&mock, in_memory());
    get(&mock, &session);
    let gathered = mock.runtime().block_on(async {
        let (chunks, _) = session.bytes(URL).await.unwrap();
        let chunks: Vec<_> = futures::StreamExt::collect(chunks).await;
        chunks
            .into_iter()
            .map(Result::unwrap)
            .collect::<Vec<_>>()
            .concat()
    });
    assert_eq!((gathered, asked(&mock)), (b"one".to_vec(), 1));
}

#[test]
fn without_collapsing_equal_requests_are_made_each() {
    let mock = platform();
    mock.transport()
        .respond(|_| fresh_for(100, "one").after(seconds(1)));
    let session = session(&mock, in_memory());
    mock.runtime()
        .block_on(join_all((0..3).map(|_| session.data(URL))));
    assert_eq!(asked(&mock), 3);
}
