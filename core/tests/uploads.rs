//! Upload tasks on the mock: their forms, and what they send.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::error::Error as _;
use std::sync::{Arc, Mutex};

use http::Method;
use urlsession_core::mock::{MockPlatform, RecordedRequest, Reply};
use urlsession_core::{
    Answer, Body, BodyStream, Configuration, Delegate, Error, ErrorCode, FileChanged, FileRef,
    FormPart, InMemory, MultipartForm, Request, Session, Task, TaskKind, UploadBody,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const URL: &str = "http://a.example/";

fn fixture() -> (MockPlatform, Session) {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| Reply::new(200).body("taken"));
    let session = Session::new(mock.platform(), Configuration::default());
    (mock, session)
}

fn post() -> Request {
    Request::post(URL).unwrap()
}

fn only_request(mock: &MockPlatform) -> RecordedRequest {
    let mut requests = mock.transport().requests();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

/// What arrives of `body`.
fn sent(mock: &MockPlatform, session: &Session, body: impl Into<UploadBody>) -> RecordedRequest {
    let loading = session.upload(post(), body);
    mock.runtime().block_on(loading).unwrap();
    only_request(mock)
}

#[test]
fn bytes_files_and_streams_go_in_place_of_the_requests_body() {
    let bodies: [fn() -> UploadBody; 4] = [
        || "content".into(),
        || UploadBody::file("f"),
        || BodyStream::once(InMemory::new("content".into())).into(),
        || BodyStream::replayable(|| Box::new(InMemory::new("content".into()))).into(),
    ];
    for body in bodies {
        let (mock, session) = fixture();
        mock.files().insert("f", "content");
        let request = post().with_body("what the request has");
        let loading = session.upload(request, body());
        let (answer, _) = mock.runtime().block_on(loading).unwrap();
        assert_eq!(answer, "taken");
        assert_eq!(only_request(&mock).body, "content");
    }
}

#[test]
fn a_get_carries_no_upload() {
    let (mock, session) = fixture();
    let loading = session.upload(URL, "content");
    let error = mock.runtime().block_on(loading).unwrap_err();
    assert_eq!(error.code(), ErrorCode::DataLengthExceedsMaximum);
}

/// Bytes, bytes in all, and bytes expected.
type Told = (u64, u64, Option<u64>);

/// Notes what it is told of bytes sent.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<Told>>>);

impl Delegate for Sent {
    fn did_send_body_data(
        &self,
        _: &Task,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        self.0.lock().unwrap().push((bytes, total, expected));
        Answer::HANDLED
    }
}

#[test]
fn of_a_file_the_whole_is_known() {
    let (mock, session) = fixture();
    mock.files().insert("f", vec![7; 100_000]);
    let sent = Sent::default();
    let task = session.upload_task_with_delegate(post(), UploadBody::file("f"), sent.clone());
    assert_eq!(
        (task.kind(), task.count_of_bytes_sent()),
        (TaskKind::Upload, 0)
    );
    task.resume();
    mock.runtime().block_on(task.finished()).unwrap();
    let told = sent.0.lock().unwrap().clone();
    assert_eq!(told.iter().map(|(bytes, ..)| bytes).sum::<u64>(), 100_000);
    assert!(told.iter().all(|(.., expected)| *expected == Some(100_000)));
    assert_eq!(task.count_of_bytes_expected_to_send(), Some(100_000));
}

#[test]
fn a_handler_gets_the_answer() {
    let (mock, session) = fixture();
    let (tell, told) = std::sync::mpsc::channel();
    let task = session.upload_task_with(post(), "content", move |outcome| {
        let _ = tell.send(outcome.map(|(body, _)| body));
    });
    task.resume();
    mock.runtime().block_on(task.finished()).unwrap();
    assert_eq!(told.recv().unwrap().unwrap(), "taken");
}

fn form() -> MultipartForm {
    MultipartForm::new()
        .text("title", "a\nb")
        .file("photo", FileRef::new("dir/f.jpg"))
        .part(
            FormPart::bytes("raw", "{}")
                .with_content_type("application/json")
                .unwrap(),
        )
}

#[test]
fn a_form_goes_out_part_by_part() {
    let (mock, session) = fixture();
    mock.files().insert("dir/f.jpg", "pixels");
    let seen = sent(&mock, &session, form());
    let typed = seen.headers["content-type"].to_str().unwrap();
    let boundary = typed
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\na\r\nb\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"f.jpg\"\r\n\
         Content-Type: application/octet-stream\r\n\r\npixels\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"raw\"\r\n\
         Content-Type: application/json\r\n\r\n{{}}\r\n--{boundary}--\r\n"
    );
    assert_eq!(seen.body, expected);
}

