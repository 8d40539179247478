//! Bodies that go out as they come, where the engine has request streams.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt;
use http::Method;
use support::*;
use urlsession_core::{Body, Error, ErrorCode, HopBody, HopRequest};
use urlsession_transport_web::{FetchOptions, stream_body};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test as test;

const URL: &str = "http://a.example/";

/// True, said aloud, where a body cannot be a stream; what happens there instead is the first test's matter.
fn is_skipped() -> bool {
    let lacks = !has("streamed_request_body");
    if lacks {
        wasm_bindgen_test::console_log!("SKIPPED: no request streams here");
    }
    lacks
}

fn post(url: &str, body: impl Body, streams: Option<bool>) -> HopRequest {
    let mut request = hop(Method::POST, url);
    request.body = HopBody::Stream(Box::new(body), None);
    let mut options = FetchOptions::new();
    options.streams_uploads = streams;
    request.properties.insert(options);
    request
}

/// A chunk each time that one is asked for, without end.
struct Endless(Rc<Cell<usize>>);

impl Body for Endless {
    fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        self.0.set(self.0.get() + 1);
        Poll::Ready(Some(Ok(vec![7; 1000].into())))
    }
}

#[test]
async fn what_can_be_a_stream_is_one_where_it_is_asked_for() {
    let streams = has("streamed_request_body");
    for (wish, is_one) in [(Some(true), streams), (Some(false), false)] {
        let request = post(URL, Chunks::of(&["x"]), wish);
        let duplex = told(request, "duplex").await;
        assert_eq!(duplex.as_string().as_deref() == Some("half"), is_one);
        let body = script("globalThis.__init.body instanceof Blob");
        assert_eq!(body.is_truthy(), !is_one, "else it is gathered");
    }
}

#[test]
async fn of_a_server_that_nothing_is_known_of_it_is_gathered_in_a_browser() {
    if is_skipped() {
        return;
    }
    for url in [URL, "https://a.example/"] {
        let duplex = told(post(url, Chunks::of(&["x"]), None), "duplex").await;
        assert_eq!(duplex.is_undefined(), !is_node(), "{url}");
    }
}

/// A `performance` whose resources were these.
fn resources(entries: &str) -> Replaced {
    let entries = format!("kind => kind === 'resource' ? {entries} : []");
    Replaced::by("performance", "getEntriesByType", &entries)
}

#[test]
async fn what_the_browser_has_told_of_the_server_decides() {
    if is_skipped() || is_node() {
        return;
    }
    for (entries, streams) in [
        (
            "[{ name: 'https://a.example/x', nextHopProtocol: 'h2' }]",
            true,
        ),
        (
            "[{ name: 'https://a.example/x', nextHopProtocol: 'h3' }]",
            true,
        ),
        (
            "[{ name: 'https://a.example/x', nextHopProtocol: 'h2' }, { name: 'https://a.example/', nextHopProtocol: '' }]",
            true,
        ),
        (
            "[{ name: 'https://a.example/x', nextHopProtocol: 'http/1.1' }]",
            false,
        ),
        (
            "[{ name: 'https://a.example.evil/x', nextHopProtocol: 'h2' }]",
            false,
        ),
        (
            "[{ name: 'https://a.example:444/x', nextHopProtocol: 'h2' }]",
            false,
        ),
        (
            "[{ name: 'http://a.example/x', nextHopProtocol: 'h2' }]",
            false,
        ),
        (
            "[{ get name() { throw 1 } }, 5, null, { name: 5, nextHopProtocol: 'h2' }]",
            false,
        ),
        ("{ length: 3 }", false),
        ("new Proxy([], { get() { throw 2 } })", false),
    ] {
        let _told = resources(entries);
        let request = post("https://a.example/", Chunks::of(&["x"]), None);
        let duplex = told(request, "duplex").await;
        assert_eq!(!duplex.is_undefined(), streams, "{entries}");
    }
}

/// A `fetch` that reads the body whole and answers with it.
const ECHO: &str = "async (url, init) => new Response(await new Response(init.body).blob())";

#[test]
async fn a_fed_stream_arrives_whole() {
    if is_skipped() {
        return;
    }
    let _fetch = fetch_is_called(ECHO);
    let request = post(URL, Chunks::of(&["one ", "two ", "three"]), Some(true));
    assert_eq!(brings(request).await.unwrap().1, b"one two three");
}

#[test]
async fn the_browsers_own_stream_is_handed_over() {
    if is_skipped() {
        return;
    }
    let _fetch = fetch_is_called(
        "async (url, init) => new Response(String(init.body === globalThis.__stream))",
    );
    let stream = script("globalThis.__stream = new ReadableStream()");
    let body = stream_body(stream.unchecked_into()).open().unwrap();
    let mut request = post(URL, Chunks::of(&[]), Some(true));
    request.body = HopBody::Stream(body, None);
    assert_eq!(brings(request).await.unwrap().1, b"true");
}

#[test]
async fn a_streams_error_is_the_failure_and_aborts() {
    if is_skipped() {
        return;
    }
    let _fetch = fetch_is_called(
        "(url, init) => { globalThis.__signal = init.signal; return new Response(init.body).blob().then(() => new Response()) }",
    );
    let mut chunks = Chunks::of(&["12"]);
    chunks.0.push_back(Err(ErrorCode::CannotOpenFile.into()));
    assert_eq!(
        failure_of(post(URL, chunks, Some(true))).await,
        ErrorCode::CannotOpenFile
    );
    assert_eq!(script("globalThis.__signal.aborted"), JsValue::TRUE);
}

