//! What is said of a request's body as it leaves.

use crate::seams::app::{App, Notice};
use crate::words::request::Request;

/// What the app was told of the bytes sent.
pub(super) struct Sent {
    reported: u64,
    expected: Option<u64>,
}

impl Sent {
    /// `None` where nothing is sent, or nobody listens.
    pub(super) fn of<A: App>(app: &A, request: &Request) -> Option<Self> {
        let tells = !request.body().is_empty() && app.wants_sent();
        tells.then(|| Self {
            reported: app.signals().sent(),
            expected: app.expected_to_send(),
        })
    }

    pub(super) fn reported(&self) -> u64 {
        self.reported
    }

    /// What is new since the app was told.
    pub(super) fn news(&mut self, total: u64) -> Option<Notice> {
        let bytes = total
            .checked_sub(self.reported)
            .filter(|&bytes| bytes > 0)?;
        self.reported = total;
        Some(Notice::Sent {
            bytes,
            total,
            expected: self.expected,
        })
    }
}
