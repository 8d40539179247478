//! Files by `std::fs`, on tokio's threads for blocking work.

mod buffers;
mod place;
mod sink;

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt as _;
use urlsession_core::{
    Body, BoxFuture, Error, ErrorCode, Existing, FileChanged, FileRef, FileSink, FileVersion,
    Files, OpenFile, Url,
};

use self::buffers::CHUNK;
pub(crate) use self::buffers::{Buffer, Buffers};
use self::sink::Sink;

use crate::errors;
use crate::executor::{Executor, Spawned};

/// The machine's files.
#[derive(Clone, Debug)]
pub struct NativeFiles {
    executor: Executor,
    buffers: Arc<Buffers>,
    /// Where temporary files are.
    temporary: Arc<Path>,
}

impl NativeFiles {
    pub(crate) fn new(executor: Executor, temporary: Option<PathBuf>) -> Self {
        Self {
            executor,
            buffers: Arc::default(),
            temporary: temporary.unwrap_or_else(std::env::temp_dir).into(),
        }
    }

    /// Opens `file` from `offset` on. Its last chunk comes only if the file is then what it is now.
    pub(crate) async fn open(&self, file: &FileRef, offset: u64) -> Result<FileBody, Error> {
        let path = file.path().to_owned();
        let opened = self.executor.spawn_blocking(move || {
            // Looked at before it is opened: to open a pipe that nobody writes to never ends.
            if !std::fs::metadata(&path)?.is_file() {
                return Err(match path.is_dir() {
                    true => io::ErrorKind::IsADirectory.into(),
                    false => io::Error::other("neither a file nor a directory"),
                });
            }
            let mut file = File::open(path)?;
            let version = version_of(&file.metadata()?);
            file.seek(SeekFrom::Start(offset))?;
            Ok((file, version))
        })?;
        let (file, version) = opened.await?.map_err(errors::of_reading)?;
        let remaining = version.length().saturating_sub(offset);
        let (executor, buffers) = (self.executor.clone(), Arc::clone(&self.buffers));
        Ok(FileBody {
            state: Reading::Idle(file),
            version,
            remaining,
            executor,
            buffers,
        })
    }
}

impl Files for NativeFiles {
    fn read(
        &self,
        file: &FileRef,
        offset: u64,
    ) -> BoxFuture<'static, Result<Box<dyn Body>, Error>> {
        let (files, file) = (self.clone(), file.clone());
        Box::pin(async move {
            let body = files.open(&file, offset).await?;
            Ok(Box::new(body) as Box<dyn Body>)
        })
    }

    fn version(&self, file: &FileRef) -> BoxFuture<'static, Result<FileVersion, Error>> {
        let (executor, path) = (self.executor.clone(), file.path().to_owned());
        Box::pin(async move {
            let looked = executor
                .spawn_blocking(move || std::fs::metadata(path))?
                .await?;
            Ok(version_of(&looked.map_err(errors::of_reading)?))
        })
    }

    fn file_at(&self, url: &Url) -> Option<FileRef> {
        url.to_file_path().ok().map(FileRef::new)
    }

    fn create(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        let path = file.path().to_owned();
        let create = move || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).open(path)
        };
        self.open_sink(create, cannot(ErrorCode::CannotCreateFile))
    }

    fn create_new(&self, file: &FileRef) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        let path = file.path().to_owned();
        let create = move || place::create_new(&path, false);
        self.open_sink(create, cannot(ErrorCode::CannotCreateFile))
    }

    fn temporary(&self) -> BoxFuture<'static, Result<OpenFile, Error>> {
        let file = FileRef::new(self.temporary.join(place::temporary_name()));
        let path = file.path().to_owned();
        let create = move || place::create_new(&path, true);
        let sink = self.open_sink(create, cannot(ErrorCode::CannotCreateFile));
        Box::pin(async { Ok((file, sink.await?)) })
    }

    fn temporary_at(&self, name: &str) -> Option<FileRef> {
        place::is_temporary_name(name).then(|| FileRef::new(self.temporary.join(name)))
    }

    fn append(
        &self,
        file: &FileRef,
        offset: u64,
    ) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        let path = file.path().to_owned();
        let open = move || place::append(&path, offset);
        self.open_sink(open, missing_or(ErrorCode::CannotOpenFile))
    }

    fn length(&self, file: &FileRef) -> BoxFuture<'static, Result<u64, Error>> {
        let path = file.path().to_owned();
        let look = move || match std::fs::metadata(&path)? {
            facts if facts.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            facts => Ok(facts.len()),
        };
        self.run(look, errors::of_reading)
    }

    fn rename(
        &self,
        from: &FileRef,
        to: &FileRef,
        existing: Existing,
    ) -> BoxFuture<'static, Result<(), Error>> {
        let (from, to) = (from.path().to_owned(), to.path().to_owned());
        let source = from.clone();
        let rename = move || place::rename(&from, &to, existing);
        self.run(rename, move |cause| match source.exists() {
            true => cannot(ErrorCode::CannotMoveFile)(cause),
            false => missing_or(ErrorCode::CannotMoveFile)(cause),
        })
    }

    fn remove(&self, file: &FileRef) -> BoxFuture<'static, Result<(), Error>> {
        let path = file.path().to_owned();
        let remove = move || std::fs::remove_file(path);
        self.run(remove, missing_or(ErrorCode::CannotRemoveFile))
    }
}

