//! Replies out of the ordinary: what is a response, and what is an error.

use urlsession_core::http::StatusCode;
use urlsession_core::{Error, ErrorCode, Request};

use crate::recorder::Recorder;
use crate::{Failure, Fixture, Verdict};

async fn error_of(fixture: &Fixture, path: &str) -> Result<Error, Failure> {
    Ok(fails!(fixture.session().data(fixture.url(path)).await))
}

pub(crate) async fn not_found_is_no_error(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/Atlantis")).resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.names(), ["response", "data", "complete"]);
    for status in [400, 404, 500, 503] {
        let (_, response) = session
            .data(fixture.url(&format!("/status/{status}")))
            .await?;
        check_eq!(response.status().as_u16(), status);
    }
    Ok(())
}

pub(crate) async fn a_401_without_challenge_is_a_response(fixture: Fixture) -> Verdict {
    let (_, response) = fixture.session().data(fixture.url("/unauthorized")).await?;
    check_eq!(response.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}

pub(crate) async fn a_401_that_nobody_can_answer_is_a_response(fixture: Fixture) -> Verdict {
    let (_, response) = fixture.session().data(fixture.url("/auth/basic")).await?;
    check_eq!(response.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}

pub(crate) async fn not_modified_is_delivered_as_it_is(fixture: Fixture) -> Verdict {
    for method in ["GET", "PUT", "POST", "DELETE", "HEAD"] {
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        session
            .data_task(Request::with_method_name(
                method,
                fixture.url("/status/304"),
            )?)
            .resume();
        check_eq!(recorder.completion().await, None, "{method}");
        check_eq!(recorder.names(), ["response", "complete"], "{method}");
    }
    Ok(())
}

pub(crate) async fn status_999_is_a_response(fixture: Fixture) -> Verdict {
    let (_, response) = fixture
        .session()
        .data(fixture.url("/LandOfTheLostCities/Kameiros"))
        .await?;
    check_eq!(response.status().as_u16(), 999);
    Ok(())
}

pub(crate) async fn a_body_may_last_until_the_connection_ends(fixture: Fixture) -> Verdict {
    let (body, response) = fixture
        .session()
        .data(fixture.url("/LandOfTheLostCities/Myndus"))
        .await?;
    check_eq!(response.status(), StatusCode::OK);
    check_eq!(response.expected_content_length(), None);
    check!(
        body.starts_with(b"a body whose length nothing tells"),
        "{body:?}"
    );
    Ok(())
}

pub(crate) async fn fields_without_a_space_are_read(fixture: Fixture) -> Verdict {
    let url = fixture.url("/response-header-without-whitespace");
    let (body, response) = fixture.session().data(url).await?;
    check_eq!(&body[..], b"Hello World!");
    check_eq!(response.mime_type().as_deref(), Some("text/plain"));
    check_eq!(response.expected_content_length(), Some(12));
    Ok(())
}

/// What a browser makes of an empty or short status is its own matter: it tells no reasons, and forgives some.
pub(crate) async fn a_broken_status_line_is_an_error(fixture: Fixture) -> Verdict {
    for city in ["Pompeii", "Gomorrah", "Dinavar", "Kuhikugu"] {
        let path = format!("/LandOfTheLostCities/{city}");
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        let task = session.data_task(fixture.url(&path));
        task.resume();
        check_eq!(
            recorder.completion().await,
            Some(ErrorCode::CannotParseResponse),
            "{city}"
        );
        check_eq!(recorder.names(), ["complete"], "{city}");
        check!(task.response().is_none(), "{city} has a response");
    }
    Ok(())
}

pub(crate) async fn what_is_no_http_1_at_all_is_an_error(fixture: Fixture) -> Verdict {
    for city in ["Pompeii", "Kuhikugu"] {
        error_of(&fixture, &format!("/LandOfTheLostCities/{city}")).await?;
    }
    Ok(())
}

/// HTTP/0.9, which knew no status line, is not spoken.
pub(crate) async fn a_reply_without_status_line_is_an_error(fixture: Fixture) -> Verdict {
    let error = error_of(&fixture, "/LandOfTheLostCities/Sodom").await?;
    if fixture.capabilities().distinct_errors {
        check_eq!(error.code(), ErrorCode::CannotParseResponse);
    }
    Ok(())
}

pub(crate) async fn a_body_cut_short_is_a_lost_connection(fixture: Fixture) -> Verdict {
    for fault in [
        "close-mid-body",
        "reset-mid-body",
        "length-too-long",
        "last-chunk-missing",
    ] {
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        let url = fixture.url(&format!("/fault/{fault}"));
        session.data_task(&url).resume();
        check_eq!(
            recorder.completion().await,
            Some(ErrorCode::NetworkConnectionLost),
            "{fault}"
        );
        let mut names = recorder.names();
        if !fixture.capabilities().distinct_errors {
            // A browser may lose what came right before the failure.
            names.retain(|name| *name != "data");
            names.insert(1, "data");
        }
        check_eq!(names, ["response", "data", "complete"], "{fault}");
        let error = fails!(session.data(&url).await);
        check_eq!(error.code(), ErrorCode::NetworkConnectionLost, "{fault}");
        check_eq!(error.url().map(|url| url.as_str()), Some(&*url), "{fault}");
    }
    Ok(())
}

pub(crate) async fn a_connection_lost_before_the_head_is_an_error(fixture: Fixture) -> Verdict {
    for fault in [
        "close-after-request",
        "reset-after-request",
        "close-mid-head",
        "reset-mid-head",
    ] {
        let error = error_of(&fixture, &format!("/fault/{fault}")).await?;
        let lost = error.code() == ErrorCode::NetworkConnectionLost;
        let untold = !fixture.capabilities().distinct_errors
            && error.code() == ErrorCode::CannotLoadFromNetwork;
        check!(lost || untold, "{fault}: {error:?}");
    }
    Ok(())
}
