//! Sees to it that there is a network for the hop, one that may be used: fails, or waits for it.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use crate::load::send::{Hop, send};
use crate::policy::connectivity::{Obstacle, lacks_network, obstacle, patience};
use crate::seams::app::{App, Notice};
use crate::seams::asking::told;
use crate::seams::network::NetworkMonitor;
use crate::seams::transport::HopResponse;
use crate::words::error::{Error, ErrorCode};
use crate::words::network::{Forbidden, NetworkPath, NetworkStatus, NoNetworkPath};

/// True where nothing can be in the hop's way, as far as is known, and nothing would be waited for: it may be sent as it is.
pub(crate) fn is_clear<A: App>(app: &A, hop: &Hop) -> bool {
    !is_choosy(app, hop) && reported(app).is_plain()
}

/// True when the hop may be made now, as far as is known.
#[cfg(feature = "cache")]
pub(crate) fn is_open<A: App>(app: &A, hop: &Hop) -> bool {
    is_clear(app, hop) || in_the_way(app, hop, reported(app)).is_none()
}

/// Fails where there is no network, for one that neither waits for any nor objects to one.
pub(crate) async fn check_path<A: App>(app: &A, hop: &Hop) -> Result<(), Error> {
    let Some(monitor) = &app.platform().network else {
        return Ok(());
    };
    let is_near = || hop.request.origin().is_none_or(|it| it.is_this_machine());
    let status = monitor.settled().await.status;
    match status == NetworkStatus::Unsatisfied && !is_near() {
        true => Err(NoNetworkPath.into()),
        false => Ok(()),
    }
}

/// Makes the hop once there is a way, where it [is choosy](is_choosy).
///
/// All this is about connecting. A transport that finds no route is heard as well, for a platform may know nothing of paths, or
/// know it late: the attempt is made again when the path changes, and now and then.
pub(crate) async fn reach<A: App>(app: &A, hop: &Hop) -> Result<HopResponse, Error> {
    let waits = app.configuration().waits_for_connectivity;
    let mut attempts = 0_u32;
    let mut failure = None;
    loop {
        if let Some(monitor) = &app.platform().network {
            find_path(app, hop, monitor).await?;
        }
        let before = reported(app);
        match send(app, hop).await {
            Err(error) if waits && is_out_of_reach(app, hop, &error) => {
                pause(app, before, attempts).await?;
                failure = Some(error);
                attempts = attempts.saturating_add(1);
            }
            // The attempt took the body with it, and nobody can make it again.
            Err(error) if error.code() == ErrorCode::RequestBodyStreamExhausted => {
                return Err(failure.unwrap_or(error));
            }
            answer => return answer,
        }
    }
}

/// Waits for a path that may be used; without waiting, the lack of one is an error.
async fn find_path<A: App>(
    app: &A,
    hop: &Hop,
    monitor: &Arc<dyn NetworkMonitor>,
) -> Result<(), Error> {
    let mut path = monitor.settled().await;
    let Some(obstacle) = in_the_way(app, hop, path) else {
        return Ok(());
    };
    if !app.configuration().waits_for_connectivity {
        return Err(obstacle.into());
    }
    tell(app).await?;
    while in_the_way(app, hop, path).is_some() {
        app.leave_origin();
        while in_the_way(app, hop, path).is_some() {
            path = monitor.changed(path).await;
        }
        app.return_to_origin().await;
        path = monitor.path();
    }
    Ok(())
}

/// Waits until another attempt makes sense: the path is another than `before`, or time has passed.
async fn pause<A: App>(app: &A, before: NetworkPath, attempts: u32) -> Result<(), Error> {
    tell(app).await?;
    app.leave_origin();
    let platform = app.platform();
    let again_at = platform.runtime.now() + patience(attempts);
    let mut sleep = platform.runtime.sleep_until(again_at);
    let mut changed = platform.network.as_ref().map(|it| it.changed(before));
    poll_fn(|context| {
        let is_other = changed
            .as_mut()
            .is_some_and(|changed| changed.as_mut().poll(context).is_ready());
        match is_other || sleep.as_mut().poll(context).is_ready() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    app.return_to_origin().await;
    Ok(())
}

/// Tells the app that its task waits, once a task.
async fn tell<A: App>(app: &A) -> Result<(), Error> {
    match app.begins_to_wait_for_connectivity() {
        true => told(app.notify(Notice::WaitingForConnectivity)).await,
        false => Ok(()),
    }
}

fn in_the_way<A: App>(app: &A, hop: &Hop, path: NetworkPath) -> Option<Obstacle> {
    let origin = hop.request.origin()?;
    obstacle(path, forbidden(app, hop), || origin.is_this_machine())
}

fn is_out_of_reach<A: App>(app: &A, hop: &Hop, error: &Error) -> bool {
    let request = &hop.request;
    let tells = app.platform().transport.capabilities().distinct_errors;
    let origin = request.origin();
    origin.is_some_and(|origin| {
        lacks_network(error, || origin.is_this_machine(), request.method(), tells)
    })
}

/// True when the session waits for networks, or not every one may be used.
pub(crate) fn is_choosy<A: App>(app: &A, hop: &Hop) -> bool {
    app.configuration().waits_for_connectivity || !forbidden(app, hop).is_nothing()
}

/// What the session forbids, and the request beside it.
fn forbidden<A: App>(app: &A, hop: &Hop) -> Forbidden {
    app.configuration().forbidden().and(hop.request.forbidden())
}

fn reported<A: App>(app: &A) -> NetworkPath {
    let monitor = app.platform().network.as_ref();
    monitor.map_or(NetworkPath::UNKNOWN, |monitor| monitor.path())
}
