//! How a protocol's load ends: odd sequences, panics, no end at all, and when it is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{StreamExt, stream};
use urlsession_core::http::StatusCode;
use urlsession_core::{
    Answer, ErrorCode, ProtocolEvents, ProtocolFn, Request, ResponseDisposition, UrlProtocol,
};

use crate::cases::protocols::{Script, Scripted, data, recording, redirect, serving, status};
use crate::recorder::{Gate, Outcome, Recorder};
use crate::{Fixture, Verdict};

pub(crate) async fn a_failure_comes_once_whatever_follows(fixture: Fixture) -> Verdict {
    let scripts: [Script; 3] = [
        |_| vec![Err(ErrorCode::NetworkConnectionLost.into())],
        |request| {
            let lost = || Err(ErrorCode::NetworkConnectionLost.into());
            vec![lost(), status(request, 200), data("late"), lost()]
        },
        |request| {
            let lost = Err(ErrorCode::NetworkConnectionLost.into());
            vec![status(request, 200), lost, data("late")]
        },
    ];
    for (script, begins) in scripts.into_iter().zip([false, false, true]) {
        let recorder = Recorder::new();
        let session = recording(&fixture, &recorder, Scripted::new("app", script));
        let task = session.data_task("app:a");
        task.resume();
        check_eq!(
            recorder.completion().await,
            Some(ErrorCode::NetworkConnectionLost)
        );
        session.finish_tasks_and_invalidate();
        recorder.called("invalid").await;
        check_eq!(recorder.completions(), 1);
        check_eq!(task.response().is_some(), begins);
        check!(recorder.body().is_empty());
        let error = task.error();
        let url = error.as_ref().and_then(|error| error.url());
        check_eq!(url.map(|url| url.as_str()), Some("app:a"));
    }
    Ok(())
}

pub(crate) async fn without_a_response_it_is_a_success(fixture: Fixture) -> Verdict {
    let scripts: [(Script, &str); 2] = [
        (|_| vec![], ""),
        (|_| vec![data("data"), data(" first")], "data first"),
    ];
    for (script, expected) in scripts {
        let session = serving(&fixture, Scripted::new("app", script));
        let (body, response) = session.data("app:a").await?;
        check_eq!(body, expected);
        check_eq!(response.status(), StatusCode::OK);
        check_eq!(response.url().as_str(), "app:a");
        check!(response.headers().is_empty());
    }
    Ok(())
}

pub(crate) async fn a_second_head_is_an_error(fixture: Fixture) -> Verdict {
    let scripts: [Script; 3] = [
        |request| vec![status(request, 200), status(request, 200)],
        |request| vec![data("a"), status(request, 200)],
        |request| vec![status(request, 200), redirect(request, "app:b")],
    ];
    for script in scripts {
        let session = serving(&fixture, Scripted::new("app", script));
        let error = fails!(session.data("app:a").await);
        check_eq!(error.code(), ErrorCode::BadServerResponse);
    }
    Ok(())
}

/// Panics at a stage that the URL names.
struct Panicking;

impl UrlProtocol for Panicking {
    fn can_init(&self, request: &Request) -> bool {
        assert!(request.url().path() != "asked", "on purpose");
        true
    }

    fn canonical_request(&self, request: Request) -> Request {
        assert!(request.url().path() != "canonical", "on purpose");
        request
    }

    fn start_loading(&self, request: Request) -> ProtocolEvents {
        assert!(request.url().path() != "started", "on purpose");
        ProtocolEvents::driven(async move |mut client| {
            assert!(request.url().path() != "before", "on purpose");
            client.did_load("data").await?;
            std::panic::panic_any("on purpose")
        })
    }
}

pub(crate) async fn a_panic_ends_its_task_once(fixture: Fixture) -> Verdict {
    for url in [
        "app:asked",
        "app:canonical",
        "app:started",
        "app:before",
        "app:after",
    ] {
        let recorder = Recorder::new();
        let session = recording(&fixture, &recorder, Panicking);
        let task = session.data_task(url);
        task.resume();
        check_eq!(
            recorder.completion().await,
            Some(ErrorCode::Unknown),
            "{url}"
        );
        let error = task.error();
        let failed = error.as_ref().and_then(|error| error.url());
        check_eq!(failed.map(|failed| failed.as_str()), Some(url));
        session.finish_tasks_and_invalidate();
        recorder.called("invalid").await;
        check_eq!(recorder.completions(), 1, "{url}");
    }
    Ok(())
}

/// Says when it is let go.
pub(crate) struct LetGo(pub(crate) Gate);

