//! Sessions and tasks of core, over the browser's platform.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use support::*;
use urlsession_core::futures::StreamExt;
use urlsession_core::{
    Answer, Bytes, Configuration, Delegate, Error, ErrorCode, Request, Session, Task, TaskState,
    Wants,
};
use urlsession_transport_web::platform;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test as test;

fn session() -> Session {
    let configuration = Configuration::default();
    Session::new(platform(&configuration), configuration)
}

#[test]
async fn data_comes_by_async_call() {
    let Some(origin) = origin("http") else { return };
    let (body, response) = session().data(format!("{origin}/Nepal")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(body, "Kathmandu");
}

#[test]
async fn data_comes_to_a_completion_handler() {
    let Some(origin) = origin("http") else { return };
    let (tell, told) = futures::channel::oneshot::channel();
    let session = session();
    let task = session.data_task_with(format!("{origin}/Peru"), move |result| {
        tell.send(result).unwrap();
    });
    assert_eq!(task.state(), TaskState::Suspended);
    task.resume();
    assert_eq!(told.await.unwrap().unwrap().0, "Lima");
}

#[test]
async fn chunks_come_as_a_stream() {
    let Some(origin) = origin("http") else { return };
    let (mut chunks, _) = session()
        .bytes(format!("{origin}/bytes/300000"))
        .await
        .unwrap();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        length += chunk.unwrap().len();
    }
    assert_eq!(length, 300_000);
}

#[test]
async fn a_body_is_posted() {
    let Some(origin) = origin("http") else { return };
    let request = Request::post(format!("{origin}/echo"))
        .unwrap()
        .with_body("said again");
    assert_eq!(session().data(request).await.unwrap().0, "said again");
}

#[test]
async fn an_answer_that_stalls_times_out() {
    let Some(origin) = origin("http") else { return };
    for fault in ["stall-after-request", "stall-mid-body"] {
        let request = Request::get(format!("{origin}/fault/{fault}")).unwrap();
        let request = request.with_timeout_interval(Duration::from_millis(200));
        let error = session().data(request).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::TimedOut, "{fault}");
    }
}

#[test]
async fn a_cancelled_task_aborts_its_fetch() {
    let _fetch =
        fetch_is("({ signal }) => { globalThis.__signal = signal; return new Promise(() => {}) }");
    let (tell, told) = futures::channel::oneshot::channel();
    let session = session();
    let task = session.data_task_with("http://a.example/", move |result| {
        tell.send(result).unwrap();
    });
    task.resume();
    while script("globalThis.__signal").is_undefined() {
        sleep(1).await;
    }
    task.cancel();
    assert!(told.await.unwrap().unwrap_err().is_cancelled());
    assert_eq!(script("globalThis.__signal.aborted"), JsValue::TRUE);
}

/// Notes what it is told, and suspends the task at its first chunk.
struct Suspends(Rc<RefCell<Vec<&'static str>>>);

impl Delegate for Suspends {
    fn wants(&self) -> Wants {
        Wants::ALL
    }

    fn did_receive_data(&self, task: &Task, _: &Bytes) -> Answer<()> {
        self.0.borrow_mut().push("data");
        if self.0.borrow().len() == 1 {
            task.suspend();
        }
        Answer::Now(())
    }

    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        self.0.borrow_mut().push(if error.is_none() {
            "complete"
        } else {
            "failed"
        });
        Answer::Now(())
    }
}

#[test]
async fn a_suspended_task_reads_nothing_until_it_is_resumed() {
    script("globalThis.__pulls = 0");
    let _fetch = fetch_is(
        "async () => new Response(new ReadableStream({
            pull(c) {
                c.enqueue(new Uint8Array(10));
                if (++globalThis.__pulls === 10) c.close();
            },
        }, { highWaterMark: 0 }))",
    );
    let told = Rc::default();
    let session = session();
    let task = session.data_task_with_delegate("http://a.example/", Suspends(Rc::clone(&told)));
    task.resume();
    while told.borrow().is_empty() {
        sleep(1).await;
    }
    sleep(20).await;
    assert_eq!(*told.borrow(), ["data"]);
    // The chunk that was told, and at most the one that was asked for before the task stopped.
    assert!(script("globalThis.__pulls").as_f64().unwrap() <= 2.0);
    assert_eq!(task.state(), TaskState::Suspended);
    task.resume();
    while task.state() != TaskState::Completed {
        sleep(1).await;
    }
    assert_eq!(told.borrow().last(), Some(&"complete"));
    assert_eq!(told.borrow().len(), 11);
    assert_eq!(task.count_of_bytes_received(), 100);
}

#[test]
async fn the_browsers_response_is_there_in_place_of_chunks() {
    let Some(origin) = origin("http") else { return };
    let url = format!("{origin}/Nepal");
    let (mut body, response) = session().bytes(&url).await.unwrap();
    assert_eq!(response.status(), 200);
    let native = body.take_native().unwrap();
    let native = native.downcast::<web_sys::Response>().unwrap();
    assert!(body.next().await.is_none());
    assert_eq!(body.task().state(), TaskState::Completed);
    drop(body);
    let text = wasm_bindgen_futures::JsFuture::from(text_of(&native));
    assert_eq!(text.await.unwrap(), JsValue::from("Kathmandu"));
}

fn text_of(response: &web_sys::Response) -> js_sys::Promise {
    let text = js_sys::Reflect::get(response, &"text".into()).unwrap();
    let text: js_sys::Function = text.unchecked_into();
    text.call0(response).unwrap().unchecked_into()
}

#[test]
async fn a_body_that_was_begun_is_no_response_any_more() {
    let Some(origin) = origin("http") else { return };
    let url = format!("{origin}/bytes/300000");
    let (mut body, _) = session().bytes(&url).await.unwrap();
    let first = body.next().await.unwrap().unwrap();
    assert!(body.take_native().is_none());
    let mut length = first.len();
    while let Some(chunk) = body.next().await {
        length += chunk.unwrap().len();
    }
    assert_eq!(length, 300_000);
}

#[test]
async fn where_there_is_no_response_of_the_browsers_the_chunks_are_there() {
    let (mut body, _) = session().bytes("data:,chunks").await.unwrap();
    assert!(body.take_native().is_none());
    assert_eq!(body.next().await.unwrap().unwrap(), "chunks");
    assert!(body.next().await.is_none());
}
