//! In place of the announcement of trailers: no platform sends any.

use crate::seams::app::App;
use crate::words::body::{Body, BodyStream};
use crate::words::error::{Error, ErrorCode};

/// `body` as it is; an error where `stream` announces what would not be sent.
pub(crate) fn announcing<A: App>(
    _: &A,
    stream: &BodyStream,
    body: Box<dyn Body>,
) -> Result<Box<dyn Body>, Error> {
    match stream.trailer_names() {
        [] => Ok(body),
        [..] => Err(Error::new(ErrorCode::ResourceUnavailable)
            .because("the platform sends no fields after a body")),
    }
}
