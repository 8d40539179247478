//! Uploads that are broken off and go on, over sockets: the server's faults one by one, and what it has in the end.
//!
//! The kills are few here; `URLSESSION_CAMPAIGN=1`, as `cargo xtask campaign` sets it, makes them many.

#![cfg(all(not(target_arch = "wasm32"), feature = "upload"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[cfg(feature = "http2")]
mod http2;
mod kills;

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use urlsession::{
    Answer, Body, BodyStream, Bytes, Configuration, Delegate, Error, ErrorCode, FileChanged,
    FileRef, FormPart, InMemory, Informational, MultipartForm, Request, Session, Task, UploadBody,
    UploadDraft, UploadFailure, UploadResumeData,
};
use urlsession_origin::{Origin, Upload, pattern};

/// What is uploaded, in bytes.
const LENGTH: u64 = 1_200_000;

fn session_of(edit: impl FnOnce(&mut Configuration)) -> Session {
    let mut configuration = Configuration::default();
    configuration.resumable_uploads = Some(UploadDraft::Interop8);
    configuration.timeout_interval_for_request = std::time::Duration::from_secs(10);
    edit(&mut configuration);
    urlsession::session(configuration)
}

fn session() -> Session {
    session_of(|_| ())
}

/// One that goes on by itself.
fn stubborn() -> Session {
    session_of(|configuration| configuration.retries_uploads = 2)
}

fn content() -> Vec<u8> {
    pattern(0..LENGTH)
}

fn put(origin: &Origin, query: &str) -> Request {
    Request::put(origin.url(&format!("/resumable?{query}"))).unwrap()
}

/// The one upload that the server has.
fn only_upload(origin: &Origin) -> Upload {
    let mut uploads = origin.uploads();
    assert_eq!(uploads.len(), 1);
    uploads.remove(0)
}

fn is_whole(origin: &Origin) -> bool {
    let upload = only_upload(origin);
    upload.is_complete && upload.bytes == content()
}

fn methods(origin: &Origin) -> Vec<String> {
    let requests = origin.requests();
    requests
        .iter()
        .map(|request| request.method.to_string())
        .collect()
}

fn failure(error: &Error) -> Option<UploadFailure> {
    error.source()?.downcast_ref().copied()
}

#[tokio::test]
async fn a_server_that_knows_nothing_of_it_takes_the_upload_as_any() {
    let origin = Origin::spawn().unwrap();
    let request = Request::put(origin.url("/upload")).unwrap();
    let (body, _) = session().upload(request, content()).await.unwrap();
    assert_eq!(body, format!("Upload completed!, Content-Length: {LENGTH}"));
    let seen = &origin.requests()[0];
    assert_eq!(seen.header("upload-complete"), Some("?1"));
    assert_eq!(seen.header("upload-draft-interop-version"), Some("8"));
}

#[tokio::test]
async fn nothing_is_offered_unless_asked_for() {
    let origin = Origin::spawn().unwrap();
    let session = urlsession::session(Configuration::default());
    let request = Request::put(origin.url("/upload")).unwrap();
    session.upload(request.clone(), "x").await.unwrap();
    session
        .upload(request.with_resumable_upload(true), "x")
        .await
        .unwrap();
    let seen = origin.requests();
    assert_eq!(seen[0].header("upload-complete"), None);
    assert_eq!(seen[1].header("upload-draft-interop-version"), Some("6"));
}

#[tokio::test]
async fn what_is_not_broken_off_takes_one_request() {
    let origin = Origin::spawn().unwrap();
    let session = session();
    let task = session.upload_task(put(&origin, ""), content());
    task.resume();
    task.finished().await.unwrap();
    assert!(is_whole(&origin));
    assert_eq!(methods(&origin), ["PUT"]);
    assert!(task.resume_data().is_none());
}

/// What fails once, and goes on by itself.
const BREAKS: [&str; 15] = [
    "cut=0",
    "cut=1",
    "cut=500000",
    "cut=1199999",
    "cut=100000,200000,300000,900000",
    "cut=500000&behind=100000",
    "mishap=500000",
    "mishap=1&cut=700000",
    "cut=500000&conflict=",
    "cut=500000&moved-HEAD=",
    "cut=500000&moved-PATCH=",
    "cut=500000&max-append-size=300000",
    "max-append-size=300000",
    "lose-answer=",
    "cut=500000&lose-answer=",
];

