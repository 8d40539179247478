//! Uploads whose bytes are counted as they leave, by `XMLHttpRequest` where there is one.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::cell::RefCell;
use std::rc::Rc;

use futures::FutureExt;
use http::Method;
use support::*;
use urlsession_core::{
    Answer, Configuration, Delegate, ErrorCode, HopBody, HopRequest, Request, Session, Task,
};
use urlsession_transport_web::{Credentials, FetchOptions, Redirects, blob_body, platform};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test as test;

const URL: &str = "http://a.example/";
const LENGTH: usize = 1_000_000;

/// True, said aloud, where there is no `XMLHttpRequest`.
fn is_skipped() -> bool {
    let lacks = !script("typeof XMLHttpRequest === 'function'").is_truthy();
    if lacks {
        wasm_bindgen_test::console_log!("SKIPPED: no XMLHttpRequest here");
    }
    lacks
}

fn put(url: &str, length: usize, set: impl FnOnce(&mut FetchOptions)) -> HopRequest {
    let mut request = hop(Method::PUT, url);
    request.body = HopBody::Bytes(vec![7; length].into());
    request.hints.watches_sent = true;
    let mut options = FetchOptions::new();
    set(&mut options);
    request.properties.insert(options);
    request
}

/// An `XMLHttpRequest` that notes what is done with it, and does `send` when it is sent.
fn xhr_is(send: &str) -> Replaced {
    script("globalThis.__done = []");
    Replaced::by(
        "globalThis",
        "XMLHttpRequest",
        &format!(
            "class extends EventTarget {{
                upload = new EventTarget();
                status = 200;
                responseURL = '';
                response = new Blob(['answer']);
                open(method, url) {{ __done.push('open ' + method + ' ' + url) }}
                setRequestHeader(name, value) {{ __done.push(name + ': ' + value) }}
                getAllResponseHeaders() {{ return 'x-a: 1\\r\\nx-b: 2, 3\\r\\n' }}
                abort() {{ __done.push('abort'); this.dispatchEvent(new Event('loadend')) }}
                send(body) {{ globalThis.__xhr = this; __done.push('send'); ({send})(this, body) }}
            }}"
        ),
    )
}

const ANSWERS: &str = "xhr => queueMicrotask(() => xhr.dispatchEvent(new Event('loadend')))";

fn done() -> String {
    script("globalThis.__done.join('; ')").as_string().unwrap()
}

#[test]
async fn it_is_taken_where_somebody_watches_a_large_body() {
    if is_skipped() {
        return;
    }
    let _xhr = xhr_is(ANSWERS);
    let _fetch = fetch_is_called("async () => new Response('fetched')");
    let brought = async |request| brings(request).await.unwrap().1;
    assert_eq!(brought(put(URL, LENGTH, |_| {})).await, b"answer");
    let short = put(URL, 1000, |_| {});
    assert_eq!(brought(short).await, b"fetched", "a short body");
    let mut unwatched = put(URL, LENGTH, |_| {});
    unwatched.hints.watches_sent = false;
    assert_eq!(brought(unwatched).await, b"fetched", "nobody watches");
    let mut simple = put(URL, LENGTH, |_| {});
    simple.method = Method::POST;
    assert_eq!(
        brought(simple).await,
        b"fetched",
        "a preflight would be new"
    );
}

#[test]
async fn it_is_taken_where_it_is_asked_for_and_can_do_what_is_asked() {
    if is_skipped() {
        return;
    }
    let _xhr = xhr_is(ANSWERS);
    let _fetch = fetch_is_called("async () => new Response('fetched')");
    type Set = fn(&mut FetchOptions);
    let asked: [(&str, Set); 5] = [
        ("answer", |_| {}),
        ("fetched", |it| it.counts_uploads = Some(false)),
        ("fetched", |it| it.credentials = Some(Credentials::Omit)),
        ("fetched", |it| it.redirects = Some(Redirects::Refuse)),
        ("fetched", |it| it.keepalive = Some(true)),
    ];
    for (by, set) in asked {
        let request = put(URL, 10, |it| {
            it.counts_uploads = Some(true);
            set(it);
        });
        assert_eq!(brings(request).await.unwrap().1, by.as_bytes());
    }
}

#[test]
async fn its_answer_is_as_fetch_would_have_given_it() {
    if is_skipped() {
        return;
    }
    let _xhr = xhr_is(ANSWERS);
    let mut answer = exchange(put(URL, LENGTH, |_| {})).await.unwrap();
    assert_eq!(done(), "open PUT http://a.example/; send");
    assert_eq!(answer.response.status(), 200);
    assert_eq!(answer.response.value("x-b").unwrap(), "2, 3");
    let native = answer.body.take_native().unwrap();
    let native: JsValue = (*native.downcast::<web_sys::Response>().unwrap()).into();
    let field = js_sys::Reflect::get(&native, &"headers".into()).unwrap();
    assert!(!field.is_undefined());
}

#[test]
async fn a_real_one_brings_what_a_real_fetch_brings() {
    let Some(origin) = origin("http") else { return };
    if is_skipped() {
        return;
    }
    let url = format!("{origin}/echo");
    for method in [Method::PUT, Method::POST] {
        let mut request = put(&url, LENGTH, |it| it.counts_uploads = Some(true));
        request.method = method;
        let (status, body) = brings(request).await.unwrap();
        assert_eq!((status, body.len()), (200, LENGTH));
    }
    for status in [204, 304, 404, 503] {
        let url = format!("{origin}/status/{status}");
        let request = put(&url, 10, |it| it.counts_uploads = Some(true));
        assert_eq!(brings(request).await.unwrap().0, status);
    }
}

