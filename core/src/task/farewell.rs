//! Uploads with which nobody will go on.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{self, Either};

use crate::policy::upload::cancelling;
use crate::seams::exchange::ExchangeEvents;
use crate::seams::transport::{Affinity, HopBody, HopRequest};
use crate::task::shared::TaskShared;
use crate::words::request::Request;
use crate::words::target::Target;

/// How long a server has to take note of it.
const FAREWELL_TIME: Duration = Duration::from_secs(10);

/// Has the server forget what it has (draft-ietf-httpbis-resumable-upload section 4.5). Whether it does changes nothing here.
pub(super) fn say_farewell(task: &Arc<TaskShared>) {
    let Some((request, left_home)) = farewell(task) else {
        return;
    };
    let Some(target) = request.target().cloned() else {
        return;
    };
    let session = task.session();
    let (platform, runtime) = (&session.platform, session.runtime().clone());
    let exchange = platform.transport.exchange(
        HopRequest {
            method: request.method().clone(),
            target,
            headers: session.fields.of_hop(&request, left_home),
            body: HopBody::Empty,
            affinity: Affinity::Any,
            hints: Default::default(),
            properties: request.properties().clone(),
        },
        ExchangeEvents::detached(runtime.clone()),
    );
    let sleep = runtime.sleep_until(runtime.now() + FAREWELL_TIME);
    runtime.spawn(Box::pin(async move {
        // Only the head matters: what comes with it goes with the connection.
        if let Either::Left((answer, _)) = future::select(exchange, sleep).await {
            drop(answer);
        }
    }));
}

/// The request, and whether it goes elsewhere than the app's.
fn farewell(task: &TaskShared) -> Option<(Request, bool)> {
    let request = task.request()?;
    let told = task.upload(|upload| {
        upload.is_over = true;
        Some((upload.draft?, upload.resource.take()?))
    });
    let (draft, resource) = told.flatten()?;
    let target = Arc::new(Target::from_url(resource).ok()?);
    let home = request.origin().map(|origin| origin.id());
    let left_home = Some(target.origin().id()) != home;
    let safe = &task.session().configuration.redirect_safe_headers;
    Some((cancelling(request, target, draft, safe), left_home))
}
