//! Without the feature `upload` no bytes are counted as they leave.

use urlsession_core::{Error, ErrorCode, ExchangeEvents, HopRequest, Response};
use wasm_bindgen::prelude::*;

use crate::engine::Engine;
use crate::js::Foreign;
use crate::options::FetchOptions;

/// Never.
pub(crate) fn is_chosen(_: Engine, _: &HopRequest, _: u64, _: &FetchOptions) -> bool {
    false
}

/// Not called.
pub(crate) async fn exchange(
    _: &HopRequest,
    _: &JsValue,
    _: u64,
    _: &FetchOptions,
    _: &ExchangeEvents,
) -> Result<(Response, Foreign), Error> {
    Err(ErrorCode::ResourceUnavailable.into())
}
