//! Gathers a task's metrics while it runs.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::words::bounds::WithWaker;
use crate::words::metrics::{Interval, TaskMetrics, TransactionMetrics};
use crate::words::request::Request;
use crate::words::time::Moment;

/// A task's collector, where it has one: a null pointer else.
pub(crate) struct Meter(Option<Box<WithWaker<Collector>>>);

impl Meter {
    /// Without one.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn get(&self) -> Option<&Collector> {
        self.0.as_ref().map(|collector| &***collector)
    }

    /// One for what is made beside, where this one collects.
    #[cfg(feature = "download")]
    pub(crate) fn beside(&self, now: Moment) -> Self {
        match self.get() {
            Some(_) => Collector::new(now, SystemTime::UNIX_EPOCH).into(),
            None => Self::none(),
        }
    }
}

impl From<Collector> for Meter {
    fn from(collector: Collector) -> Self {
        Self(Some(Box::new(WithWaker::new(collector))))
    }
}

/// The metrics of one task, for which somebody has asked. Once they are taken, what still comes is nobody's.
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
    pub(crate) fn new(now: Moment, date: SystemTime) -> Self {
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
    pub(crate) fn begin_again(&self, now: Moment, sent: u64) {
        let last = self.last(|last| last.request.clone());
        if let Some(request) = last {
            self.begin(request, now, sent);
        }
    }

    /// Works on the attempt under way.
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
    pub(crate) fn redirected(&self) {
        if let Some(metrics) = &mut *self.metrics() {
            metrics.redirect_count += 1;
        }
    }

    /// The task has ended: its metrics, once.
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
