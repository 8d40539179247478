//! In place of opening: bodies are bytes.

use crate::seams::app::App;
use crate::seams::transport::HopBody;
use crate::words::body::RequestBody;
use crate::words::error::{Error, ErrorCode};
use crate::words::no_future::NoFuture;

/// An error: there is none that could be opened.
pub(super) fn open<A: App>(
    _: &A,
    _: &RequestBody,
) -> Result<NoFuture<'static, Result<HopBody, Error>>, Error> {
    Err(Error::new(ErrorCode::ResourceUnavailable)
        .because("the feature `body-streams` is off: a body is bytes"))
}
