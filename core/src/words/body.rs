//! Bodies: a pull of chunks, opaque to core, and what a request may carry.

use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};

use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync, NativeObject};
use crate::words::error::Error;
use crate::words::one_shot::OneShot;
use crate::words::opening::{OpenBody, Opening};

/// The bytes of a message, pulled chunk by chunk: nothing is read that nobody asks for.
///
/// Dropping a body that has not ended aborts its exchange.
pub trait Body: MaybeSend + 'static {
    /// The next chunk, never empty; `None` once at the end. Not called again after the end or an error.
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>>;

    /// How many bytes are still to come, where that is known.
    fn remaining(&self) -> Option<u64> {
        None
    }

    /// The fields that came after the body (RFC 9110 section 6.5), if any; asked for once, when the body has ended.
    ///
    /// A body that wraps another hands its trailers on. They are never merged into the header fields, which they could forge.
    fn trailers(&mut self) -> Option<HeaderMap> {
        None
    }

    /// The names of the trailers that a request's body announces (RFC 9110 section 6.6.2): only those are sent. See
    /// [`BodyStream::with_trailers`].
    fn trailer_names(&self) -> &[HeaderName] {
        &[]
    }

    /// The way to move what is to come into a file without passing through core, where the transport has one.
    fn direct(&mut self) -> Option<&mut dyn SaveTo> {
        None
    }

    /// The platform's own object for this body (a browser's `Response`), if untouched. Afterwards the body is at its end.
    fn take_native(&mut self) -> Option<NativeObject> {
        None
    }
}

/// A body that can move its bytes into a file by itself, as `splice` does.
pub trait SaveTo: MaybeSend {
    /// Moves the next bytes of the body into `file`, where it stands, and gives their number; 0 at the end. The bytes of a call that was
    /// dropped before its end are lost to the body, and may be in the file or not.
    fn save_to<'a>(&'a mut self, file: &'a mut dyn FileSink) -> BoxFuture<'a, Result<u64, Error>>;
}

/// A file being written, from its start or its end on.
pub trait FileSink: MaybeSend {
    /// Appends `chunk` whole. It may be written later: an error then comes of a later call, of [`finish`](Self::finish) at the latest.
    ///
    /// A sink that is dropped unfinished may have written less than it was given.
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), Error>>;

    /// What is written from now on begins at `offset`, within what was written or beyond; what is between is zeros until it is written.
    /// False, as by default, where that cannot be: nothing has changed then.
    fn move_to(&mut self, _offset: u64) -> bool {
        false
    }

    /// Hands on what was written so far, and makes it outlive a crash of the machine.
    fn sync(&mut self) -> BoxFuture<'_, Result<(), Error>>;

    /// Hands on what was written and closes the file. What is not durable by then may be lost in a crash of the machine, not of the
    /// program.
    fn finish(&mut self) -> BoxFuture<'_, Result<(), Error>>;

    /// The platform's own handle, for a body that saves itself.
    fn native(&mut self) -> Option<&mut dyn Any> {
        None
    }
}

impl dyn Body {
    /// The next chunk, `None` at the end.
    ///
    /// # Errors
    /// What ended the body before its end.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, Error> {
        std::future::poll_fn(|context| self.poll_next_chunk(context))
            .await
            .transpose()
    }
}

impl fmt::Debug for dyn Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("remaining", &self.remaining())
            .finish_non_exhaustive()
    }
}

/// A body of bytes already in memory, as one chunk.
#[derive(Debug)]
pub struct InMemory(Bytes);

impl InMemory {
    /// A body of these bytes.
    #[must_use]
    pub fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl Body for InMemory {
    fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let bytes = std::mem::take(&mut self.0);
        Poll::Ready(if bytes.is_empty() {
            None
        } else {
            Some(Ok(bytes))
        })
    }

    fn remaining(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }

    fn direct(&mut self) -> Option<&mut dyn SaveTo> {
        Some(self)
    }
}

