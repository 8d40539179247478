//! A file that is not whole yet.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::digest::Expected;
use super::journal::Beside;
use super::shared::{Download, Unclaimed};
use crate::seams::app::App;
use crate::seams::downloaded::DownloadedFile;
use crate::seams::files::Existing;
use crate::words::body::{FileRef, FileSink, SaveTo};
use crate::words::error::{Error, ErrorCode};
use crate::words::request::Request;
use crate::words::resume_data::{self, ResumeData, Source, Validator};
use crate::words::time::Moment;

/// So many bytes become durable at once, where there is a journal.
const BLOCK: u64 = 32 * 1024 * 1024;

/// Or so much time passes: what a crash takes from a slow download.
const PAUSE: Duration = Duration::from_secs(2);

/// The file as it is being written. Dropped before it is whole, it leaves what it has to the download.
pub(super) struct Partial {
    download: Arc<Download>,
    /// `None` once it is whole.
    remains: Option<Remains>,
    synced: u64,
    synced_at: Moment,
    /// Where the next chunk goes unless the file is told otherwise.
    position: u64,
}

/// What is left of it.
pub(super) struct Remains {
    place: Place,
    sink: Box<dyn FileSink>,
    written: u64,
    source: Source,
    known: Known,
}

enum Place {
    Temporary(Unclaimed),
    Beside(Beside),
}

/// What is known of the representation whose bytes are there.
#[derive(Clone, Default)]
pub(super) struct Known {
    /// `None` where a rest could not be asked for.
    pub(super) validator: Option<Validator>,
    pub(super) total: Option<u64>,
    pub(super) digest: Option<Expected>,
}

impl Partial {
    /// Makes the file, for the answer to `request`.
    pub(super) async fn begin<A: App>(
        app: &A,
        download: &Arc<Download>,
        request: &Request,
        known: Known,
    ) -> Result<Self, Error> {
        let (files, source) = (&app.platform().files, Source::from(request));
        let (place, sink) = match beside(app, download) {
            Some(beside) => {
                let place = resume_data::Partial::Beside(None);
                let sink = beside.begin(&data(&source, &known, 0, place)).await?;
                (Place::Beside(beside), sink)
            }
            None => {
                let (file, sink) = files.temporary().await?;
                let file = DownloadedFile::new(file, files.clone());
                (Place::Temporary(Unclaimed::new(file, app.platform())), sink)
            }
        };
        Ok(Self::of(
            app,
            download,
            Remains {
                place,
                sink,
                written: 0,
                source,
                known,
            },
        ))
    }

    /// Opens the file that `data` names where it stopped; `None` when there is none any more that holds as much.
    ///
    /// # Errors
    /// [`FileOutsideSafeArea`](ErrorCode::FileOutsideSafeArea) when it would be no file of the session's.
    pub(super) async fn reopen<A: App>(
        app: &A,
        download: &Arc<Download>,
        data: &ResumeData,
    ) -> Result<Option<Self>, Error> {
        let files = &app.platform().files;
        let facts = &data.0;
        let (file, beside) = match &facts.partial {
            resume_data::Partial::Temporary(name) => {
                (files.temporary_at(name).ok_or_else(outside)?, None)
            }
            resume_data::Partial::Beside(_) => {
                let beside = beside(app, download).ok_or_else(outside)?;
                (beside.part(), Some(beside))
            }
        };
        let is_there = files.length(&file).await;
        if facts.validator.is_none() || !is_there.is_ok_and(|length| length >= facts.received) {
            return Ok(None);
        }
        // Of a file that has all, the last byte is asked for again: whether it still is the same, only an answer tells.
        let last = facts.total.map(|total| total.saturating_sub(1));
        let offset = facts.received.min(last.unwrap_or(u64::MAX));
        let sink = match files.append(&file, offset).await {
            Err(gone) if gone.code() == ErrorCode::FileDoesNotExist => return Ok(None),
            opened => opened?,
        };
        let place = match beside {
            Some(beside) => Place::Beside(beside),
            None => {
                let file = DownloadedFile::new(file, files.clone());
                Place::Temporary(Unclaimed::new(file, app.platform()))
            }
        };
        let known = Known {
            validator: facts.validator.clone(),
            total: facts.total,
            digest: facts.digest.as_deref().and_then(Expected::member),
        };
        Ok(Some(Self::of(
            app,
            download,
            Remains {
                place,
                sink,
                written: offset,
                source: facts.source.clone(),
                known,
            },
        )))
    }

    fn of<A: App>(app: &A, download: &Arc<Download>, remains: Remains) -> Self {
        Self {
            download: download.clone(),
            synced: remains.written,
            synced_at: app.platform().runtime.now(),
            position: remains.written,
            remains: Some(remains),
        }
    }

