//! No files: this crate was built without the features `download` and `upload`.

use urlsession_core::{
    Body, BoxFuture, Error, ErrorCode, Existing, FileRef, FileSink, FileVersion, Files, OpenFile,
};
#[cfg(feature = "native-objects")]
use wasm_bindgen::JsValue;

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

    #[cfg(feature = "native-objects")]
    pub(crate) async fn blob(&self, _: &FileRef, _: FileVersion) -> Result<JsValue, Error> {
        Err(ErrorCode::FileDoesNotExist.into())
    }
}

fn refused<T: 'static>(error: Error) -> BoxFuture<'static, Result<T, Error>> {
    Box::pin(std::future::ready(Err(error)))
}

impl Files for WebFiles {
    fn read(&self, _: &FileRef, _: u64) -> BoxFuture<'static, Result<Box<dyn Body>, Error>> {
        refused(ErrorCode::FileDoesNotExist.into())
    }

    fn version(&self, _: &FileRef) -> BoxFuture<'static, Result<FileVersion, Error>> {
        refused(ErrorCode::FileDoesNotExist.into())
    }

    fn create(&self, _: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        refused(ErrorCode::CannotCreateFile.into())
    }

    fn create_new(&self, _: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        refused(ErrorCode::CannotCreateFile.into())
    }

    fn temporary(&self) -> BoxFuture<'static, Result<OpenFile, Error>> {
        refused(ErrorCode::CannotCreateFile.into())
    }

    fn temporary_at(&self, _: &str) -> Option<FileRef> {
        None
    }

    fn append(&self, _: &FileRef, _: u64) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        refused(ErrorCode::FileDoesNotExist.into())
    }

    fn length(&self, _: &FileRef) -> BoxFuture<'static, Result<u64, Error>> {
        refused(ErrorCode::FileDoesNotExist.into())
    }

    fn rename(
        &self,
        _: &FileRef,
        _: &FileRef,
        _: Existing,
    ) -> BoxFuture<'static, Result<(), Error>> {
        refused(ErrorCode::FileDoesNotExist.into())
    }

    fn remove(&self, _: &FileRef) -> BoxFuture<'static, Result<(), Error>> {
        refused(ErrorCode::FileDoesNotExist.into())
    }
}