impl SaveTo for InMemory {
    fn save_to<'a>(&'a mut self, file: &'a mut dyn FileSink) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            let bytes = std::mem::take(&mut self.0);
            let length = bytes.len() as u64;
            if length > 0 {
                file.write(bytes).await?;
            }
            Ok(length)
        })
    }
}

/// A file named by its path; opened only when its bytes are needed, and again when they are needed again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileRef(PathBuf);

impl FileRef {
    /// The file at `path`: native, in the browser's private file system, or a mock's, as the platform has it.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// A request's body that is made as it is sent.
///
/// Clones share it: a one-shot stream is taken by whichever send comes first.
#[derive(Clone)]
pub struct BodyStream {
    source: Source,
    length: Option<u64>,
    trailer_names: Option<Arc<[HeaderName]>>,
}

#[derive(Clone)]
enum Source {
    OneShot(OneShot),
    Replayable(Arc<dyn MakeBody>),
    /// Takes time to open, and knows its length then.
    Opened(Arc<dyn OpenBody>),
}

trait MakeBody: MaybeSend + MaybeSync {
    fn make(&self) -> Box<dyn Body>;
}

impl<F: Fn() -> Box<dyn Body> + MaybeSend + MaybeSync> MakeBody for F {
    fn make(&self) -> Box<dyn Body> {
        self()
    }
}

impl BodyStream {
    /// A stream that can be read once. When it was read and is needed again (a redirect that keeps the method, a stale
    /// connection) the delegate is asked for another.
    #[must_use]
    pub fn once(body: impl Body) -> Self {
        let length = body.remaining();
        Self {
            source: Source::OneShot(OneShot::new(Box::new(body))),
            length,
            trailer_names: None,
        }
    }

    /// A stream that `make` makes anew each time that it is needed.
    pub fn replayable(make: impl Fn() -> Box<dyn Body> + MaybeSend + MaybeSync + 'static) -> Self {
        Self {
            source: Source::Replayable(Arc::new(make)),
            length: None,
            trailer_names: None,
        }
    }

    /// A stream that `source` opens each time that it is needed, in its own time, and knows the length of once it is open.
    pub fn opened_by(source: impl OpenBody) -> Self {
        Self {
            source: Source::Opened(Arc::new(source)),
            length: None,
            trailer_names: None,
        }
    }

    /// What opens it, where that takes time.
    pub(crate) fn opener(&self) -> Option<&Arc<dyn OpenBody>> {
        match &self.source {
            Source::Opened(source) => Some(source),
            Source::OneShot(_) | Source::Replayable(_) => None,
        }
    }

    /// The same stream with its length in bytes, sent as Content-Length.
    #[must_use]
    pub fn with_length(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }

    /// The same stream, followed by fields of these names: their values are what its [`Body::trailers`] gives once it has ended, as a
    /// digest does.
    ///
    /// They are announced before the body (`Trailer`, RFC 9110 section 6.6.2), and others are not sent; nor are fields that must come
    /// before a body (section 6.5.1). The body goes without Content-Length then. Where
    /// [`Capabilities::request_trailers`](crate::Capabilities::request_trailers) is false, its task fails.
    #[must_use]
    pub fn with_trailers(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.trailer_names = Some(names.into_iter().collect());
        self
    }

    /// The names of the fields that follow it.
    #[must_use]
    pub fn trailer_names(&self) -> &[HeaderName] {
        self.trailer_names.as_deref().unwrap_or_default()
    }

    /// The length in bytes, where it is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// True when it can be read again.
    #[must_use]
    pub fn is_replayable(&self) -> bool {
        match &self.source {
            Source::OneShot(_) => false,
            Source::Replayable(_) => true,
            Source::Opened(source) => source.is_replayable(),
        }
    }

