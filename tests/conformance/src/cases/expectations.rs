//! Bodies that wait until the server asks for them.

use urlsession_core::http::StatusCode;
use urlsession_core::{
    BodyStream, Configuration, InMemory, Request, RequestBody, Response, Session,
};

use crate::echo::Echo;
use crate::recorder::Recorder;
use crate::{Failure, Fixture, Verdict};

async fn echoed(session: &Session, request: Request) -> Result<Echo, Failure> {
    Echo::of(&session.data(request).await?.0)
}

fn stream() -> BodyStream {
    BodyStream::once(InMemory::new("streamed".into()))
}

pub(crate) async fn a_body_arrives_once_the_server_asks_for_it(fixture: Fixture) -> Verdict {
    let request = Request::post(fixture.url("/jsonBody"))?.with_expects_continue(true);
    for body in [RequestBody::from("bytes"), stream().into()] {
        let request = request.clone().with_body(body);
        let seen = echoed(&fixture.session(), request).await?;
        check_eq!(seen.header("expect"), Some("100-continue"));
        check!(seen.body_length() >= 5, "{seen:?}");
    }
    Ok(())
}

pub(crate) async fn a_field_of_the_apps_asks_as_well(fixture: Fixture) -> Verdict {
    let request = Request::post(fixture.url("/jsonBody"))?.with_body("bytes");
    let request = request.header("Expect", "100-continue")?;
    let seen = echoed(&fixture.session(), request).await?;
    check_eq!(seen.header("expect"), Some("100-continue"));
    check_eq!(seen.body_length(), 5);
    Ok(())
}

pub(crate) async fn without_a_body_nothing_is_asked(fixture: Fixture) -> Verdict {
    for method in ["GET", "POST"] {
        let request = Request::with_method_name(method, fixture.url("/jsonBody"))?;
        let request = request.with_expects_continue(true);
        let seen = echoed(&fixture.session(), request).await?;
        check_eq!(seen.header("expect"), None, "{method}");
    }
    Ok(())
}

pub(crate) async fn the_length_decides_where_the_request_does_not(fixture: Fixture) -> Verdict {
    let session = fixture.session_of(|configuration| configuration.expects_continue_from = Some(5));
    let request = || Request::post(fixture.url("/jsonBody"));
    for (request, asked) in [
        (request()?.with_body("1234"), false),
        (request()?.with_body("12345"), true),
        (
            request()?.with_body("12345").with_expects_continue(false),
            false,
        ),
        (
            request()?.with_body("1234").with_expects_continue(true),
            true,
        ),
    ] {
        let seen = echoed(&session, request).await?;
        check_eq!(seen.header("expect").is_some(), asked, "{seen:?}");
    }
    Ok(())
}

/// The answer to a POST of a stream that waits, the bytes that were sent, and whether the stream is still there.
async fn answered(fixture: &Fixture, status: u16) -> Result<(Response, u64, bool), Failure> {
    let body = stream();
    let request = Request::post(fixture.url(&format!("/expect/{status}")))?
        .with_body(body.clone())
        .with_expects_continue(true);
    let recorder = Recorder::new();
    let session = fixture
        .builder(Configuration::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(request);
    task.resume();
    check_eq!(recorder.completion().await, None);
    let Some(response) = task.response() else {
        return Err(Failure::new("no response"));
    };
    Ok((response, task.count_of_bytes_sent(), body.is_unread()))
}

pub(crate) async fn a_final_answer_spares_the_body(fixture: Fixture) -> Verdict {
    for status in [401, 413, 500] {
        let (response, sent, is_unread) = answered(&fixture, status).await?;
        check_eq!(response.status().as_u16(), status);
        check_eq!((sent, is_unread), (0, true), "{status}");
    }
    Ok(())
}

pub(crate) async fn a_server_without_expectations_is_asked_again_without(
    fixture: Fixture,
) -> Verdict {
    let (response, sent, is_unread) = answered(&fixture, 417).await?;
    check_eq!(response.status(), StatusCode::OK);
    check_eq!((sent, is_unread), (8, false));
    Ok(())
}

pub(crate) async fn the_expectation_goes_along_with_a_redirect(fixture: Fixture) -> Verdict {
    let request = Request::post(fixture.redirect(307, "/jsonBody"))?
        .with_body("bytes")
        .with_expects_continue(true);
    let seen = echoed(&fixture.session(), request).await?;
    check_eq!(seen.header("expect"), Some("100-continue"));
    check_eq!(seen.body_length(), 5);
    Ok(())
}

pub(crate) async fn no_body_waits(fixture: Fixture) -> Verdict {
    let request = Request::post(fixture.url("/jsonBody"))?.with_body("bytes");
    for request in [
        request.clone().with_expects_continue(true),
        request.header("Expect", "100-continue")?,
    ] {
        let seen = echoed(&fixture.session(), request).await?;
        check_eq!(seen.header("expect"), None);
        check_eq!(seen.body_length(), 5);
    }
    Ok(())
}