#[test]
fn a_form_is_as_long_as_its_parts() {
    let (mock, session) = fixture();
    mock.files().insert("dir/f.jpg", "pixels");
    let sent = Sent::default();
    let loading = session.upload_with_delegate(post(), form(), sent.clone());
    mock.runtime().block_on(loading).unwrap();
    let length = only_request(&mock).body.len() as u64;
    assert_eq!(sent.0.lock().unwrap().last().unwrap().2, Some(length));
}

#[test]
fn a_stream_of_unknown_length_makes_the_forms_unknown() {
    let (mock, session) = fixture();
    let stream = BodyStream::replayable(|| Box::new(InMemory::new("streamed".into())));
    let form = MultipartForm::new().part(FormPart::stream("s", stream));
    let sent = Sent::default();
    let loading = session.upload_with_delegate(post(), form, sent.clone());
    mock.runtime().block_on(loading).unwrap();
    assert_eq!(sent.0.lock().unwrap().last().unwrap().2, None);
}

#[test]
fn a_form_is_sent_again_byte_for_byte() {
    let (mock, session) = fixture();
    mock.files().insert("dir/f.jpg", "pixels");
    mock.transport()
        .on(Method::POST, URL)
        .reply(Reply::redirect(307, "/there"));
    mock.runtime()
        .block_on(session.upload(post(), form()))
        .unwrap();
    let requests = mock.transport().requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(
        requests[0].headers["content-type"],
        requests[1].headers["content-type"]
    );
}

#[test]
fn a_form_with_a_stream_that_is_read_once_is_sent_once() {
    let (mock, session) = fixture();
    mock.transport()
        .on(Method::POST, URL)
        .reply(Reply::redirect(307, "/there"));
    let stream = BodyStream::once(InMemory::new("streamed".into()));
    let form = MultipartForm::new().part(FormPart::stream("s", stream));
    let error = mock
        .runtime()
        .block_on(session.upload(post(), form))
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::RequestBodyStreamExhausted);
}

fn fails(form: MultipartForm, files: &[(&str, &str)]) -> Error {
    let (mock, session) = fixture();
    for (path, content) in files {
        mock.files().insert(*path, *content);
    }
    mock.runtime()
        .block_on(session.upload(post(), form))
        .unwrap_err()
}

#[test]
fn a_part_that_is_not_as_long_as_it_said_fails_the_form() {
    // Together they are as long as the form said: the parts behind the first would stand where the server does not look.
    let of = |length| {
        BodyStream::replayable(|| Box::new(InMemory::new("1234".into()))).with_length(length)
    };
    let form = MultipartForm::new()
        .part(FormPart::stream("short", of(5)))
        .part(FormPart::stream("long", of(3)));
    assert_eq!(
        fails(form, &[]).code(),
        ErrorCode::RequestBodyStreamExhausted
    );
    let form = MultipartForm::new().part(FormPart::stream("long", of(3)));
    assert_eq!(fails(form, &[]).code(), ErrorCode::DataLengthExceedsMaximum);
}

#[test]
fn a_missing_file_fails_the_form_before_anything_is_sent() {
    let form = MultipartForm::new()
        .text("a", "b")
        .file("f", FileRef::new("missing"));
    assert_eq!(fails(form, &[]).code(), ErrorCode::FileDoesNotExist);
}

/// Writes a file of the mock's when its first byte is asked for.
struct Writing(MockPlatform, Option<&'static str>);

impl Body for Writing {
    fn poll_next_chunk(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<urlsession_core::Bytes, Error>>> {
        let content = self.1.take();
        std::task::Poll::Ready(content.map(|content| {
            self.0.files().insert("f", content);
            Ok("x".into())
        }))
    }
}

#[test]
fn a_file_that_is_written_before_its_turn_fails_the_form() {
    let (mock, session) = fixture();
    mock.files().insert("f", "before");
    let writing = BodyStream::once(Writing(mock.clone(), Some("after!"))).with_length(1);
    let form = MultipartForm::new()
        .part(FormPart::stream("s", writing))
        .file("f", FileRef::new("f"));
    let error = mock
        .runtime()
        .block_on(session.upload(post(), form))
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::RequestBodyStreamExhausted);
    assert!(error.source().unwrap().is::<FileChanged>());
}
