//! Requests' bodies in every shape, and what is said of their progress.

use urlsession_core::{
    Answer, BodyStream, Bytes, ErrorCode, FileRef, InMemory, Request, RequestBody, Session,
};

use crate::echo::Echo;
use crate::recorder::{Call, Recorder};
use crate::{Failure, Fixture, Verdict};

/// Methods that may carry a body everywhere, each with the route that takes it.
const WITH_BODY: [(&str, &str); 3] = [("PUT", "/put"), ("POST", "/post"), ("DELETE", "/delete")];

const HELLO: &str = "hello";
const HELLO_IN_BASE64: &str = "aGVsbG8=";
const FORM: &str = "application/x-www-form-urlencoded";

/// A body of several chunks, of this length.
fn chunks(length: usize) -> Box<dyn urlsession_core::Body> {
    Box::new(Chunks { left: length })
}

struct Chunks {
    left: usize,
}

impl urlsession_core::Body for Chunks {
    fn poll_next_chunk(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, urlsession_core::Error>>> {
        let length = self.left.min(10_000);
        self.left -= length;
        std::task::Poll::Ready((length > 0).then(|| Ok(vec![7; length].into())))
    }
}

fn once(length: usize) -> BodyStream {
    struct Boxed(Box<dyn urlsession_core::Body>);
    impl urlsession_core::Body for Boxed {
        fn poll_next_chunk(
            &mut self,
            context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Bytes, urlsession_core::Error>>> {
            self.0.poll_next_chunk(context)
        }
    }
    BodyStream::once(Boxed(chunks(length)))
}

async fn echoed(session: &Session, request: Request) -> Result<Echo, Failure> {
    Echo::of(&session.data(request).await?.0)
}

pub(crate) async fn no_body_invents_no_type_and_no_length_but_zero(fixture: Fixture) -> Verdict {
    let methods = [("HEAD", "/head"), ("GET", "/get")]
        .into_iter()
        .chain(WITH_BODY);
    for (method, path) in methods {
        for body in [RequestBody::Empty, RequestBody::Bytes(Bytes::new())] {
            for typed in [None, Some("text/plain")] {
                let mut request =
                    Request::with_method_name(method, fixture.url(path))?.with_body(body.clone());
                if let Some(typed) = typed {
                    request = request.header("content-type", typed)?;
                }
                let recorder = Recorder::new();
                let session = fixture
                    .builder(Default::default())
                    .delegate(recorder.clone())
                    .build();
                session.data_task(request).resume();
                check_eq!(recorder.completion().await, None, "{method} {typed:?}");
                if method == "HEAD" {
                    check_eq!(recorder.names(), ["response", "complete"], "{method}");
                    continue;
                }
                check_eq!(
                    recorder.names(),
                    ["response", "data", "complete"],
                    "{method}"
                );
                let seen = Echo::of(&recorder.body().into())?;
                check_eq!((seen.method(), seen.body_length()), (method, 0));
                check_eq!(seen.header("content-type"), typed, "{method}");
                check!(
                    matches!(seen.header("content-length"), None | Some("0")),
                    "{seen:?}"
                );
            }
        }
    }
    Ok(())
}

pub(crate) async fn an_empty_post_has_no_type(fixture: Fixture) -> Verdict {
    for body in [RequestBody::Empty, RequestBody::Bytes(Bytes::new())] {
        let request = Request::post(fixture.url("/emptyPost"))?.with_body(body);
        check_eq!(
            fixture.session().data(request).await?.1.status().as_u16(),
            200
        );
    }
    Ok(())
}

pub(crate) async fn bytes_arrive_with_their_length_and_type(fixture: Fixture) -> Verdict {
    for (method, path) in WITH_BODY {
        let request = Request::with_method_name(method, fixture.url(path))?.with_body(HELLO);
        let seen = echoed(&fixture.session(), request.clone()).await?;
        check_eq!(
            (seen.method(), seen.body_base64()),
            (method, HELLO_IN_BASE64)
        );
        check_eq!(seen.header("content-length"), Some("5"), "{method}");
        let seen = echoed(
            &fixture.session(),
            request.header("content-type", "text/x")?,
        )
        .await?;
        check_eq!(seen.header("content-type"), Some("text/x"), "{method}");
    }
    Ok(())
}

/// A browser gives a type to text alone, and bytes are none.
pub(crate) async fn only_a_post_gets_the_type_of_forms(fixture: Fixture) -> Verdict {
    for (method, path) in WITH_BODY {
        let request = Request::with_method_name(method, fixture.url(path))?.with_body(HELLO);
        let expected = (method == "POST").then_some(FORM);
        let seen = echoed(&fixture.session(), request).await?;
        check_eq!(seen.header("content-type"), expected, "{method}");
    }
    Ok(())
}

pub(crate) async fn a_body_gives_sent_response_data_and_completion(fixture: Fixture) -> Verdict {
    for (method, path) in WITH_BODY {
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        let request = Request::with_method_name(method, fixture.url(path))?.with_body(HELLO);
        let task = session.data_task(request);
        check_eq!(task.count_of_bytes_expected_to_send(), Some(5));
        task.resume();
        check_eq!(recorder.completion().await, None);
        check_eq!(
            recorder.names(),
            ["sent", "response", "data", "complete"],
            "{method}"
        );
        check_eq!(
            (
                task.count_of_bytes_sent(),
                task.count_of_bytes_expected_to_send()
            ),
            (5, Some(5))
        );
    }
    Ok(())
}

pub(crate) async fn any_bytes_come_back_as_they_are(fixture: Fixture) -> Verdict {
    let every_byte: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    let request = Request::post(fixture.url("/echo"))?.with_body(every_byte.clone());
    let (body, _) = fixture.session().data(request).await?;
    check!(body == every_byte, "{} bytes came back", body.len());
    Ok(())
}

/// Where the platform takes any body with any method.
pub(crate) async fn a_head_may_carry_a_body(fixture: Fixture) -> Verdict {
    let bodies: [RequestBody; 2] = [HELLO.into(), once(5).into()];
    for body in bodies {
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        session
            .data_task(Request::head(fixture.url("/head"))?.with_body(body))
            .resume();
        check_eq!(recorder.completion().await, None);
        check_eq!(recorder.names(), ["sent", "response", "complete"]);
    }
    Ok(())
}

pub(crate) async fn a_stream_arrives_whole(fixture: Fixture) -> Verdict {
    for (method, path) in WITH_BODY {
        for typed in [None, Some("text/x")] {
            let recorder = Recorder::new();
            let session = fixture
                .builder(Default::default())
                .delegate(recorder.clone())
                .build();
            let mut request =
                Request::with_method_name(method, fixture.url(path))?.with_body(once(25_000));
            if let Some(typed) = typed {
                request = request.header("content-type", typed)?;
            }
            session.data_task(request).resume();
            check_eq!(recorder.completion().await, None, "{method}");
            let seen = Echo::of(&recorder.body().into())?;
            check_eq!((seen.method(), seen.body_length()), (method, 25_000));
            let form = (method == "POST").then_some(FORM);
            check_eq!(seen.header("content-type"), typed.or(form), "{method}");
        }
    }
    Ok(())
}

pub(crate) async fn a_stream_of_unknown_length_is_sent_as_it_comes(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(Request::post(fixture.url("/post"))?.with_body(once(25_000)));
    check_eq!(task.count_of_bytes_expected_to_send(), None);
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.names(), ["sent", "response", "data", "complete"]);
    let seen = Echo::of(&recorder.body().into())?;
    check_eq!(seen.header("content-length"), None);
    check_eq!(seen.header("transfer-encoding"), Some("chunked"));
    check_eq!(task.count_of_bytes_sent(), 25_000);
    Ok(())
}

/// The transport gathers it first, so that its length is known after all.
pub(crate) async fn a_stream_of_unknown_length_is_gathered(fixture: Fixture) -> Verdict {
    let request = Request::post(fixture.url("/post"))?.with_body(once(25_000));
    let seen = echoed(&fixture.session(), request).await?;
    check_eq!(seen.header("content-length"), Some("25000"));
    check_eq!(seen.header("transfer-encoding"), None);
    check_eq!(seen.body_length(), 25_000);
    Ok(())
}

pub(crate) async fn a_stream_of_known_length_says_it(fixture: Fixture) -> Verdict {
    let stream = BodyStream::replayable(|| chunks(25_000)).with_length(25_000);
    let seen = echoed(
        &fixture.session(),
        Request::put(fixture.url("/put"))?.with_body(stream),
    )
    .await?;
    check_eq!(seen.header("content-length"), Some("25000"));
    check_eq!(seen.body_length(), 25_000);
    Ok(())
}

pub(crate) async fn a_streams_error_is_the_tasks(fixture: Fixture) -> Verdict {
    struct Broken;
    impl urlsession_core::Body for Broken {
        fn poll_next_chunk(
            &mut self,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Bytes, urlsession_core::Error>>> {
            std::task::Poll::Ready(Some(Err(ErrorCode::NoPermissionsToReadFile.into())))
        }
    }
    let request = Request::post(fixture.url("/post"))?.with_body(BodyStream::once(Broken));
    let error = fails!(fixture.session().data(request).await);
    check_eq!(error.code(), ErrorCode::NoPermissionsToReadFile);
    Ok(())
}

pub(crate) async fn a_file_arrives_whole(fixture: Fixture) -> Verdict {
    let content = vec![7; 150_000];
    let file = fixture.ground().file(&content);
    let request = Request::put(fixture.url("/put"))?.with_body(file);
    let seen = echoed(&fixture.session(), request).await?;
    check_eq!(seen.header("content-length"), Some("150000"));
    check_eq!(seen.body_length(), 150_000);
    let missing =
        Request::put(fixture.url("/put"))?.with_body(FileRef::new("there/is/no/such/file"));
    let error = fails!(fixture.session().data(missing).await);
    check_eq!(error.code(), ErrorCode::FileDoesNotExist);
    Ok(())
}

pub(crate) async fn a_file_does_not_exist(fixture: Fixture) -> Verdict {
    let request = Request::put(fixture.url("/put"))?.with_body(FileRef::new("a/file"));
    let error = fails!(fixture.session().data(request).await);
    check_eq!(error.code(), ErrorCode::FileDoesNotExist);
    Ok(())
}

pub(crate) async fn progress_adds_up_to_the_whole(fixture: Fixture) -> Verdict {
    const LENGTH: u64 = 1_000_000;
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let request = Request::post(fixture.url("/upload"))?.with_body(vec![7; LENGTH as usize]);
    session.data_task(request).resume();
    check_eq!(recorder.completion().await, None);
    let mut so_far = 0;
    for call in recorder.calls() {
        if let Call::Sent {
            bytes,
            total,
            expected,
        } = call
        {
            so_far += bytes;
            check!(bytes > 0 && total == so_far, "{bytes} more make {total}");
            check_eq!(expected, Some(LENGTH));
        }
    }
    check_eq!(so_far, LENGTH);
    Ok(())
}

pub(crate) async fn progress_is_told_once_and_whole(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let request = Request::post(fixture.url("/upload"))?.with_body(vec![7; 100_000]);
    session.data_task(request).resume();
    check_eq!(recorder.completion().await, None);
    let sent = Call::Sent {
        bytes: 100_000,
        total: 100_000,
        expected: Some(100_000),
    };
    check_eq!(recorder.calls()[0], sent);
    check_eq!(recorder.names(), ["sent", "response", "data", "complete"]);
    check_eq!(
        recorder
            .calls()
            .iter()
            .filter(|call| matches!(call, Call::Sent { .. }))
            .count(),
        1
    );
    Ok(())
}

fn redirected_post(fixture: &Fixture, body: impl Into<RequestBody>) -> Result<Request, Failure> {
    Ok(Request::post(fixture.redirect(307, "/post"))?.with_body(body))
}

pub(crate) async fn a_replayable_stream_is_sent_again(fixture: Fixture) -> Verdict {
    let stream = BodyStream::replayable(|| chunks(25_000));
    let request = redirected_post(&fixture, stream)?;
    check_eq!(
        echoed(&fixture.session(), request).await?.body_length(),
        25_000
    );
    Ok(())
}

pub(crate) async fn bytes_are_sent_again(fixture: Fixture) -> Verdict {
    let seen = echoed(&fixture.session(), redirected_post(&fixture, HELLO)?).await?;
    check_eq!(seen.body_base64(), HELLO_IN_BASE64);
    Ok(())
}

pub(crate) async fn a_file_is_sent_again(fixture: Fixture) -> Verdict {
    let file = fixture.ground().file(&[7; 25_000]);
    let seen = echoed(&fixture.session(), redirected_post(&fixture, file)?).await?;
    check_eq!(seen.body_length(), 25_000);
    Ok(())
}

pub(crate) async fn a_one_shot_stream_is_asked_for_again(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_new_body(|_, _| Some(once(12_000)).into());
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session
        .data_task(redirected_post(&fixture, once(25_000))?)
        .resume();
    check_eq!(recorder.completion().await, None);
    let names = [
        "sent", "redirect", "new body", "sent", "response", "data", "complete",
    ];
    check_eq!(recorder.names(), names);
    check_eq!(Echo::of(&recorder.body().into())?.body_length(), 12_000);
    let restarts = recorder.calls().windows(2).any(|pair| match pair {
        [Call::NewBody, Call::Sent { bytes, total, .. }] => bytes == total,
        _ => false,
    });
    check!(restarts, "{:?}", recorder.calls());
    Ok(())
}

pub(crate) async fn a_one_shot_stream_may_come_later(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_new_body(|recorder, _| {
        let opened = recorder.gate().opened();
        Answer::later(async move {
            opened.await;
            Some(once(12_000))
        })
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session
        .data_task(redirected_post(&fixture, once(25_000))?)
        .resume();
    recorder.called("new body").await;
    recorder.gate().open();
    check_eq!(recorder.completion().await, None);
    check_eq!(Echo::of(&recorder.body().into())?.body_length(), 12_000);
    Ok(())
}

pub(crate) async fn a_one_shot_stream_that_nobody_renews_is_exhausted(fixture: Fixture) -> Verdict {
    let request = redirected_post(&fixture, once(25_000))?;
    let error = fails!(fixture.session().data(request).await);
    check_eq!(error.code(), ErrorCode::RequestBodyStreamExhausted);
    let recorder = Recorder::new().on_new_body(|_, _| None.into());
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session
        .data_task(redirected_post(&fixture, once(25_000))?)
        .resume();
    check_eq!(
        recorder.completion().await,
        Some(ErrorCode::RequestBodyStreamExhausted)
    );
    Ok(())
}

pub(crate) async fn a_one_shot_stream_is_not_asked_for_after_303(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let request = Request::post(fixture.redirect(303, "/get"))?.with_body(once(25_000));
    session.data_task(request).resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(
        recorder.names(),
        ["sent", "redirect", "response", "data", "complete"]
    );
    Ok(())
}

pub(crate) async fn a_body_in_memory_is_one_chunk(_: Fixture) -> Verdict {
    let mut body: Box<dyn urlsession_core::Body> = Box::new(InMemory::new("body".into()));
    check_eq!(body.remaining(), Some(4));
    check_eq!(body.next_chunk().await?, Some("body".into()));
    check_eq!(body.next_chunk().await?, None);
    Ok(())
}
