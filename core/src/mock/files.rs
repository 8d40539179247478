//! Files in memory, with scripted errors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use url::Url;

use super::exchange::scripted;
use crate::seams::files::{Existing, Files, OpenFile};
use crate::words::body::{Body, FileRef, FileSink};
use crate::words::bounds::{BoxFuture, MaybeSend};
use crate::words::error::{Error, ErrorCode};
use crate::words::file_version::{FileChanged, FileVersion};

/// The most bytes that one chunk of a file holds.
const CHUNK: usize = 64 * 1024;

/// Files in memory, by path. A clone is the same files.
///
/// ```
/// use urlsession_core::mock::MockFiles;
///
/// let files = MockFiles::new();
/// files.insert("a.txt", "content");
/// assert_eq!(files.content("a.txt").as_deref(), Some(&b"content"[..]));
/// ```
#[derive(Clone, Default)]
pub struct MockFiles(Arc<Mutex<Tree>>);

#[derive(Default)]
struct Tree {
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// How often anything was written, and at which of them each path was last.
    writes: u64,
    written: BTreeMap<PathBuf, u64>,
    faults: BTreeMap<PathBuf, Faults>,
    /// Those that nobody else may write to.
    open: BTreeSet<PathBuf>,
    temporaries: u64,
}

#[derive(Clone, Copy, Default)]
struct Faults {
    open: Option<ErrorCode>,
    create: Option<ErrorCode>,
    read_after: Option<(u64, ErrorCode)>,
    write_after: Option<(u64, ErrorCode)>,
    finish: Option<ErrorCode>,
    sync: Option<ErrorCode>,
    rename: Option<ErrorCode>,
    remove: Option<ErrorCode>,
}

/// Where temporary files are.
const TEMPORARY: &str = "/tmp";

impl MockFiles {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A file of this content at `path`, in place of any that was there.
    pub fn insert(&self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) {
        let path = path.into();
        let mut tree = self.tree();
        tree.note_write(&path);
        tree.files.insert(path, content.into());
    }

    /// Removes the file at `path`, and gives its content.
    pub fn remove(&self, path: impl AsRef<Path>) -> Option<Bytes> {
        self.tree().files.remove(path.as_ref()).map(Bytes::from)
    }

    /// The content of the file at `path` as far as it is written.
    #[must_use]
    pub fn content(&self, path: impl AsRef<Path>) -> Option<Bytes> {
        self.tree()
            .files
            .get(path.as_ref())
            .map(|content| Bytes::copy_from_slice(content))
    }

