//! Without the feature `upload` no bytes are counted as they leave.

use urlsession_core::{ExchangeEvents, HopRequest};
use wasm_bindgen::prelude::*;

use crate::engine::Engine;
use crate::js;
use crate::options::FetchOptions;
use crate::wakers::Wake;

/// Never.
pub(crate) fn is_chosen(_: Engine, _: &HopRequest, _: u64, _: &FetchOptions) -> bool {
    false
}

/// Not called.
pub(crate) fn send(
    request: &str,
    traits: u32,
    body: &JsValue,
    wake: &Wake,
    number: u32,
) -> js::Exchange {
    js::begin(request, traits, body, wake, number)
}

/// Not called.
pub(crate) fn tell(_: &js::Exchange, _: &ExchangeEvents) -> u64 {
    0
}
