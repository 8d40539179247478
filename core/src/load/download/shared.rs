//! What a download's load, driver and handles share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::partial::Remains;
use crate::seams::downloaded::DownloadedFile;
use crate::seams::platform::Platform;
use crate::seams::runtime::Runtime;

/// One download.
#[derive(Default)]
pub(crate) struct Download {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the load has left.
    remains: Option<Remains>,
    /// The whole file, until somebody takes it.
    file: Option<Unclaimed>,
}

impl Download {
    /// The load has ended before the body: this is left.
    pub(super) fn leave(&self, remains: Remains) {
        self.state().remains = Some(remains);
    }

    /// The file is whole.
    pub(super) fn put(&self, file: Unclaimed) {
        self.state().file = Some(file);
    }

    /// The whole file.
    pub(crate) fn take(&self) -> Option<Unclaimed> {
        self.state().file.take()
    }

    /// The load has ended: what it left is removed, and nothing is open any more.
    pub(crate) async fn settle(&self) {
        let remains = self.state().remains.take();
        if let Some(remains) = remains {
            remains.discard().await;
        }
    }

    /// The task has failed: nothing of it stays.
    pub(crate) fn abandon(&self) {
        let (remains, file) = {
            let mut state = self.state();
            (state.remains.take(), state.file.take())
        };
        drop((remains, file));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that goes when nobody takes it.
pub(crate) struct Unclaimed {
    /// `None` once it was claimed.
    file: Option<DownloadedFile>,
    runtime: Arc<dyn Runtime>,
}

impl Unclaimed {
    pub(super) fn new(file: DownloadedFile, platform: &Platform) -> Self {
        Self {
            file: Some(file),
            runtime: platform.runtime.clone(),
        }
    }

    pub(crate) fn file(&self) -> &DownloadedFile {
        let file = self.file.as_ref();
        file.expect("it is there until it is claimed or removed, which take this by value")
    }

    /// From now on it is the caller's.
    pub(crate) fn claim(mut self) -> Option<DownloadedFile> {
        self.file.take()
    }

    /// Removes it, if it is still there.
    pub(super) async fn remove(mut self) {
        if let Some(file) = self.file.take() {
            // Moved away by the app, as a rule.
            let _ = file.remove().await;
        }
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            self.runtime.spawn(Box::pin(async move {
                let _ = file.remove().await;
            }));
        }
    }
}
