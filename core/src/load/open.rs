//! Opens the body of a request: what is not at hand as bytes.

use crate::load::announce::announcing;
use crate::seams::app::App;
use crate::seams::transport::HopBody;
use crate::words::apart::apart;
use crate::words::body::{BodyStream, RequestBody};
use crate::words::bounds::BoxFuture;
use crate::words::error::{Error, ErrorCode};
use crate::words::opening::OpenedBody;

/// Opens it.
pub(super) fn open<'a, A: App>(
    app: &'a A,
    body: &'a RequestBody,
) -> Result<BoxFuture<'a, Result<HopBody, Error>>, Error> {
    Ok(apart(opening(app, body)))
}

async fn opening<A: App>(app: &A, body: &RequestBody) -> Result<HopBody, Error> {
    Ok(match body {
        RequestBody::Empty | RequestBody::Bytes(_) => HopBody::Empty,
        RequestBody::File(file) => {
            let version = app.platform().files.version(file).await?;
            app.file_opened(version);
            HopBody::File(file.clone(), Box::new(version))
        }
        RequestBody::Stream(stream) => open_stream(app, stream).await?,
    })
}

/// Opens the stream; when it was read already, the app is asked for another.
async fn open_stream<A: App>(app: &A, stream: &BodyStream) -> Result<HopBody, Error> {
    if let Some(opened) = opened(stream).await? {
        let body = announcing(app, stream, opened.body)?;
        return Ok(HopBody::Stream(body, opened.length));
    }
    let exhausted = || {
        Error::new(ErrorCode::RequestBodyStreamExhausted)
            .because("the body was read, and cannot be made again")
    };
    let again = match app.need_new_body_stream() {
        Some(asked) => asked.await?.flatten(),
        None => None,
    };
    let again = again.ok_or_else(exhausted)?;
    let opened = opened(&again).await?.ok_or_else(exhausted)?;
    let body = announcing(app, &again, opened.body)?;
    Ok(HopBody::Stream(body, opened.length.or(stream.length())))
}

/// The stream, opened; `None` when it was once and is gone.
async fn opened(stream: &BodyStream) -> Result<Option<OpenedBody>, Error> {
    let length = stream.length();
    let Some(opener) = stream.opener() else {
        return Ok(stream.open().map(|body| OpenedBody { body, length }));
    };
    if !opener.is_unread() {
        return Ok(None);
    }
    let opened = opener.open(0).await?;
    let length = opened.length.or(length);
    Ok(Some(OpenedBody { length, ..opened }))
}