impl NativeFiles {
    /// Does what blocks on a thread for that.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
        translate: impl FnOnce(io::Error) -> Error + Send + 'static,
    ) -> BoxFuture<'static, Result<T, Error>> {
        let executor = self.executor.clone();
        Box::pin(async move { executor.spawn_blocking(work)?.await?.map_err(translate) })
    }

    fn open_sink(
        &self,
        open: impl FnOnce() -> io::Result<File> + Send + 'static,
        translate: impl FnOnce(io::Error) -> Error + Send + 'static,
    ) -> BoxFuture<'static, Result<Box<dyn FileSink>, Error>> {
        let (opened, executor) = (self.run(open, translate), self.executor.clone());
        Box::pin(
            async move { Ok(Box::new(Sink::new(opened.await?, executor)) as Box<dyn FileSink>) },
        )
    }
}

fn cannot(code: ErrorCode) -> impl FnOnce(io::Error) -> Error + Send {
    move |cause| Error::new(code).with_cause(cause)
}

/// That there is no such file, else `code`.
fn missing_or(code: ErrorCode) -> impl FnOnce(io::Error) -> Error + Send {
    move |cause| match cause.kind() == io::ErrorKind::NotFound {
        true => Error::new(ErrorCode::FileDoesNotExist).with_cause(cause),
        false => Error::new(code).with_cause(cause),
    }
}

/// What tells the file of these facts from others, and from itself later.
fn version_of(facts: &Metadata) -> FileVersion {
    let mut version = FileVersion::new(facts.len());
    if let Ok(modified) = facts.modified() {
        version = version.with_modified(modified);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        version = version.with_identity((facts.dev(), facts.ino()));
    }
    version
}

/// A file's bytes as they were counted when it was opened.
#[derive(Debug)]
pub(crate) struct FileBody {
    state: Reading,
    version: FileVersion,
    remaining: u64,
    executor: Executor,
    buffers: Arc<Buffers>,
}

#[derive(Debug)]
enum Reading {
    Idle(File),
    Busy(ReadElsewhere),
    Over,
}

/// A read on a thread that may wait.
type ReadElsewhere = Spawned<io::Result<Result<(File, Buffer), FileChanged>>>;

enum Next {
    Read(File, Buffer),
    Waits(ReadElsewhere),
}

impl FileBody {
    /// Reads on: here what is in memory, which costs less than to hand it over to another thread; on a thread that may wait what is not.
    fn next_read(&self, file: File) -> Result<Next, Error> {
        let want = usize::try_from(self.remaining).map_or(CHUNK, |left| left.min(CHUNK));
        let (remaining, version) = (self.remaining, self.version);
        let mut buffer = Buffers::take(&self.buffers);
        if buffer.fill_at_once(&file, want) {
            let is_same = is_same(&file, &buffer, (remaining, version));
            return match is_same.map_err(errors::of_reading)? {
                true => Ok(Next::Read(file, buffer)),
                false => Err(FileChanged.into()),
            };
        }
        Ok(Next::Waits(self.executor.spawn_blocking(move || {
            buffer.fill(&file, want)?;
            let is_same = buffer.length() == want && is_same(&file, &buffer, (remaining, version))?;
            Ok(is_same.then_some((file, buffer)).ok_or(FileChanged))
        })?))
    }

    /// The state that the file was in when it was opened.
    pub(crate) fn version(&self) -> FileVersion {
        self.version
    }

    fn chunk(&mut self, file: File, buffer: Buffer) -> Bytes {
        self.state = Reading::Idle(file);
        self.remaining -= buffer.length() as u64;
        Bytes::from_owner(buffer)
    }
}

/// Before the last of the `remaining` bytes are handed on, the file is looked at again.
fn is_same(
    file: &File,
    buffer: &Buffer,
    (remaining, version): (u64, FileVersion),
) -> io::Result<bool> {
    let is_last = buffer.length() as u64 == remaining;
    Ok(!is_last || version_of(&file.metadata()?) == version)
}

impl Body for FileBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            match std::mem::replace(&mut self.state, Reading::Over) {
                Reading::Idle(_) if self.remaining == 0 => return Poll::Ready(None),
                Reading::Idle(file) => match self.next_read(file)? {
                    Next::Read(file, buffer) => {
                        return Poll::Ready(Some(Ok(self.chunk(file, buffer))));
                    }
                    Next::Waits(read) => self.state = Reading::Busy(read),
                },
                Reading::Busy(mut read) => {
                    let Poll::Ready(read) = read.poll_unpin(context) else {
                        self.state = Reading::Busy(read);
                        return Poll::Pending;
                    };
                    let (file, buffer) = read?.map_err(errors::of_reading)??;
                    return Poll::Ready(Some(Ok(self.chunk(file, buffer))));
                }
                Reading::Over => return Poll::Ready(None),
            }
        }
    }

    fn remaining(&self) -> Option<u64> {
        Some(self.remaining)
    }
}
