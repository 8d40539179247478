//! A task's progress, made when it is first asked for.

use std::sync::{Arc, OnceLock, Weak};

use crate::progress::{Control, Deed, Progress, ProgressState, Transfer};
use crate::session::ledger::Ledger;
use crate::task::handle::Task;
use crate::task::lifecycle::TaskState;
use crate::task::shared::TaskShared;

/// Where it is kept: empty while nobody has asked.
pub(crate) type Slot = OnceLock<Progress>;

impl Task {
    /// How far it is: its units are the bytes of both bodies, sent and received.
    ///
    /// Indeterminate while a length is unknown; only of an upload, an answer of unknown length counts as one byte. What is sent again, after a
    /// redirect, counts again. It is finished, all its units done, when the task has succeeded, whatever was known; cancelled when
    /// the task was; stopped when the task failed. Cancelling it cancels the task, pausing and resuming it suspend and resume the task.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let task = self.shared();
        let progress = task.progress_slot().get_or_init(|| {
            let remote = Remote(Arc::downgrade(task));
            Progress::driven(Arc::new(remote))
        });
        task.progressed();
        progress.look_again();
        // Who is off the books has told its progress before, if there was one; who is on them still will.
        if !task.session().ledger().has(task) {
            task.end_progress();
        }
        progress.clone()
    }
}

impl TaskShared {
    /// Bytes moved, or lengths became known.
    pub(crate) fn progressed(&self) {
        if let Some(progress) = self.progress_slot().get() {
            let transfer = self.transfer();
            progress.transferred(transfer);
        }
    }

    fn transfer(&self) -> Transfer {
        let facts = self.facts();
        let of_the_first = || self.request().and_then(|request| request.body().length());
        Transfer {
            to_send: facts.expected_to_send.get().or_else(of_the_first),
            sent: self.signals().sent(),
            to_receive: facts.expected_to_receive.get(),
            received: self.signals().received(),
        }
    }

    /// True when somebody has asked for it.
    pub(crate) fn has_progress(&self) -> bool {
        self.progress_slot().get().is_some()
    }

    /// The task was suspended or resumed.
    pub(crate) fn progress_paused(&self) {
        if let Some(progress) = self.progress_slot().get() {
            progress.look_again();
        }
    }

    /// The task has ended, with the error that its facts name, or without.
    pub(crate) fn end_progress(&self) {
        let Some(progress) = self.progress_slot().get() else {
            return;
        };
        let error = self.facts().error.clone();
        progress.end(match error {
            None => ProgressState::Finished,
            Some(error) if error.is_cancelled() => ProgressState::Cancelled,
            Some(_) => ProgressState::Stopped,
        });
    }
}

/// The task, as its progress reaches it: who holds the progress does not keep the task.
struct Remote(Weak<TaskShared>);

impl Control for Remote {
    fn carry_out(&self, deed: Deed) {
        if let Some(task) = self.0.upgrade() {
            match deed {
                Deed::Cancel => task.in_ledger(Ledger::cancel),
                Deed::Pause => {
                    task.note_suspension();
                    task.in_ledger(Ledger::suspend);
                }
                Deed::Resume => task.in_ledger(Ledger::resume),
            }
        }
    }

    fn is_paused(&self) -> bool {
        let state = self.0.upgrade().map(|task| task.internal_state().into());
        state == Some(TaskState::Suspended)
    }
}
