//! A task's life: suspended, resumed, cancelled, and what its handles tell.

use std::time::Duration;

use futures::StreamExt;
use urlsession_core::{Answer, ErrorCode, Request, ResponseDisposition, Task, TaskState};

use crate::recorder::{Call, Outcome, Recorder};
use crate::{Fixture, Verdict};

const A_WHILE: Duration = Duration::from_millis(300);

pub(crate) async fn it_is_born_suspended_and_sends_nothing(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/Nepal"));
    check_eq!(task.state(), TaskState::Suspended);
    fixture.sleep(A_WHILE).await;
    check_eq!(task.state(), TaskState::Suspended);
    check!(recorder.calls().is_empty() && task.response().is_none());
    Ok(())
}

pub(crate) async fn suspensions_nest_from_one(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/delay/300"));
    task.suspend();
    task.suspend();
    for _ in 0..2 {
        task.resume();
        check_eq!(task.state(), TaskState::Suspended);
    }
    fixture.sleep(A_WHILE).await;
    check!(recorder.calls().is_empty(), "{:?}", recorder.calls());
    task.resume();
    check_eq!(task.state(), TaskState::Running);
    task.resume();
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(task.state(), TaskState::Completed);
    task.suspend();
    task.resume();
    check_eq!(task.state(), TaskState::Completed);
    Ok(())
}

pub(crate) async fn resumes_too_many_do_not_count(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/slow/4/200"));
    for _ in 0..5 {
        task.resume();
    }
    task.suspend();
    check_eq!(task.state(), TaskState::Suspended);
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.body(), b"chunk 0\nchunk 1\nchunk 2\nchunk 3\n");
    Ok(())
}

