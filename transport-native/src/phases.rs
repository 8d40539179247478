//! When an attempt at a connection reached what, for the metrics of all who wait for it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use urlsession_core::{Clock, ExchangeEvents, Moment, TransactionMetrics};

/// The phases of one attempt, written down as they come.
pub(crate) struct Phases {
    clock: Arc<dyn Clock>,
    reached: Mutex<Reached>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Reached {
    lookup: Span,
    connect: Span,
    tls: Span,
}

/// A phase: where it began, where it ended.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: Option<Moment>,
    end: Option<Moment>,
}

/// A phase of connecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The name is looked up.
    Lookup,
    /// A socket connects, and TLS, where there is any, shakes hands.
    Connect,
    /// TLS shakes hands.
    #[cfg(feature = "tls")]
    Tls,
}

impl Phases {
    pub(crate) fn new(events: &ExchangeEvents) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::clone(events.clock()),
            reached: Mutex::default(),
        })
    }

    pub(crate) fn begin(&self, phase: Phase) {
        let now = self.clock.now();
        self.with(|reached| reached.span(phase).start = Some(now));
    }

    pub(crate) fn end(&self, phase: Phase) {
        let now = self.clock.now();
        self.with(|reached| reached.span(phase).end = Some(now));
    }

    fn with<R>(&self, work: impl FnOnce(&mut Reached) -> R) -> R {
        work(&mut self.reached.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Reached {
    fn span(&mut self, phase: Phase) -> &mut Span {
        match phase {
            Phase::Lookup => &mut self.lookup,
            Phase::Connect => &mut self.connect,
            #[cfg(feature = "tls")]
            Phase::Tls => &mut self.tls,
        }
    }
}

impl Span {
    /// What of it lies after `since`: of a phase that others began, the part that was waited for.
    fn after(self, since: Moment) -> Self {
        match (self.start, self.end) {
            (Some(_), Some(end)) if end < since => Self::default(),
            (start, end) => Self {
                start: start.map(|start| start.max(since)),
                end,
            },
        }
    }
}

impl fmt::Debug for Phases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phases")
    }
}

/// An exchange that waits for a connection. However the wait ends, what was reached meanwhile goes to its metrics.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    events: &'a ExchangeEvents,
    phases: Arc<Phases>,
    since: Moment,
}

impl<'a> Waiting<'a> {
    /// `None` where nobody wants metrics.
    pub(crate) fn begin(events: &'a ExchangeEvents, phases: &Arc<Phases>) -> Option<Self> {
        events.wants_metrics().then(|| Self {
            events,
            phases: Arc::clone(phases),
            since: events.clock().now(),
        })
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let reached = self.phases.with(|reached| *reached);
        let [lookup, connect, tls] =
            [reached.lookup, reached.connect, reached.tls].map(|span| span.after(self.since));
        self.events.measure(|transaction: &mut TransactionMetrics| {
            transaction.domain_lookup_start = lookup.start;
            transaction.domain_lookup_end = lookup.end;
            transaction.connect_start = connect.start;
            transaction.connect_end = connect.end;
            transaction.secure_connection_start = tls.start;
            transaction.secure_connection_end = tls.end;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanoseconds: u64) -> Option<Moment> {
        Some(Moment::from_nanos(nanoseconds))
    }

    #[test]
    fn only_what_was_waited_for_counts() {
        let since = Moment::from_nanos(10);
        let cut = |start, end| {
            let span = Span { start, end }.after(since);
            (span.start, span.end)
        };
        assert_eq!(cut(at(1), at(5)), (None, None));
        assert_eq!(cut(at(5), at(15)), (at(10), at(15)));
        assert_eq!(cut(at(5), None), (at(10), None));
        assert_eq!(cut(at(12), at(15)), (at(12), at(15)));
        assert_eq!(cut(None, None), (None, None));
    }
}
