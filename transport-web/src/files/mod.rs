//! Files: in the origin's private file system, or in memory where there is none.
//!
//! What a [`FileRef`] names is below the root of that file system, which only this origin sees: `downloads/a.bin` and `/downloads/a.bin` are the
//! same file. Folders are made as files in them are. How a file is written is found out at the first use:
//!
//! * in a dedicated worker by a synchronous handle: what was confirmed as durable outlives the worker;
//! * elsewhere piece by piece, each on disk once it is closed, joined when the file is finished: a download that goes on after its page
//!   has died lacks at most what was not closed, and a finished one is one file;
//! * in memory, in Node and wherever the browser has no such file system: files end with the page.
//!
//! All of that is done in JavaScript, `js/more.js`. Here are core's names for it, and for what fails.

mod failed;
mod js;
mod sink;
mod work;

use std::fmt;
use std::time::{Duration, SystemTime};

use urlsession_core::{
    Body, BoxFuture, Error, Existing, FileChanged, FileRef, FileSink, FileVersion, Files, OpenFile,
};
use wasm_bindgen::prelude::*;

#[cfg(feature = "download")]
pub(crate) use self::sink::WebSink;
#[cfg(not(feature = "download"))]
use self::sink::WebSink;
use self::work::{Operation, Work};
use crate::blob_body::BlobBody;
use crate::exchange::Exchange;

/// The files of this page or worker.
#[derive(Clone)]
pub struct WebFiles {
    files: js::Files,
}

impl WebFiles {
    /// The files of this page or worker.
    #[must_use]
    pub fn new() -> Self {
        Self { files: js::files() }
    }

    /// A name for a file that the page has of its own (a user's choice, a drop), so that it can be sent, read, or moved to another name. It is not
    /// copied; it is known until it is removed, or the page ends.
    #[must_use]
    pub fn adopt(&self, file: web_sys::File) -> FileRef {
        FileRef::new(js::adopt(&file))
    }

    /// The browser's own `File` for `file`: of a finished download, without reading it. In the private file system it can be read as long as the file
    /// is there under its name.
    ///
    /// # Errors
    /// As [`Files::read`].
    pub async fn object(&self, file: &FileRef) -> Result<web_sys::File, Error> {
        let mut work = self.begin(Operation::LookForFile, file);
        (&mut work).await?;
        // JavaScript has looked.
        Ok(js::content_of(&work.object).unchecked_into())
    }

    /// The bytes of `file` in the state `version`, as the browser sends them. Its code is never put into its caller's, so that a module can leave it to a part
    /// that is loaded later.
    #[inline(never)]
    pub(crate) fn blob(
        &self,
        file: &FileRef,
        version: FileVersion,
    ) -> BoxFuture<'static, Result<JsValue, Error>> {
        let mut work = self.begin(Operation::LookToSend, file);
        Box::pin(async move {
            (&mut work).await?;
            match version_of(&work) == version {
                true => Ok(js::content_of(&work.object)),
                false => Err(FileChanged.into()),
            }
        })
    }

    fn begin(&self, operation: Operation, file: &FileRef) -> Work {
        Work::begun(&self.files, operation, [path_of(file), ""], 0)
    }

    fn open(
        &self,
        operation: Operation,
        file: &FileRef,
        at: u64,
    ) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        let mut work = Work::begun(&self.files, operation, [path_of(file), ""], at);
        Box::pin(async move {
            (&mut work).await?;
            work.operation = Operation::Write;
            Ok(Box::new(WebSink(work)) as Box<dyn FileSink>)
        })
    }
}

/// Empty, which names no file, for a path that is no text.
fn path_of(file: &FileRef) -> &str {
    file.path().to_str().unwrap_or_default()
}

/// The version of the file that was looked at.
fn version_of(work: &Work) -> FileVersion {
    // The casts saturate.
    let version = FileVersion::new(js::size_of(&work.object) as u64);
    let stamp = js::stamp_of(&work.object);
    // Below 0 it numbers the versions of files in memory; else it is a time, in milliseconds.
    match stamp < 0.0 {
        true => version.with_identity((0, -stamp as u64)),
        false => {
            let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(stamp as u64);
            version.with_modified(modified)
        }
    }
}

impl Files for WebFiles {
    fn read(
        &self,
        file: &FileRef,
        offset: u64,
    ) -> BoxFuture<'static, Result<Box<dyn Body>, Error>> {
        let paths = [path_of(file), ""];
        let mut work = Work::begun(&self.files, Operation::Look, paths, offset);
        Box::pin(async move {
            (&mut work).await?;
            let remaining = (js::size_of(&work.object) as u64).saturating_sub(offset);
            let read = Exchange::begun(|wake, number| js::read(&work.object, wake, number));
            Ok(Box::new(BlobBody::of(read, remaining)) as Box<dyn Body>)
        })
    }

    fn version(&self, file: &FileRef) -> BoxFuture<'static, Result<FileVersion, Error>> {
        let mut work = self.begin(Operation::Look, file);
        Box::pin(async move {
            (&mut work).await?;
            Ok(version_of(&work))
        })
    }

    fn create(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        self.open(Operation::Create, file, 0)
    }

    fn create_new(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        self.open(Operation::CreateNew, file, 0)
    }

    fn temporary(&self) -> BoxFuture<'static, Result<OpenFile, Error>> {
        let file = FileRef::new(js::temporary("").unwrap_or_default());
        let opened = self.create_new(&file);
        Box::pin(async move { Ok((file, opened.await?)) })
    }

    fn temporary_at(&self, name: &str) -> Option<FileRef> {
        // An empty name asks for a new one.
        let path = (!name.is_empty()).then(|| js::temporary(name))??;
        Some(FileRef::new(path))
    }

    fn append(
        &self,
        file: &FileRef,
        offset: u64,
    ) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        self.open(Operation::Append, file, offset)
    }

    fn length(&self, file: &FileRef) -> BoxFuture<'static, Result<u64, Error>> {
        let version = self.version(file);
        Box::pin(async { Ok(version.await?.length()) })
    }

    fn rename(
        &self,
        from: &FileRef,
        to: &FileRef,
        existing: Existing,
    ) -> BoxFuture<'static, Result<(), Error>> {
        let operation = match existing {
            Existing::Refuse => Operation::Rename,
            Existing::Replace => Operation::Replace,
        };
        let paths = [path_of(from), path_of(to)];
        Box::pin(Work::begun(&self.files, operation, paths, 0))
    }

    fn remove(&self, file: &FileRef) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(self.begin(Operation::Remove, file))
    }
}

impl Default for WebFiles {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WebFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebFiles").finish_non_exhaustive()
    }
}
