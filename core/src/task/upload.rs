//! Upload tasks that are broken off, and may go on.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{self, Either};

use crate::policy::upload::cancelling;
use crate::seams::exchange::ExchangeEvents;
use crate::seams::transport::{Affinity, HopBody, HopRequest};
use crate::seams::upload::Upload;
use crate::task::handle::UploadTask;
use crate::task::shared::TaskShared;
use crate::words::error::Error;
use crate::words::request::Request;
use crate::words::target::Target;
use crate::words::upload_resume_data::UploadResumeData;

/// How long a server has to take note that nobody will go on.
const FAREWELL_TIME: Duration = Duration::from_secs(10);

impl UploadTask {
    /// What it takes to go on with the upload later, as of now; `None` as long as the server has not offered that, and once it is complete.
    ///
    /// Only one task at a time may go on: what is taken from a task that still runs is for after its end.
    #[must_use]
    pub fn resume_data(&self) -> Option<UploadResumeData> {
        resume_data(self.shared())
    }

    /// Cancels the task and, once it has ended, gives what it takes to go on; `None` where the server has not offered that. A plain
    /// [`cancel`](crate::Task::cancel) has the server forget what it has.
    pub async fn cancel_producing_resume_data(&self) -> Option<UploadResumeData> {
        self.shared().upload(|upload| upload.is_kept = true);
        self.cancel();
        // Its error says no more.
        let _ = self.finished().await;
        self.resume_data()
    }
}

fn resume_data(task: &TaskShared) -> Option<UploadResumeData> {
    let request = task.request()?;
    task.upload(|upload| upload.resume_data(request)).flatten()
}

/// The error that ended the task, with what it takes to go on; where nobody will, the server is told.
pub(super) fn upload_ended(task: &Arc<TaskShared>, error: Error) -> Error {
    let is_lost = |upload: &mut Upload| upload.is_over || (error.is_cancelled() && !upload.is_kept);
    match task.upload(is_lost) {
        None => error,
        Some(true) => {
            say_farewell(task);
            error
        }
        Some(false) => match resume_data(task) {
            Some(data) => error.with_upload_resume_data(data),
            None => error,
        },
    }
}

/// Has the server forget what it has (draft-ietf-httpbis-resumable-upload section 4.5). Whether it does changes nothing here.
fn say_farewell(task: &Arc<TaskShared>) {
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
