//! A session's life, and what its tasks share.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::future::join_all;
use urlsession_core::http::{HeaderName, HeaderValue};
use urlsession_core::{
    Answer, Configuration, Delegate, ErrorCode, SessionInvalidated, TaskState, TlsVersion,
};

use crate::recorder::{Call, Outcome, Recorder};
use crate::{Fixture, Verdict};

pub(crate) async fn finishing_waits_for_those_that_run(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let running = session.data_task(fixture.url("/slow/3/100"));
    running.resume();
    session.finish_tasks_and_invalidate();
    check_eq!(running.state(), TaskState::Running);
    recorder.called("invalid").await;
    check_eq!(
        recorder.names(),
        ["response", "data", "complete", "invalid"]
    );
    check_eq!(recorder.body(), b"chunk 0\nchunk 1\nchunk 2\n");
    Ok(())
}

pub(crate) async fn finishing_cancels_those_never_resumed(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let born = session.data_task(fixture.url("/Nepal"));
    let running = session.data_task(fixture.url("/slow/3/100"));
    running.resume();
    session.finish_tasks_and_invalidate();
    recorder.called("invalid").await;
    check_eq!(
        recorder.calls_of(&born),
        [Call::Complete(Some(ErrorCode::Cancelled))]
    );
    check_eq!(
        recorder.calls_of(&running).last(),
        Some(&Call::Complete(None))
    );
    check_eq!(recorder.calls().last(), Some(&Call::Invalid));
    Ok(())
}

pub(crate) async fn cancelling_ends_each_once_and_then_the_session(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let url = fixture.url("/delay/60000");
    let tasks: Vec<_> = (0..9).map(|_| session.data_task(&url)).collect();
    tasks[1..].iter().for_each(|task| task.resume());
    tasks[1].suspend();
    fixture.sleep(Duration::from_millis(200)).await;
    session.invalidate_and_cancel();
    recorder.called("invalid").await;
    check_eq!(recorder.names(), ["complete", "invalid"]);
    check_eq!(recorder.completions(), 9);
    for task in &tasks {
        let error = task.error();
        check!(
            error.as_ref().is_some_and(|error| error.is_cancelled()),
            "{error:?}"
        );
        let failed = error.as_ref().and_then(|error| error.url());
        check_eq!(failed.map(|failed| failed.as_str()), Some(&*url));
    }
    fixture.ground().is_let_go().await
}

pub(crate) async fn invalid_it_has_no_tasks_and_revives_none(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/delay/60000"));
    task.resume();
    session.invalidate_and_cancel();
    check!(session.tasks().is_empty());
    recorder.called("invalid").await;
    check_eq!(session.task_count(), 0);
    task.resume();
    fixture.sleep(Duration::from_millis(200)).await;
    check_eq!(task.state(), TaskState::Completed);
    check_eq!(recorder.completions(), 1);
    check_eq!(session.task_count(), 0);
    Ok(())
}

pub(crate) async fn invalid_it_lets_its_delegate_go(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let delegate: Arc<dyn Delegate> = Arc::new(recorder.clone());
    let weak: Weak<dyn Delegate> = Arc::downgrade(&delegate);
    let session = fixture
        .builder(Default::default())
        .delegate(delegate)
        .build();
    let task = session.data_task(fixture.url("/delay/60000"));
    task.resume();
    check!(session.delegate().is_some() && weak.upgrade().is_some());
    session.invalidate_and_cancel();
    recorder.called("invalid").await;
    gone(&fixture, &weak).await?;
    check!(session.delegate().is_none());
    drop(task);
    Ok(())
}

/// Waits until nobody holds it: right after the last call has returned.
async fn gone(fixture: &Fixture, weak: &Weak<dyn Delegate>) -> Verdict {
    for _ in 0..200 {
        if weak.strong_count() == 0 {
            return Ok(());
        }
        fixture.sleep(Duration::from_millis(10)).await;
    }
    Err(crate::Failure::new("somebody holds the delegate"))
}