/// Uploads to where the origin breaks off by `query`.
async fn whole_in_the_end(origin: &Origin, session: Session, request: Request, query: &str) {
    let (body, response) = match session.upload(request, content()).await {
        Ok(answered) => answered,
        Err(error) => panic!("{query}: {error:?}, {:?}", methods(origin)),
    };
    assert_eq!(response.status(), 200, "{query}: {:?}", methods(origin));
    assert_eq!(body, LENGTH.to_string(), "{query}");
    assert!(is_whole(origin), "{query}: {:?}", methods(origin));
    assert!(!only_upload(origin).is_cancelled, "{query}");
}

#[tokio::test]
async fn whatever_breaks_it_off_the_server_has_the_whole_in_the_end() {
    for query in BREAKS {
        let origin = Origin::spawn().unwrap();
        whole_in_the_end(&origin, stubborn(), put(&origin, query), query).await;
    }
}

#[tokio::test]
async fn files_streams_and_forms_go_on_as_well() {
    let file = Temporary::with("goes-on", &content());
    let bodies: [(&str, UploadBody); 3] = [
        ("file", UploadBody::file(&file.0)),
        (
            "stream",
            BodyStream::replayable(|| pieces(0))
                .with_length(LENGTH)
                .into(),
        ),
        (
            "stream of unknown length",
            BodyStream::replayable(|| pieces(0)).into(),
        ),
    ];
    for (name, body) in bodies {
        for query in ["cut=500000", "cut=500000&max-append-size=200000"] {
            let origin = Origin::spawn().unwrap();
            let session = stubborn();
            let loading = session.upload(put(&origin, query), body.clone());
            loading.await.unwrap();
            assert!(is_whole(&origin), "{name} {query}: {:?}", methods(&origin));
        }
    }
    let form = || {
        MultipartForm::new()
            .text("a", "b")
            .file("f", FileRef::new(&file.0))
            .part(FormPart::bytes("c", "d"))
    };
    let origin = Origin::spawn().unwrap();
    stubborn()
        .upload(put(&origin, "cut=500000"), form())
        .await
        .unwrap();
    let broken_off = only_upload(&origin);
    assert!(broken_off.is_complete && broken_off.bytes.ends_with(b"--\r\n"));
    let content = content();
    let mut windows = broken_off.bytes.windows(content.len());
    assert!(windows.any(|window| window == content));
}

/// The pattern from `from` on, in pieces.
fn pieces(from: u64) -> Box<dyn Body> {
    Box::new(Pieces(from))
}

struct Pieces(u64);

