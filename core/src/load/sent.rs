//! What is said of a request's body as it leaves.

use crate::seams::app::{App, Notice};
use crate::seams::asking::{Asking, told};
use crate::seams::exchange::{Informational, RESUMPTION_SUPPORTED};
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

    /// True when more than the app was told of has left.
    pub(super) fn is_behind(&self, total: u64) -> bool {
        total > self.reported
    }

    /// Tells what is new.
    pub(super) fn tell<'a, A: App>(&mut self, app: &'a A) -> Option<Asking<'a, ()>> {
        let total = app.signals().sent();
        let bytes = total
            .checked_sub(self.reported)
            .filter(|&bytes| bytes > 0)?;
        self.reported = total;
        app.notify(Notice::Sent {
            bytes,
            total,
            expected: self.expected,
        })
    }
}

/// Hands an interim response on. Boxed: it is rare, and most loads have no room for it.
pub(super) fn heard<A: App>(app: &A, interim: Informational) -> Option<Asking<'_, ()>> {
    if !cfg!(feature = "informational") {
        return None;
    }
    Some(Box::pin(async move {
        if interim.status.as_u16() == RESUMPTION_SUPPORTED {
            app.heard(&interim)?;
        }
        told(app.notify(Notice::Informational(interim))).await
    }))
}
