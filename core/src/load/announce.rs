//! A request's body that is followed by fields.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName};

use crate::policy::trailers;
use crate::seams::app::App;
use crate::words::body::{Body, BodyStream};
use crate::words::error::{Error, ErrorCode};

/// `body` as the transport gets it: with the names that `stream` announces, as far as they may come late, and no other trailers.
pub(crate) fn announcing<A: App>(
    app: &A,
    stream: &BodyStream,
    body: Box<dyn Body>,
) -> Result<Box<dyn Body>, Error> {
    let names = trailers::allowed_names(stream.trailer_names());
    if names.is_empty() {
        return Ok(body);
    }
    if !app.platform().transport.capabilities().request_trailers {
        let error = Error::new(ErrorCode::ResourceUnavailable);
        return Err(error.because("the platform sends no fields after a body"));
    }
    Ok(Box::new(Announcing { body, names }))
}

struct Announcing {
    body: Box<dyn Body>,
    names: Vec<HeaderName>,
}

impl Body for Announcing {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        self.body.poll_next_chunk(context)
    }

    fn remaining(&self) -> Option<u64> {
        self.body.remaining()
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        let trailers = self.body.trailers()?;
        Some(trailers::announced(trailers, &self.names))
    }

    fn trailer_names(&self) -> &[HeaderName] {
        &self.names
    }
}
