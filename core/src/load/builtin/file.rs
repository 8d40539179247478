//! `file:` URLs, where the platform has files (RFC 8089).

use std::sync::Arc;

use http::{HeaderMap, StatusCode, Version, header};
use url::Url;

use crate::load::builtin::wants_content;
use crate::seams::files::Files;
use crate::seams::protocol::{ProtocolEvents, UrlProtocol};
use crate::words::body::FileRef;
use crate::words::error::{Error, ErrorCode};
use crate::words::file_version::FileChanged;
use crate::words::request::Request;
use crate::words::response::Response;

/// Serves `file:`: reads, and nothing else.
pub(super) struct FileProtocol(pub(super) Arc<dyn Files>);

impl UrlProtocol for FileProtocol {
    fn can_init(&self, request: &Request) -> bool {
        request.place().has_scheme("file")
    }

    fn start_loading(&self, request: Request) -> ProtocolEvents {
        let files = self.0.clone();
        ProtocolEvents::driven(async move |mut client| {
            let wants_content = wants_content(&request)?;
            let file = named(&*files, request.url())?;
            let mut body = files.read(&file, 0).await?;
            let response = head(request.url(), body.remaining());
            client.did_receive_response(response).await?;
            if !wants_content {
                return Ok(());
            }
            while let Some(chunk) = body.next_chunk().await.map_err(as_of_an_answer)? {
                client.did_load(chunk).await?;
            }
            match body.remaining() {
                None | Some(0) => Ok(()),
                Some(_) => Err(changed()),
            }
        })
    }
}

/// The file of this machine that `url` names.
fn named(files: &dyn Files, url: &Url) -> Result<FileRef, Error> {
    let unsupported = |cause| Error::new(ErrorCode::UnsupportedUrl).because(cause);
    // Windows would reach for another machine's file by itself, and tell it who asks.
    if url.host().is_some() {
        return Err(unsupported("a file of another machine"));
    }
    files
        .file_at(url)
        .ok_or_else(|| unsupported("the platform has no file of that name"))
}

/// A file that is to be sent and one that is the answer fail by codes of their own.
fn as_of_an_answer(error: Error) -> Error {
    let cause = std::error::Error::source(&error);
    match cause.is_some_and(|cause| cause.is::<FileChanged>()) {
        true => changed(),
        false => error,
    }
}

/// The length was promised: a file that was written or cut meanwhile has not come whole.
fn changed() -> Error {
    Error::new(ErrorCode::ResourceUnavailable).with_cause(FileChanged)
}

/// Its length is known; its media type is not, for a file has none.
fn head(url: &Url, length: Option<u64>) -> Response {
    let mut headers = HeaderMap::new();
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    Response::new(url.clone(), StatusCode::OK, Version::HTTP_11, headers)
}
