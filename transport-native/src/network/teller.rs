//! Where a system's account is told.

use futures::channel::oneshot;
use urlsession_core::{NetworkPath, ReportedNetwork};

/// Takes paths, for the monitor and for whoever waits for the first.
pub(super) struct Teller {
    reports: ReportedNetwork,
    first: Option<oneshot::Sender<()>>,
}

impl Teller {
    /// Reports to `reports`; the first path, too, ends `first`.
    pub(super) fn new(reports: ReportedNetwork, first: oneshot::Sender<()>) -> Self {
        Self {
            reports,
            first: Some(first),
        }
    }

    /// From now on the path is this one.
    pub(super) fn tell(&mut self, path: NetworkPath) {
        self.reports.report(path);
        drop(self.first.take());
    }
}
