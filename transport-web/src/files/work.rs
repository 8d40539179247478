//! What is asked of files: each a promise of JavaScript's, and a future here.

use std::pin::Pin;
use std::task::{Context, Poll};

use urlsession_core::{Error, ErrorCode};

use super::failed::{failed, refused};
use super::js;
use crate::wakers::Number;

/// What is done with a file, by the numbers of `js/more.js`.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Operation {
    Look,
    /// The same, for its bytes as they are sent.
    LookToSend,
    /// The same, for the browser's own `File`.
    LookForFile,
    Create,
    CreateNew,
    Append,
    Rename,
    Replace,
    Remove,
    /// What is asked of a file that was opened.
    Write,
}

impl Operation {
    /// The code of its failure, where nothing better is known.
    pub(super) fn code(self) -> ErrorCode {
        match self {
            Self::Look | Self::LookToSend | Self::LookForFile | Self::Append => {
                ErrorCode::CannotOpenFile
            }
            Self::Create | Self::CreateNew => ErrorCode::CannotCreateFile,
            Self::Rename | Self::Replace => ErrorCode::CannotMoveFile,
            Self::Remove => ErrorCode::CannotRemoveFile,
            Self::Write => ErrorCode::CannotWriteToFile,
        }
    }

    /// The file is only read.
    pub(super) fn is_reading(self) -> bool {
        matches!(self, Self::Look | Self::LookToSend | Self::LookForFile)
    }
}

/// Ready when what was asked for last has come to its end. Dropped before that it stops where it stands; a file that is open is closed.
pub(super) struct Work {
    pub(super) object: js::Work,
    number: Number,
    pub(super) operation: Operation,
}

impl Work {
    /// Begins the operation.
    pub(super) fn begun(
        files: &js::Files,
        operation: Operation,
        [path, to]: [&str; 2],
        at: u64,
    ) -> Self {
        let (number, object) = Number::told(|wake, number| {
            let (operation, at) = (operation as u32, at as f64);
            js::begin(files, operation, path, to, at, wake, number)
        });
        Self {
            object,
            number,
            operation,
        }
    }
}

/// It has not come to its end.
const WAIT: i32 = -1;

impl Future for Work {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = js::outcome(&self.object);
        if outcome == WAIT {
            self.number.waits(context);
            return Poll::Pending;
        }
        if outcome >= 0 {
            return Poll::Ready(Ok(()));
        }
        let refused = refused(self.operation, outcome);
        Poll::Ready(Err(refused.unwrap_or_else(|| {
            failed(self.operation, &js::thrown_in(&self.object))
        })))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        js::drop(&self.object);
    }
}