pub(crate) async fn suspended_in_its_body_it_goes_on_where_it_stopped(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_data(|recorder, task, _| {
        if recorder.calls().len() == 2 {
            task.suspend();
        }
        Answer::Unhandled
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/slow/3/100"));
    task.resume();
    recorder.called("data").await;
    fixture.sleep(Duration::from_millis(600)).await;
    check_eq!(recorder.calls().len(), 2);
    check_eq!(task.state(), TaskState::Suspended);
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.body(), b"chunk 0\nchunk 1\nchunk 2\n");
    Ok(())
}

pub(crate) async fn suspended_it_holds_the_server_back(fixture: Fixture) -> Verdict {
    const LENGTH: u64 = 96 * 1024 * 1024;
    let recorder = Recorder::new().on_response(|_, task, _| {
        task.suspend();
        Answer::Unhandled
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let url = fixture.url(&format!("/bytes/{LENGTH}?suspended"));
    let task = session.data_task(&url);
    task.resume();
    recorder.called("response").await;
    check!(
        fixture.ground().is_held_back(&url, LENGTH).await?,
        "the server sent all of it"
    );
    check_eq!(recorder.calls().len(), 1);
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(task.count_of_bytes_received(), LENGTH);
    check!(
        !fixture.ground().is_held_back(&url, LENGTH).await?,
        "the server has not sent all of it"
    );
    Ok(())
}

pub(crate) async fn unread_a_stream_holds_the_server_back(fixture: Fixture) -> Verdict {
    const LENGTH: u64 = 96 * 1024 * 1024;
    let url = fixture.url(&format!("/bytes/{LENGTH}"));
    let (chunks, _) = fixture.session().bytes(&url).await?;
    check!(
        fixture.ground().is_held_back(&url, LENGTH).await?,
        "the server sent all of it"
    );
    let received = chunks
        .fold(0, async |sum, chunk| {
            sum + chunk.map_or(0, |chunk| chunk.len() as u64)
        })
        .await;
    check_eq!(received, LENGTH);
    Ok(())
}

/// Cancels, and checks what every cancelled task shows.
async fn cancelled_once(
    fixture: &Fixture,
    recorder: &Recorder,
    task: &Task,
    url: &str,
    calls: &[&str],
) -> Verdict {
    task.cancel();
    // Where there are threads its end may have come by now.
    let state = task.state();
    check!(
        matches!(state, TaskState::Canceling | TaskState::Completed),
        "{url}: {state:?}"
    );
    task.cancel();
    task.resume();
    task.suspend();
    check_eq!(
        recorder.completion().await,
        Some(ErrorCode::Cancelled),
        "{url}"
    );
    check_eq!(task.state(), TaskState::Completed, "{url}");
    fixture.ground().is_let_go().await?;
    check_eq!(recorder.names(), calls, "{url}");
    check_eq!(recorder.completions(), 1, "{url}");
    let error = task.error();
    let failed = error.as_ref().and_then(|error| error.url());
    check_eq!(failed.map(|url| url.as_str()), Some(url));
    check_eq!(
        error.map(|error| error.code().to_string()).as_deref(),
        Some("cancelled")
    );
    Ok(())
}

pub(crate) async fn cancelled_before_it_began_it_completes_once(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let url = fixture.url("/Nepal");
    cancelled_once(
        &fixture,
        &recorder,
        &session.data_task(&url),
        &url,
        &["complete"],
    )
    .await
}

pub(crate) async fn cancelled_at_once_it_completes_once(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let url = fixture.url("/delay/60000");
    let task = session.data_task(&url);
    task.resume();
    cancelled_once(&fixture, &recorder, &task, &url, &["complete"]).await
}

pub(crate) async fn cancelled_in_the_queue_it_completes_once(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture.session_of(|configuration| {
        configuration.http_maximum_connections_per_host = 1;
    });
    let first = session.data_task(fixture.url("/delay/60000"));
    first.resume();
    fixture.sleep(A_WHILE).await;
    let url = fixture.url("/Nepal");
    let task = session.data_task_with_delegate(&url, recorder.clone());
    task.resume();
    check_eq!(task.state(), TaskState::Running);
    fixture.sleep(A_WHILE).await;
    check!(task.response().is_none());
    task.cancel();
    check_eq!(recorder.completion().await, Some(ErrorCode::Cancelled));
    check_eq!(recorder.completions(), 1);
    let error = task.error();
    let failed = error.as_ref().and_then(|error| error.url());
    check_eq!(failed.map(|url| url.as_str()), Some(&*url));
    check_eq!(first.state(), TaskState::Running);
    first.cancel();
    Ok(())
}

pub(crate) async fn cancelled_while_it_waits_for_the_head_it_completes_once(
    fixture: Fixture,
) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let url = fixture.url("/delay/60000");
    let task = session.data_task(&url);
    task.resume();
    fixture.sleep(A_WHILE).await;
    cancelled_once(&fixture, &recorder, &task, &url, &["complete"]).await
}

pub(crate) async fn cancelled_in_its_body_it_completes_once(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let url = fixture.url("/slow/1000/500");
    let task = session.data_task(&url);
    task.resume();
    recorder.called("data").await;
    cancelled_once(
        &fixture,
        &recorder,
        &task,
        &url,
        &["response", "data", "complete"],
    )
    .await
}

pub(crate) async fn cancelled_suspended_it_completes_once(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_response(|_, task, _| {
        task.suspend();
        Answer::Unhandled
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let url = fixture.url("/slow/1000/500");
    let task = session.data_task(&url);
    task.resume();
    recorder.called("response").await;
    cancelled_once(&fixture, &recorder, &task, &url, &["response", "complete"]).await
}

pub(crate) async fn cancelled_while_the_delegate_is_asked_it_completes_once(
    fixture: Fixture,
) -> Verdict {
    let recorder =
        Recorder::new().on_response(|_, _, _| Answer::Later(Box::pin(std::future::pending())));
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let url = fixture.url("/slow/1000/500");
    let task = session.data_task(&url);
    task.resume();
    recorder.called("response").await;
    cancelled_once(&fixture, &recorder, &task, &url, &["response", "complete"]).await
}

pub(crate) async fn cancelled_from_a_callback_it_completes_once(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_data(|_, task, _| {
        task.cancel();
        Answer::Unhandled
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let url = fixture.url("/slow/1000/100");
    let task = session.data_task(&url);
    task.resume();
    check_eq!(recorder.completion().await, Some(ErrorCode::Cancelled));
    check_eq!(recorder.names(), ["response", "data", "complete"]);
    check_eq!(recorder.calls().len(), 3);
    fixture.ground().is_let_go().await
}

pub(crate) async fn cancelled_its_handler_is_told_once(fixture: Fixture) -> Verdict {
    let outcome = Outcome::new();
    let given = outcome.clone();
    let session = fixture.session();
    let url = fixture.url("/delay/60000");
    let task = session.data_task_with(&url, move |result| given.put(result));
    task.resume();
    task.cancel();
    let error = fails!(outcome.taken().await);
    check!(error.is_cancelled(), "{error:?}");
    check_eq!(error.url().map(|url| url.as_str()), Some(&*url));
    fixture.sleep(A_WHILE).await;
    check_eq!(outcome.count(), 0);
    Ok(())
}

pub(crate) async fn cancelled_as_it_fails_it_completes_once(fixture: Fixture) -> Verdict {
    for turns in 0..20 {
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        let task = session.data_task("foobar://fails.example/");
        task.resume();
        for _ in 0..turns {
            yield_once().await;
        }
        task.cancel();
        let code = recorder.completion().await;
        check!(
            matches!(code, Some(ErrorCode::Cancelled | ErrorCode::UnsupportedUrl)),
            "{code:?}"
        );
        session.finish_tasks_and_invalidate();
        recorder.called("invalid").await;
        check_eq!(recorder.names(), ["complete", "invalid"]);
        check_eq!(recorder.completions(), 1);
    }
    Ok(())
}

pub(crate) async fn completed_it_cannot_be_cancelled(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/Nepal"));
    task.resume();
    check_eq!(recorder.completion().await, None);
    task.cancel();
    check_eq!(task.state(), TaskState::Completed);
    check!(task.error().is_none());
    fixture.sleep(A_WHILE).await;
    check_eq!(recorder.completions(), 1);
    Ok(())
}

pub(crate) async fn cancelled_it_cannot_be_resumed(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/Nepal"));
    task.cancel();
    task.resume();
    check!(session.tasks().is_empty(), "{:?}", session.tasks());
    check_eq!(recorder.completion().await, Some(ErrorCode::Cancelled));
    task.resume();
    fixture.sleep(A_WHILE).await;
    check_eq!(recorder.names(), ["complete"]);
    check_eq!(task.state(), TaskState::Completed);
    Ok(())
}

pub(crate) async fn disposed_of_at_its_response_it_is_cancelled(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_response(|_, _, _| ResponseDisposition::Cancel.into());
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/slow/1000/100"));
    task.resume();
    check_eq!(recorder.completion().await, Some(ErrorCode::Cancelled));
    check_eq!(recorder.names(), ["response", "complete"]);
    check_eq!(
        task.response().map(|response| response.status().as_u16()),
        Some(200)
    );
    fixture.ground().is_let_go().await
}

pub(crate) async fn a_copy_is_the_same_task(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let task = session.data_task(fixture.url("/delay/60000"));
    let copy = task.clone();
    check_eq!(copy, task);
    check_eq!(copy.id(), task.id());
    copy.resume();
    check_eq!(task.state(), TaskState::Running);
    check!(task != session.data_task(fixture.url("/Nepal")));
    copy.cancel();
    Ok(())
}

pub(crate) async fn ids_count_from_one_in_each_session(fixture: Fixture) -> Verdict {
    for _ in 0..2 {
        let session = fixture.session();
        let tasks: Vec<_> = (0..3)
            .map(|_| session.data_task(fixture.url("/Nepal")))
            .collect();
        check_eq!(
            tasks.iter().map(|task| task.id()).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        check!(tasks.iter().all(|task| task.session() == session));
    }
    Ok(())
}

pub(crate) async fn labels_and_priorities_can_be_set(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let task = session.data_task(fixture.url("/Nepal"));
    check_eq!(
        (task.description(), task.priority()),
        (None, Task::DEFAULT_PRIORITY)
    );
    task.set_description("a label");
    check_eq!(task.description().as_deref(), Some("a label"));
    for (set, got) in [(0.75, 0.75), (7.0, 1.0), (-1.0, 0.0), (f32::NAN, 0.5)] {
        task.set_priority(set);
        check_eq!(task.priority(), got, "{set}");
    }
    session.set_description("its session");
    check_eq!(task.session().description().as_deref(), Some("its session"));
    Ok(())
}

pub(crate) async fn only_those_resumed_and_not_ended_are_listed(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let make = || session.data_task(fixture.url("/delay/60000"));
    let (_never_resumed, cancelled, suspended, running, queued) =
        (make(), make(), make(), make(), make());
    check!(session.tasks().is_empty());
    for task in [&cancelled, &suspended, &running, &queued] {
        task.resume();
    }
    suspended.suspend();
    cancelled.cancel();
    let listed: Vec<_> = session.tasks().iter().map(Task::id).collect();
    check_eq!(listed, [suspended.id(), running.id(), queued.id()]);
    for task in [&suspended, &running, &queued] {
        task.cancel();
    }
    check!(session.tasks().is_empty(), "{:?}", session.tasks());
    recorder.all_complete(4).await;
    Ok(())
}

pub(crate) async fn a_finished_one_is_not_listed(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/Nepal")).resume();
    check_eq!(recorder.completion().await, None);
    check!(session.tasks().is_empty(), "{:?}", session.tasks());
    Ok(())
}

pub(crate) async fn dropped_it_goes_on_if_it_was_resumed(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/slow/3/100"));
    task.resume();
    drop(task);
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.body(), b"chunk 0\nchunk 1\nchunk 2\n");
    Ok(())
}

pub(crate) async fn dropped_it_is_cancelled_if_it_was_never_resumed(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    drop(session.data_task(fixture.url("/Nepal")));
    check_eq!(recorder.completion().await, Some(ErrorCode::Cancelled));
    check_eq!(
        recorder.calls(),
        [Call::Complete(Some(ErrorCode::Cancelled))]
    );
    Ok(())
}

pub(crate) async fn a_dropped_future_cancels(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture.session();
    let mut future = session.data_with_delegate(fixture.url("/slow/1000/500"), recorder.clone());
    let began = futures::future::select(&mut future, Box::pin(recorder.called("data"))).await;
    check!(
        matches!(began, futures::future::Either::Right(_)),
        "it ended"
    );
    drop(began);
    drop(future);
    check_eq!(recorder.completion().await, Some(ErrorCode::Cancelled));
    fixture.ground().is_let_go().await
}

pub(crate) async fn a_dropped_stream_cancels(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let (mut chunks, _) = session.bytes(fixture.url("/slow/1000/500")).await?;
    let task = chunks.task();
    check!(chunks.next().await.is_some());
    drop(chunks);
    check_eq!(task.state(), TaskState::Completed);
    check_eq!(
        task.error().map(|error| error.code()),
        Some(ErrorCode::Cancelled)
    );
    fixture.ground().is_let_go().await
}

pub(crate) async fn a_future_that_is_never_polled_sends_nothing(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture.session();
    let future = session.data_with_delegate(fixture.url("/Nepal"), recorder.clone());
    fixture.sleep(A_WHILE).await;
    check!(recorder.calls().is_empty() && session.tasks().is_empty());
    drop(future);
    check_eq!(recorder.completion().await, Some(ErrorCode::Cancelled));
    Ok(())
}

pub(crate) async fn its_request_follows_redirects_and_its_first_one_stays(
    fixture: Fixture,
) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let request = Request::get(fixture.redirect(302, "/Nepal"))?;
    let task = session.data_task(&request);
    check_eq!(task.current_request(), Some(request.clone()));
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(task.original_request(), Some(request));
    check_eq!(
        task.current_request()
            .map(|request| request.url().to_string()),
        Some(fixture.url("/Nepal"))
    );
    Ok(())
}

/// Lets others run once.
async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
