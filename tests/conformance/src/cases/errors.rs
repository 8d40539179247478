//! What cannot be loaded, and how it is said.

use std::error::Error as _;

use urlsession_core::{BodyStream, ErrorCode, InMemory, Request, TaskState};

use crate::recorder::{Outcome, Recorder};
use crate::{Fixture, Verdict};

pub(crate) async fn a_port_out_of_range_is_a_bad_url(fixture: Fixture) -> Verdict {
    let outcome = Outcome::new();
    let given = outcome.clone();
    let session = fixture.session();
    let task = session.data_task_with("http://127.0.0.1:999999/Nepal", move |result| {
        given.put(result)
    });
    check_eq!(task.state(), TaskState::Suspended);
    task.resume();
    check_eq!(fails!(outcome.taken().await).code(), ErrorCode::BadUrl);
    check_eq!(
        task.error().map(|error| error.code()),
        Some(ErrorCode::BadUrl)
    );
    check_eq!(task.state(), TaskState::Completed);
    check!(task.original_request().is_none() && task.response().is_none());
    Ok(())
}

pub(crate) async fn what_is_no_url_is_a_bad_url(fixture: Fixture) -> Verdict {
    for text in [
        "",
        "Nepal",
        "//a.example",
        "http://",
        "http://a b/",
        "http://[::1",
        "http://1.2.3.4.5/",
    ] {
        let error = fails!(fixture.session().data(text).await);
        check_eq!(error.code(), ErrorCode::BadUrl, "{text:?}");
    }
    Ok(())
}

pub(crate) async fn an_unknown_scheme_is_unsupported(fixture: Fixture) -> Verdict {
    for url in [
        "foobar://a.example/",
        "ftp://a.example/",
        "mailto:a@a.example",
        "blob:http://a.example/1",
        "about:blank",
    ] {
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        let task = session.data_task(url);
        task.resume();
        check_eq!(
            recorder.completion().await,
            Some(ErrorCode::UnsupportedUrl),
            "{url}"
        );
        check_eq!(recorder.names(), ["complete"], "{url}");
        check_eq!(
            task.error().map(|error| error.code()),
            Some(ErrorCode::UnsupportedUrl),
            "{url}"
        );
        check!(task.response().is_none());
    }
    Ok(())
}

pub(crate) async fn a_get_with_a_body_is_refused_unsent(fixture: Fixture) -> Verdict {
    let bodies: [fn() -> urlsession_core::RequestBody; 2] = [
        || "body".into(),
        || BodyStream::once(InMemory::new("body".into())).into(),
    ];
    for body in bodies {
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        let url = fixture.url("/get");
        let task = session.data_task(Request::get(&url)?.with_body(body()));
        task.resume();
        check_eq!(
            recorder.completion().await,
            Some(ErrorCode::DataLengthExceedsMaximum)
        );
        check_eq!(recorder.names(), ["complete"]);
        let error = task.error();
        let failed = error.as_ref().and_then(|error| error.url());
        check_eq!(failed.map(|url| url.as_str()), Some(&*url));
    }
    Ok(())
}

pub(crate) async fn an_error_names_url_and_cause(fixture: Fixture) -> Verdict {
    let url = format!("{}/Nepal", fixture.sites().closed);
    let error = fails!(fixture.session().data(&url).await);
    check_eq!(error.url().map(|url| url.as_str()), Some(&*url));
    check!(error.source().is_some(), "no cause of {error:?}");
    check!(error.to_string().contains(&url), "{error}");
    Ok(())
}
