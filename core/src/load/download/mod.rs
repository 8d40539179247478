//! An answer into a file.

mod base64;
mod course;
mod digest;
mod journal;
mod partial;
mod receive;
mod segments;
mod shared;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use self::course::Course;
pub use self::digest::DigestMismatch;
pub(crate) use self::journal::Beside;
pub(crate) use self::shared::{Download, Unclaimed};
use crate::seams::app::{App, Content, Notice};
use crate::seams::asking::told;
use crate::words::error::{Error, ErrorCode};
use crate::words::request::Request;
use crate::words::response::Response;

/// Loads `request` to the end of its answer's body, into a file.
pub(crate) async fn load<A: App>(
    app: &A,
    request: Request,
    download: &Arc<Download>,
) -> Result<Response, Error> {
    check(app)?;
    if let Some(beside) = partial::beside(app, download) {
        beside.check().await?;
    }
    let course = Course::begin(app, request, download).await?;
    finish(app, course.run(app).await?, download).await
}

/// Goes on with an answer that has begun as another kind of task's.
pub(crate) async fn take_over<A: App>(
    app: &A,
    request: Request,
    content: Content,
    download: &Arc<Download>,
) -> Result<Response, Error> {
    check(app)?;
    let course = Course::new(request, download);
    finish(app, course.run_from(app, content).await?, download).await
}

/// Gives the file to the delegate, for the time of its call, or to whoever takes the task's outcome.
async fn finish<A: App>(
    app: &A,
    (file, response): (Unclaimed, Response),
    download: &Arc<Download>,
) -> Result<Response, Error> {
    if download.outcome_is_taken() {
        download.put(file);
        return Ok(response);
    }
    told(app.notify(Notice::Downloaded(file.file().clone()))).await?;
    file.remove().await;
    Ok(response)
}

/// Fails where there can be no files.
fn check<A: App>(app: &A) -> Result<(), Error> {
    if app.platform().transport.capabilities().file_download {
        return Ok(());
    }
    let error = Error::new(ErrorCode::CannotCreateFile);
    Err(error.because("the platform has no files for answers"))
}

/// Lets others run: a body of empty chunks must not keep the thread.
async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| match std::mem::replace(&mut yielded, true) {
        true => Poll::Ready(()),
        false => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}
