//! Without the feature `body-streams` no body is a stream.

use urlsession_core::{Body, Error, ErrorCode, ExchangeEvents};

use crate::sending::Content;

/// Not called: core opens none.
pub(crate) async fn of(
    _: Box<dyn Body>,
    _: Option<u64>,
    _: impl Fn() -> bool,
    _: &ExchangeEvents,
) -> Result<Content, Error> {
    Err(ErrorCode::ResourceUnavailable.into())
}