#[test]
async fn a_refused_connection_could_not_load() {
    let Some(closed) = origin("closed") else {
        return;
    };
    if is_skipped() {
        return;
    }
    let error = exchange(put(&closed, LENGTH, |_| {})).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::CannotLoadFromNetwork);
    assert!(!cause(&error).value().is_undefined());
}

#[test]
async fn dropped_it_is_aborted() {
    if is_skipped() {
        return;
    }
    let _xhr = xhr_is("() => {}");
    let mut under_way = exchange(put(URL, LENGTH, |_| {}));
    assert!((&mut under_way).now_or_never().is_none());
    drop(under_way);
    assert_eq!(done(), "open PUT http://a.example/; send; abort");
    // Whoever it tells later tells nobody.
    script("(() => { try { __xhr.dispatchEvent(new Event('loadend')) } catch {} })()");
    sleep(5).await;
}

#[test]
async fn whatever_it_may_be_nothing_panics() {
    if is_skipped() {
        return;
    }
    for (part, code) in [
        ("upload = undefined", ErrorCode::BadUrl),
        ("open() { throw 1 }", ErrorCode::BadUrl),
        ("send() { throw null }", ErrorCode::BadUrl),
        ("addEventListener() { throw 2 }", ErrorCode::BadUrl),
        ("set responseType(_) { throw 3 }", ErrorCode::BadUrl),
        (
            "constructor() { super(); Object.defineProperty(this, 'status', { get() { throw 4 } }) }",
            ErrorCode::CannotLoadFromNetwork,
        ),
        ("status = 0", ErrorCode::CannotLoadFromNetwork),
        ("status = 'text'", ErrorCode::CannotLoadFromNetwork),
        ("status = 999", ErrorCode::CannotParseResponse),
        (
            "constructor() { super(); Object.defineProperty(this, 'response', { get() { throw 5 } }) }",
            ErrorCode::CannotParseResponse,
        ),
    ] {
        let _xhr = xhr_is(ANSWERS);
        let class = format!("(xhr => class extends xhr {{ {part} }})(XMLHttpRequest)");
        let _broken = Replaced::by("globalThis", "XMLHttpRequest", &class);
        let brought = brings(put(URL, LENGTH, |_| {})).await;
        let failure = brought.map_err(|error| error.code());
        assert_eq!(failure, Err(code), "{part}");
    }
    for part in [
        "getAllResponseHeaders() { throw 6 }",
        "getAllResponseHeaders() { return null }",
        "getAllResponseHeaders() { return 'nothing\\n: x\\n\\u2603: y\\nx-snow: \\u2603' }",
        "constructor() { super(); Object.defineProperty(this, 'responseURL', { get() { throw 7 } }) }",
        "responseURL = 'no url'",
    ] {
        let _xhr = xhr_is(ANSWERS);
        let class = format!("(xhr => class extends xhr {{ {part} }})(XMLHttpRequest)");
        let _broken = Replaced::by("globalThis", "XMLHttpRequest", &class);
        let (_, body) = brings(put(URL, LENGTH, |_| {})).await.unwrap();
        assert_eq!(body, b"answer", "{part}");
    }
}

/// What a delegate is told of the bytes sent: how many more, and in all.
#[derive(Clone, Default)]
struct Told(Rc<RefCell<Vec<(u64, u64)>>>);

impl Delegate for Told {
    fn did_send_body_data(&self, _: &Task, bytes: u64, total: u64, _: Option<u64>) -> Answer<()> {
        self.0.borrow_mut().push((bytes, total));
        Answer::HANDLED
    }
}

#[test]
async fn the_delegate_is_told_as_the_bytes_leave() {
    if is_skipped() {
        return;
    }
    let events = [1000, 400_000, 400_000, 3, 900_000]
        .map(|loaded| format!("xhr.upload.dispatchEvent(new ProgressEvent('progress', {{ loaded: {loaded} }})); await turn();"));
    let _xhr = xhr_is(&format!(
        "async xhr => {{
            const turn = () => new Promise(done => setTimeout(done, 5));
            xhr.upload.dispatchEvent(Object.assign(new Event('progress'), {{ loaded: 'text' }}));
            {}
            xhr.dispatchEvent(new Event('progress'));
            xhr.dispatchEvent(new Event('loadend'));
        }}",
        events.concat()
    ));
    let told = Told::default();
    let session = Session::builder(
        platform(&Configuration::default()),
        Configuration::default(),
    )
    .delegate(told.clone())
    .build();
    let body = script(&format!("new Blob([new Uint8Array({LENGTH})])"));
    let request = Request::put(URL).unwrap();
    let request = request.with_body(blob_body(body.unchecked_into()));
    assert_eq!(&session.data(request).await.unwrap().0[..], b"answer");
    let expected = [
        (1000, 1000),
        (399_000, 400_000),
        (500_000, 900_000),
        (100_000, 1_000_000),
    ];
    assert_eq!(*told.0.borrow(), expected);
}

#[test]
async fn progress_that_was_asked_for_is_counted_too() {
    let Some(origin) = origin("http") else { return };
    if is_skipped() {
        return;
    }
    let configuration = Configuration::default();
    let session = Session::new(platform(&configuration), configuration);
    let url = format!("{origin}/echo?watched");
    let (tell, told) = futures::channel::oneshot::channel();
    let request = Request::put(&url).unwrap().with_body(vec![7; LENGTH]);
    let task = session.data_task_with(request, |result| tell.send(result).unwrap());
    let progress = task.progress();
    task.resume();
    assert_eq!(told.await.unwrap().unwrap().0.len(), LENGTH);
    assert_eq!(task.count_of_bytes_sent(), LENGTH as u64);
    assert!(progress.is_finished());
    let kind = script(&format!(
        "performance.getEntriesByName('{url}')[0]?.initiatorType"
    ));
    assert_eq!(kind, "xmlhttprequest");
}