pub(crate) async fn a_task_lets_its_delegate_go_once_complete(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    struct Forwarding(Recorder);
    impl Delegate for Forwarding {
        fn did_complete(
            &self,
            task: &urlsession_core::Task,
            error: Option<&urlsession_core::Error>,
        ) -> Answer<()> {
            self.0.did_complete(task, error)
        }
    }
    let alive = Arc::new(());
    struct Holding(
        Forwarding,
        #[expect(dead_code, reason = "its count is what is looked at")] Arc<()>,
    );
    impl Delegate for Holding {
        fn did_complete(
            &self,
            task: &urlsession_core::Task,
            error: Option<&urlsession_core::Error>,
        ) -> Answer<()> {
            self.0.did_complete(task, error)
        }
    }
    let session = fixture.session();
    let own = Holding(Forwarding(recorder.clone()), alive.clone());
    let task = session.data_task_with_delegate(fixture.url("/Nepal"), own);
    task.resume();
    check_eq!(Arc::strong_count(&alive), 2);
    check_eq!(recorder.completion().await, None);
    for _ in 0..200 {
        if Arc::strong_count(&alive) == 1 {
            return Ok(());
        }
        fixture.sleep(Duration::from_millis(10)).await;
    }
    Err(crate::Failure::new("the task holds its delegate"))
}

pub(crate) async fn a_task_made_too_late_is_an_error(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.finish_tasks_and_invalidate();
    recorder.called("invalid").await;
    let url = fixture.url("/Nepal");
    let task = session.data_task(&url);
    check_eq!(task.state(), TaskState::Completed);
    let error = task.error();
    let cause = error.as_ref().and_then(std::error::Error::source);
    check!(
        cause.is_some_and(|cause| cause.is::<SessionInvalidated>()),
        "{error:?}"
    );
    task.resume();
    check!(session.data(&url).await.is_err() && session.bytes(&url).await.is_err());
    let outcome = Outcome::new();
    let given = outcome.clone();
    session
        .data_task_with(&url, move |result| given.put(result))
        .resume();
    check!(outcome.taken().await.is_err());
    check_eq!(recorder.names(), ["invalid"]);
    Ok(())
}

pub(crate) async fn both_invalidations_may_come_twice(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/delay/60000")).resume();
    session.finish_tasks_and_invalidate();
    session.finish_tasks_and_invalidate();
    session.invalidate_and_cancel();
    session.invalidate_and_cancel();
    recorder.called("invalid").await;
    session.invalidate_and_cancel();
    fixture.sleep(Duration::from_millis(200)).await;
    check_eq!(
        recorder.calls(),
        [Call::Complete(Some(ErrorCode::Cancelled)), Call::Invalid]
    );
    Ok(())
}

pub(crate) async fn dropped_it_finishes_its_tasks(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/slow/3/100")).resume();
    drop(session.clone());
    drop(session);
    recorder.called("invalid").await;
    check_eq!(
        recorder.names(),
        ["response", "data", "complete", "invalid"]
    );
    check_eq!(recorder.body(), b"chunk 0\nchunk 1\nchunk 2\n");
    Ok(())
}

pub(crate) async fn the_shared_one_cannot_be_invalidated(fixture: Fixture) -> Verdict {
    let session = fixture.builder(Default::default()).shared().build();
    session.finish_tasks_and_invalidate();
    session.invalidate_and_cancel();
    check_eq!(
        &session.data(fixture.url("/Nepal")).await?.0[..],
        b"Kathmandu"
    );
    check!(session.delegate().is_none());
    Ok(())
}

