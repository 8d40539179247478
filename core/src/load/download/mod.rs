//! An answer into a file.

mod partial;
mod shared;

use std::sync::Arc;

use self::partial::Partial;
pub(crate) use self::shared::{Download, Unclaimed};
use crate::load::decode::decode;
use crate::load::deliver::yield_once;
use crate::load::follow::follow;
use crate::policy::trailers;
use crate::seams::app::{App, Content, Notice};
use crate::seams::downloaded::DownloadedFile;
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
    let (answer, route) = follow(app, request).await?;
    let content = decode(app, answer.exchange, route);
    let response = content.response.clone();
    app.set_response(&content);
    app.responded(&response);
    let saved = save(app, content, download).await;
    saved.map_err(|error| error.with_url(response.url()))?;
    Ok(response)
}

/// True when there can be files.
fn check<A: App>(app: &A) -> Result<(), Error> {
    if app.platform().transport.capabilities().file_download {
        return Ok(());
    }
    let error = Error::new(ErrorCode::CannotCreateFile);
    Err(error.with_cause("the platform has no files for answers"))
}

async fn save<A: App>(
    app: &A,
    mut content: Content,
    download: &Arc<Download>,
) -> Result<(), Error> {
    let mut partial = Partial::begin(app, download).await?;
    while let Some(chunk) = content.body.next_chunk().await? {
        if chunk.is_empty() {
            yield_once().await;
            continue;
        }
        let bytes = chunk.len() as u64;
        partial.write(chunk).await?;
        app.signals().add_received(bytes);
        app.progressed();
        if app.wants_written() {
            app.notify(Notice::Written {
                bytes,
                total: partial.written(),
                expected: content.expected,
            })
            .await?;
        }
    }
    if let Some(trailers) = content.body.trailers() {
        app.set_trailers(trailers::allowed(trailers));
    }
    let file = partial.finish().await?;
    hand_over(app, file, download).await
}

/// Gives the file to the delegate, for the time of its call, or to whoever takes the task's outcome.
async fn hand_over<A: App>(
    app: &A,
    file: DownloadedFile,
    download: &Arc<Download>,
) -> Result<(), Error> {
    let unclaimed = Unclaimed::new(file, app.platform());
    if app.outcome_is_taken() {
        download.put(unclaimed);
        return Ok(());
    }
    app.notify(Notice::Downloaded(unclaimed.file().clone()))
        .await?;
    unclaimed.remove().await;
    Ok(())
}
