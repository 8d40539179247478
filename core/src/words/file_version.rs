//! Which state of a file is meant, so that a file that changes is found out.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::words::error::{Error, ErrorCode};

/// One state of one file: its length, when it was written last, and which file it is. What is sent of a file, or sent on later, is
/// of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileVersion {
    length: u64,
    modified: Option<SystemTime>,
    identity: Option<(u64, u64)>,
}

impl FileVersion {
    /// A file of so many bytes, of which no more is known.
    #[must_use]
    pub const fn new(length: u64) -> Self {
        Self {
            length,
            modified: None,
            identity: None,
        }
    }

    /// The same file, written last at this time.
    #[must_use]
    pub const fn with_modified(mut self, modified: SystemTime) -> Self {
        self.modified = Some(modified);
        self
    }

    /// The same file, known to its system by these numbers: device and inode, say.
    #[must_use]
    pub const fn with_identity(mut self, identity: (u64, u64)) -> Self {
        self.identity = Some(identity);
        self
    }

    /// The length in bytes.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// All of it as numbers, for a checksum: a time in seconds and nanoseconds before or after 1970.
    #[cfg(feature = "upload")]
    pub(crate) fn numbers(&self) -> [u64; 5] {
        let since = |modified: SystemTime| {
            let since = modified.duration_since(SystemTime::UNIX_EPOCH);
            since.unwrap_or_else(|before| before.duration())
        };
        let modified = self.modified.map(since).unwrap_or_default();
        let (device, number) = self.identity.unwrap_or_default();
        let nanoseconds = u64::from(modified.subsec_nanos());
        [self.length, modified.as_secs(), nanoseconds, device, number]
    }
}

/// The cause of a failure to send or to load a file: meanwhile, or since an upload was broken off, it was written, cut, made longer or
/// replaced. What the server has of it, if anything, is not taken for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file has changed")]
pub struct FileChanged;

impl From<FileChanged> for Error {
    /// [`ErrorCode::RequestBodyStreamExhausted`]: the body that was begun is not to be had any more.
    fn from(cause: FileChanged) -> Self {
        Self::new(ErrorCode::RequestBodyStreamExhausted).with_cause(cause)
    }
}
