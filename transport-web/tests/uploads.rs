//! The browser's own objects as bodies of requests.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use http::Method;
use support::*;
use urlsession_core::{BodyStream, ErrorCode, HopBody, HopRequest};
use urlsession_transport_web::{FetchOptions, blob_body, stream_body};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test as test;

fn blob(expression: &str) -> BodyStream {
    blob_body(script(expression).unchecked_into())
}

fn stream(expression: &str) -> BodyStream {
    stream_body(script(expression).unchecked_into())
}

fn post(url: &str, body: &BodyStream) -> HopRequest {
    let mut request = hop(Method::POST, url);
    request.body = HopBody::Stream(body.open().unwrap(), body.length());
    let mut gathered = FetchOptions::new();
    gathered.streams_uploads = Some(false);
    request.properties.insert(gathered);
    request
}

/// A stream of these chunks, each an expression.
fn chunks(chunks: &str) -> String {
    format!(
        "new ReadableStream({{ start(c) {{ for (const chunk of [{chunks}]) c.enqueue(chunk); c.close() }} }})"
    )
}

const BYTES: &str = "new Uint8Array([104, 105])";

#[test]
async fn a_blob_is_sent_as_often_as_it_is_needed() {
    let Some(origin) = origin("http") else { return };
    let body = blob("new Blob(['one ', new Uint8Array([0, 255]), ' two'])");
    assert_eq!(body.length(), Some(10));
    assert!(body.is_replayable());
    for _ in 0..2 {
        let request = post(&format!("{origin}/echo"), &body);
        assert_eq!(brings(request).await.unwrap().1, b"one \0\xff two");
    }
}

#[test]
async fn a_file_is_a_blob() {
    let Some(origin) = origin("http") else { return };
    let body = blob("new File(['content'], 'name.txt')");
    let request = post(&format!("{origin}/echo"), &body);
    assert_eq!(brings(request).await.unwrap().1, b"content");
}

#[test]
async fn fetch_is_given_the_blob_itself() {
    script("globalThis.__blob = new Blob(['x'])");
    let _fetch = fetch_is_called(
        "(url, init) => { globalThis.__body = init.body; return Promise.resolve(new Response()) }",
    );
    let body = blob("globalThis.__blob");
    exchange(post("http://a.example/", &body)).await.unwrap();
    assert!(script("globalThis.__body === globalThis.__blob").is_truthy());
}

#[test]
async fn a_blob_that_is_not_taken_whole_is_read_chunk_by_chunk() {
    let body = blob("new Blob(['one ', 'two'])");
    let mut opened = body.open().unwrap();
    assert_eq!(opened.remaining(), Some(7));
    assert_eq!(rest(&mut *opened).await.unwrap(), b"one two");
    assert_eq!(opened.remaining(), Some(0));
    assert!(opened.take_native().is_none());
}

#[test]
async fn an_empty_blob_is_an_empty_body() {
    let Some(origin) = origin("http") else { return };
    let request = post(&format!("{origin}/echo"), &blob("new Blob([])"));
    assert_eq!(brings(request).await.unwrap().1, b"");
}

#[test]
async fn a_stream_arrives_whole_and_once() {
    let Some(origin) = origin("http") else { return };
    let body = stream(&chunks(&format!("{BYTES}, new Uint8Array(0), {BYTES}")));
    assert_eq!(
        brings(post(&format!("{origin}/echo"), &body))
            .await
            .unwrap()
            .1,
        b"hihi"
    );
    assert!(body.open().is_none());
}

#[test]
async fn a_stream_that_is_dropped_while_it_is_gathered_is_cancelled() {
    use futures::FutureExt;
    let body = stream("new ReadableStream({ cancel() { globalThis.__cancelled = true } })");
    script("globalThis.__cancelled = false");
    let mut under_way = exchange(post("http://a.example/", &body));
    assert!((&mut under_way).now_or_never().is_none());
    drop(under_way);
    assert_eq!(script("globalThis.__cancelled"), JsValue::TRUE);
}

#[test]
async fn a_stream_of_anything_but_bytes_fails() {
    for chunk in [
        "'text'",
        "5",
        "null",
        "[1]",
        "new ArrayBuffer(2)",
        "new Float64Array(1)",
    ] {
        let request = post("http://a.example/", &stream(&chunks(chunk)));
        assert_eq!(
            failure_of(request).await,
            ErrorCode::ResourceUnavailable,
            "{chunk}"
        );
    }
}

#[test]
async fn a_stream_that_fails_or_is_read_elsewhere_is_a_failure_with_its_cause() {
    for (body, name) in [
        (
            "new ReadableStream({ pull() { throw new RangeError('mine') } })",
            "RangeError",
        ),
        (
            "(() => { const stream = new ReadableStream(); stream.getReader(); return stream })()",
            "TypeError",
        ),
    ] {
        let error = exchange(post("http://a.example/", &stream(body)))
            .await
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::ResourceUnavailable, "{body}");
        assert_eq!(cause(&error).name(), name, "{body}");
    }
}

#[test]
async fn a_file_that_cannot_be_read_says_so() {
    for (name, code) in [
        ("NotFoundError", ErrorCode::FileDoesNotExist),
        ("NotReadableError", ErrorCode::NoPermissionsToReadFile),
    ] {
        let body = blob(&format!(
            "({{ size: 5, stream: () => new ReadableStream({{ pull() {{ throw new DOMException('no', '{name}') }} }}) }})"
        ));
        assert_eq!(failure_of(post("http://a.example/", &body)).await, code);
    }
}

#[test]
async fn what_is_no_blob_fails() {
    for object in [
        "undefined",
        "null",
        "5",
        "'text'",
        "{}",
        "({ get size() { throw 1 }, get stream() { throw 2 } })",
        "({ size: -1, stream() { throw 3 } })",
        "({ size: NaN, stream: () => ({ getReader: () => ({ read: () => 5 }) }) })",
        "new Proxy({}, { get() { throw 4 }, getPrototypeOf() { throw 5 } })",
    ] {
        let request = post("http://a.example/", &blob(object));
        assert_eq!(
            failure_of(request).await,
            ErrorCode::ResourceUnavailable,
            "{object}"
        );
        let request = post("http://a.example/", &stream(object));
        assert_eq!(
            failure_of(request).await,
            ErrorCode::ResourceUnavailable,
            "{object}"
        );
    }
}
