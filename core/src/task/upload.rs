//! Upload tasks that are broken off, and may go on.

use std::sync::Arc;

use crate::seams::upload::Upload;
#[cfg(feature = "informational")]
use crate::task::farewell::say_farewell;
use crate::task::handle::UploadTask;
use crate::task::shared::TaskShared;
use crate::words::error::Error;
use crate::words::upload_resume_data::UploadResumeData;

impl UploadTask {
    /// What it takes to go on with the upload later, as of now; `None` as long as the server has not offered that, and once it is complete.
    ///
    /// Only one task at a time may go on: what is taken from a task that still runs is for after its end.
    #[must_use]
    pub fn resume_data(&self) -> Option<UploadResumeData> {
        resume_data(self.shared())
    }

    /// Cancels the task and, once it has ended, gives what it takes to go on; `None` where the server has not offered that. A plain
    /// [`cancel`](crate::Task::cancel) has the server forget what it has.
    pub async fn cancel_producing_resume_data(&self) -> Option<UploadResumeData> {
        self.shared().upload(|upload| upload.is_kept = true);
        self.cancel();
        // Its error says no more.
        let _ = self.finished().await;
        self.resume_data()
    }
}

fn resume_data(task: &TaskShared) -> Option<UploadResumeData> {
    let request = task.request()?;
    task.upload(|upload| upload.resume_data(request)).flatten()
}

/// The error that ended the task, with what it takes to go on; where nobody will, the server is told.
pub(super) fn upload_ended(task: &Arc<TaskShared>, error: Error) -> Error {
    let is_lost = |upload: &mut Upload| upload.is_over || (error.is_cancelled() && !upload.is_kept);
    match task.upload(is_lost) {
        None => error,
        Some(true) => {
            #[cfg(feature = "informational")]
            say_farewell(task);
            error
        }
        Some(false) => match resume_data(task) {
            Some(data) => error.with_upload_resume_data(data),
            None => error,
        },
    }
}
