//! What goes wrong on the way, each with its code.

use std::time::Duration;

use urlsession::{ErrorCode, Request};

use crate::report::Step;
use crate::stage::{Stage, fails_with, session_with};

/// The server says nothing for longer than the request allows.
pub(crate) async fn idle(stage: &Stage) -> Step {
    let limit = Duration::from_millis(stage.pace(1000, 200));
    let request = Request::get(stage.origin.url("/delay/60000"))?.with_timeout_interval(limit);
    fails_with(
        ErrorCode::TimedOut,
        session_with(|_| ()).data(request).await,
    )
}

/// The server never falls silent, and the whole takes too long.
pub(crate) async fn resource(stage: &Stage) -> Step {
    let limit = Duration::from_millis(stage.pace(1000, 200));
    let session = session_with(|configuration| {
        configuration.timeout_interval_for_resource = limit;
    });
    let loaded = session.data(stage.origin.url("/endless?every=20")).await;
    fails_with(ErrorCode::TimedOut, loaded)
}

pub(crate) async fn refused(stage: &Stage) -> Step {
    let loaded = session_with(|_| ())
        .data(stage.origin.closed_url("/"))
        .await;
    fails_with(ErrorCode::CannotConnectToHost, loaded)
}

/// One of the origin's ready-made faults.
pub(crate) async fn fault(stage: &Stage, name: &str, code: ErrorCode) -> Step {
    let loaded = session_with(|_| ())
        .data(stage.origin.url(&format!("/fault/{name}")))
        .await;
    fails_with(code, loaded)
}
