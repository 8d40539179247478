//! Data tasks with completion handlers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use harness::Result;
use tokio::sync::Notify;
use urlsession::{Request, Session};

/// What the handlers of some tasks add up to.
struct Tally {
    left: AtomicU64,
    bytes: AtomicU64,
    failed: AtomicU64,
    done: Notify,
}

/// Resumes `n` tasks without waiting for any, then waits for all; the body bytes.
pub(crate) async fn all_at_once(session: &Session, request: &Request, n: u64) -> Result<u64> {
    let tally = Arc::new(Tally {
        left: AtomicU64::new(n),
        bytes: AtomicU64::new(0),
        failed: AtomicU64::new(0),
        done: Notify::new(),
    });
    for _ in 0..n {
        let tally = Arc::clone(&tally);
        let task = session.data_task_with(request.clone(), move |result| {
            tally.add(result.map(|(body, _)| body.len() as u64).ok());
        });
        // The handle may go: a resumed task runs to its end.
        task.resume();
    }
    tally.done.notified().await;
    match tally.failed.load(Ordering::Relaxed) {
        0 => Ok(tally.bytes.load(Ordering::Relaxed)),
        failed => Err(format!("{failed} of {n} tasks failed").into()),
    }
}

impl Tally {
    /// The body bytes of one task, or none if it failed.
    fn add(&self, bytes: Option<u64>) {
        match bytes {
            Some(bytes) => self.bytes.fetch_add(bytes, Ordering::Relaxed),
            None => self.failed.fetch_add(1, Ordering::Relaxed),
        };
        // The last one sees what all have added, and passes it on with the notification.
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
    }
}