    /// True when the next [`open`](Self::open) can give it: it is replayable, or nobody has asked for a byte of it.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        match &self.source {
            Source::OneShot(body) => body.is_unread(),
            Source::Replayable(_) => true,
            Source::Opened(source) => source.is_unread(),
        }
    }

    /// The body itself; `None` when it was once and is gone. Dropped unread, one that can be read once is there again.
    #[must_use]
    pub fn open(&self) -> Option<Box<dyn Body>> {
        match &self.source {
            Source::OneShot(body) => body.take(),
            Source::Replayable(source) => Some(source.make()),
            Source::Opened(source) if source.is_unread() => {
                Some(Box::new(Opening::new(source.open(0))))
            }
            Source::Opened(_) => None,
        }
    }

    fn same(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (Source::OneShot(a), Source::OneShot(b)) => a.is(b),
            (Source::Replayable(a), Source::Replayable(b)) => Arc::ptr_eq(a, b),
            (Source::Opened(a), Source::Opened(b)) => Arc::ptr_eq(a, b),
            (Source::OneShot(_) | Source::Replayable(_) | Source::Opened(_), _) => false,
        }
    }
}

impl PartialEq for BodyStream {
    /// Two are equal when they are clones of one.
    fn eq(&self, other: &Self) -> bool {
        self.same(other)
    }
}

impl Eq for BodyStream {}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream")
            .field("length", &self.length)
            .field("replayable", &self.is_replayable())
            .finish()
    }
}

/// What a request carries.
#[derive(Clone, Default)]
pub enum RequestBody {
    /// Nothing: no body and no Content-Type is made up.
    #[default]
    Empty,
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file, read as it is sent. Without the feature `body-streams` its task fails.
    File(FileRef),
    /// Bytes made as they are sent. Without the feature `body-streams` its task fails.
    Stream(BodyStream),
}

impl fmt::Debug for RequestBody {
    /// Its kind and length, not its bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::File(file) => write!(f, "file {}", file.path().display()),
            Self::Stream(stream) => stream.fmt(f),
        }
    }
}

impl RequestBody {
    /// True when there is nothing to send: no body, or no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::File(_) | Self::Stream(_) => false,
        }
    }

    /// The length in bytes where it is known without opening anything.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::File(_) => None,
            Self::Stream(stream) => stream.length(),
        }
    }

    /// True when the body can be sent now without asking anybody: again, or for the first time.
    #[must_use]
    pub(crate) fn is_at_hand(&self) -> bool {
        match self {
            Self::Empty | Self::Bytes(_) | Self::File(_) => true,
            Self::Stream(stream) => stream.is_unread(),
        }
    }

    /// True when the body can be sent again without asking anybody.
    #[must_use]
    pub fn is_replayable(&self) -> bool {
        match self {
            Self::Empty | Self::Bytes(_) | Self::File(_) => true,
            Self::Stream(stream) => stream.is_replayable(),
        }
    }
}

impl PartialEq for RequestBody {
    /// Bytes and files by value, streams by identity.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Empty, Self::Empty) => true,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::File(a), Self::File(b)) => a == b,
            (Self::Stream(a), Self::Stream(b)) => a == b,
            (Self::Empty | Self::Bytes(_) | Self::File(_) | Self::Stream(_), _) => false,
        }
    }
}

impl Eq for RequestBody {}

impl From<()> for RequestBody {
    fn from((): ()) -> Self {
        Self::Empty
    }
}

macro_rules! from_bytes {
    ($($type:ty),*) => {$(
        impl From<$type> for RequestBody {
            fn from(bytes: $type) -> Self {
                Self::Bytes(bytes.into())
            }
        }
    )*};
}

from_bytes!(Bytes, Vec<u8>, String, &'static str, &'static [u8]);

impl From<FileRef> for RequestBody {
    fn from(file: FileRef) -> Self {
        Self::File(file)
    }
}

impl From<BodyStream> for RequestBody {
    fn from(stream: BodyStream) -> Self {
        Self::Stream(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn a_one_shot_stream_opens_once_among_its_clones() {
        let stream = BodyStream::once(InMemory::new("abc".into()));
        let first = stream.clone().open();
        assert!(first.is_some());
        assert!(stream.open().is_none());
        assert_eq!(stream.length(), Some(3));
    }

    #[test]
    fn a_replayable_stream_opens_each_time() {
        let stream = BodyStream::replayable(|| Box::new(InMemory::new("abc".into())));
        assert!(stream.open().is_some());
        assert!(stream.open().is_some());
    }
}