impl Body for Pieces {
    fn poll_next_chunk(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Error>>> {
        let end = LENGTH.min(self.0 + 30_001);
        let piece = pattern(self.0..end);
        self.0 = end;
        std::task::Poll::Ready((!piece.is_empty()).then(|| Ok(piece.into())))
    }
}

/// A file of its own that goes with the value.
struct Temporary(PathBuf);

impl Temporary {
    fn with(name: &str, bytes: &[u8]) -> Self {
        let name = format!("urlsession-resumable-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The resume data that a broken upload of this file leaves, as they come back from where they were stored.
async fn broken_off(origin: &Origin, query: &str, body: impl Into<UploadBody>) -> UploadResumeData {
    let request = put(origin, query)
        .header("authorization", "s3cret")
        .unwrap();
    let error = session().upload(request, body).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NetworkConnectionLost, "{error:?}");
    let data = error.upload_resume_data().unwrap();
    let stored = serde_json::to_string(data).unwrap();
    assert!(
        stored.len() < 1024 && !stored.contains("s3cret"),
        "{stored}"
    );
    serde_json::from_str(&stored).unwrap()
}

#[tokio::test]
async fn another_process_goes_on_with_a_file() {
    let origin = Origin::spawn().unwrap();
    let file = Temporary::with("stored", &content());
    let data = broken_off(&origin, "cut=500000", UploadBody::file(&file.0)).await;
    let data = data.with_header("authorization", "another").unwrap();
    let session = session();
    let task = session.upload_task_resuming(data);
    task.resume();
    task.finished().await.unwrap();
    assert!(is_whole(&origin));
    assert_eq!(methods(&origin), ["PUT", "HEAD", "PATCH"]);
    let patch = &origin.requests()[2];
    assert_eq!(patch.header("upload-offset"), Some("500000"));
    assert_eq!(patch.header("content-length"), Some("700000"));
    assert_eq!(patch.header("authorization"), Some("another"));
    assert_eq!(task.count_of_bytes_sent(), LENGTH);
    assert_eq!(task.count_of_bytes_expected_to_send(), Some(LENGTH));
}

#[tokio::test]
async fn a_file_that_has_changed_meanwhile_does_not_go_on() {
    let origin = Origin::spawn().unwrap();
    let file = Temporary::with("changed", &content());
    let data = broken_off(&origin, "cut=500000", UploadBody::file(&file.0)).await;
    let mut other = content();
    other[0] ^= 1;
    std::fs::write(&file.0, other).unwrap();
    let error = session().upload_resuming(data).await.unwrap_err();
    assert!(error.source().unwrap().is::<FileChanged>(), "{error:?}");
    assert!(error.upload_resume_data().is_none());
    origin.wait_for_requests("/resumable/0", 2).await.unwrap();
    assert_eq!(methods(&origin), ["PUT", "HEAD", "DELETE"]);
    assert_eq!(only_upload(&origin).bytes.len(), 500_000);
}

#[tokio::test]
async fn a_file_that_has_vanished_does_not_go_on() {
    let origin = Origin::spawn().unwrap();
    let file = Temporary::with("vanished", &content());
    let data = broken_off(&origin, "cut=500000", UploadBody::file(&file.0)).await;
    drop(file);
    let error = session().upload_resuming(data).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::FileDoesNotExist);
    assert!(!only_upload(&origin).is_complete);
}

/// Gives the rest of a body.
#[derive(Clone, Default)]
struct Giving(Arc<Mutex<Given>>);

#[derive(Default)]
struct Given {
    /// From where the rest was asked for.
    offsets: Vec<u64>,
    /// What was told of bytes sent: since the last time, and in all.
    sent: Vec<(u64, u64)>,
}

impl Delegate for Giving {
    fn need_new_body_stream_from_offset(
        &self,
        _: &Task,
        offset: u64,
    ) -> Answer<Option<BodyStream>> {
        self.0.lock().unwrap().offsets.push(offset);
        let rest = BodyStream::replayable(move || pieces(offset)).with_length(LENGTH - offset);
        Some(rest).into()
    }

