//! HTTP/2 frames as bytes (RFC 9113, sections 4 and 6), for servers that break the rules.

use bytes::{BufMut, Bytes, BytesMut};

/// What a client sends first (RFC 9113, section 3.4).
pub const CLIENT_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame's type (RFC 9113, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameType {
    /// DATA.
    Data = 0,
    /// HEADERS.
    Headers = 1,
    /// RST_STREAM.
    RstStream = 3,
    /// SETTINGS.
    Settings = 4,
    /// PUSH_PROMISE.
    PushPromise = 5,
    /// PING.
    Ping = 6,
    /// GOAWAY.
    GoAway = 7,
    /// WINDOW_UPDATE.
    WindowUpdate = 8,
    /// CONTINUATION.
    Continuation = 9,
}

/// END_STREAM of DATA and HEADERS.
pub const END_STREAM: u8 = 0x1;
/// ACK of SETTINGS and PING.
pub const ACK: u8 = 0x1;
/// END_HEADERS of HEADERS and CONTINUATION.
pub const END_HEADERS: u8 = 0x4;

/// A frame of any content, well-formed or not.
#[must_use]
pub fn frame(kind: FrameType, flags: u8, stream: u32, payload: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(9 + payload.len());
    bytes.put_uint(payload.len() as u64, 3);
    bytes.put_u8(kind as u8);
    bytes.put_u8(flags);
    bytes.put_u32(stream);
    bytes.put_slice(payload);
    bytes.freeze()
}

/// SETTINGS with these (identifier, value) pairs.
#[must_use]
pub fn settings(values: &[(u16, u32)]) -> Bytes {
    let mut payload = BytesMut::new();
    for &(identifier, value) in values {
        payload.put_u16(identifier);
        payload.put_u32(value);
    }
    frame(FrameType::Settings, 0, 0, &payload)
}

/// The acknowledgement of the peer's SETTINGS.
#[must_use]
pub fn settings_ack() -> Bytes {
    frame(FrameType::Settings, ACK, 0, &[])
}

/// HEADERS with a whole field section.
#[must_use]
pub fn headers(stream: u32, fields: &[(&str, &str)], end_stream: bool) -> Bytes {
    let flags = END_HEADERS | if end_stream { END_STREAM } else { 0 };
    frame(FrameType::Headers, flags, stream, &field_block(fields))
}

/// DATA.
#[must_use]
pub fn data(stream: u32, payload: &[u8], end_stream: bool) -> Bytes {
    frame(
        FrameType::Data,
        if end_stream { END_STREAM } else { 0 },
        stream,
        payload,
    )
}

/// RST_STREAM with an error code (RFC 9113, section 7).
#[must_use]
pub fn rst_stream(stream: u32, code: u32) -> Bytes {
    frame(FrameType::RstStream, 0, stream, &code.to_be_bytes())
}

/// GOAWAY with the last stream the server takes care of and an error code.
#[must_use]
pub fn goaway(last_stream: u32, code: u32) -> Bytes {
    let mut payload = BytesMut::new();
    payload.put_u32(last_stream);
    payload.put_u32(code);
    frame(FrameType::GoAway, 0, 0, &payload)
}

/// PING.
#[must_use]
pub fn ping(payload: [u8; 8]) -> Bytes {
    frame(FrameType::Ping, 0, 0, &payload)
}

/// A field section of HPACK literals without indexing or Huffman coding (RFC 7541, section 6.2.2).
#[must_use]
pub fn field_block(fields: &[(&str, &str)]) -> Bytes {
    let mut block = BytesMut::new();
    for (name, value) in fields {
        block.put_u8(0);
        put_string(&mut block, name.as_bytes());
        put_string(&mut block, value.as_bytes());
    }
    block.freeze()
}

/// An HPACK string literal: the length with a prefix of seven bits, then the bytes.
pub(crate) fn put_string(block: &mut BytesMut, text: &[u8]) {
    let mut length = text.len();
    if length < 127 {
        block.put_u8(length as u8);
    } else {
        block.put_u8(127);
        length -= 127;
        while length >= 128 {
            block.put_u8((length % 128) as u8 | 128);
            length /= 128;
        }
        block.put_u8(length as u8);
    }
    block.put_slice(text);
}
