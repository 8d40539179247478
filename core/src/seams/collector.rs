//! Gathers a task's metrics while it runs.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::words::bounds::WithWaker;
use crate::words::metrics::{Interval, TaskMetrics, TransactionMetrics};
use crate::words::request::Request;
use crate::words::time::Moment;

/// A task's collector, where it has one: a null pointer else, and nobody's code then.
pub(crate) struct Meter(Option<Box<dyn Gathers>>);

trait Gathers: Send + Sync {
    fn collector(&self) -> &Collector;
}

impl Gathers for WithWaker<Collector> {
    fn collector(&self) -> &Collector {
        self
    }
}

impl Meter {
    /// Without one.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn get(&self) -> Option<&Collector> {
        self.0.as_ref().map(|meter| meter.collector())
    }

    pub(crate) const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// One for what is made beside, where this one collects.
    #[cfg(feature = "download")]
    pub(crate) fn beside(&self, now: Moment) -> Self {
        let mut meter = Self::none();
        if self.is_there() {
            meter.begin(now, SystemTime::UNIX_EPOCH);
        }
        meter
    }

    /// Gathers from now on. Put in, not given back: a caller would be seen to have that code.
    #[inline(never)]
    pub(crate) fn begin(&mut self, now: Moment, date: SystemTime) {
        self.0 = Some(Box::new(WithWaker::new(Collector::new(now, date))));
    }
}

/// The metrics of one task, for which somebody has asked. Once they are taken, what still comes is nobody's.
///
/// Its methods are never put into their callers, most of whom have none: a module can leave them to a part that is loaded later.
pub(crate) struct Collector {
    metrics: Mutex<Option<TaskMetrics>>,
    /// Attempts that were made beside others, and have ended.
    #[cfg(feature = "download")]
    beside: Mutex<Vec<TransactionMetrics>>,
}

/// What the task counts whether or not anybody wants metrics.
pub(crate) struct Counts {
    /// Bytes of the hop's request body that were sent.
    pub(crate) sent: u64,
    /// Bytes of the response's body that went to the app.
    pub(crate) received: u64,
}

impl Collector {
    /// Of a task made now.
    fn new(now: Moment, date: SystemTime) -> Self {
        let interval = Interval {
            start: now,
            end: now,
        };
        Self {
            metrics: Mutex::new(Some(TaskMetrics::new(interval, date))),
            #[cfg(feature = "download")]
            beside: Mutex::default(),
        }
    }

    /// A hop begins, or another attempt at one. `sent` is what the one before sent.
    #[inline(never)]
    pub(crate) fn begin(&self, request: Request, now: Moment, sent: u64) {
        if let Some(metrics) = &mut *self.metrics() {
            end_last(metrics, &Counts { sent, received: 0 });
            let mut transaction = TransactionMetrics::new(request);
            transaction.fetch_start = Some(now);
            transaction.count_of_request_body_bytes_before_encoding =
                transaction.request.body().length();
            metrics.transaction_metrics.push(transaction);
        }
    }

    /// The last attempt is made again.
    #[inline(never)]
    pub(crate) fn begin_again(&self, now: Moment, sent: u64) {
        let last = self.last(|last| last.request.clone());
        if let Some(request) = last {
            self.begin(request, now, sent);
        }
    }

    /// Works on the attempt under way.
    #[inline(never)]
    pub(crate) fn last<R>(&self, work: impl FnOnce(&mut TransactionMetrics) -> R) -> Option<R> {
        let mut metrics = self.metrics();
        let last = metrics.as_mut()?.transaction_metrics.last_mut()?;
        Some(work(last))
    }

    /// Attempts that were made beside the one under way, which goes on, have ended.
    #[cfg(feature = "download")]
    pub(crate) fn add_beside(&self, others: Vec<TransactionMetrics>) {
        self.beside().extend(others);
    }

    /// A redirect is followed.
    #[inline(never)]
    pub(crate) fn redirected(&self) {
        if let Some(metrics) = &mut *self.metrics() {
            metrics.redirect_count += 1;
        }
    }

    /// The task has ended: its metrics, once.
    #[inline(never)]
    pub(crate) fn take(&self, now: Moment, counts: &Counts) -> Option<TaskMetrics> {
        let mut metrics = self.metrics().take()?;
        end_last(&mut metrics, counts);
        #[cfg(feature = "download")]
        {
            let all = &mut metrics.transaction_metrics;
            for one in self.beside().drain(..) {
                let is_earlier = |it: &TransactionMetrics| it.fetch_start <= one.fetch_start;
                let place = all.iter().rposition(is_earlier).map_or(0, |it| it + 1);
                all.insert(place, one);
            }
        }
        metrics.task_interval.end = now;
        Some(metrics)
    }

    fn metrics(&self) -> MutexGuard<'_, Option<TaskMetrics>> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(feature = "download")]
    fn beside(&self) -> MutexGuard<'_, Vec<TransactionMetrics>> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes down what the last attempt counted.
fn end_last(metrics: &mut TaskMetrics, counts: &Counts) {
    if let Some(last) = metrics.transaction_metrics.last_mut() {
        last.count_of_request_body_bytes_sent
            .get_or_insert(counts.sent);
        if last.response.is_some() {
            last.count_of_response_body_bytes_after_decoding
                .get_or_insert(counts.received);
        }
    }
}
