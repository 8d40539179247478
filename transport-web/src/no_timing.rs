//! Without the feature `metrics` nobody wants to know what the browser tells.

use std::task::{Context, Poll};

use urlsession_core::{ExchangeEvents, HeaderFields};

/// There is none.
pub(crate) enum Timed {}

impl Timed {
    pub(crate) fn called(&self) {
        match *self {}
    }

    pub(crate) fn head(&self) {
        match *self {}
    }

    pub(crate) fn poll_tell(&mut self, _: &mut Context<'_>, _: &ExchangeEvents) -> Poll<()> {
        match *self {}
    }
}

pub(crate) fn begin(_: &str, _: &'static str, _: &ExchangeEvents) -> Option<Timed> {
    None
}

pub(crate) fn tell_of_dropped(_: &HeaderFields, _: &ExchangeEvents) {}