    /// Every path that holds a file, in order.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        self.tree().files.keys().cloned().collect()
    }

    /// Opening `path` to read fails from now on, whether there is a file or not.
    pub fn fail_open(&self, path: impl Into<PathBuf>, code: ErrorCode) {
        self.fault(path, |faults| faults.open = Some(code));
    }

    /// Creating `path` fails from now on.
    pub fn fail_create(&self, path: impl Into<PathBuf>, code: ErrorCode) {
        self.fault(path, |faults| faults.create = Some(code));
    }

    /// Reading `path` fails at its byte `offset` from now on.
    pub fn fail_read_after(&self, path: impl Into<PathBuf>, offset: u64, code: ErrorCode) {
        self.fault(path, |faults| faults.read_after = Some((offset, code)));
    }

    /// Writing `path` fails from now on once it is `length` bytes long, as on a full disk.
    pub fn fail_write_after(&self, path: impl Into<PathBuf>, length: u64, code: ErrorCode) {
        self.fault(path, |faults| faults.write_after = Some((length, code)));
    }

    /// Closing `path` after writing it fails from now on.
    pub fn fail_finish(&self, path: impl Into<PathBuf>, code: ErrorCode) {
        self.fault(path, |faults| faults.finish = Some(code));
    }

    /// Making what was written to `path` durable fails from now on.
    pub fn fail_sync(&self, path: impl Into<PathBuf>, code: ErrorCode) {
        self.fault(path, |faults| faults.sync = Some(code));
    }

    /// Giving a file the name `path` fails from now on.
    pub fn fail_rename(&self, path: impl Into<PathBuf>, code: ErrorCode) {
        self.fault(path, |faults| faults.rename = Some(code));
    }

    /// Removing `path` fails from now on.
    pub fn fail_remove(&self, path: impl Into<PathBuf>, code: ErrorCode) {
        self.fault(path, |faults| faults.remove = Some(code));
    }

    /// The path of the next temporary file, so that it can be made to fail.
    #[must_use]
    pub fn next_temporary(&self) -> PathBuf {
        temporary(self.tree().temporaries + 1)
    }

    /// Lets everything at `path` succeed again.
    pub fn heal(&self, path: impl AsRef<Path>) {
        self.tree().faults.remove(path.as_ref());
    }

    fn fault(&self, path: impl Into<PathBuf>, set: impl FnOnce(&mut Faults)) {
        set(self.tree().faults.entry(path.into()).or_default());
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file as it is sent: in this state, or not at all.
    pub(super) fn open_version(
        &self,
        file: &FileRef,
        version: FileVersion,
    ) -> Result<Box<dyn Body>, Error> {
        let body = self.open(file.path(), 0)?;
        if body.version != version {
            return Err(FileChanged.into());
        }
        Ok(Box::new(body))
    }

    fn open(&self, path: &Path, offset: u64) -> Result<StoredBody, Error> {
        let tree = self.tree();
        let faults = tree.faults_of(path);
        if let Some(code) = faults.open {
            return Err(scripted(code));
        }
        let content = tree.files.get(path).ok_or(ErrorCode::FileDoesNotExist)?;
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(content.len());
        Ok(StoredBody {
            files: self.clone(),
            path: path.to_owned(),
            version: tree.version_of(path)?,
            left: Bytes::copy_from_slice(&content[start..]),
            fails: faults
                .read_after
                .map(|(at, code)| (at.saturating_sub(offset), code)),
        })
    }

    fn make(&self, path: &Path, offset: usize, is_exclusive: bool) -> Result<StoredSink, Error> {
        let mut tree = self.tree();
        if is_exclusive && !tree.open.insert(path.to_owned()) {
            return Err(Error::new(ErrorCode::CannotOpenFile).with_cause("another writes to it"));
        }
        tree.note_write(path);
        let content = tree.files.entry(path.to_owned()).or_default();
        content.truncate(offset);
        Ok(StoredSink {
            files: self.clone(),
            path: path.to_owned(),
            is_exclusive,
            position: None,
        })
    }

    fn make_new(&self, path: &Path) -> Result<StoredSink, Error> {
        let tree = self.tree();
        if let Some(code) = tree.faults_of(path).create {
            return Err(scripted(code));
        }
        if tree.files.contains_key(path) {
            return Err(Error::new(ErrorCode::CannotCreateFile).with_cause("it is there already"));
        }
        drop(tree);
        self.make(path, 0, true)
    }

    fn reopen(&self, path: &Path, offset: u64) -> Result<StoredSink, Error> {
        let length = self.length_of(path)?;
        if offset > length {
            return Err(Error::new(ErrorCode::CannotOpenFile).with_cause("it is shorter"));
        }
        self.make(path, usize::try_from(offset).unwrap_or(usize::MAX), true)
    }

    fn length_of(&self, path: &Path) -> Result<u64, Error> {
        let tree = self.tree();
        if let Some(code) = tree.faults_of(path).open {
            return Err(scripted(code));
        }
        let content = tree.files.get(path).ok_or(ErrorCode::FileDoesNotExist)?;
        Ok(content.len() as u64)
    }

    fn move_file(&self, from: &Path, to: &Path, existing: Existing) -> Result<(), Error> {
        let mut tree = self.tree();
        if let Some(code) = tree.faults_of(to).rename {
            return Err(scripted(code));
        }
        if existing == Existing::Refuse && tree.files.contains_key(to) {
            return Err(Error::new(ErrorCode::CannotMoveFile).with_cause("it is there already"));
        }
        let content = tree.files.remove(from).ok_or(ErrorCode::FileDoesNotExist)?;
        tree.files.insert(to.to_owned(), content);
        Ok(())
    }

    fn take_away(&self, path: &Path) -> Result<(), Error> {
        let mut tree = self.tree();
        if let Some(code) = tree.faults_of(path).remove {
            return Err(scripted(code));
        }
        let removed = tree.files.remove(path);
        removed.map(drop).ok_or(ErrorCode::FileDoesNotExist.into())
    }
}

/// The path of the temporary file of this number.
fn temporary(number: u64) -> PathBuf {
    Path::new(TEMPORARY).join(format!("urlsession-{number}"))
}

