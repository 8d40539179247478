//! Other crates' words over real sockets: layers of tower, and calls that wait.

#![cfg(all(
    not(target_arch = "wasm32"),
    feature = "blocking",
    feature = "json",
    feature = "tower"
))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;

use std::io::{BufRead, Read};
use std::thread;
use std::time::Duration;

use guard::within;
use tower::timeout::error::Elapsed;
use tower::{Service, ServiceBuilder, ServiceExt};
use urlsession::futures::future::join_all;
use urlsession::{Bytes, Configuration, ErrorCode, Request, RequestBody, blocking, http};
use urlsession_origin::Origin;

fn get(url: &str) -> http::Request<RequestBody> {
    http::Request::get(url).body(RequestBody::Empty).unwrap()
}

#[tokio::test]
async fn layers_of_tower_stand_before_a_session() {
    let origin = Origin::spawn().unwrap();
    let service = ServiceBuilder::new()
        .concurrency_limit(2)
        .map_request(|mut request: http::Request<RequestBody>| {
            let headers = request.headers_mut();
            headers.insert("x-layer", http::HeaderValue::from_static("here"));
            request
        })
        .service(urlsession::session(Configuration::ephemeral()));
    let gets = (0..6).map(|_| {
        let mut service = service.clone();
        let request = get(&origin.url("/country.txt"));
        async move { service.ready().await?.call(request).await }
    });
    for answer in within("six answers", join_all(gets)).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    let requests = origin.requests_for("/country.txt");
    assert_eq!(requests.len(), 6);
    assert!(
        requests
            .iter()
            .all(|request| request.header("x-layer") == Some("here"))
    );
}

#[tokio::test]
async fn a_layer_that_gives_up_cancels_the_task() {
    let origin = Origin::spawn().unwrap();
    let session = urlsession::session(Configuration::ephemeral());
    let service = ServiceBuilder::new()
        .timeout(Duration::from_millis(50))
        .service(session.clone());
    let call = service.oneshot(get(&origin.url("/fault/stall-mid-head")));
    let error = within("the layer's timeout", call)
        .await
        .map(drop)
        .unwrap_err();
    assert!(error.is::<Elapsed>());
    assert_eq!(session.task_count(), 0);
}

#[test]
fn a_call_waits_for_body_and_response() {
    let origin = Origin::spawn().unwrap();
    let session = blocking::Session::new(Configuration::ephemeral());
    let (body, response) = session.data(origin.url("/UK")).unwrap();
    assert_eq!(
        (response.status().as_u16(), &body[..]),
        (200, &b"London"[..])
    );
    let request = Request::post(origin.url("/post")).unwrap();
    let request = request.with_json(&["a"]).unwrap();
    let (echo, _) = session.json::<serde_json::Value>(request).unwrap();
    assert!(echo.is_object(), "{echo}");
    let refused = session.data(origin.closed_url("/")).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::CannotConnectToHost);
}

#[test]
fn a_body_is_read_as_it_is_asked_for() {
    let origin = Origin::spawn().unwrap();
    let session = blocking::Session::new(Configuration::ephemeral());
    let (mut body, _) = session.bytes(origin.url("/bytes/300000")).unwrap();
    let mut start = [0; 10];
    body.read_exact(&mut start).unwrap();
    let buffered = body.fill_buf().unwrap().len();
    let first = body.next_chunk().unwrap().unwrap();
    assert_eq!(first.len(), buffered, "what was buffered comes first");
    let mut rest = 0;
    while let Some(chunk) = body.next_chunk().unwrap() {
        rest += chunk.len();
    }
    assert_eq!(10 + first.len() + rest, 300_000);
    assert_eq!(body.read(&mut start).unwrap(), 0, "the end stays the end");
}

#[test]
fn a_reader_dropped_cancels() {
    let origin = Origin::spawn().unwrap();
    let session = blocking::Session::new(Configuration::ephemeral());
    let (body, _) = session.bytes(origin.url("/bytes/300000")).unwrap();
    let task = body.task();
    drop(body);
    assert_eq!(
        blocking::finished(&task).unwrap_err().code(),
        ErrorCode::Cancelled
    );
}

#[test]
fn tasks_are_waited_for_from_any_thread() {
    let origin = Origin::spawn().unwrap();
    let session = blocking::Session::new(Configuration::ephemeral());
    let waits = (0..4).map(|_| {
        let task = session.data_task(origin.url("/UK"));
        task.resume();
        thread::spawn(move || blocking::finished(&task))
    });
    for wait in waits.collect::<Vec<_>>() {
        wait.join().unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_call_may_wait_inside_a_runtime() {
    let origin = Origin::spawn().unwrap();
    let session = blocking::Session::new(Configuration::ephemeral());
    let (body, _) = session.data(origin.url("/UK")).unwrap();
    assert_eq!(body, Bytes::from_static(b"London"));
}
