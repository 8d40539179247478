//! The ways to load something, and what each gives.

use futures::StreamExt;
use urlsession_core::http::{self, StatusCode};
use urlsession_core::{Answer, Bytes, Request, Session, Url};

use crate::recorder::{Outcome, Recorder};
use crate::{Fixture, Verdict};

pub(crate) async fn data_gives_body_and_response(fixture: Fixture) -> Verdict {
    let (body, response) = fixture.session().data(fixture.url("/Nepal")).await?;
    check_eq!(&body[..], b"Kathmandu");
    check_eq!(response.status(), StatusCode::OK);
    check_eq!(response.url().as_str(), fixture.url("/Nepal"));
    check_eq!(response.mime_type().as_deref(), Some("text/plain"));
    Ok(())
}

pub(crate) async fn anything_that_names_a_url_can_be_loaded(fixture: Fixture) -> Verdict {
    let (session, url) = (fixture.session(), fixture.url("/Peru"));
    let mut bodies = vec![session.data(&*url).await?.0];
    bodies.push(session.data(Url::parse(&url)?).await?.0);
    bodies.push(session.data(&Request::get(&url)?).await?.0);
    bodies.push(session.data(Request::get(&url)).await?.0);
    bodies.push(session.data(http::Request::get(&url).body(())?).await?.0);
    check!(bodies.iter().all(|body| body == "Lima"), "{bodies:?}");
    Ok(())
}

pub(crate) async fn a_delegate_of_the_call_sees_the_chunks_too(fixture: Fixture) -> Verdict {
    let (own, sessions) = (Recorder::new(), Recorder::new());
    let session = fixture
        .builder(Default::default())
        .delegate(sessions.clone())
        .build();
    let (body, _) = session
        .data_with_delegate(fixture.url("/Nepal"), own.clone())
        .await?;
    check_eq!(&body[..], b"Kathmandu");
    check_eq!(own.body(), b"Kathmandu");
    check_eq!(own.names(), ["response", "data", "complete"]);
    check!(sessions.calls().is_empty(), "{:?}", sessions.calls());
    Ok(())
}

pub(crate) async fn bytes_give_the_head_and_then_the_chunks(fixture: Fixture) -> Verdict {
    let (mut chunks, response) = fixture.session().bytes(fixture.url("/slow/3/50")).await?;
    check_eq!(response.status(), StatusCode::OK);
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        check!(!chunk.is_empty(), "an empty chunk");
        body.extend_from_slice(&chunk);
    }
    check_eq!(body, b"chunk 0\nchunk 1\nchunk 2\n");
    check!(chunks.next().await.is_none(), "a chunk after the end");
    Ok(())
}

async fn handler_on(session: Session, fixture: &Fixture) -> Verdict {
    let outcome = Outcome::new();
    let given = outcome.clone();
    session
        .data_task_with(fixture.url("/Nepal"), move |result| given.put(result))
        .resume();
    let (body, response) = outcome.taken().await?;
    check_eq!(&body[..], b"Kathmandu");
    check_eq!(response.status(), StatusCode::OK);
    check_eq!(outcome.count(), 0);
    Ok(())
}

pub(crate) async fn a_handler_gets_body_and_response(fixture: Fixture) -> Verdict {
    handler_on(fixture.session(), &fixture).await?;
    handler_on(
        fixture.builder(Default::default()).shared().build(),
        &fixture,
    )
    .await
}

pub(crate) async fn a_handler_stands_in_for_the_delegate(fixture: Fixture) -> Verdict {
    let (recorder, outcome) = (Recorder::new(), Outcome::new());
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let given = outcome.clone();
    session
        .data_task_with(fixture.url("/Nepal"), move |result| given.put(result))
        .resume();
    outcome.taken().await?;
    session.finish_tasks_and_invalidate();
    recorder.called("invalid").await;
    check_eq!(recorder.names(), ["invalid"]);
    Ok(())
}