fn ready<T: MaybeSend + 'static>(
    outcome: Result<T, Error>,
) -> BoxFuture<'static, Result<T, Error>> {
    Box::pin(std::future::ready(outcome))
}

fn sink(made: Result<StoredSink, Error>) -> Result<Box<dyn FileSink>, Error> {
    made.map(|sink| Box::new(sink) as Box<dyn FileSink>)
}

impl Tree {
    fn faults_of(&self, path: &Path) -> Faults {
        self.faults.get(path).copied().unwrap_or_default()
    }

    fn note_write(&mut self, path: &Path) {
        self.writes += 1;
        self.written.insert(path.to_owned(), self.writes);
    }

    fn version_of(&self, path: &Path) -> Result<FileVersion, Error> {
        let content = self.files.get(path).ok_or(ErrorCode::FileDoesNotExist)?;
        let written = self.written.get(path).copied().unwrap_or_default();
        Ok(FileVersion::new(content.len() as u64).with_identity((written, 0)))
    }
}

impl Files for MockFiles {
    fn read(
        &self,
        file: &FileRef,
        offset: u64,
    ) -> BoxFuture<'static, Result<Box<dyn Body>, Error>> {
        let opened = self
            .open(file.path(), offset)
            .map(|body| Box::new(body) as Box<dyn Body>);
        Box::pin(std::future::ready(opened))
    }

    fn version(&self, file: &FileRef) -> BoxFuture<'static, Result<FileVersion, Error>> {
        let tree = self.tree();
        let version = match tree.faults_of(file.path()).open {
            Some(code) => Err(scripted(code)),
            None => tree.version_of(file.path()),
        };
        Box::pin(std::future::ready(version))
    }

    fn create(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        let fault = self.tree().faults_of(file.path()).create;
        ready(match fault {
            Some(code) => Err(scripted(code)),
            None => sink(self.make(file.path(), 0, false)),
        })
    }

    fn create_new(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        ready(sink(self.make_new(file.path())))
    }

    fn temporary(&self) -> BoxFuture<'static, Result<OpenFile, Error>> {
        let number = {
            let mut tree = self.tree();
            tree.temporaries += 1;
            tree.temporaries
        };
        let file = FileRef::new(temporary(number));
        let made = sink(self.make_new(file.path()));
        ready(made.map(|sink| (file, sink)))
    }

    fn temporary_at(&self, name: &str) -> Option<FileRef> {
        let number = name.strip_prefix("urlsession-")?.parse().ok()?;
        let path = temporary(number);
        path.ends_with(name).then(|| FileRef::new(path))
    }

    fn append(
        &self,
        file: &FileRef,
        offset: u64,
    ) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        ready(sink(self.reopen(file.path(), offset)))
    }

    fn length(&self, file: &FileRef) -> BoxFuture<'static, Result<u64, Error>> {
        ready(self.length_of(file.path()))
    }

    fn rename(
        &self,
        from: &FileRef,
        to: &FileRef,
        existing: Existing,
    ) -> BoxFuture<'static, Result<(), Error>> {
        ready(self.move_file(from.path(), to.path(), existing))
    }

    fn remove(&self, file: &FileRef) -> BoxFuture<'static, Result<(), Error>> {
        ready(self.take_away(file.path()))
    }

    /// The path as the URL has it, percent-encoding undone.
    fn file_at(&self, url: &Url) -> Option<FileRef> {
        let path = percent_decode_str(url.path()).decode_utf8().ok()?;
        Some(FileRef::new(&*path))
    }
}

impl fmt::Debug for MockFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.paths()).finish()
    }
}

struct StoredBody {
    files: MockFiles,
    path: PathBuf,
    version: FileVersion,
    left: Bytes,
    /// After so many bytes it fails.
    fails: Option<(u64, ErrorCode)>,
}

impl Body for StoredBody {
    fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let mut length = self.left.len().min(CHUNK);
        if let Some((left, code)) = &mut self.fails {
            if *left == 0 {
                return Poll::Ready(Some(Err(scripted(*code))));
            }
            length = length.min(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= length as u64;
        }
        let chunk = self.left.split_to(length);
        if self.left.is_empty()
            && self.files.tree().version_of(&self.path).ok() != Some(self.version)
        {
            return Poll::Ready(Some(Err(FileChanged.into())));
        }
        Poll::Ready(if chunk.is_empty() {
            None
        } else {
            Some(Ok(chunk))
        })
    }

