//! What lies beside a destination while its download is under way: `path.part` and `path.part.resume`.
//!
//! The order of steps, so that after a crash at any of them the destination has what it had, or the whole, and what lies beside it can be
//! told from a file of somebody else's:
//!
//! 1. `path.part.resume` is written, of no bytes yet; each writing of it is of `path.part.resume.new`, which then gets the name.
//! 2. `path.part` is made, and locked.
//! 3. A block goes to `path.part` and becomes durable; then `path.part.resume` is written with its length. This, again and again.
//! 4. `path.part`, whole and durable, gets the name `path`, still locked.
//! 5. `path.part.resume` is removed.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use crate::seams::files::{Existing, Files};
use crate::words::body::{FileRef, FileSink};
use crate::words::error::{Error, ErrorCode};
use crate::words::resume_data::{Partial, ResumeData};

/// More is no journal.
const LONGEST: usize = 64 * 1024;

/// A destination, and what lies beside it.
#[derive(Clone)]
pub(crate) struct Beside {
    files: Arc<dyn Files>,
    destination: FileRef,
    existing: Existing,
}

impl Beside {
    pub(crate) fn new(files: &Arc<dyn Files>, destination: &Path, existing: Existing) -> Self {
        Self {
            files: files.clone(),
            destination: FileRef::new(destination),
            existing,
        }
    }

    pub(super) fn destination(&self) -> &FileRef {
        &self.destination
    }

    fn named(&self, suffix: &str) -> FileRef {
        let mut path = OsString::from(self.destination.path());
        path.push(suffix);
        FileRef::new(path)
    }

    pub(super) fn part(&self) -> FileRef {
        self.named(".part")
    }

    fn journal(&self) -> FileRef {
        self.named(".part.resume")
    }

    /// Fails where the file cannot get its name in the end.
    pub(super) async fn check(&self) -> Result<(), Error> {
        let found = self.files.length(&self.destination).await;
        let is_directory = |error: &Error| error.code() == ErrorCode::FileIsDirectory;
        let is_in_the_way = match &found {
            Ok(_) => self.existing == Existing::Refuse,
            Err(error) => is_directory(error),
        };
        match is_in_the_way {
            false => Ok(()),
            true => Err(Error::new(ErrorCode::CannotCreateFile).because("there is one already")),
        }
    }

    /// Begins the partial file anew, `data` written first. One that is there is taken over if it is of an earlier download.
    pub(super) async fn begin(&self, data: &ResumeData) -> Result<Box<dyn FileSink>, Error> {
        if self.files.length(&self.part()).await.is_err() {
            return self.begin_new(data).await;
        }
        if self.read().await.is_none() {
            let error = Error::new(ErrorCode::CannotCreateFile);
            return Err(error.because("a file of somebody else's has the name of the partial one"));
        }
        match self.files.append(&self.part(), 0).await {
            Ok(sink) => {
                self.write(data).await?;
                Ok(sink)
            }
            // It was the other name of a file that is whole.
            Err(gone) if gone.code() == ErrorCode::FileDoesNotExist => self.begin_new(data).await,
            Err(error) => Err(error),
        }
    }

    async fn begin_new(&self, data: &ResumeData) -> Result<Box<dyn FileSink>, Error> {
        self.write(data).await?;
        let made = self.files.create_new(&self.part()).await;
        // Unless somebody else was faster, whose journal it is then.
        if made.is_err() && self.files.length(&self.part()).await.is_err() {
            self.discard().await;
        }
        made
    }

    /// Replaces the journal.
    pub(super) async fn write(&self, data: &ResumeData) -> Result<(), Error> {
        let new = self.named(".part.resume.new");
        let written = self.write_to(&new, data).await;
        if written.is_err() {
            let _ = self.files.remove(&new).await;
        }
        written
    }

    async fn write_to(&self, new: &FileRef, data: &ResumeData) -> Result<(), Error> {
        let mut sink = self.files.create(new).await?;
        sink.write(data.to_bytes().into()).await?;
        sink.finish().await?;
        drop(sink);
        self.files
            .rename(new, &self.journal(), Existing::Replace)
            .await
    }

    /// What the journal says; `None` without a sound one.
    pub(crate) async fn read(&self) -> Option<ResumeData> {
        let mut body = self.files.read(&self.journal(), 0).await.ok()?;
        let mut text = Vec::new();
        while let Some(chunk) = body.next_chunk().await.ok()? {
            if text.len() + chunk.len() > LONGEST {
                return None;
            }
            text.extend_from_slice(&chunk);
        }
        let data = ResumeData::from_bytes(&text).ok()?;
        let is_beside = matches!(data.0.partial, Partial::Beside(_));
        is_beside.then(|| data.with_destination(self.destination.path()))
    }

    /// What the journal says, if the partial file is there.
    pub(crate) async fn found(&self) -> Option<ResumeData> {
        let data = self.read().await?;
        let length = self.files.length(&self.part()).await.ok()?;
        (length >= data.received() && data.0.validator.is_some()).then_some(data)
    }

    /// The partial file, whole and durable, gets its name.
    pub(super) async fn put(&self) -> Result<(), Error> {
        self.files
            .rename(&self.part(), &self.destination, self.existing)
            .await?;
        // The file is in its place, whatever becomes of the journal.
        let _ = self.files.remove(&self.journal()).await;
        Ok(())
    }

    /// Removes what lies beside the destination.
    pub(super) async fn discard(&self) {
        for file in [self.part(), self.named(".part.resume.new"), self.journal()] {
            // It may not be there yet.
            let _ = self.files.remove(&file).await;
        }
    }
}
