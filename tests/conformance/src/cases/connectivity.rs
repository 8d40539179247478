//! Waiting for a network, and paths that may not be used. The cases say what the network is like.

use std::error::Error as _;
use std::time::Duration;

use futures::StreamExt;
use urlsession_core::{
    Configuration, Error, ErrorCode, NetworkKind, NetworkPath, NetworkPaths, NetworkStatus,
    NetworkUnavailableReason, ReportedNetwork, Request, Session, TaskState,
};

use crate::recorder::Recorder;
use crate::{Fixture, Verdict};

const WIFI: NetworkPath = NetworkPath::satisfied(NetworkKind::Wifi);
const CELLULAR: NetworkPath = NetworkPath::satisfied(NetworkKind::Cellular);
const GONE: NetworkPath = NetworkPath::unsatisfied();

/// A server that is not on this machine, and that no case reaches.
const FAR: &str = "http://nobody-has-this-name.invalid/";

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn waiting(configuration: &mut Configuration) {
    configuration.waits_for_connectivity = true;
}

/// A session on this network, told to the recorder.
fn session(
    fixture: &Fixture,
    (network, recorder): (&ReportedNetwork, &Recorder),
    edit: impl FnOnce(&mut Configuration),
) -> Session {
    let builder = fixture.builder_of(edit).delegate(recorder.clone());
    builder.network_monitor(network.clone()).build()
}

fn named(fixture: &Fixture, path: &str) -> String {
    let base = fixture.sites().named.as_deref().unwrap_or_default();
    format!("{base}{path}")
}

fn reason(error: &Error) -> Option<NetworkUnavailableReason> {
    error.source()?.downcast_ref().copied()
}

pub(crate) async fn without_a_network_a_task_fails_at_once(fixture: Fixture) -> Verdict {
    let (network, recorder) = (ReportedNetwork::new(GONE), Recorder::new());
    let session = session(&fixture, (&network, &recorder), |_| ());
    session.data_task(FAR).resume();
    check_eq!(
        recorder.completion().await,
        Some(ErrorCode::NotConnectedToInternet)
    );
    check_eq!(recorder.names(), ["complete"]);
    Ok(())
}

pub(crate) async fn a_task_waits_for_a_network_and_goes_on(fixture: Fixture) -> Verdict {
    let (network, recorder) = (ReportedNetwork::new(GONE), Recorder::new());
    let session = session(&fixture, (&network, &recorder), waiting);
    session.data_task(named(&fixture, "/Nepal")).resume();
    recorder.called("waiting").await;
    fixture.sleep(ms(300)).await;
    check_eq!(recorder.names(), ["waiting"]);
    network.report(WIFI);
    check_eq!(recorder.completion().await, None);
    check_eq!(
        recorder.names(),
        ["waiting", "response", "data", "complete"]
    );
    check_eq!(&recorder.body()[..], b"Kathmandu");
    Ok(())
}

pub(crate) async fn cancelled_while_it_waits_it_ends(fixture: Fixture) -> Verdict {
    let (network, recorder) = (ReportedNetwork::new(GONE), Recorder::new());
    let session = session(&fixture, (&network, &recorder), waiting);
    let task = session.data_task(FAR);
    task.resume();
    recorder.called("waiting").await;
    check_eq!(task.state(), TaskState::Running);
    task.cancel();
    check_eq!(recorder.completion().await, Some(ErrorCode::Cancelled));
    check_eq!(recorder.names(), ["waiting", "complete"]);
    Ok(())
}

pub(crate) async fn suspended_while_it_waits_it_goes_on_when_resumed(fixture: Fixture) -> Verdict {
    let (network, recorder) = (ReportedNetwork::new(GONE), Recorder::new());
    let session = session(&fixture, (&network, &recorder), waiting);
    let task = session.data_task(named(&fixture, "/Nepal"));
    task.resume();
    recorder.called("waiting").await;
    task.suspend();
    network.report(WIFI);
    fixture.sleep(ms(300)).await;
    check_eq!(recorder.names(), ["waiting"]);
    task.resume();
    check_eq!(recorder.completion().await, None);
    Ok(())
}

pub(crate) async fn the_resource_limit_ends_the_wait(fixture: Fixture) -> Verdict {
    let (network, recorder) = (ReportedNetwork::new(GONE), Recorder::new());
    let session = session(&fixture, (&network, &recorder), |configuration| {
        waiting(configuration);
        configuration.timeout_interval_for_request = ms(100);
        configuration.timeout_interval_for_resource = ms(700);
    });
    let before = fixture.now();
    session.data_task(FAR).resume();
    check_eq!(recorder.completion().await, Some(ErrorCode::TimedOut));
    let passed = fixture.now() - before;
    check!(passed >= ms(690), "after {passed:?}");
    Ok(())
}

pub(crate) async fn those_that_wait_keep_no_place(fixture: Fixture) -> Verdict {
    let (network, recorder) = (ReportedNetwork::new(CELLULAR), Recorder::new());
    let session = session(&fixture, (&network, &recorder), |configuration| {
        waiting(configuration);
        configuration.http_maximum_connections_per_host = 1;
    });
    let url = named(&fixture, "/Nepal");
    let picky = Request::get(&url)?.with_allows_cellular_access(false);
    let task = session.data_task(picky);
    task.resume();
    recorder.called("waiting").await;
    check_eq!(&session.data(&url).await?.0[..], b"Kathmandu");
    check_eq!(recorder.names(), ["waiting"]);
    network.report(WIFI);
    check_eq!(recorder.completion().await, None);
    Ok(())
}

