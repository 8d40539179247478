//! Downloads, on the mock.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod destination;
mod notes;
mod resume;
mod segments;

use std::sync::{Arc, Mutex};

use urlsession_core::http::{Method, StatusCode};
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{Configuration, ErrorCode, Session};

use self::notes::Notes;

const URL: &str = "http://a.example/file";

fn replying(reply: Reply) -> MockPlatform {
    let mock = MockPlatform::new();
    mock.transport().on(Method::GET, URL).reply(reply);
    mock
}

fn session(mock: &MockPlatform) -> Session {
    Session::new(mock.platform(), Configuration::default())
}

fn hello() -> Reply {
    Reply::new(200).chunk("hello ").chunk("world")
}

#[test]
fn a_future_gives_the_caller_the_file() {
    let mock = replying(hello());
    let session = session(&mock);
    let (file, response) = mock.runtime().block_on(session.download(URL)).unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(mock.files().content(file.path()).unwrap(), "hello world");
}

#[test]
fn a_delegate_has_the_file_during_its_call() {
    let mock = replying(hello());
    let notes = Notes::moving_to("kept");
    let session = Session::builder(mock.platform(), Configuration::default())
        .delegate(notes.clone())
        .build();
    session.download_task(URL).resume();
    mock.runtime().run_until_idle();
    assert_eq!(
        notes.calls(),
        [
            "6 written, 6 of Some(11)",
            "5 written, 11 of Some(11)",
            "file",
            "complete None"
        ]
    );
    assert_eq!(mock.files().content("kept").unwrap(), "hello world");
    assert_eq!(mock.files().paths().len(), 1);
}

#[test]
fn a_file_that_nobody_moves_goes() {
    let mock = replying(hello());
    let notes = Notes::default();
    let session = Session::builder(mock.platform(), Configuration::default())
        .delegate(notes.clone())
        .build();
    session.download_task(URL).resume();
    mock.runtime().run_until_idle();
    assert!(notes.calls().contains(&"file".to_owned()));
    assert!(mock.files().paths().is_empty());
}

#[test]
fn a_handler_has_the_file_until_it_returns() {
    let mock = replying(hello());
    let (session, files) = (session(&mock), mock.files().clone());
    let taken = Arc::new(Mutex::new(None));
    let found = taken.clone();
    let task = session.download_task_with(URL, move |outcome| {
        let (file, response) = outcome.unwrap();
        *found.lock().unwrap() = Some((files.content(file.path()), response.status()));
    });
    task.resume();
    mock.runtime().run_until_idle();
    let (content, status) = taken.lock().unwrap().take().unwrap();
    assert_eq!(content.unwrap(), "hello world");
    assert_eq!(status, StatusCode::OK);
    assert!(mock.files().paths().is_empty());
}

#[test]
fn a_failed_download_leaves_nothing() {
    let mock = replying(hello().fail(ErrorCode::NetworkConnectionLost));
    let session = session(&mock);
    let failed = mock.runtime().block_on(session.download(URL)).unwrap_err();
    assert_eq!(failed.code(), ErrorCode::NetworkConnectionLost);
    mock.runtime().run_until_idle();
    assert!(mock.files().paths().is_empty());
}

#[test]
fn a_cancelled_download_leaves_nothing() {
    let mock = replying(hello().stall());
    let session = session(&mock);
    let task = session.download_task(URL);
    task.resume();
    mock.runtime().run_until_stalled();
    assert_eq!(mock.files().paths().len(), 1);
    task.cancel();
    mock.runtime().run_until_stalled();
    assert!(mock.files().paths().is_empty());
    assert!(task.error().unwrap().is_cancelled());
}

#[test]
fn a_dropped_future_leaves_nothing() {
    let mock = replying(hello().stall());
    let session = session(&mock);
    let runtime = mock.runtime();
    let mut download = session.download(URL);
    runtime.block_on(async {
        let _ = futures_poll(&mut download).await;
    });
    runtime.run_until_stalled();
    drop(download);
    runtime.run_until_stalled();
    assert!(mock.files().paths().is_empty());
}

async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
