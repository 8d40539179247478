//! Files, where the platform has them.

use url::Url;

use crate::words::body::{Body, FileRef, FileSink};
use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::error::Error;
use crate::words::file_version::FileVersion;

/// Reads and writes whole files as bodies.
pub trait Files: MaybeSend + MaybeSync + 'static {
    /// The bytes of `file` from `offset` on, its remaining length known.
    ///
    /// # Errors
    /// [`FileDoesNotExist`](crate::ErrorCode::FileDoesNotExist), [`FileIsDirectory`](crate::ErrorCode::FileIsDirectory),
    /// [`NoPermissionsToReadFile`](crate::ErrorCode::NoPermissionsToReadFile) or [`CannotOpenFile`](crate::ErrorCode::CannotOpenFile).
    fn read(&self, file: &FileRef, offset: u64)
    -> BoxFuture<'static, Result<Box<dyn Body>, Error>>;

    /// Which state `file` is in. Of a body that [`read`](Self::read) gave, the last chunk comes only if the file is still in the state that it
    /// was opened in; else it fails with [`FileChanged`](crate::FileChanged) as its cause.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn version(&self, file: &FileRef) -> BoxFuture<'static, Result<FileVersion, Error>>;

    /// A new file at `file`, in place of any that was there.
    ///
    /// # Errors
    /// [`CannotCreateFile`](crate::ErrorCode::CannotCreateFile).
    fn create(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>>;

    /// The file that a `file:` URL without a host names; `None` when it names none here, as by default.
    fn file_at(&self, _url: &Url) -> Option<FileRef> {
        None
    }
}