pub(crate) async fn a_forbidden_path_is_an_error_with_its_reason(fixture: Fixture) -> Verdict {
    use NetworkUnavailableReason::{Cellular, Constrained, Expensive};
    type Forbid = fn(&mut Configuration);
    let rows: [(NetworkPath, Forbid, _); 3] = [
        (CELLULAR, |it| it.allows_cellular_access = false, Cellular),
        (
            WIFI.expensive(),
            |it| it.allows_expensive_network_access = false,
            Expensive,
        ),
        (
            WIFI.constrained(),
            |it| it.allows_constrained_network_access = false,
            Constrained,
        ),
    ];
    for (path, forbid, expected) in rows {
        let (network, recorder) = (ReportedNetwork::new(path), Recorder::new());
        let session = session(&fixture, (&network, &recorder), forbid);
        let error = fails!(session.data(FAR).await);
        check_eq!(error.code(), ErrorCode::DataNotAllowed);
        check_eq!(reason(&error), Some(expected));
        check_eq!(error.url().map(|url| url.as_str()), Some(FAR));
        check_eq!(recorder.names(), [""; 0]);
    }
    Ok(())
}

pub(crate) async fn a_forbidden_path_is_waited_out(fixture: Fixture) -> Verdict {
    let (network, recorder) = (ReportedNetwork::new(CELLULAR), Recorder::new());
    let session = session(&fixture, (&network, &recorder), |configuration| {
        waiting(configuration);
        configuration.allows_cellular_access = false;
    });
    session.data_task(named(&fixture, "/Nepal")).resume();
    recorder.called("waiting").await;
    network.report(GONE);
    fixture.sleep(ms(100)).await;
    network.report(WIFI);
    check_eq!(recorder.completion().await, None);
    check_eq!(
        recorder.names(),
        ["waiting", "response", "data", "complete"]
    );
    Ok(())
}

pub(crate) async fn a_request_forbids_more_and_allows_no_more(fixture: Fixture) -> Verdict {
    let (network, recorder) = (ReportedNetwork::new(CELLULAR), Recorder::new());
    let lax = session(&fixture, (&network, &recorder), |_| ());
    let strict = session(&fixture, (&network, &recorder), |configuration| {
        configuration.allows_cellular_access = false;
    });
    for (session, allows) in [(&lax, false), (&strict, true), (&strict, false)] {
        let request = Request::get(FAR)?.with_allows_cellular_access(allows);
        let error = fails!(session.data(request).await);
        check_eq!(error.code(), ErrorCode::DataNotAllowed);
    }
    Ok(())
}

pub(crate) async fn this_machine_needs_no_network(fixture: Fixture) -> Verdict {
    let (network, recorder) = (ReportedNetwork::new(GONE), Recorder::new());
    let session = session(&fixture, (&network, &recorder), waiting);
    let (body, _) = session.data(fixture.url("/Nepal")).await?;
    check_eq!(&body[..], b"Kathmandu");
    check_eq!(recorder.names(), [""; 0]);
    Ok(())
}

pub(crate) async fn a_server_that_refuses_is_not_waited_for(fixture: Fixture) -> Verdict {
    let (network, recorder) = (ReportedNetwork::new(WIFI), Recorder::new());
    let session = session(&fixture, (&network, &recorder), waiting);
    session
        .data_task(format!("{}/", fixture.sites().closed))
        .resume();
    let code = recorder.completion().await;
    check!(
        code.is_some() && recorder.names() == ["complete"],
        "{code:?}"
    );
    Ok(())
}

pub(crate) async fn the_stream_of_paths_tells_each_change(_: Fixture) -> Verdict {
    let network = ReportedNetwork::new(GONE);
    let mut paths = NetworkPaths::of(std::sync::Arc::new(network.clone()));
    for path in [GONE, WIFI, WIFI.expensive(), CELLULAR] {
        network.report(path);
        check_eq!(paths.next().await, Some(path));
    }
    Ok(())
}

pub(crate) async fn the_platform_tells_its_path(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let Some(monitor) = session.platform().network.clone() else {
        return Err(crate::Failure::new("the platform has no monitor"));
    };
    let path = monitor.settled().await;
    check!(path.status != NetworkStatus::Unknown || path == NetworkPath::UNKNOWN);
    check_eq!(session.network_path().status, path.status);
    Ok(())
}

pub(crate) async fn what_the_platform_does_not_tell_is_allowed(fixture: Fixture) -> Verdict {
    let session = fixture.session_of(|configuration| {
        configuration.allows_cellular_access = false;
        configuration.allows_expensive_network_access = false;
    });
    let (body, _) = session.data(fixture.url("/Nepal")).await?;
    check_eq!(&body[..], b"Kathmandu");
    let path = session.network_path();
    check!(
        !path.is_expensive && path.kind == NetworkKind::Unknown,
        "{path:?}"
    );
    Ok(())
}