impl Drop for LetGo {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// Serves `app:head` without a head, everything else without an end.
fn endless(let_go: &Gate) -> impl UrlProtocol + use<> {
    let gate = let_go.clone();
    ProtocolFn::scheme("app", move |request: Request, mut client| {
        let guard = LetGo(gate.clone());
        async move {
            if request.url().path() != "head" {
                client.did_load("begun").await?;
            }
            Gate::default().opened().await;
            drop(guard);
            Ok(())
        }
    })
}

pub(crate) async fn one_that_never_ends_times_out(fixture: Fixture) -> Verdict {
    for url in ["app:head", "app:body"] {
        let let_go = Gate::default();
        let builder = fixture.builder_of(|configuration| {
            configuration.timeout_interval_for_request = Duration::from_millis(300);
        });
        let session = builder.protocol(endless(&let_go)).build();
        let error = fails!(session.data(url).await);
        check_eq!(error.code(), ErrorCode::TimedOut, "{url}");
        let_go.opened().await;
    }
    Ok(())
}

pub(crate) async fn cancelled_it_is_let_go(fixture: Fixture) -> Verdict {
    for url in ["app:head", "app:body"] {
        let (let_go, recorder) = (Gate::default(), Recorder::new());
        let session = recording(&fixture, &recorder, endless(&let_go));
        let task = session.data_task(url);
        task.resume();
        fixture.sleep(Duration::from_millis(50)).await;
        task.cancel();
        check_eq!(recorder.completion().await, Some(ErrorCode::Cancelled));
        let_go.opened().await;
    }
    Ok(())
}

pub(crate) async fn invalidated_or_disposed_of_it_is_let_go(fixture: Fixture) -> Verdict {
    let (let_go, recorder) = (Gate::default(), Recorder::new());
    let session = recording(&fixture, &recorder, endless(&let_go));
    session.data_task("app:body").resume();
    recorder.called("data").await;
    session.invalidate_and_cancel();
    recorder.called("invalid").await;
    let_go.opened().await;
    check_eq!(recorder.completions(), 1);

    let let_go = Gate::default();
    let recorder = Recorder::new().on_response(|_, _, _| ResponseDisposition::Cancel.into());
    let session = recording(&fixture, &recorder, endless(&let_go));
    session.data_task("app:body").resume();
    check_eq!(recorder.completion().await, Some(ErrorCode::Cancelled));
    let_go.opened().await;
    Ok(())
}

/// Always has one more piece; opens the gate at the thousandth.
fn unstoppable(thousandth: &Gate, pulled: &Arc<AtomicUsize>) -> impl UrlProtocol + use<> {
    let (gate, pulled) = (thousandth.clone(), pulled.clone());
    Unstoppable(gate, pulled)
}

struct Unstoppable(Gate, Arc<AtomicUsize>);

impl UrlProtocol for Unstoppable {
    fn can_init(&self, request: &Request) -> bool {
        request.url().scheme() == "app"
    }

    fn start_loading(&self, _: Request) -> ProtocolEvents {
        let (gate, pulled) = (self.0.clone(), self.1.clone());
        ProtocolEvents::new(stream::repeat_with(move || {
            if pulled.fetch_add(1, Ordering::Relaxed) == 1000 {
                gate.open();
            }
            data("more")
        }))
    }
}

pub(crate) async fn one_that_always_has_more_can_be_cancelled(fixture: Fixture) -> Verdict {
    let (thousandth, outcome) = (Gate::default(), Outcome::new());
    let session = serving(&fixture, unstoppable(&thousandth, &Arc::default()));
    let given = outcome.clone();
    let task = session.data_task_with("app:a", move |result| given.put(result));
    task.resume();
    thousandth.opened().await;
    task.cancel();
    check_eq!(fails!(outcome.taken().await).code(), ErrorCode::Cancelled);
    Ok(())
}

pub(crate) async fn unread_or_suspended_its_events_wait(fixture: Fixture) -> Verdict {
    let pulled = Arc::<AtomicUsize>::default();
    let session = serving(&fixture, unstoppable(&Gate::default(), &pulled));
    let (mut chunks, _) = session.bytes("app:a").await?;
    for _ in 0..3 {
        check_eq!(chunks.next().await.transpose()?, Some("more".into()));
        fixture.sleep(Duration::from_millis(20)).await;
    }
    check_eq!(pulled.load(Ordering::Relaxed), 3);
    drop(chunks);

    let pulled = Arc::<AtomicUsize>::default();
    let recorder = Recorder::new().on_data(|_, task, _| {
        task.suspend();
        Answer::Unhandled
    });
    let session = recording(&fixture, &recorder, unstoppable(&Gate::default(), &pulled));
    let task = session.data_task("app:a");
    task.resume();
    recorder.called("data").await;
    fixture.sleep(Duration::from_millis(50)).await;
    check_eq!(pulled.load(Ordering::Relaxed), 1);
    task.resume();
    recorder.until(|calls| calls.len() >= 3).await;
    task.cancel();
    recorder.completion().await;
    Ok(())
}

pub(crate) async fn a_client_can_be_handed_on(fixture: Fixture) -> Verdict {
    let (working, stopped) = (fixture.clone(), Outcome::new());
    let given = stopped.clone();
    let protocol = ProtocolFn::scheme("app", move |request: Request, mut client| {
        let (fixture, stopped) = (working.clone(), given.clone());
        working.spawn(async move {
            for sent in 0.. {
                fixture.sleep(Duration::from_millis(5)).await;
                if request.url().path() == "three" && sent == 3 {
                    return;
                }
                if let Err(error) = client.did_load("ab").await {
                    return stopped.put(error.code());
                }
            }
        });
        std::future::ready(Ok(()))
    });
    let session = serving(&fixture, protocol);
    let (body, _) = session.data("app:three").await?;
    check_eq!(&body[..], b"ababab");
    let (mut chunks, _) = session.bytes("app:endless").await?;
    check_eq!(chunks.next().await.transpose()?, Some("ab".into()));
    check_eq!(stopped.count(), 0);
    drop(chunks);
    check_eq!(stopped.taken().await, ErrorCode::Cancelled);
    Ok(())
}
