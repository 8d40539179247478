//! A task whose answer goes to a file.

use std::sync::Arc;

use bytes::Bytes;

use crate::load::download::{self, Download};
use crate::task::completion::Outcome;
use crate::task::shared::{TaskShared, Transfer};
use crate::words::bounds::BoxFuture;
use crate::words::error::ErrorCode;
use crate::words::request::Request;

impl TaskShared {
    fn download(&self) -> Option<Arc<Download>> {
        let facts = self.facts();
        let Some(Transfer::Download(download)) = &facts.extras()?.transfer else {
            return None;
        };
        Some(download.clone())
    }

    /// Loads the answer into its file. Boxed: it takes no room in every task's load.
    pub(crate) fn download_to_end(
        self: &Arc<Self>,
        request: Request,
    ) -> BoxFuture<'static, Outcome> {
        let task = self.clone();
        Box::pin(async move {
            let download = task.download().ok_or(ErrorCode::Unknown)?;
            let response = download::load(&task, request, &download).await?;
            Ok((Bytes::new(), response))
        })
    }

    /// The load has ended: its files are closed, and what is of no use any more is removed.
    pub(crate) fn settle_download(self: &Arc<Self>) -> BoxFuture<'static, ()> {
        let download = self.download();
        Box::pin(async move {
            if let Some(download) = download {
                download.settle().await;
            }
        })
    }

    /// The task has failed: what its transfer has made goes.
    pub(crate) fn abandon_transfer(&self) {
        if let Some(download) = self.download() {
            download.abandon();
        }
    }
}
