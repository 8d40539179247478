//! Without the browser's objects a body is short.

use std::task::{Context, Poll};

use urlsession_core::{Error, ExchangeEvents};

use crate::js;
use crate::wakers::Wake;

/// There is none.
pub(crate) enum Long {}

impl Long {
    pub(crate) fn length(&self) -> u64 {
        match *self {}
    }

    pub(crate) fn is_counted(&self) -> bool {
        match *self {}
    }

    pub(crate) fn begin(&self, _: &str, _: u32, _: &Wake, _: u32) -> js::Exchange {
        match *self {}
    }

    pub(crate) fn poll(
        &mut self,
        _: &js::Exchange,
        _: &mut Context<'_>,
        _: &ExchangeEvents,
    ) -> Result<u64, Error> {
        match *self {}
    }

    pub(crate) fn poll_fed(
        &mut self,
        _: &mut Context<'_>,
        _: &ExchangeEvents,
    ) -> Poll<Result<(), Error>> {
        match *self {}
    }
}
