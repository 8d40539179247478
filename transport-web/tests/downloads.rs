//! Downloads in a browser: saved without passing this program's memory, gone on with, sent on.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use js_sys::Reflect;
use support::*;
use urlsession_core::{
    Answer, Configuration, Delegate, DownloadOptions, DownloadTask, Error, ErrorCode, FileRef,
    Files, Request, ResumeData, Runtime, Session, Wants,
};
use urlsession_transport_web::{ScriptError, WebFiles, WebRuntime, platform};
use wasm_bindgen_test::wasm_bindgen_test as test;

fn session() -> Session {
    let configuration = Configuration::default();
    Session::builder(platform(&configuration), configuration).build()
}

fn path() -> String {
    format!("downloads/{:016x}/a.bin", WebRuntime::new().random())
}

async fn content(file: &FileRef) -> Vec<u8> {
    rest(&mut *WebFiles::new().read(file, 0).await.unwrap())
        .await
        .unwrap()
}

/// Counts the bytes that are copied into this program's memory, where `fetch`'s chunks are.
const COUNTING: &str = "(() => {
    const set = Uint8Array.prototype.set;
    globalThis.copiedBytes = 0;
    return function (from, ...rest) {
        globalThis.copiedBytes += from.length;
        return set.call(this, from, ...rest);
    };
})()";

#[test]
async fn what_nobody_looks_at_does_not_pass_this_programs_memory() {
    let Some(origin) = origin("http") else { return };
    // Node's `fetch` is a script itself, and copies.
    if is_node() {
        return;
    }
    let (sent, _) = session()
        .data(format!("{origin}/bytes/3000000"))
        .await
        .unwrap();
    let counting = Replaced::by("Uint8Array.prototype", "set", COUNTING);
    let downloaded = session().download(format!("{origin}/bytes/3000000")).await;
    drop(counting);
    let copied = Reflect::get(&js_sys::global(), &"copiedBytes".into()).unwrap();
    assert!(copied.as_f64().unwrap() < 100_000.0, "{copied:?}");
    let (file, _) = downloaded.unwrap();
    assert!(content(file.file()).await == sent);
    file.remove().await.unwrap();
}

/// Cancels at the first byte that is written, to go on later.
struct CancelsAtTheFirstByte;

impl Delegate for CancelsAtTheFirstByte {
    fn wants(&self) -> Wants {
        Wants::WRITTEN
    }

    fn did_write_data(&self, task: &DownloadTask, _: u64, _: u64, _: Option<u64>) -> Answer<()> {
        drop(task.cancel_producing_resume_data());
        Answer::HANDLED
    }
}

async fn cancelled(session: &Session, url: &str) -> ResumeData {
    let task = session.download_task_with_delegate(url, CancelsAtTheFirstByte);
    task.resume();
    assert!(task.finished().await.unwrap_err().is_cancelled());
    let data = task.cancel_producing_resume_data().await.unwrap();
    ResumeData::from_bytes(&data.to_bytes()).unwrap()
}

#[test]
async fn a_cancelled_one_goes_on_where_it_stopped_behind_cors() {
    let Some(origin) = origin("http") else { return };
    // Slowly: an engine may have all of a fast one before anybody looks.
    let url = format!("{origin}/bytes/3000000?rate=5000000");
    let data = cancelled(&session(), &url).await;
    assert!(
        data.received() > 0 && data.received() < 3_000_000,
        "{data:?}"
    );
    let (file, response) = session().download(data).await.unwrap();
    assert_eq!(response.status(), 206);
    let (sent, _) = session().data(&url).await.unwrap();
    assert!(content(file.file()).await == sent);
    file.remove().await.unwrap();
}

#[test]
async fn one_to_a_destination_is_there_under_its_name() {
    let Some(origin) = origin("http") else { return };
    let path = path();
    let options = DownloadOptions::new().to(&path);
    let download = (format!("{origin}/bytes/9000000"), options);
    let (file, _) = session().download(download.clone()).await.unwrap();
    assert_eq!(file.length().await.unwrap(), 9_000_000);
    let object = WebFiles::new().object(file.file()).await.unwrap();
    assert_eq!((object.name(), object.size()), ("a.bin".to_owned(), 9e6));
    let refused = session().download(download).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::CannotCreateFile);
    file.remove().await.unwrap();
}

#[test]
async fn one_can_be_sent_on() {
    let Some(origin) = origin("http") else { return };
    let (file, _) = session().download(format!("{origin}/Nepal")).await.unwrap();
    let request = Request::post(format!("{origin}/echo")).unwrap();
    let request = request.with_body(file.file().clone());
    let (echo, _) = session().data(request).await.unwrap();
    assert_eq!(echo, "Kathmandu");
    file.remove().await.unwrap();
}

fn cause(error: &Error) -> Option<&str> {
    let cause = std::error::Error::source(error)?;
    Some(cause.downcast_ref::<ScriptError>()?.name())
}

#[test]
async fn a_disk_that_is_full_is_an_error_of_its_own() {
    const FULL: &str = "function () { throw new DOMException('full', 'QuotaExceededError') }";
    let Some(origin) = origin("http") else { return };
    let owners = [
        "globalThis.FileSystemSyncAccessHandle?.prototype",
        "globalThis.FileSystemWritableFileStream?.prototype",
    ];
    for owner in owners {
        if script(owner).is_undefined() {
            continue;
        }
        let full = Replaced::by(owner, "write", FULL);
        let failed = session().download(format!("{origin}/bytes/300000")).await;
        drop(full);
        if let Err(failed) = failed {
            assert_eq!(failed.code(), ErrorCode::CannotWriteToFile);
            assert_eq!(cause(&failed), Some("QuotaExceededError"));
            return;
        }
    }
    assert!(!has("files_of_the_origin"), "no way to write was found");
}
