//! Files: not here yet, and said so.

use std::fmt;

use urlsession_core::{
    Body, BoxFuture, Error, ErrorCode, Existing, FileRef, FileSink, FileVersion, Files, OpenFile,
};

/// No files: every one of them is absent and none can be made.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct WebFiles;

impl WebFiles {
    /// The files of this page or worker: none.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Files for WebFiles {
    fn read(&self, _: &FileRef, _: u64) -> BoxFuture<'static, Result<Box<dyn Body>, Error>> {
        Box::pin(async { Err(no_files(ErrorCode::FileDoesNotExist)) })
    }

    fn version(&self, _: &FileRef) -> BoxFuture<'static, Result<FileVersion, Error>> {
        Box::pin(async { Err(no_files(ErrorCode::FileDoesNotExist)) })
    }

    fn create(&self, _: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        Box::pin(async { Err(no_files(ErrorCode::CannotCreateFile)) })
    }

    fn create_new(&self, _: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        Box::pin(async { Err(no_files(ErrorCode::CannotCreateFile)) })
    }

    fn temporary(&self) -> BoxFuture<'static, Result<OpenFile, Error>> {
        Box::pin(async { Err(no_files(ErrorCode::CannotCreateFile)) })
    }

    fn temporary_at(&self, _: &str) -> Option<FileRef> {
        None
    }

    fn append(&self, _: &FileRef, _: u64) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        Box::pin(async { Err(no_files(ErrorCode::FileDoesNotExist)) })
    }

    fn length(&self, _: &FileRef) -> BoxFuture<'static, Result<u64, Error>> {
        Box::pin(async { Err(no_files(ErrorCode::FileDoesNotExist)) })
    }

    fn rename(
        &self,
        _: &FileRef,
        _: &FileRef,
        _: Existing,
    ) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async { Err(no_files(ErrorCode::FileDoesNotExist)) })
    }

    fn remove(&self, _: &FileRef) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async { Err(no_files(ErrorCode::FileDoesNotExist)) })
    }
}

pub(crate) fn no_files(code: ErrorCode) -> Error {
    Error::new(code).with_cause(NoFiles)
}

/// The cause of a file's absence: this transport has no files in the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoFiles;

impl fmt::Display for NoFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the web transport has no files")
    }
}

impl std::error::Error for NoFiles {}
