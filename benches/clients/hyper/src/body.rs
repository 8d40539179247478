//! Request bodies.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

const CHUNK: usize = 64 * 1024;

/// Nothing, or a file and what is left of it, read 64 KiB at a time on the runtime's thread (it is
/// in the page cache).
#[derive(Debug)]
pub(crate) enum Outgoing {
    Empty,
    File(File, u64),
}

impl Outgoing {
    /// The file at `path`, and its size.
    pub(crate) fn file(path: &Path) -> io::Result<(Self, u64)> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok((Self::File(file, size), size))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Self::File(file, left @ 1..) = self.get_mut() else {
            return Poll::Ready(None);
        };
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk)?;
        chunk.truncate(read);
        *left = if read == 0 {
            0
        } else {
            left.saturating_sub(read as u64)
        };
        Poll::Ready((read > 0).then(|| Ok(Frame::data(chunk.into()))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Empty | Self::File(_, 0))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if let Self::File(_, left) = self {
            *left
        } else {
            0
        })
    }
}
