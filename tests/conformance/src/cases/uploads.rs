//! Upload tasks: what they send, and how they give their answer.

use urlsession_core::{
    BodyStream, Bytes, ErrorCode, FileRef, FormPart, InMemory, MultipartForm, Request, Session,
    TaskKind, UploadBody, UploadDraft,
};

use crate::echo::Echo;
use crate::recorder::Recorder;
use crate::{Failure, Fixture, Verdict};

const HELLO: &str = "hello";
const HELLO_IN_BASE64: &str = "aGVsbG8=";

fn put(fixture: &Fixture) -> Result<Request, Failure> {
    Ok(Request::put(fixture.url("/put"))?)
}

/// What the server saw of this upload.
async fn echoed(
    session: &Session,
    request: Request,
    body: impl Into<UploadBody>,
) -> Result<Echo, Failure> {
    let (body, response) = session.upload(request, body).await?;
    check_eq!(response.status().as_u16(), 200);
    Echo::of(&body)
}

pub(crate) async fn a_body_goes_in_place_of_the_requests(fixture: Fixture) -> Verdict {
    let request = put(&fixture)?.with_body("what the request has");
    let seen = echoed(&fixture.session(), request, HELLO).await?;
    check_eq!(
        (seen.method(), seen.body_base64()),
        ("PUT", HELLO_IN_BASE64)
    );
    check_eq!(seen.header("content-length"), Some("5"));
    Ok(())
}

pub(crate) async fn a_task_reports_to_its_delegate(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.upload_task(put(&fixture)?, vec![7; 16 * 1024]);
    check_eq!(task.kind(), TaskKind::Upload);
    check_eq!(task.count_of_bytes_expected_to_send(), Some(16 * 1024));
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.names(), ["sent", "response", "data", "complete"]);
    check_eq!(task.count_of_bytes_sent(), 16 * 1024);
    Ok(())
}

pub(crate) async fn a_handler_gets_the_answer(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let (tell, told) = std::sync::mpsc::channel();
    let task = session.upload_task_with(put(&fixture)?, HELLO, move |outcome| {
        // Whoever has stopped listening has failed already.
        let _ = tell.send(outcome.map(|(body, _)| body));
    });
    task.resume();
    task.finished().await?;
    let body: Bytes = told
        .try_recv()
        .map_err(|error| Failure::new(error.to_string()))??;
    check_eq!(Echo::of(&body)?.body_base64(), HELLO_IN_BASE64);
    Ok(())
}

pub(crate) async fn a_stream_arrives_whole(fixture: Fixture) -> Verdict {
    let stream = BodyStream::once(InMemory::new(HELLO.into()));
    let seen = echoed(&fixture.session(), put(&fixture)?, stream).await?;
    check_eq!(seen.body_base64(), HELLO_IN_BASE64);
    Ok(())
}

pub(crate) async fn a_file_arrives_whole_and_its_length_is_known(fixture: Fixture) -> Verdict {
    let file = fixture.ground().file(&[7; 150_000]);
    let session = fixture.session();
    let task = session.upload_task(put(&fixture)?, file.clone());
    task.resume();
    task.finished().await?;
    check_eq!(task.count_of_bytes_expected_to_send(), Some(150_000));
    let seen = echoed(&session, put(&fixture)?, file).await?;
    check_eq!(seen.header("content-length"), Some("150000"));
    check_eq!(seen.body_length(), 150_000);
    Ok(())
}

pub(crate) async fn a_file_that_is_not_there_fails(fixture: Fixture) -> Verdict {
    let missing = UploadBody::file("there/is/no/such/file");
    let error = fails!(fixture.session().upload(put(&fixture)?, missing).await);
    check_eq!(error.code(), ErrorCode::FileDoesNotExist);
    let form = MultipartForm::new().file("f", FileRef::new("there/is/no/such/file"));
    let error = fails!(fixture.session().upload(put(&fixture)?, form).await);
    check_eq!(error.code(), ErrorCode::FileDoesNotExist);
    Ok(())
}

fn form() -> Result<MultipartForm, Failure> {
    let stream = BodyStream::replayable(|| Box::new(InMemory::new("streamed".into())));
    let form = MultipartForm::new()
        .text("title", "a\nb")
        .part(FormPart::bytes("raw", "{}").with_content_type("application/json")?)
        .part(FormPart::stream("s", stream.with_length(8)).with_filename("\"s\""));
    Ok(form)
}

pub(crate) async fn a_form_says_its_boundary_and_length(fixture: Fixture) -> Verdict {
    let seen = echoed(&fixture.session(), put(&fixture)?, form()?).await?;
    let typed = seen.header("content-type").unwrap_or_default();
    check!(
        typed.starts_with("multipart/form-data; boundary=urlsession-"),
        "{typed}"
    );
    check!(seen.body_length() > 200, "{}", seen.body_length());
    check_eq!(
        seen.header("content-length"),
        Some(&*seen.body_length().to_string())
    );
    Ok(())
}

pub(crate) async fn a_form_is_sent_again(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let once = echoed(&session, put(&fixture)?, form()?).await?;
    let request = Request::put(fixture.redirect(307, "/put"))?;
    let again = echoed(&session, request, form()?).await?;
    check_eq!(again.body_length(), once.body_length());
    Ok(())
}

pub(crate) async fn a_get_carries_nothing(fixture: Fixture) -> Verdict {
    let error = fails!(fixture.session().upload(fixture.url("/get"), HELLO).await);
    check_eq!(error.code(), ErrorCode::DataLengthExceedsMaximum);
    Ok(())
}

/// What the server is offered, with and without the session's leave.
async fn offers(fixture: &Fixture) -> Result<[bool; 3], Failure> {
    let resumable = fixture.session_of(|configuration| {
        configuration.resumable_uploads = Some(UploadDraft::Interop8);
    });
    let is_offered = |seen: Echo| seen.header("upload-complete") == Some("?1");
    let refused = put(fixture)?.with_resumable_upload(false);
    Ok([
        is_offered(echoed(&fixture.session(), put(fixture)?, HELLO).await?),
        is_offered(echoed(&resumable, put(fixture)?, HELLO).await?),
        is_offered(echoed(&resumable, refused, HELLO).await?),
    ])
}

pub(crate) async fn the_server_is_offered_to_go_on_where_that_is_asked_for(
    fixture: Fixture,
) -> Verdict {
    check_eq!(offers(&fixture).await?, [false, true, false]);
    Ok(())
}

/// An offer that cannot be answered is not made.
pub(crate) async fn the_server_is_offered_nothing(fixture: Fixture) -> Verdict {
    check_eq!(offers(&fixture).await?, [false; 3]);
    Ok(())
}