    fn remains(&mut self) -> Result<&mut Remains, Error> {
        self.remains
            .as_mut()
            .ok_or(ErrorCode::CannotWriteToFile.into())
    }

    /// Begins again from nothing, for the answer of which `known` is known.
    pub(super) async fn restart<A: App>(&mut self, app: &A, known: Known) -> Result<(), Error> {
        let Some(mut remains) = self.remains.take() else {
            return Err(ErrorCode::CannotWriteToFile.into());
        };
        let source = remains.source.clone();
        // Its lock goes with it.
        let _ = remains.sink.finish().await;
        drop(remains.sink);
        let again = match remains.place {
            Place::Temporary(file) => {
                let files = &app.platform().files;
                let sink = files.append(file.file().file(), 0).await?;
                Remains {
                    place: Place::Temporary(file),
                    sink,
                    written: 0,
                    source,
                    known,
                }
            }
            Place::Beside(beside) => {
                let place = resume_data::Partial::Beside(None);
                let sink = beside.begin(&data(&source, &known, 0, place)).await?;
                Remains {
                    place: Place::Beside(beside),
                    sink,
                    written: 0,
                    source,
                    known,
                }
            }
        };
        self.remains = Some(again);
        self.synced = 0;
        self.position = 0;
        Ok(())
    }

    pub(super) async fn write<A: App>(&mut self, app: &A, chunk: Bytes) -> Result<(), Error> {
        let (at, length) = (self.written(), chunk.len() as u64);
        self.remains()?.written += length;
        self.put(at, chunk).await?;
        self.note(app).await
    }

    /// Has `body` move its next bytes to the end; gives their number, 0 at its end.
    pub(super) async fn take_from<A: App>(
        &mut self,
        app: &A,
        body: &mut dyn SaveTo,
    ) -> Result<u64, Error> {
        let at = self.written();
        let is_elsewhere = self.position != at;
        // Nobody knows where the file stands if this is dropped in its middle.
        self.position = u64::MAX;
        let remains = self.remains()?;
        if is_elsewhere && !remains.sink.move_to(at) {
            return Err(ErrorCode::CannotWriteToFile.into());
        }
        let bytes = body.save_to(&mut *remains.sink).await?;
        remains.written += bytes;
        self.position = at + bytes;
        if bytes > 0 {
            self.note(app).await?;
        }
        Ok(bytes)
    }

    /// True when [`put`](Self::put) can write anywhere.
    pub(super) fn takes_any_order(&mut self) -> bool {
        let at = self.position;
        self.remains().is_ok_and(|remains| remains.sink.move_to(at))
    }

    /// Writes `chunk` from `at` on: it does not count before [`reach`](Self::reach) says so.
    pub(super) async fn put(&mut self, at: u64, chunk: Bytes) -> Result<(), Error> {
        let is_elsewhere = self.position != at;
        let remains = self.remains()?;
        if is_elsewhere && !remains.sink.move_to(at) {
            return Err(ErrorCode::CannotWriteToFile.into());
        }
        let end = at + chunk.len() as u64;
        let written = remains.sink.write(chunk).await;
        self.position = end;
        written
    }

    /// Up to `end` it is whole.
    pub(super) async fn reach<A: App>(&mut self, app: &A, end: u64) -> Result<(), Error> {
        self.remains()?.written = end;
        self.note(app).await
    }

    /// Of what was written, only what is before `end` is good.
    pub(super) async fn retreat(&mut self, end: u64) -> Result<(), Error> {
        self.synced = self.synced.min(end);
        let remains = self.remains()?;
        if remains.written <= end {
            return Ok(());
        }
        remains.written = end;
        remains.save().await
    }

    /// Makes it durable, and notes how far it is, when that is due.
    async fn note<A: App>(&mut self, app: &A) -> Result<(), Error> {
        let synced = self.synced;
        let synced_at = self.synced_at;
        let remains = self.remains()?;
        if !matches!(remains.place, Place::Beside(_)) {
            return Ok(());
        }
        let now = app.platform().runtime.now();
        if remains.written.saturating_sub(synced) < BLOCK && now.since(synced_at) < PAUSE {
            return Ok(());
        }
        remains.save().await?;
        self.synced = self.written();
        self.synced_at = now;
        Ok(())
    }

    /// How long it is.
    pub(super) fn written(&self) -> u64 {
        self.remains.as_ref().map_or(0, |remains| remains.written)
    }

    /// What is known of what it becomes.
    pub(super) fn known(&self) -> Known {
        let known = self.remains.as_ref().map(|remains| remains.known.clone());
        known.unwrap_or_default()
    }

