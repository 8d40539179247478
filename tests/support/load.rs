//! One load to its end, with everything that a caller can see of it.

use std::error::Error as _;

use urlsession::futures::StreamExt as _;
use urlsession::{Error, IntoRequest, Response, Session};

/// The most of a body that is kept.
const KEPT: usize = 1024 * 1024;

/// What became of a load.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The head, if one came.
    pub(crate) response: Option<Response>,
    /// The first mebibyte of the body.
    pub(crate) body: Vec<u8>,
    /// How many bytes of the body came.
    pub(crate) length: usize,
    /// Why it failed, if it did.
    pub(crate) error: Option<Error>,
}

/// Loads by `session.bytes`, which keeps nothing: an endless body fits.
pub(crate) async fn load(session: &Session, request: impl IntoRequest) -> Loaded {
    let mut loaded = Loaded {
        response: None,
        body: Vec::new(),
        length: 0,
        error: None,
    };
    let (mut chunks, response) = match session.bytes(request).await {
        Ok(begun) => begun,
        Err(error) => {
            loaded.error = Some(error);
            return loaded;
        }
    };
    loaded.response = Some(response);
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) => {
                let room = KEPT.saturating_sub(loaded.body.len()).min(chunk.len());
                loaded.body.extend_from_slice(&chunk[..room]);
                loaded.length += chunk.len();
            }
            Err(error) => loaded.error = Some(error),
        }
    }
    loaded
}

/// Every failure names the URL that failed and what caused it.
pub(crate) fn explained(error: &Error, what: &str) -> Result<(), String> {
    match (error.url(), error.source()) {
        (Some(_), Some(_)) => Ok(()),
        (None, _) => Err(format!("{what}: {error:?} names no URL")),
        (_, None) => Err(format!("{what}: {error:?} has no source")),
    }
}
