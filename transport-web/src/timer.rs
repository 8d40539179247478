//! Waiting for a moment.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use urlsession_core::Moment;
use wasm_bindgen::prelude::*;

use crate::js;
use crate::runtime::now;

/// The longest wait that `setTimeout` keeps, in milliseconds: its delay is a signed 32-bit number.
const LONGEST_DELAY: i32 = i32::MAX;

/// Ready once the clock has passed a moment, in as many waits of `setTimeout` as that takes.
///
/// The clock decides, not the timer: browsers fire early by a fraction and, in hidden pages, late.
pub(crate) struct Sleep {
    until: Moment,
    shared: Rc<Shared>,
    callback: Option<Closure<dyn Fn()>>,
}

#[derive(Default)]
struct Shared {
    /// The timer that is set.
    timer: RefCell<Option<JsValue>>,
    waker: Cell<Option<Waker>>,
}

impl Sleep {
    pub(crate) fn new(until: Moment) -> Self {
        Self {
            until,
            shared: Rc::default(),
            callback: None,
        }
    }

    /// Sets the timer. Where there is none (a page may have taken it away), the wait does not end.
    fn set(&mut self, left: std::time::Duration) {
        let shared = &self.shared;
        let callback = self.callback.get_or_insert_with(|| {
            let shared = Rc::clone(shared);
            Closure::new(move || shared.fired())
        });
        // Not as nanoseconds of 128 bits, whose division is 1 KB.
        let part = u64::from(left.subsec_nanos().div_ceil(1_000_000));
        let milliseconds = left.as_secs().saturating_mul(1000).saturating_add(part);
        let delay = i32::try_from(milliseconds).unwrap_or(LONGEST_DELAY);
        let timer = js::set_timeout(callback, delay).ok();
        *self.shared.timer.borrow_mut() = timer;
    }
}

impl Shared {
    fn fired(&self) {
        self.timer.borrow_mut().take();
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let left = self.until - now();
        if left.is_zero() {
            return Poll::Ready(());
        }
        self.shared.waker.set(Some(context.waker().clone()));
        let is_set = self.shared.timer.borrow().is_some();
        if !is_set {
            self.as_mut().get_mut().set(left);
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.shared.timer.borrow_mut().take() {
            // A timer that cannot be cleared fires into an empty closure: harmless.
            let _ = js::clear_timeout(&timer);
        }
    }
}
