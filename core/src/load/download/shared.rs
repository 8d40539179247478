//! What a download's load, driver and handles share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::partial::Remains;
use crate::seams::downloaded::DownloadedFile;
use crate::seams::platform::Platform;
use crate::seams::runtime::Runtime;
use crate::words::download_options::DownloadOptions;
use crate::words::error::Error;
use crate::words::resume_data::ResumeData;

/// One download.
#[derive(Default)]
pub(crate) struct Download {
    options: DownloadOptions,
    /// What it goes on from.
    begun_from: Option<ResumeData>,
    /// A handler or a future takes the file with the task's outcome, not a delegate.
    outcome_is_taken: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the load has left.
    remains: Option<Remains>,
    /// The whole file, until somebody takes it.
    file: Option<Unclaimed>,
    /// Whoever cancels wants to go on later.
    is_wanted_later: bool,
    /// It was suspended, and no byte has come since.
    was_suspended: bool,
    resume_data: Option<ResumeData>,
}

impl Download {
    pub(crate) fn new(options: DownloadOptions, begun_from: Option<ResumeData>) -> Self {
        Self {
            options,
            begun_from,
            outcome_is_taken: false,
            state: Mutex::default(),
        }
    }

    /// The same whose file goes to a handler or a future.
    pub(crate) fn taken(mut self) -> Self {
        self.outcome_is_taken = true;
        self
    }

    pub(super) fn outcome_is_taken(&self) -> bool {
        self.outcome_is_taken
    }

    pub(super) fn options(&self) -> &DownloadOptions {
        &self.options
    }

    pub(super) fn begun_from(&self) -> Option<&ResumeData> {
        self.begun_from.as_ref()
    }

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

    /// Whoever cancels it now wants to go on later.
    pub(crate) fn want_later(&self) {
        self.state().is_wanted_later = true;
    }

    /// It is suspended: the server may give up meanwhile.
    pub(crate) fn note_suspension(&self) {
        self.state().was_suspended = true;
    }

    /// Was it suspended since this was asked last?
    pub(super) fn take_suspension(&self) -> bool {
        std::mem::take(&mut self.state().was_suspended)
    }

    /// What it stopped with.
    pub(crate) fn resume_data(&self) -> Option<ResumeData> {
        self.state().resume_data.clone()
    }

    /// The load has ended, with `error` unless it has succeeded: its files are closed. What can be gone on from is kept and named, the rest
    /// removed. Gives the error with the resume data.
    pub(crate) async fn settle(&self, error: Error) -> Error {
        let (remains, is_wanted_later) = {
            let mut state = self.state();
            (state.remains.take(), state.is_wanted_later)
        };
        let is_kept = match error.is_cancelled() {
            true => is_wanted_later,
            false => is_passing(&error),
        };
        let kept = match remains {
            Some(remains) if is_kept => remains.keep().await,
            Some(remains) => {
                remains.discard().await;
                None
            }
            // It never began.
            None => self.begun_from.clone().filter(|_| is_kept),
        };
        let Some(kept) = kept else {
            return error;
        };
        self.state().resume_data = Some(kept.clone());
        error.with_resume_data(kept)
    }

    /// The task has failed, with an error that names resume data or none: a whole file that nobody took goes. Gives resume data that
    /// nobody has learned of, for it was cancelled once more after they were made.
    pub(crate) fn abandon(&self, are_named: bool) -> Option<ResumeData> {
        let mut state = self.state();
        let (remains, file) = (state.remains.take(), state.file.take());
        let unknown = match are_named || state.is_wanted_later {
            true => None,
            false => state.resume_data.take(),
        };
        drop(state);
        drop((remains, file));
        unknown
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// True for a failure that says nothing against the bytes that have come: the network's, or a server's that may do better.
fn is_passing(error: &Error) -> bool {
    use crate::words::error::{Blame, ErrorCode};
    let code = error.code();
    code.blame() == Blame::Network
        || matches!(
            code,
            ErrorCode::BadServerResponse
                | ErrorCode::CannotParseResponse
                | ErrorCode::SecureConnectionFailed
                | ErrorCode::DataNotAllowed
                | ErrorCode::InternationalRoamingOff
                | ErrorCode::CallIsActive
        )
}

/// A file that goes when nobody takes it.
pub(crate) struct Unclaimed {
    /// `None` once it was claimed.
    file: Option<DownloadedFile>,
    /// It is where the app wants it: it stays in any case.
    is_in_place: bool,
    runtime: Arc<dyn Runtime>,
}

impl Unclaimed {
    pub(super) fn new(file: DownloadedFile, platform: &Platform) -> Self {
        Self {
            file: Some(file),
            is_in_place: false,
            runtime: platform.runtime.clone(),
        }
    }

    /// One that has the name that the app wants.
    pub(super) fn in_place(file: DownloadedFile, platform: &Platform) -> Self {
        let mut unclaimed = Self::new(file, platform);
        unclaimed.is_in_place = true;
        unclaimed
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
        if let Some(file) = self.file.take()
            && !self.is_in_place
        {
            // Moved away by the app, as a rule.
            let _ = file.remove().await;
        }
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if let Some(file) = self.file.take()
            && !self.is_in_place
        {
            self.runtime.spawn(Box::pin(async move {
                let _ = file.remove().await;
            }));
        }
    }
}