pub(crate) async fn a_delegate_gets_response_data_and_completion(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(Request::get(fixture.url("/Nepal"))?);
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.names(), ["response", "data", "complete"]);
    check_eq!(recorder.body(), b"Kathmandu");
    check_eq!(
        task.response().map(|response| response.status()),
        Some(StatusCode::OK)
    );
    check!(task.error().is_none());
    Ok(())
}

pub(crate) async fn an_empty_body_gives_no_data(fixture: Fixture) -> Verdict {
    for path in ["/bytes/0", "/status/204"] {
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        session.data_task(fixture.url(path)).resume();
        check_eq!(recorder.completion().await, None);
        check_eq!(recorder.names(), ["response", "complete"], "{path}");
        check_eq!(session.data(fixture.url(path)).await?.0, Bytes::new());
    }
    Ok(())
}

pub(crate) async fn a_head_gives_the_fields_and_no_data(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(Request::head(fixture.url("/bytes/5000"))?);
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.names(), ["response", "complete"]);
    let response = task
        .response()
        .and_then(|response| response.expected_content_length());
    check_eq!(response, Some(5000));
    check_eq!(task.count_of_bytes_received(), 0);
    Ok(())
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8).collect()
}

pub(crate) async fn every_form_gives_the_same_bytes(fixture: Fixture) -> Verdict {
    const LENGTH: usize = 300_000;
    let expected = pattern(LENGTH);
    for path in [format!("/bytes/{LENGTH}"), format!("/chunked/{LENGTH}")] {
        let url = fixture.url(&path);
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();

        check!(session.data(&url).await?.0 == expected, "data of {path}");

        let (chunks, _) = session.bytes(&url).await?;
        let chunks = chunks
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        check!(chunks.concat() == expected, "bytes of {path}");

        let outcome = Outcome::new();
        let given = outcome.clone();
        session
            .data_task_with(&url, move |result| given.put(result))
            .resume();
        check!(outcome.taken().await?.0 == expected, "handler of {path}");

        session.data_task(&url).resume();
        check_eq!(recorder.completion().await, None);
        check!(recorder.body() == expected, "delegate of {path}");
    }
    Ok(())
}

pub(crate) async fn bytes_are_counted(fixture: Fixture) -> Verdict {
    for (path, expected) in [("/bytes/70000", Some(70_000)), ("/chunked/70000", None)] {
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        let task = session.data_task(fixture.url(path));
        check_eq!(
            (
                task.count_of_bytes_received(),
                task.count_of_bytes_expected_to_receive()
            ),
            (0, None)
        );
        task.resume();
        check_eq!(recorder.completion().await, None);
        check_eq!(task.count_of_bytes_received(), 70_000, "{path}");
        check_eq!(
            task.count_of_bytes_expected_to_receive(),
            expected,
            "{path}"
        );
        check_eq!(
            (
                task.count_of_bytes_sent(),
                task.count_of_bytes_expected_to_send()
            ),
            (0, Some(0))
        );
    }
    Ok(())
}

pub(crate) async fn chunks_come_as_they_are_sent(fixture: Fixture) -> Verdict {
    let (mut events, _) = fixture
        .session()
        .bytes(fixture.url("/endless?every=20"))
        .await?;
    let mut text = String::new();
    while !text.contains("id: 3\n") {
        let Some(chunk) = events.next().await else {
            break;
        };
        text.push_str(&String::from_utf8_lossy(&chunk?));
    }
    check!(
        text.starts_with("id: 0\ndata: event 0\n\nid: 1\n"),
        "{text}"
    );
    Ok(())
}

pub(crate) async fn later_answers_keep_the_order_of_chunks(fixture: Fixture) -> Verdict {
    let recorder =
        Recorder::new().on_data(|recorder, _, _| Answer::later(recorder.gate().opened()));
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/bytes/300000")).resume();
    recorder.called("data").await;
    recorder.gate().open();
    check_eq!(recorder.completion().await, None);
    check!(recorder.body() == pattern(300_000));
    Ok(())
}