    /// What is known now, after another part's head.
    pub(super) fn learn(&mut self, known: Known) {
        if let Some(remains) = &mut self.remains {
            remains.known = known;
        }
    }

    /// The digest of the whole has been compared.
    pub(super) fn verified(&mut self) {
        if let Some(remains) = &mut self.remains {
            remains.known.digest = None;
        }
    }

    /// What is there is no good: it cannot be gone on from.
    pub(super) fn spoil(&mut self) {
        if let Some(remains) = &mut self.remains {
            remains.known.validator = None;
        }
    }

    /// All bytes are there; they are handed on, so that they can be read.
    pub(super) async fn flush(&mut self) -> Result<(), Error> {
        let remains = self.remains()?;
        match remains.place {
            Place::Temporary(_) => remains.sink.finish().await,
            Place::Beside(_) => remains.sink.sync().await,
        }
    }

    /// The file, to be read back.
    pub(super) fn file(&self) -> Option<FileRef> {
        match &self.remains.as_ref()?.place {
            Place::Temporary(file) => Some(file.file().file().clone()),
            Place::Beside(beside) => Some(beside.part()),
        }
    }

    /// It is whole, and flushed.
    pub(super) async fn finish<A: App>(mut self, app: &A) -> Result<Unclaimed, Error> {
        if let Place::Beside(beside) = &self.remains()?.place {
            beside.put().await?;
        }
        let remains = self.remains.take().ok_or(ErrorCode::CannotCloseFile)?;
        Ok(match remains.place {
            Place::Temporary(file) => file,
            Place::Beside(beside) => {
                let files = app.platform().files.clone();
                let file = DownloadedFile::new(beside.destination().clone(), files);
                Unclaimed::in_place(file, app.platform())
            }
        })
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(remains) = self.remains.take() {
            self.download.leave(remains);
        }
    }
}

impl Remains {
    fn data(&self) -> ResumeData {
        let place = match &self.place {
            Place::Temporary(file) => {
                let name = file.file().path().file_name().unwrap_or_default();
                resume_data::Partial::Temporary(name.to_string_lossy().into_owned())
            }
            Place::Beside(beside) => {
                resume_data::Partial::Beside(Some(beside.destination().path().to_owned()))
            }
        };
        data(&self.source, &self.known, self.written, place)
    }

    /// Makes the bytes durable, and writes the journal.
    async fn save(&mut self) -> Result<(), Error> {
        self.sink.sync().await?;
        match &self.place {
            Place::Temporary(_) => Ok(()),
            Place::Beside(beside) => beside.write(&self.data()).await,
        }
    }

    /// Closes it, and names it, if it can be gone on from; else removes it.
    pub(super) async fn keep(mut self) -> Option<ResumeData> {
        if self.known.validator.is_none() || self.written == 0 || self.close().await.is_err() {
            self.discard().await;
            return None;
        }
        let data = self.data();
        match self.place {
            Place::Temporary(file) => drop(file.claim()),
            Place::Beside(_) => {}
        }
        Some(data)
    }

    async fn close(&mut self) -> Result<(), Error> {
        match self.place {
            Place::Temporary(_) => self.sink.finish().await,
            Place::Beside(_) => self.save().await,
        }
    }

    /// Closes and removes it.
    pub(super) async fn discard(self) {
        match self.place {
            Place::Temporary(file) => {
                drop(self.sink);
                file.remove().await;
            }
            // Locked until it is gone.
            Place::Beside(beside) => {
                beside.discard().await;
                drop(self.sink);
            }
        }
    }
}

fn data(
    source: &Source,
    known: &Known,
    received: u64,
    partial: resume_data::Partial,
) -> ResumeData {
    ResumeData(Arc::new(resume_data::Facts {
        source: source.clone(),
        withheld: Vec::new(),
        validator: known.validator.clone(),
        received,
        total: known.total,
        digest: known.digest.as_ref().map(Expected::text),
        partial,
    }))
}

/// The destination that the app has named: for a download that goes on, the one that it names again.
pub(super) fn beside<A: App>(app: &A, download: &Download) -> Option<Beside> {
    let options = download.options();
    let begun = download.begun_from().and_then(ResumeData::destination);
    let destination = options.destination.as_deref().or(begun)?;
    let existing = match options.replaces {
        true => Existing::Replace,
        false => Existing::Refuse,
    };
    Some(Beside::new(&app.platform().files, destination, existing))
}

fn outside() -> Error {
    let error = Error::new(ErrorCode::FileOutsideSafeArea);
    error.because("the partial file is none of the session's, or its destination was not named")
}
