//! Without the feature `upload` bodies are short.

use std::task::Context;

use urlsession_core::ExchangeEvents;

/// Holds nothing off.
pub(crate) struct Unseen;

impl Unseen {
    pub(crate) fn new(_: u64) -> Self {
        Self
    }

    pub(crate) fn poll(&mut self, _: &mut Context<'_>, _: &ExchangeEvents) {}
}
