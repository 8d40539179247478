//! Waiting for a moment.

use std::pin::Pin;
use std::task::{Context, Poll};

use urlsession_core::Moment;

use crate::js;
use crate::runtime::now;
use crate::wakers::Number;

/// Ready once the clock has passed a moment, in as many waits of `setTimeout` as that takes.
///
/// The clock decides, not the timer: browsers fire early by a fraction and, in hidden pages, late.
pub(crate) struct Sleep {
    until: Moment,
    /// The timer that is set, or was. Where there is none (a page may have taken it away), the wait does not end.
    timer: Option<(Number, js::Wait)>,
}

impl Sleep {
    pub(crate) fn new(until: Moment) -> Self {
        Self { until, timer: None }
    }
}

fn is_set(timer: &Option<(Number, js::Wait)>) -> bool {
    timer.as_ref().is_some_and(|(_, wait)| js::is_set(wait))
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let left = self.until - now();
        if left.is_zero() {
            return Poll::Ready(());
        }
        if !is_set(&self.timer) {
            // Not as nanoseconds of 128 bits, whose division is 1 KB.
            let part = u64::from(left.subsec_nanos().div_ceil(1_000_000));
            let milliseconds = left.as_secs().saturating_mul(1000).saturating_add(part);
            // The longest wait that `setTimeout` keeps: its delay is a signed 32-bit number.
            let delay = i32::try_from(milliseconds).unwrap_or(i32::MAX);
            self.timer = Some(Number::told(|wake, number| js::sleep(delay, wake, number)));
        }
        if let Some((number, _)) = &self.timer {
            number.waits(context);
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if is_set(&self.timer)
            && let Some((_, timer)) = &self.timer
        {
            js::clear(timer);
        }
    }
}
