//! Who is told of each change: a handler, or the reader of a stream.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use futures::task::AtomicWaker;

use crate::progress::node::Node;
use crate::progress::snapshot::ProgressSnapshot;
use crate::seams::runtime::Runtime;
use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::time::Moment;

/// Somebody who is told that there is something new.
pub(super) trait Watcher: MaybeSend + MaybeSync {
    fn changed(&self);
}

/// No call is under way.
const IDLE: u8 = 0;
/// One is.
const CALLING: u8 = 1;
/// One is, and something has changed since it began.
const STALE: u8 = 2;

/// A handler, called by one thread at a time; what changes meanwhile is one more call.
struct Calls<F> {
    state: AtomicU8,
    handler: F,
}

impl<F: Fn() + MaybeSend + MaybeSync> Watcher for Calls<F> {
    fn changed(&self) {
        if self.state.swap(STALE, Ordering::AcqRel) != IDLE {
            return;
        }
        loop {
            self.state.store(CALLING, Ordering::Release);
            let _ = catch_unwind(AssertUnwindSafe(&self.handler));
            let done =
                self.state
                    .compare_exchange(CALLING, IDLE, Ordering::AcqRel, Ordering::Acquire);
            if done.is_ok() {
                return;
            }
        }
    }
}

/// A handler's place among those who are told: dropped, the handler is called no more.
#[must_use = "dropped, it ends the observation"]
pub struct ProgressObservation {
    node: Arc<Node>,
    watcher: Arc<dyn Watcher>,
}

impl ProgressObservation {
    pub(super) fn begin(
        node: Arc<Node>,
        handler: impl Fn() + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        let watcher: Arc<dyn Watcher> = Arc::new(Calls {
            state: AtomicU8::new(IDLE),
            handler,
        });
        node.watch(watcher.clone());
        Self { node, watcher }
    }
}

impl Drop for ProgressObservation {
    fn drop(&mut self) {
        self.node.unwatch(&self.watcher);
    }
}

impl fmt::Debug for ProgressObservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProgressObservation")
    }
}

#[derive(Default)]
struct Reader {
    is_stale: AtomicBool,
    waker: AtomicWaker,
}

impl Watcher for Reader {
    fn changed(&self) {
        self.is_stale.store(true, Ordering::Release);
        self.waker.wake();
    }
}

/// The stream of [`Progress::updates`](crate::Progress::updates).
#[must_use = "a stream does nothing unless it is polled"]
pub struct ProgressUpdates {
    node: Arc<Node>,
    reader: Arc<Reader>,
    watcher: Arc<dyn Watcher>,
    runtime: Arc<dyn Runtime>,
    interval: Duration,
    /// No sooner comes the next one.
    pause: Option<(Moment, BoxFuture<'static, ()>)>,
    is_over: bool,
}

impl ProgressUpdates {
    pub(super) fn begin(node: Arc<Node>, runtime: Arc<dyn Runtime>, interval: Duration) -> Self {
        let reader = Arc::new(Reader::default());
        reader.is_stale.store(true, Ordering::Release);
        let watcher: Arc<dyn Watcher> = reader.clone();
        node.watch(watcher.clone());
        Self {
            node,
            reader,
            watcher,
            runtime,
            interval,
            pause: None,
            is_over: false,
        }
    }

    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some((until, sleep)) = &mut self.pause else {
            return Poll::Ready(());
        };
        if self.runtime.now() < *until && sleep.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.pause = None;
        Poll::Ready(())
    }
}

impl Stream for ProgressUpdates {
    type Item = ProgressSnapshot;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<ProgressSnapshot>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        self.reader.waker.register(context.waker());
        let ends = self.node.lock().state().is_over();
        if !ends && self.poll_pause(context).is_pending() {
            return Poll::Pending;
        }
        if !self.reader.is_stale.swap(false, Ordering::AcqRel) && !ends {
            return Poll::Pending;
        }
        let now = self.runtime.now();
        let snapshot = ProgressSnapshot::of(&mut self.node.lock(), now);
        self.is_over = snapshot.state.is_over();
        if !self.is_over && !self.interval.is_zero() {
            let until = now + self.interval;
            self.pause = Some((until, self.runtime.sleep_until(until)));
        }
        Poll::Ready(Some(snapshot))
    }
}

impl Drop for ProgressUpdates {
    fn drop(&mut self) {
        self.node.unwatch(&self.watcher);
    }
}

impl fmt::Debug for ProgressUpdates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgressUpdates")
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