/// A `fetch` that reads `count` chunks of the body and never answers.
fn reads(count: usize) -> String {
    format!(
        "async (url, init) => {{
            globalThis.__signal = init.signal;
            const reader = init.body.getReader();
            for (let n = 0; n < {count}; n++) await reader.read();
            return new Promise(() => {{}});
        }}"
    )
}

#[test]
async fn no_chunk_is_made_that_nobody_asks_for() {
    if is_skipped() {
        return;
    }
    let _fetch = fetch_is_called(&reads(3));
    let made = Rc::new(Cell::new(0));
    let under_way = exchange(post(URL, Endless(made.clone()), Some(true)));
    let mut both = Box::pin(futures::future::select(under_way, Box::pin(sleep(50))));
    (&mut both).await;
    assert_eq!(made.get(), 3);
}

#[test]
async fn unpolled_nothing_is_sent() {
    if is_skipped() {
        return;
    }
    let _fetch = fetch_is_called(&reads(1_000_000));
    let made = Rc::new(Cell::new(0));
    let mut under_way = exchange(post(URL, Endless(made.clone()), Some(true)));
    assert!((&mut under_way).now_or_never().is_none());
    sleep(20).await;
    assert!((&mut under_way).now_or_never().is_none());
    let so_far = made.get();
    sleep(20).await;
    assert_eq!(made.get(), so_far);
}

#[test]
async fn dropped_in_its_body_it_is_aborted_and_the_body_let_go() {
    if is_skipped() {
        return;
    }
    let rejections = Rejections::watch();
    let _fetch = fetch_is_called(&reads(1_000_000));
    let made = Rc::new(Cell::new(0));
    let mut under_way = exchange(post(URL, Endless(made.clone()), Some(true)));
    assert!((&mut under_way).now_or_never().is_none());
    sleep(20).await;
    drop(under_way);
    assert_eq!(Rc::strong_count(&made), 1);
    assert_eq!(script("globalThis.__signal.aborted"), JsValue::TRUE);
    assert_eq!(rejections.seen().await, [""; 0]);
}

#[test]
async fn an_answer_before_the_end_of_the_body_is_the_answer() {
    if is_skipped() {
        return;
    }
    let _fetch = fetch_is_called(
        "async (url, init) => { globalThis.__signal = init.signal; await init.body.getReader().read(); return new Response('enough') }",
    );
    let made = Rc::new(Cell::new(0));
    let request = post(URL, Endless(made.clone()), Some(true));
    assert_eq!(brings(request).await.unwrap().1, b"enough");
    assert_eq!(script("globalThis.__signal.aborted"), JsValue::TRUE);
    assert_eq!(Rc::strong_count(&made), 1);
}

#[test]
async fn an_engine_whose_streams_are_none_fails() {
    if is_skipped() {
        return;
    }
    for stream in ["undefined", "class { constructor() { throw 'no' } }"] {
        let _stream = Replaced::by("globalThis", "ReadableStream", stream);
        let request = post(URL, Chunks::of(&["x"]), Some(true));
        assert_eq!(
            failure_of(request).await,
            ErrorCode::ResourceUnavailable,
            "{stream}"
        );
    }
}

/// Whether the server is talked to; said aloud where it is not. xtask has Chromium told to.
async fn trusts(origin: &str) -> bool {
    let trusts = exchange(get(&format!("{origin}/Nepal"))).await.is_ok();
    if !trusts {
        wasm_bindgen_test::console_log!("SKIPPED: the browser does not trust the server");
    }
    trusts
}

#[test]
async fn it_arrives_as_it_comes() {
    // In a browser over HTTP/2 alone, and then only if it trusts the server.
    let name = if is_node() { "http" } else { "https" };
    let Some(origin) = origin(name) else { return };
    if is_skipped() {
        return;
    }
    let url = format!("{origin}/echo");
    if !trusts(&origin).await {
        return;
    }
    let request = post(&url, Chunks::of(&["one ", "two ", "three"]), Some(true));
    assert_eq!(brings(request).await.unwrap().1, b"one two three");
}

#[test]
async fn a_server_that_stops_reading_stops_the_body() {
    let name = if is_node() { "http" } else { "https" };
    let Some(origin) = origin(name) else { return };
    if is_skipped() || !trusts(&origin).await {
        return;
    }
    let made = Rc::new(Cell::new(0));
    // Sends the body back, which nobody reads: once all that is between is full, it stops reading.
    let url = format!("{origin}/echo");
    let mut under_way = exchange(post(&url, Endless(made.clone()), Some(true)));
    let mut so_far = 0;
    loop {
        let turn = futures::future::select(&mut under_way, Box::pin(sleep(500))).await;
        let has_answered = matches!(turn, futures::future::Either::Left(_));
        if has_answered || (so_far > 0 && made.get() == so_far) {
            break;
        }
        so_far = made.get();
        assert!(
            so_far < 1_000_000,
            "{so_far} KB went to a server that reads nothing"
        );
    }
    assert!(made.get() > 0);
}