pub(crate) async fn two_live_side_by_side(fixture: Fixture) -> Verdict {
    let (first, second) = (Recorder::new(), Recorder::new());
    let one = fixture
        .builder(Default::default())
        .delegate(first.clone())
        .build();
    let other = fixture
        .builder(Default::default())
        .delegate(second.clone())
        .build();
    check!(one != other);
    let slow = one.data_task(fixture.url("/slow/3/100"));
    let endless = other.data_task(fixture.url("/endless?every=50"));
    slow.resume();
    endless.resume();
    second.called("data").await;
    other.invalidate_and_cancel();
    second.called("invalid").await;
    check_eq!(first.completion().await, None);
    check_eq!(&one.data(fixture.url("/Nepal")).await?.0[..], b"Kathmandu");
    check_eq!(first.names(), ["response", "data", "complete"]);
    Ok(())
}

pub(crate) async fn ten_at_once_all_succeed(fixture: Fixture) -> Verdict {
    let done = Outcome::new();
    for _ in 0..10 {
        let (fixture, done) = (fixture.clone(), done.clone());
        fixture.clone().spawn(async move {
            let session = fixture.session();
            done.put(session.data(fixture.url("/Nepal")).await);
        });
    }
    for _ in 0..10 {
        while done.count() == 0 {
            fixture.sleep(Duration::from_millis(5)).await;
        }
        check_eq!(&done.taken().await?.0[..], b"Kathmandu");
    }
    Ok(())
}

pub(crate) async fn rounds_of_three_overlapping_requests_all_finish(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let url = fixture.url("/Nepal");
    for round in 0..fixture.ground().rounds() {
        for result in join_all((0..3).map(|_| session.data(&url))).await {
            check_eq!(&result?.0[..], b"Kathmandu", "round {round}");
        }
    }
    check_eq!(session.task_count(), 0);
    Ok(())
}

fn unusual() -> Configuration {
    let mut configuration = Configuration::ephemeral();
    configuration.timeout_interval_for_request = Duration::from_secs(7);
    configuration.timeout_interval_for_resource = Duration::from_secs(8);
    configuration
        .http_additional_headers
        .insert("x-a", HeaderValue::from_static("1"));
    configuration.http_maximum_connections_per_host = 3;
    configuration.redirect_safe_headers = vec![HeaderName::from_static("x-b")];
    configuration.tls_minimum_supported_protocol_version = TlsVersion::Tls13;
    configuration.assumes_http2_capable = true;
    configuration
}

pub(crate) async fn a_configuration_is_read_back_as_it_was_set(fixture: Fixture) -> Verdict {
    let default = Configuration::default();
    check_eq!(
        default.timeout_interval_for_request,
        Duration::from_secs(60)
    );
    check_eq!(
        default.timeout_interval_for_resource,
        Duration::from_secs(604_800)
    );
    check_eq!(default.http_maximum_connections_per_host, 6);
    check!(default.http_additional_headers.is_empty() && !default.is_ephemeral);
    let configuration = unusual();
    let stored: Configuration = serde_json::from_str(&serde_json::to_string(&configuration)?)?;
    check_eq!(stored, configuration);
    check_eq!(
        *fixture
            .builder(configuration.clone())
            .build()
            .configuration(),
        configuration
    );
    Ok(())
}

pub(crate) async fn a_configuration_is_copied(fixture: Fixture) -> Verdict {
    let mut configuration = Configuration::default();
    configuration
        .http_additional_headers
        .insert("x-a", HeaderValue::from_static("as made"));
    let session = fixture.builder(configuration.clone()).build();
    configuration
        .http_additional_headers
        .insert("x-a", HeaderValue::from_static("edited"));
    let (body, _) = session.data(fixture.url("/jsonBody")).await?;
    check_eq!(crate::echo::Echo::of(&body)?.header("x-a"), Some("as made"));
    Ok(())
}

pub(crate) async fn reset_and_flush_leave_what_is_under_way(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/slow/3/100")).resume();
    recorder.called("data").await;
    session.reset().await;
    session.flush().await;
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.body(), b"chunk 0\nchunk 1\nchunk 2\n");
    check_eq!(
        &session.data(fixture.url("/Nepal")).await?.0[..],
        b"Kathmandu"
    );
    Ok(())
}
