//! A task whose answer goes to a file.

use std::future::{Future, poll_fn};
use std::sync::Arc;

use bytes::Bytes;

use crate::load::download::{self, Download};
use crate::seams::app::App as _;
use crate::session::ledger::Ledger;
use crate::task::completion::Outcome;
use crate::task::handle::DownloadTask;
use crate::task::kind::TaskKind;
use crate::task::shared::{TaskShared, Transfer};
use crate::words::bounds::{BoxFuture, MaybeSend};
use crate::words::error::{Error, ErrorCode};
use crate::words::request::Request;
use crate::words::resume_data::{Partial, ResumeData};

impl DownloadTask {
    /// Cancels as [`cancel`](crate::Task::cancel) does, and keeps what has come: gives what is needed to go on, when the task has ended.
    ///
    /// `None` when it cannot be gone on from, and then nothing is kept: nothing has come yet, it is no GET of a whole, the server gives no parts or
    /// nothing that names the resource exactly (a strong ETag, or a Last-Modified that is strong, RFC 9110 section 8.8), the body is coded, or
    /// the task has ended otherwise. The same data are in the task's error ([`Error::resume_data`]).
    ///
    /// It cancels at once, not when the future is polled; dropping that changes nothing.
    pub fn cancel_producing_resume_data(
        &self,
    ) -> impl Future<Output = Option<ResumeData>> + MaybeSend + use<> {
        let task = self.shared().clone();
        let download = task.download();
        if let Some(download) = &download {
            download.want_later();
        }
        task.in_ledger(Ledger::cancel);
        async move {
            // Why it ended is the task's to say.
            let _ = poll_fn(|context| task.poll_ended(context.waker())).await;
            download.and_then(|download| download.resume_data())
        }
    }
}

impl TaskShared {
    fn download(&self) -> Option<Arc<Download>> {
        let facts = self.facts();
        let Some(Transfer::Download(download)) = &facts.extras()?.transfer else {
            return None;
        };
        Some(download.clone())
    }

    /// Loads the answer into its file. Boxed: it takes no room in every task's load.
    pub(crate) fn download_to_end(self: &Arc<Self>) -> BoxFuture<'static, Outcome> {
        let task = self.clone();
        Box::pin(async move {
            let request = task.begins()?;
            let download = task.download().ok_or(ErrorCode::Unknown)?;
            let response = download::load(&task, request, &download).await?;
            Ok((Bytes::new(), response))
        })
    }

    /// From now on it is a download, which can go on by this request.
    pub(crate) fn become_download(&self) -> Result<(Arc<Download>, Request), Error> {
        let download = Arc::<Download>::default();
        let request = self.first_request()?;
        self.facts().extras_mut().transfer = Some(Transfer::Download(download.clone()));
        self.become_kind(TaskKind::Download);
        Ok((download, request))
    }

    /// The load has failed: its files are closed, and what is of no use any more is removed. Gives the error with what is.
    pub(crate) fn settle_download(self: &Arc<Self>, error: Error) -> BoxFuture<'static, Error> {
        let download = self.download();
        Box::pin(async move {
            match download {
                Some(download) => download.settle(error).await,
                None => error,
            }
        })
    }

    /// The task is suspended: its server may give up meanwhile.
    #[inline]
    pub(crate) fn note_suspension(&self) {
        if self.kind() == TaskKind::Download {
            self.suspend_download();
        }
    }

    #[inline(never)]
    fn suspend_download(&self) {
        if let Some(download) = self.download() {
            download.note_suspension();
        }
    }

    /// The task has failed: what its transfer has made goes.
    #[inline]
    pub(crate) fn abandon_transfer(&self) {
        if self.kind() == TaskKind::Download {
            self.abandon_download();
        }
    }

    #[inline(never)]
    fn abandon_download(&self) {
        let Some(download) = self.download() else {
            return;
        };
        let names = |error: &Error| error.resume_data().is_some();
        let are_named = self.facts().error.as_ref().is_some_and(names);
        let unknown = download.abandon(are_named);
        if let Some(Partial::Temporary(name)) = unknown.map(|data| data.0.partial.clone()) {
            self.remove_temporary(&name);
        }
    }

    fn remove_temporary(&self, name: &str) {
        let platform = &self.session().platform;
        if let Some(file) = platform.files.temporary_at(name) {
            let removed = platform.files.remove(&file);
            platform.runtime.spawn(Box::pin(async move {
                let _ = removed.await;
            }));
        }
    }
}
