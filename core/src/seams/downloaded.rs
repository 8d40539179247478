//! The file that a download made.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::seams::files::{Existing, Files};
use crate::words::body::{Body, FileRef};
use crate::words::error::Error;

/// A file that a download made, on the platform's file system.
///
/// Natively, [`path`](Self::path) is all that is needed; the methods work on every platform.
#[derive(Clone)]
pub struct DownloadedFile {
    file: FileRef,
    files: Arc<dyn Files>,
}

impl DownloadedFile {
    pub(crate) fn new(file: FileRef, files: Arc<dyn Files>) -> Self {
        Self { file, files }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The file, as a request's body can be.
    #[must_use]
    pub fn file(&self) -> &FileRef {
        &self.file
    }

    /// Moves it to `path`, in one step: there is at any time what was there before, or all of the file. Across file systems it is
    /// copied first.
    ///
    /// # Errors
    /// [`CannotMoveFile`](crate::ErrorCode::CannotMoveFile), also when there is a file and `existing` refuses;
    /// [`FileDoesNotExist`](crate::ErrorCode::FileDoesNotExist) when it was moved or removed already.
    pub async fn move_to(
        &self,
        path: impl Into<PathBuf>,
        existing: Existing,
    ) -> Result<FileRef, Error> {
        let to = FileRef::new(path);
        self.files.rename(&self.file, &to, existing).await?;
        Ok(to)
    }

    /// Its bytes.
    ///
    /// # Errors
    /// As of [`Files::read`].
    pub async fn read(&self) -> Result<Box<dyn Body>, Error> {
        self.files.read(&self.file, 0).await
    }

    /// Its length in bytes.
    ///
    /// # Errors
    /// As of [`Files::length`].
    pub async fn length(&self) -> Result<u64, Error> {
        self.files.length(&self.file).await
    }

    /// Removes it.
    ///
    /// # Errors
    /// As of [`Files::remove`].
    pub async fn remove(self) -> Result<(), Error> {
        self.files.remove(&self.file).await
    }
}

impl fmt::Debug for DownloadedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DownloadedFile").field(&self.path()).finish()
    }
}
