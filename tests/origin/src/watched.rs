//! A value that tests can wait on: every change wakes whoever waits for a condition.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

/// How long a waiting helper waits before it gives up: 30 seconds of real time.
pub const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// What a test waited for did not happen within [`WAIT_LIMIT`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("waited {WAIT_LIMIT:?} in vain for {what}")]
pub struct Overdue {
    what: String,
}

/// Shared state whose changes can be awaited from any executor.
#[derive(Debug)]
pub(crate) struct Watched<T> {
    state: Mutex<T>,
    changed: watch::Sender<()>,
}

impl<T: Send + 'static> Watched<T> {
    pub(crate) fn new(state: T) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(state),
            changed: watch::Sender::new(()),
        })
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the state.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.lock())
    }

    /// Changes the state and wakes those who wait.
    pub(crate) fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.lock());
        self.changed.send_replace(());
        result
    }

    /// Waits until `find` gives a value; the deadline runs on `runtime`, the caller on any executor.
    pub(crate) async fn wait_for<R: Send + 'static>(
        self: &Arc<Self>,
        runtime: &Handle,
        what: String,
        mut find: impl FnMut(&T) -> Option<R> + Send + 'static,
    ) -> Result<R, Overdue> {
        let this = Arc::clone(self);
        let search = async move {
            let mut changes = this.changed.subscribe();
            loop {
                changes.borrow_and_update();
                if let Some(found) = this.read(&mut find) {
                    return Some(found);
                }
                changes.changed().await.ok()?;
            }
        };
        let bounded = runtime.spawn(async { tokio::time::timeout(WAIT_LIMIT, search).await });
        match bounded.await {
            Ok(Ok(Some(found))) => Ok(found),
            Ok(Ok(None) | Err(_)) | Err(_) => Err(Overdue { what }),
        }
    }

    /// Waits until `figure` has stayed the same for `quiet`; gives its last value.
    pub(crate) async fn wait_until_steady<R: PartialEq + Debug + Send + 'static>(
        self: &Arc<Self>,
        runtime: &Handle,
        quiet: Duration,
        mut figure: impl FnMut(&T) -> Option<R> + Send + 'static,
    ) -> Result<R, Overdue> {
        let this = Arc::clone(self);
        let search = async move {
            let mut last = this.read(&mut figure);
            loop {
                tokio::time::sleep(quiet).await;
                let now = this.read(&mut figure);
                match now {
                    Some(value) if last.as_ref() == Some(&value) => return value,
                    other => last = other,
                }
            }
        };
        let bounded = runtime.spawn(async { tokio::time::timeout(WAIT_LIMIT, search).await });
        match bounded.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(_)) | Err(_) => Err(Overdue {
                what: format!("{quiet:?} without a change"),
            }),
        }
    }
}
