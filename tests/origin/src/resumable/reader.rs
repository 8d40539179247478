//! A request's body off the bare connection.

use std::io;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use tokio::io::AsyncReadExt as _;

use crate::wire::Wire;

/// How much is read at once, in bytes.
const ROOM: usize = 64 * 1024;

/// Reads a body as its head delimits it.
pub(super) struct Reader {
    unread: BytesMut,
    framing: Framing,
}

enum Framing {
    /// So many bytes are to come.
    Length(usize),
    /// So many bytes of the chunk under way are to come; `None` before a chunk's size.
    Chunk(Option<usize>),
}

impl Reader {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name)?.to_str().ok();
        let framing = match text(header::CONTENT_LENGTH).and_then(|it| it.parse().ok()) {
            Some(length) => Framing::Length(length),
            None if headers.contains_key(header::TRANSFER_ENCODING) => Framing::Chunk(None),
            None => Framing::Length(0),
        };
        Self {
            unread: BytesMut::new(),
            framing,
        }
    }

    /// How long the body is, where its head says so.
    pub(super) fn length(&self) -> Option<usize> {
        match self.framing {
            Framing::Length(length) => Some(length),
            Framing::Chunk(_) => None,
        }
    }

    /// The next bytes; `None` at the end, with what came too much given back.
    pub(super) async fn next(&mut self, wire: &mut Wire) -> io::Result<Option<Bytes>> {
        loop {
            match &mut self.framing {
                Framing::Length(0) => {
                    wire.unread(&self.unread);
                    return Ok(None);
                }
                Framing::Chunk(None) => {
                    let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") else {
                        fill(wire, &mut self.unread).await?;
                        continue;
                    };
                    let line = self.unread.split_to(end + 2);
                    let digits = std::str::from_utf8(&line[..end]).unwrap_or_default();
                    let size = usize::from_str_radix(digits, 16);
                    match size.map_err(io::Error::other)? {
                        0 => {
                            while self.unread.len() < 2 {
                                fill(wire, &mut self.unread).await?;
                            }
                            drop(self.unread.split_to(2));
                            self.framing = Framing::Length(0);
                        }
                        size => self.framing = Framing::Chunk(Some(size)),
                    }
                }
                Framing::Chunk(Some(0)) => {
                    while self.unread.len() < 2 {
                        fill(wire, &mut self.unread).await?;
                    }
                    drop(self.unread.split_to(2));
                    self.framing = Framing::Chunk(None);
                }
                Framing::Length(left) | Framing::Chunk(Some(left)) => {
                    if self.unread.is_empty() {
                        fill(wire, &mut self.unread).await?;
                    }
                    let count = self.unread.len().min(*left);
                    *left -= count;
                    return Ok(Some(self.unread.split_to(count).freeze()));
                }
            }
        }
    }
}

async fn fill(wire: &mut Wire, unread: &mut BytesMut) -> io::Result<()> {
    unread.reserve(ROOM);
    match wire.read_buf(unread).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}
