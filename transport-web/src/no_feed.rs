//! Without the feature `upload` no body is streamed to a server.

use std::task::{Context, Poll};

use urlsession_core::{Body, Error, ExchangeEvents};
use wasm_bindgen::prelude::*;

/// There is none.
pub(crate) enum Feed {}

impl Feed {
    #[cfg_attr(
        not(feature = "body-streams"),
        expect(dead_code, reason = "there is no stream to feed")
    )]
    pub(crate) fn new(_: Box<dyn Body>, _: Option<u64>) -> Result<(JsValue, Self), JsValue> {
        Err(JsValue::UNDEFINED)
    }

    pub(crate) fn poll(
        &mut self,
        _: &mut Context<'_>,
        _: &ExchangeEvents,
    ) -> Poll<Result<(), Error>> {
        match *self {}
    }
}
