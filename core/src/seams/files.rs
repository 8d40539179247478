//! Files, where the platform has them.

use url::Url;

use crate::words::body::{Body, FileRef, FileSink};
use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::error::Error;
use crate::words::file_version::FileVersion;

/// A file that is open for writing, by the name that it has.
pub type OpenFile = (FileRef, Box<dyn FileSink>);

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Existing {
    /// It stays, and the other does not get the name: an error.
    #[default]
    Refuse,
    /// The other takes its place, in one step.
    Replace,
}

/// Files as bodies come from them and go to them.
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

    /// A new, empty file at `file`, where none was; nobody else writes to it while it is open.
    ///
    /// # Errors
    /// [`CannotCreateFile`](crate::ErrorCode::CannotCreateFile).
    fn create_new(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>>;

    /// A new, empty file under a name that nobody else has, in the folder for what is on its way; only this user can read it.
    ///
    /// # Errors
    /// [`CannotCreateFile`](crate::ErrorCode::CannotCreateFile).
    fn temporary(&self) -> BoxFuture<'static, Result<OpenFile, Error>>;

    /// The file of this name among those that [`temporary`](Self::temporary) makes, in this program or an earlier one; `None` for a
    /// name that it never gives.
    fn temporary_at(&self, name: &str) -> Option<FileRef>;

    /// Opens `file`, which is there, to write from `offset` on: what is beyond is cut off, and nobody else writes to it while it is open.
    ///
    /// # Errors
    /// [`FileDoesNotExist`](crate::ErrorCode::FileDoesNotExist); [`CannotOpenFile`](crate::ErrorCode::CannotOpenFile), also when the file is
    /// shorter, is no plain file, or somebody else writes to it.
    fn append(
        &self,
        file: &FileRef,
        offset: u64,
    ) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>>;

    /// The length of `file`, in bytes.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn length(&self, file: &FileRef) -> BoxFuture<'static, Result<u64, Error>>;

    /// Gives the file at `from` the name `to`: in one step, so that under `to` there is at any time what was there before, or all of the
    /// file. The name outlives a crash of the machine.
    ///
    /// # Errors
    /// [`CannotMoveFile`](crate::ErrorCode::CannotMoveFile), also where `to` is there and `existing` refuses;
    /// [`FileDoesNotExist`](crate::ErrorCode::FileDoesNotExist).
    fn rename(
        &self,
        from: &FileRef,
        to: &FileRef,
        existing: Existing,
    ) -> BoxFuture<'static, Result<(), Error>>;

    /// Removes the file.
    ///
    /// # Errors
    /// [`FileDoesNotExist`](crate::ErrorCode::FileDoesNotExist), [`CannotRemoveFile`](crate::ErrorCode::CannotRemoveFile).
    fn remove(&self, file: &FileRef) -> BoxFuture<'static, Result<(), Error>>;

    /// The file that a `file:` URL without a host names; `None` when it names none here, as by default.
    fn file_at(&self, _url: &Url) -> Option<FileRef> {
        None
    }
}