    fn did_send_body_data(&self, _: &Task, bytes: u64, total: u64, _: Option<u64>) -> Answer<()> {
        self.0.lock().unwrap().sent.push((bytes, total));
        Answer::HANDLED
    }
}

#[tokio::test]
async fn a_body_that_was_not_stored_is_asked_for_from_there_on() {
    let origin = Origin::spawn().unwrap();
    let data = broken_off(&origin, "cut=500000", content()).await;
    let giving = Giving::default();
    let session = session();
    let task = session.upload_task_resuming_with_delegate(data, giving.clone());
    task.resume();
    task.finished().await.unwrap();
    assert!(is_whole(&origin));
    let told = giving.0.lock().unwrap();
    assert_eq!(told.offsets, [500_000]);
    let (first, last) = (told.sent[0], told.sent.last().unwrap());
    assert_eq!((first.1 - first.0, last.1), (500_000, LENGTH));
}

#[tokio::test]
async fn a_body_that_was_not_stored_may_be_given_whole() {
    let origin = Origin::spawn().unwrap();
    let data = broken_off(&origin, "cut=500000", content()).await;
    let error = session().upload_resuming(data.clone()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::RequestBodyStreamExhausted);
    let other = data.clone().with_body("too short");
    let error = session().upload_resuming(other).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::RequestBodyStreamExhausted);
    assert!(!only_upload(&origin).is_complete && !only_upload(&origin).is_cancelled);
    session()
        .upload_resuming(data.with_body(content()))
        .await
        .unwrap();
    assert!(is_whole(&origin));
}

#[tokio::test]
async fn a_stream_that_is_read_once_is_asked_for_again() {
    let origin = Origin::spawn().unwrap();
    let giving = Giving::default();
    let body = BodyStream::once(Pieces(0)).with_length(LENGTH);
    let session = stubborn();
    let request = put(&origin, "cut=500000");
    let loading = session.upload_with_delegate(request, body, giving.clone());
    loading.await.unwrap();
    assert!(is_whole(&origin));
    assert_eq!(giving.0.lock().unwrap().offsets, [500_000]);
}

#[tokio::test]
async fn cancelled_it_leaves_what_it_takes_to_go_on_or_the_server_forgets() {
    for is_kept in [true, false] {
        let origin = Origin::spawn().unwrap();
        let slow = BodyStream::replayable(|| Box::new(Stalling(100_000))).with_length(LENGTH);
        let session = session();
        let offered = Arc::<tokio::sync::Notify>::default();
        let hearing = Hearing(offered.clone());
        let task = session.upload_task_with_delegate(put(&origin, ""), slow, hearing);
        task.resume();
        offered.notified().await;
        if is_kept {
            let data = task.cancel_producing_resume_data().await.unwrap();
            assert!(task.error().unwrap().is_cancelled());
            let data = data.with_body(content());
            session.upload_resuming(data).await.unwrap();
            assert!(is_whole(&origin));
        } else {
            task.cancel();
            assert!(task.finished().await.is_err());
            assert!(task.resume_data().is_none());
            origin.wait_for_requests("/resumable/0", 1).await.unwrap();
            assert_eq!(methods(&origin), ["PUT", "DELETE"]);
        }
    }
}

/// Notes that the server has offered to go on.
struct Hearing(Arc<tokio::sync::Notify>);

impl Delegate for Hearing {
    fn did_receive_informational_response(&self, _: &Task, response: &Informational) -> Answer<()> {
        assert_eq!(response.status.as_u16(), 104);
        self.0.notify_one();
        Answer::HANDLED
    }
}

/// So much of the pattern, and then nothing.
struct Stalling(u64);

impl Body for Stalling {
    fn poll_next_chunk(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Error>>> {
        match std::mem::take(&mut self.0) {
            0 => std::task::Poll::Pending,
            length => std::task::Poll::Ready(Some(Ok(pattern(0..length).into()))),
        }
    }
}

#[tokio::test]
async fn without_an_offer_nothing_can_go_on() {
    for query in ["cut=500000&silent=", "cut=500000&interop=6"] {
        let origin = Origin::spawn().unwrap();
        let error = stubborn()
            .upload(put(&origin, query), content())
            .await
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::NetworkConnectionLost, "{query}");
        assert!(error.upload_resume_data().is_none(), "{query}");
        assert_eq!(methods(&origin), ["PUT"], "{query}");
    }
}

#[tokio::test]
async fn what_cannot_go_on_says_why() {
    let too_far = UploadFailure::BeyondEnd(LENGTH + 1);
    let table = [
        ("cut=500000&gone=404", ErrorCode::ResourceUnavailable, None),
        ("cut=500000&gone=410", ErrorCode::ResourceUnavailable, None),
        (
            "cut=500000&ahead=700001",
            ErrorCode::BadServerResponse,
            Some(too_far),
        ),
        (
            "max-size=1000",
            ErrorCode::DataLengthExceedsMaximum,
            Some(UploadFailure::TooLarge(1000)),
        ),
    ];
    for (query, code, expected) in table {
        let origin = Origin::spawn().unwrap();
        let error = stubborn()
            .upload(put(&origin, query), content())
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{query}: {error:?}");
        let found = failure(&error).unwrap();
        match expected {
            Some(expected) => assert_eq!(found, expected, "{query}"),
            None => assert!(matches!(found, UploadFailure::Gone(_)), "{query}"),
        }
        assert!(error.upload_resume_data().is_none(), "{query}");
        assert!(!only_upload(&origin).is_complete, "{query}");
    }
}

#[tokio::test]
async fn a_mishap_that_lasts_is_the_answer_and_leaves_what_it_takes_to_go_on() {
    let origin = Origin::spawn().unwrap();
    let session = session();
    let task = session.upload_task(put(&origin, "mishap=500000"), content());
    task.resume();
    task.finished().await.unwrap();
    assert_eq!(task.response().unwrap().status(), 503);
    let data = task.resume_data().unwrap();
    session.upload_resuming(data).await.unwrap();
    assert!(is_whole(&origin));
}

#[tokio::test]
async fn a_short_body_in_memory_goes_on_too() {
    let origin = Origin::spawn().unwrap();
    let request = put(&origin, "cut=3");
    let body = BodyStream::replayable(|| Box::new(InMemory::new("0123456789".into())));
    stubborn().upload(request, body).await.unwrap();
    assert_eq!(only_upload(&origin).bytes, b"0123456789");
}
