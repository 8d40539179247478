//! A body held back until the server asks for it (RFC 9110 section 10.1.1).

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::task::AtomicWaker;
use http::StatusCode;

use crate::executor::{Executor, Spawned};

/// The server has said nothing of it.
const HELD: u8 = 0;
/// The body may go.
const OPEN: u8 = 1;
/// The answer is there: the body is not sent any more.
const SHUT: u8 = 2;

/// What stands between a body and the connection; a clone is the same gate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<Leaves>);

#[derive(Debug, Default)]
struct Leaves {
    state: AtomicU8,
    waker: AtomicWaker,
}

impl Gate {
    /// The server said 100, or has had its time.
    pub(crate) fn open(&self) {
        self.leave(OPEN);
    }

    /// The final answer is there: true when the body had not been let go, and never will be. With a success the server may
    /// still read (one that echoes does), and answer on.
    pub(crate) fn answered(&self, status: StatusCode) -> bool {
        if status.is_success() {
            self.open();
            return false;
        }
        self.leave(SHUT)
    }

    fn leave(&self, to: u8) -> bool {
        let state = &self.0.state;
        let was_held = state
            .compare_exchange(HELD, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if was_held {
            self.0.waker.wake();
        }
        was_held
    }

    fn state(&self) -> u8 {
        self.0.state.load(Ordering::Acquire)
    }
}

/// The gate as the body has it, and how long it waits there.
pub(crate) struct Held {
    gate: Gate,
    patience: Duration,
    executor: Executor,
    /// From the moment that the body would have gone.
    timer: Option<Spawned<()>>,
}

impl Held {
    pub(crate) fn new(patience: Duration, executor: &Executor) -> Self {
        Self {
            gate: Gate::default(),
            patience,
            executor: executor.clone(),
            timer: None,
        }
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Ready when the body may go.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.gate.0.waker.register(context.waker());
        match self.gate.state() {
            OPEN => return Poll::Ready(()),
            SHUT => return Poll::Pending,
            _ => {}
        }
        if self.is_out_of_patience(context) {
            self.gate.open();
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// A runtime that is gone keeps no time: nothing is waited for then.
    fn is_out_of_patience(&mut self, context: &mut Context<'_>) -> bool {
        let timer = match &mut self.timer {
            Some(timer) => timer,
            None => {
                let patience = self.patience;
                let sleep = async move { tokio::time::sleep(patience).await };
                match self.executor.spawn(sleep) {
                    Ok(timer) => self.timer.insert(timer),
                    Err(_) => return true,
                }
            }
        };
        Pin::new(timer).poll(context).is_ready()
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held")
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

    fn polled(held: &mut Held) -> Poll<()> {
        held.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn once_open_it_cannot_be_shut() {
        let mut held = Held::new(CENTURY, &Executor::OwnThread);
        assert!(polled(&mut held).is_pending());
        held.gate().clone().open();
        assert!(!held.gate().answered(StatusCode::PAYLOAD_TOO_LARGE));
        assert!(polled(&mut held).is_ready());
    }

    #[test]
    fn shut_it_stays_shut() {
        let mut held = Held::new(Duration::ZERO, &Executor::OwnThread);
        assert!(held.gate().answered(StatusCode::UNAUTHORIZED));
        held.gate().open();
        assert!(polled(&mut held).is_pending());
    }

    #[test]
    fn a_success_is_leave_as_well() {
        let mut held = Held::new(CENTURY, &Executor::OwnThread);
        assert!(polled(&mut held).is_pending());
        assert!(!held.gate().answered(StatusCode::OK));
        assert!(polled(&mut held).is_ready());
    }

    #[test]
    fn patience_ends() {
        let mut held = Held::new(Duration::from_millis(5), &Executor::OwnThread);
        futures::executor::block_on(std::future::poll_fn(|context| held.poll(context)));
        assert!(!held.gate().answered(StatusCode::PAYLOAD_TOO_LARGE));
    }
}
