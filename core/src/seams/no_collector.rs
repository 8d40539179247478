//! In place of the collector: nothing is measured.

use std::convert::Infallible;

use crate::words::metrics::{TaskMetrics, TransactionMetrics};
use crate::words::request::Request;
use crate::words::time::Moment;

/// No task has a collector.
pub(crate) struct Meter;

impl Meter {
    pub(crate) const fn none() -> Self {
        Self
    }

    pub(crate) fn get(&self) -> Option<&Collector> {
        None
    }

    pub(crate) const fn is_there(&self) -> bool {
        false
    }

    #[cfg(feature = "download")]
    pub(crate) fn beside(&self, _: Moment) -> Self {
        Self
    }
}

/// There is none.
pub(crate) struct Collector(Infallible);

/// What the task counts whether or not anybody wants metrics.
pub(crate) struct Counts {
    /// Bytes of the hop's request body that were sent.
    pub(crate) sent: u64,
    /// Bytes of the response's body that went to the app.
    pub(crate) received: u64,
}

impl Collector {
    pub(crate) fn begin(&self, _: Request, _: Moment, _: u64) {
        match self.0 {}
    }

    pub(crate) fn begin_again(&self, _: Moment, _: u64) {
        match self.0 {}
    }

    pub(crate) fn last<R>(&self, _: impl FnOnce(&mut TransactionMetrics) -> R) -> Option<R> {
        match self.0 {}
    }

    #[cfg(feature = "download")]
    pub(crate) fn add_beside(&self, _: Vec<TransactionMetrics>) {
        match self.0 {}
    }

    pub(crate) fn redirected(&self) {
        match self.0 {}
    }

    pub(crate) fn take(&self, _: Moment, _: &Counts) -> Option<TaskMetrics> {
        match self.0 {}
    }
}