    fn remaining(&self) -> Option<u64> {
        Some(self.left.len() as u64)
    }
}

struct StoredSink {
    files: MockFiles,
    path: PathBuf,
    is_exclusive: bool,
    /// Where it writes, if that is not the end.
    position: Option<usize>,
}

impl Drop for StoredSink {
    fn drop(&mut self) {
        if self.is_exclusive {
            self.files.tree().open.remove(&self.path);
        }
    }
}

impl StoredSink {
    fn put(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let mut tree = self.files.tree();
        tree.note_write(&self.path);
        let fault = tree.faults_of(&self.path).write_after;
        let content = tree
            .files
            .get_mut(&self.path)
            .ok_or(ErrorCode::CannotWriteToFile)?;
        let (room, code) = fault.unwrap_or((u64::MAX, ErrorCode::CannotWriteToFile));
        let room = usize::try_from(room)
            .unwrap_or(usize::MAX)
            .saturating_sub(self.position.unwrap_or(content.len()));
        let fitting = &chunk[..chunk.len().min(room)];
        match &mut self.position {
            None => content.extend_from_slice(fitting),
            Some(position) => {
                let end = *position + fitting.len();
                content.resize(content.len().max(end), 0);
                content[*position..end].copy_from_slice(fitting);
                *position = end;
            }
        }
        if chunk.len() > room {
            Err(scripted(code))
        } else {
            Ok(())
        }
    }

    fn close(&self) -> Result<(), Error> {
        let fault = self.files.tree().faults_of(&self.path).finish;
        fault.map_or(Ok(()), |code| Err(scripted(code)))
    }
}

impl FileSink for StoredSink {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(std::future::ready(self.put(&chunk)))
    }

    fn move_to(&mut self, offset: u64) -> bool {
        let position = usize::try_from(offset).ok();
        self.position = position.or(self.position);
        position.is_some()
    }

    fn sync(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        let fault = self.files.tree().faults_of(&self.path).sync;
        ready(fault.map_or(Ok(()), |code| Err(scripted(code))))
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        ready(self.close())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::test;
    use std::future::Future;

    use super::*;
    use crate::mock::MockRuntime;

    fn block_on<F: Future>(future: F) -> F::Output {
        MockRuntime::new().block_on(future)
    }

    fn read(files: &MockFiles, offset: u64) -> Result<Vec<u8>, Error> {
        block_on(async {
            let mut body = files.read(&FileRef::new("a"), offset).await?;
            let mut all = Vec::new();
            while let Some(chunk) = body.next_chunk().await? {
                all.extend_from_slice(&chunk);
            }
            Ok(all)
        })
    }

    #[test]
    fn what_was_written_is_read_from_any_offset() {
        let files = MockFiles::new();
        block_on(async {
            let mut sink = files.create(&FileRef::new("a")).await.unwrap();
            sink.write("hello ".into()).await.unwrap();
            sink.write("world".into()).await.unwrap();
            sink.finish().await.unwrap();
        });
        assert_eq!(read(&files, 6).unwrap(), b"world");
        assert_eq!(read(&files, 99).unwrap(), b"");
    }

    #[test]
    fn a_missing_file_says_so() {
        assert_eq!(
            read(&MockFiles::new(), 0).unwrap_err().code(),
            ErrorCode::FileDoesNotExist
        );
    }

    #[test]
    fn reading_fails_at_the_scripted_byte() {
        let files = MockFiles::new();
        files.insert("a", "0123456789");
        files.fail_read_after("a", 4, ErrorCode::CannotOpenFile);
        let chunks = block_on(async {
            let mut body = files.read(&FileRef::new("a"), 1).await.unwrap();
            (
                body.next_chunk().await.unwrap(),
                body.next_chunk().await.unwrap_err().code(),
            )
        });
        assert_eq!(chunks, (Some("123".into()), ErrorCode::CannotOpenFile));
    }

    #[test]
    fn a_full_disk_keeps_what_fitted() {
        let files = MockFiles::new();
        files.fail_write_after("a", 4, ErrorCode::CannotWriteToFile);
        let written = block_on(async {
            let mut sink = files.create(&FileRef::new("a")).await.unwrap();
            sink.write("abc".into()).await.unwrap();
            sink.write("def".into()).await
        });
        assert_eq!(written.unwrap_err().code(), ErrorCode::CannotWriteToFile);
        assert_eq!(files.content("a").unwrap(), "abcd");
    }
}
