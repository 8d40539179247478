//! The idle timer and the resource timer.

use std::time::Duration;

use futures::StreamExt;
use urlsession_core::{Answer, ErrorCode, Request, Session};

use crate::recorder::Recorder;
use crate::{Fixture, Verdict};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn idling(fixture: &Fixture, idle: Duration) -> Session {
    fixture.session_of(|configuration| configuration.timeout_interval_for_request = idle)
}

pub(crate) async fn a_fast_reply_is_in_time(fixture: Fixture) -> Verdict {
    let (body, _) = idling(&fixture, ms(5000))
        .data(fixture.url("/Nepal"))
        .await?;
    check_eq!(&body[..], b"Kathmandu");
    Ok(())
}

pub(crate) async fn the_requests_limit_goes_before_the_sessions(fixture: Fixture) -> Verdict {
    let session = idling(&fixture, ms(30_000));
    let before = fixture.now();
    let request = Request::get(fixture.url("/Nepal"))?.header("x-pause", "5")?;
    let error = fails!(session.data(request.with_timeout_interval(ms(400))).await);
    check_eq!(error.code(), ErrorCode::TimedOut);
    let passed = fixture.now() - before;
    check!((ms(390)..ms(4000)).contains(&passed), "after {passed:?}");
    Ok(())
}

pub(crate) async fn the_sessions_limit_holds_without_the_requests(fixture: Fixture) -> Verdict {
    let error = fails!(
        idling(&fixture, ms(400))
            .data(fixture.url("/delay/5000"))
            .await
    );
    check_eq!(error.code(), ErrorCode::TimedOut);
    check_eq!(
        error.url().map(|url| url.to_string()),
        Some(fixture.url("/delay/5000"))
    );
    fixture.ground().is_let_go().await
}

pub(crate) async fn a_connection_that_is_not_accepted_times_out(fixture: Fixture) -> Verdict {
    let url = format!(
        "{}/Nepal",
        fixture.sites().unaccepting.as_deref().unwrap_or_default()
    );
    let error = fails!(idling(&fixture, ms(400)).data(url).await);
    check_eq!(error.code(), ErrorCode::TimedOut);
    Ok(())
}

pub(crate) async fn each_byte_restarts_the_idle_timer(fixture: Fixture) -> Verdict {
    let (body, _) = idling(&fixture, ms(700))
        .data(fixture.url("/slow/5/250"))
        .await?;
    check_eq!(body.len(), "chunk 0\n".len() * 5);
    Ok(())
}

pub(crate) async fn a_stall_in_the_body_times_out(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let builder =
        fixture.builder_of(|configuration| configuration.timeout_interval_for_request = ms(2000));
    let session = builder.delegate(recorder.clone()).build();
    session
        .data_task(fixture.url("/fault/stall-mid-body"))
        .resume();
    check_eq!(recorder.completion().await, Some(ErrorCode::TimedOut));
    check_eq!(recorder.names(), ["response", "data", "complete"]);
    Ok(())
}

pub(crate) async fn the_resource_limit_holds_though_bytes_flow(fixture: Fixture) -> Verdict {
    let session =
        fixture.session_of(|configuration| configuration.timeout_interval_for_resource = ms(500));
    let before = fixture.now();
    let error = fails!(session.data(fixture.url("/endless?every=50")).await);
    check_eq!(error.code(), ErrorCode::TimedOut);
    let passed = fixture.now() - before;
    check!(passed >= ms(490), "after {passed:?}");
    fixture.ground().is_let_go().await
}

pub(crate) async fn the_resource_limit_spans_redirects(fixture: Fixture) -> Verdict {
    let session =
        fixture.session_of(|configuration| configuration.timeout_interval_for_resource = ms(1000));
    // Each hop alone is in time.
    let request = Request::get(fixture.url("/redirect/10"))?.header("x-pause", "0.3")?;
    let error = fails!(session.data(request).await);
    check_eq!(error.code(), ErrorCode::TimedOut);
    Ok(())
}

