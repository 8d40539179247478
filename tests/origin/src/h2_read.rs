//! Follows the frames a client sends, as far as scripts need to know.

use bytes::{Buf, BytesMut};

use crate::frame::{ACK, END_HEADERS, END_STREAM, FrameType};

const HEADER_LENGTH: usize = 9;

/// Counts what the frames read so far amount to.
#[derive(Debug, Default)]
pub(crate) struct FrameReader {
    settings: u32,
    heads: u32,
    requests: u32,
    /// The newest stream, and whether the field section being read is its first.
    stream: u32,
    head_is_first: bool,
    /// Whether the field section being read ends its stream.
    head_ends_stream: bool,
}

impl FrameReader {
    /// Takes one whole frame off `unread`; `false` when it is not all there.
    pub(crate) fn advance(&mut self, unread: &mut BytesMut) -> bool {
        let Some(&[a, b, c, kind, flags, stream @ ..]) = unread.first_chunk::<HEADER_LENGTH>()
        else {
            return false;
        };
        let length = HEADER_LENGTH + u32::from_be_bytes([0, a, b, c]) as usize;
        if unread.len() < length {
            return false;
        }
        unread.advance(length);
        self.note(kind, flags, u32::from_be_bytes(stream));
        true
    }

    /// Uses up one SETTINGS frame of the client's own.
    pub(crate) fn take_settings(&mut self) -> bool {
        take(&mut self.settings)
    }

    /// Uses up one stream whose field section ended.
    pub(crate) fn take_head(&mut self) -> bool {
        take(&mut self.heads)
    }

    /// Uses up one stream whose request ended.
    pub(crate) fn take_request(&mut self) -> bool {
        take(&mut self.requests)
    }

    fn note(&mut self, kind: u8, flags: u8, stream: u32) {
        let ends_stream = flags & END_STREAM != 0;
        if kind == FrameType::Settings as u8 && flags & ACK == 0 {
            self.settings += 1;
        }
        if kind == FrameType::Headers as u8 {
            self.head_ends_stream = ends_stream;
            // A second field section on a stream is its trailers.
            self.head_is_first = stream > self.stream;
            self.stream = self.stream.max(stream);
        }
        let head_ended = flags & END_HEADERS != 0
            && (kind == FrameType::Headers as u8 || kind == FrameType::Continuation as u8);
        if head_ended {
            self.heads += u32::from(self.head_is_first);
            self.requests += u32::from(self.head_ends_stream);
        }
        if kind == FrameType::Data as u8 && ends_stream {
            self.requests += 1;
        }
    }
}

fn take(count: &mut u32) -> bool {
    let any = *count > 0;
    *count -= u32::from(any);
    any
}
