//! What an exchange reports while it runs.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};

use crate::seams::runtime::{Clock, Runtime};
use crate::seams::signals::Signals;
use crate::seams::transport::Multiplexing;
use crate::words::metrics::TransactionMetrics;
use crate::words::request::Redacted;

/// Where an exchange reports: a mailbox with counters. It never calls the app; the load empties it.
#[derive(Clone)]
pub struct ExchangeEvents(Arc<Signals>);

impl ExchangeEvents {
    pub(crate) fn new(signals: Arc<Signals>) -> Self {
        Self(signals)
    }

    /// Events that no task reads, for transports' own tests.
    #[must_use]
    pub fn detached(runtime: Arc<dyn Runtime>) -> Self {
        Self::new(Arc::new(Signals::new(runtime.clock(), true)))
    }

    /// Bytes came or went: the idle timer starts anew.
    pub fn touched(&self) {
        self.0.touch();
    }

    /// `count` more bytes of the request's body were handed to the network.
    pub fn sent(&self, count: u64) {
        self.0.add_sent(count);
    }

    /// The connection is there, and this is how many exchanges it carries.
    pub fn connected(&self, multiplexing: Multiplexing) {
        self.0.post(Mail::Connected(multiplexing));
    }

    /// True when somebody listens to interim responses: else there is no need to report them.
    #[must_use]
    pub fn wants_informational(&self) -> bool {
        self.0.wants_informational()
    }

    /// An interim response (RFC 9110 section 15.2), 100 and 101 excepted, came.
    pub fn informational(&self, response: Informational) {
        self.0.post(Mail::Informational(response));
    }

    /// True when somebody wants metrics: else there is no need to measure.
    #[must_use]
    pub fn wants_metrics(&self) -> bool {
        self.0.wants_metrics()
    }

    /// Works on the metrics of the attempt under way; does nothing where nobody wants them. `work` must be short, and must not
    /// report anything.
    ///
    /// Core sets what it sees by itself, unless the transport has: request and response, when the fetch began, when the head came,
    /// when the body ended, and how long both bodies were.
    pub fn measure(&self, work: impl FnOnce(&mut TransactionMetrics)) {
        self.0.measure(work);
    }

    /// The transport tries the hop once more by itself: from now on another entry is worked on.
    pub fn measure_again(&self) {
        self.0.measure_again();
    }

    /// The session's monotonic clock, for the moments of metrics.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.0.clock()
    }
}

impl fmt::Debug for ExchangeEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExchangeEvents")
    }
}

/// The interim response that offers to go on with an upload that is broken off, and tells how far the server is
/// (draft-ietf-httpbis-resumable-upload section 5).
pub(crate) const RESUMPTION_SUPPORTED: u16 = 104;

/// An interim response: 102, 103 and what else may come before the final one.
#[derive(Clone)]
pub struct Informational {
    /// The status, 102 to 199.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
}

impl fmt::Debug for Informational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Informational")
            .field("status", &self.status)
            .field("headers", &Redacted(&self.headers))
            .finish()
    }
}

/// What waits in the mailbox, in the order in which it came.
#[derive(Debug)]
pub(crate) enum Mail {
    Connected(Multiplexing),
    Informational(Informational),
}