pub(crate) async fn each_hop_restarts_the_idle_timer(fixture: Fixture) -> Verdict {
    let session = idling(&fixture, ms(900));
    let request = Request::get(fixture.url("/redirect/4?to=/Nepal"))?.header("x-pause", "0.3")?;
    check_eq!(&session.data(request).await?.0[..], b"Kathmandu");
    Ok(())
}

pub(crate) async fn suspended_both_timers_stand_still(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_response(|_, task, _| {
        task.suspend();
        Answer::Unhandled
    });
    let builder = fixture.builder_of(|configuration| {
        configuration.timeout_interval_for_request = ms(600);
        configuration.timeout_interval_for_resource = ms(1500);
    });
    let session = builder.delegate(recorder.clone()).build();
    let task = session.data_task(fixture.url("/slow/3/50"));
    task.resume();
    recorder.called("response").await;
    fixture.sleep(ms(2500)).await;
    check_eq!(recorder.names(), ["response"]);
    task.resume();
    check_eq!(recorder.completion().await, None);
    Ok(())
}

pub(crate) async fn asked_the_idle_timer_stands_still(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_response(|recorder, _, _| {
        Answer::Later({
            let opened = recorder.gate().opened();
            Box::pin(async move {
                opened.await;
                None
            })
        })
    });
    let builder =
        fixture.builder_of(|configuration| configuration.timeout_interval_for_request = ms(500));
    let session = builder.delegate(recorder.clone()).build();
    session.data_task(fixture.url("/slow/3/50")).resume();
    recorder.called("response").await;
    fixture.sleep(ms(1500)).await;
    recorder.gate().open();
    check_eq!(recorder.completion().await, None);
    Ok(())
}

pub(crate) async fn asked_the_resource_timer_runs(fixture: Fixture) -> Verdict {
    let recorder =
        Recorder::new().on_response(|_, _, _| Answer::Later(Box::pin(std::future::pending())));
    let builder =
        fixture.builder_of(|configuration| configuration.timeout_interval_for_resource = ms(700));
    let session = builder.delegate(recorder.clone()).build();
    session.data_task(fixture.url("/slow/3/50")).resume();
    check_eq!(recorder.completion().await, Some(ErrorCode::TimedOut));
    check_eq!(recorder.names(), ["response", "complete"]);
    Ok(())
}

pub(crate) async fn between_chunks_that_nobody_wants_the_idle_timer_stands_still(
    fixture: Fixture,
) -> Verdict {
    let (chunks, _) = idling(&fixture, ms(500))
        .bytes(fixture.url("/slow/3/50"))
        .await?;
    fixture.sleep(ms(1500)).await;
    let chunks = chunks
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    check_eq!(chunks.concat(), b"chunk 0\nchunk 1\nchunk 2\n");
    Ok(())
}

pub(crate) async fn the_idle_timer_does_not_run_in_the_queue(fixture: Fixture) -> Verdict {
    let session = fixture.session_of(|configuration| {
        configuration.timeout_interval_for_request = ms(900);
        configuration.http_maximum_connections_per_host = 1;
    });
    let first = session.data(fixture.url("/slow/5/300"));
    let second = session.data(fixture.url("/Nepal"));
    let (first, second) = futures::future::join(first, second).await;
    check_eq!(first?.0.len(), 40);
    check_eq!(&second?.0[..], b"Kathmandu");
    Ok(())
}

pub(crate) async fn the_resource_timer_covers_the_queue(fixture: Fixture) -> Verdict {
    let session = fixture.session_of(|configuration| {
        configuration.timeout_interval_for_resource = ms(700);
        configuration.http_maximum_connections_per_host = 1;
    });
    let recorder = Recorder::new();
    let first = session.data_task_with(fixture.url("/endless?every=50"), |_| ());
    first.resume();
    let queued =
        session.data_task_with_delegate(fixture.url("/endless?every=50"), recorder.clone());
    queued.resume();
    check_eq!(recorder.completion().await, Some(ErrorCode::TimedOut));
    check!(
        recorder.names() == ["complete"] || recorder.names() == ["response", "data", "complete"]
    );
    Ok(())
}
