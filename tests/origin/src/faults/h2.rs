//! Faults over HTTP/2, for a client that begins with the preface (prior knowledge, or ALPN over TLS).
//!
//! The scripts answer the client's first requests as streams 1 and 3, which is how hyper and every
//! client with nothing else to say numbers them.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

use super::How;
use crate::frame::{
    END_HEADERS, FrameType, data, field_block, frame, goaway, headers, ping, put_string,
    rst_stream, settings, settings_ack,
};
use crate::script::{Script, Step};

/// The client's first stream.
pub const FIRST: u32 = 1;
/// The client's second stream.
pub const SECOND: u32 = 3;

/// NO_ERROR (RFC 9113, section 7).
pub const NO_ERROR: u32 = 0;
/// PROTOCOL_ERROR.
pub const PROTOCOL_ERROR: u32 = 1;
/// STREAM_CLOSED.
pub const STREAM_CLOSED: u32 = 5;
/// REFUSED_STREAM.
pub const REFUSED_STREAM: u32 = 7;
/// CANCEL.
pub const CANCEL: u32 = 8;
/// ENHANCE_YOUR_CALM.
pub const ENHANCE_YOUR_CALM: u32 = 11;

/// The largest frame payload that needs no leave (RFC 9113, section 4.2).
const FRAME_LIMIT: usize = 16_384;

const FIELDS: [(&str, &str); 3] = [
    (":status", "200"),
    ("content-type", "text/plain"),
    ("access-control-allow-origin", "*"),
];

/// A 200 response on a stream, in a HEADERS and a DATA frame; up to 16 KiB.
#[must_use]
pub fn response(stream: u32, body: &[u8]) -> Bytes {
    let length = body.len().to_string();
    let fields = [&FIELDS[..], &[("content-length", length.as_str())]].concat();
    [headers(stream, &fields, false), data(stream, body, true)]
        .concat()
        .into()
}

/// All that a sound server says to the client of one request: SETTINGS, their acknowledgement,
/// the response.
#[must_use]
pub fn conversation(body: &[u8]) -> Bytes {
    [settings(&[]), settings_ack(), response(FIRST, body)]
        .concat()
        .into()
}

/// Reads the first request, writes the first `count` bytes of [`conversation`], then ends or stops.
#[must_use]
pub fn cut_after(body: &[u8], count: usize, how: How) -> Script {
    let whole = conversation(body);
    let start = whole.slice(..count.min(whole.len()));
    Script::new([
        Step::ReadH2Preface,
        Step::ReadH2Request,
        Step::Write(start),
        how.step(),
    ])
}

/// A sound [`conversation`] in pieces of `chunk` bytes, with a pause of `every` after each.
#[must_use]
pub fn in_pieces(body: &[u8], chunk: usize, every: Duration) -> Script {
    let slowly = Step::WriteSlowly {
        bytes: conversation(body),
        chunk,
        every,
    };
    Script::new([
        Step::ReadH2Preface,
        Step::ReadH2Request,
        slowly,
        Step::ExpectClose,
    ])
}

/// The steps that open a connection: the preface is read, SETTINGS are exchanged.
#[must_use]
pub fn opened() -> Script {
    let hello = [settings(&[]), settings_ack()].concat();
    Script::new([Step::ReadH2Preface, Step::write(hello)])
}

/// A sound answer to one request.
#[must_use]
pub fn answered(body: &[u8]) -> Script {
    requested()
        .then(Step::Write(response(FIRST, body)))
        .then(Step::ExpectClose)
}

/// GOAWAY before any request was read, then FIN.
#[must_use]
pub fn goaway_at_once() -> Script {
    opened()
        .then(Step::Write(goaway(0, NO_ERROR)))
        .then(Step::Close)
}

/// GOAWAY in place of an answer, with a last stream below the request's: it was not processed.
#[must_use]
pub fn goaway_below(code: u32) -> Script {
    requested()
        .then(Step::Write(goaway(0, code)))
        .then(Step::Close)
}

/// GOAWAY that takes the request as processed, then FIN without an answer.
#[must_use]
pub fn goaway_unanswered(code: u32) -> Script {
    requested()
        .then(Step::Write(goaway(FIRST, code)))
        .then(Step::Close)
}

/// GOAWAY in the middle of a response that is then finished: a graceful end.
#[must_use]
pub fn goaway_during_response(body: &[u8]) -> Script {
    let (first, second) = body.split_at(body.len() / 2);
    begun()
        .then(Step::Write(data(FIRST, first, false)))
        .then(Step::Write(goaway(FIRST, NO_ERROR)))
        .then(Step::Write(data(FIRST, second, true)))
        .then(Step::ExpectClose)
}

/// GOAWAY with an error in the middle of a response, then FIN.
#[must_use]
pub fn goaway_mid_body(code: u32) -> Script {
    begun()
        .then(Step::Write(data(FIRST, b"some", false)))
        .then(Step::Write(goaway(FIRST, code)))
        .then(Step::Close)
}

/// RST_STREAM in place of an answer; the connection stays.
#[must_use]
pub fn reset(code: u32) -> Script {
    requested()
        .then(Step::Write(rst_stream(FIRST, code)))
        .then(Step::ExpectClose)
}

/// RST_STREAM in the middle of a body; the connection stays.
#[must_use]
pub fn reset_mid_body(code: u32) -> Script {
    begun()
        .then(Step::Write(data(FIRST, b"some", false)))
        .then(Step::Write(rst_stream(FIRST, code)))
        .then(Step::ExpectClose)
}

/// A whole response to a request whose body is not read, then RST_STREAM with NO_ERROR
/// (RFC 9113, section 8.1).
#[must_use]
pub fn early_response(body: &[u8]) -> Script {
    opened()
        .then(Step::ReadH2Head)
        .then(Step::Write(response(FIRST, body)))
        .then(Step::Write(rst_stream(FIRST, NO_ERROR)))
        .then(Step::ExpectClose)
}

/// REFUSED_STREAM to the first request and an answer to the second, on the same connection.
#[must_use]
pub fn refused_once(body: &[u8]) -> Script {
    requested()
        .then(Step::Write(rst_stream(FIRST, REFUSED_STREAM)))
        .then(Step::ReadH2Request)
        .then(Step::Write(response(SECOND, body)))
        .then(Step::ExpectClose)
}

/// No answer to a request, with the connection open.
#[must_use]
pub fn stall() -> Script {
    requested().then(Step::Stall)
}

/// No more than the start of a body, with the connection open.
#[must_use]
pub fn stall_mid_body() -> Script {
    begun()
        .then(Step::Write(data(FIRST, b"some", false)))
        .then(Step::Stall)
}

/// A body shorter than its `content-length`.
#[must_use]
pub fn length_too_long() -> Script {
    wrong_length("10")
}

/// A body longer than its `content-length`.
#[must_use]
pub fn length_too_short() -> Script {
    wrong_length("3")
}

/// A field section with no end: HEADERS, then CONTINUATION for ever (CVE-2024-27316).
#[must_use]
pub fn continuation_flood() -> Script {
    let fields = field_block(&[("x-flood", "0123456789")]).repeat(64);
    let start = frame(FrameType::Headers, 0, FIRST, &field_block(&FIELDS));
    flood(
        requested().then(Step::Write(start)),
        frame(FrameType::Continuation, 0, FIRST, &fields),
    )
}

/// HEADERS, then CONTINUATION without a byte for ever.
#[must_use]
pub fn empty_continuation_flood() -> Script {
    let start = frame(FrameType::Headers, 0, FIRST, &field_block(&FIELDS));
    flood(
        requested().then(Step::Write(start)),
        frame(FrameType::Continuation, 0, FIRST, &[]),
    )
}

/// DATA without a byte for ever (CVE-2019-9518).
#[must_use]
pub fn empty_data_flood() -> Script {
    flood(begun(), data(FIRST, &[], false))
}

/// SETTINGS for ever, each of which wants an acknowledgement (CVE-2019-9515).
#[must_use]
pub fn settings_flood() -> Script {
    flood(requested(), settings(&[(3, 100)]))
}

/// PING for ever, each of which wants an answer (CVE-2019-9512).
#[must_use]
pub fn ping_flood() -> Script {
    flood(requested(), ping(*b"pingping"))
}

/// WINDOW_UPDATE of one byte for the connection for ever.
#[must_use]
pub fn window_update_flood() -> Script {
    flood(
        requested(),
        frame(FrameType::WindowUpdate, 0, 0, &1_u32.to_be_bytes()),
    )
}

/// RST_STREAM for ever, for one stream.
#[must_use]
pub fn reset_flood() -> Script {
    flood(requested(), rst_stream(FIRST, CANCEL))
}

/// DATA for ever on a stream that has ended, each of which provokes a RST_STREAM.
#[must_use]
pub fn provoked_reset_flood() -> Script {
    flood(
        requested().then(Step::Write(response(FIRST, b"done"))),
        data(FIRST, b"x", false),
    )
}

/// PUSH_PROMISE for ever, though the client never allowed it.
#[must_use]
pub fn push_flood() -> Script {
    let fields = field_block(&[
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", "push.test"),
        (":path", "/"),
    ]);
    let promise = [&2_u32.to_be_bytes()[..], &fields].concat();
    flood(
        requested(),
        frame(FrameType::PushPromise, END_HEADERS, FIRST, &promise),
    )
}

/// 103s for ever.
#[must_use]
pub fn interim_flood() -> Script {
    flood(
        requested(),
        headers(FIRST, &[(":status", "103"), ("link", "</a.css>")], false),
    )
}

/// Trailers that never end.
#[must_use]
pub fn trailer_flood() -> Script {
    let start = frame(
        FrameType::Headers,
        1,
        FIRST,
        &field_block(&[("x-trailer", "x")]),
    );
    let more = field_block(&[("x-trailer", "0123456789")]).repeat(64);
    let begun = begun()
        .then(Step::Write(data(FIRST, b"body", false)))
        .then(Step::Write(start));
    flood(begun, frame(FrameType::Continuation, 0, FIRST, &more))
}

/// A field section of little over 4 KB that unpacks to `count` fields of 4,000 bytes: one entry of
/// HPACK's dynamic table, named again and again (at most 12,000 times).
#[must_use]
pub fn header_bomb(count: usize) -> Script {
    /// Literal with incremental indexing, new name (RFC 7541, section 6.2.1).
    const INDEXED_LITERAL: u8 = 0x40;
    /// The dynamic table's first entry as an indexed field (RFC 7541, section 6.1).
    const NEWEST_ENTRY: u8 = 0x80 | 62;
    let mut block = BytesMut::from(&field_block(&FIELDS)[..]);
    block.put_u8(INDEXED_LITERAL);
    put_string(&mut block, b"x-bomb");
    put_string(&mut block, "b".repeat(4_000).as_bytes());
    block.put_bytes(NEWEST_ENTRY, count.min(12_000));
    requested()
        .then(Step::Write(field_section(&block)))
        .then(Step::ExpectClose)
}

/// A response with this many fields.
#[must_use]
pub fn many_fields(count: usize) -> Script {
    let mut block = BytesMut::from(&field_block(&FIELDS)[..]);
    for number in 0..count {
        let name = format!("x-{number}");
        block.put_slice(&field_block(&[(name.as_str(), "x")]));
    }
    requested()
        .then(Step::Write(field_section(&block)))
        .then(Step::ExpectClose)
}

/// A response without `:status` (RFC 9113, section 8.3.2).
#[must_use]
pub fn status_missing() -> Script {
    let head = headers(FIRST, &[("content-type", "text/plain")], true);
    requested().then(Step::Write(head)).then(Step::ExpectClose)
}

/// A frame that says it is as long as a frame can be (RFC 9113, section 4.2).
#[must_use]
pub fn frame_too_large() -> Script {
    let header = [0xff, 0xff, 0xff, FrameType::Data as u8, 0, 0, 0, 0, 1];
    begun()
        .then(Step::write(header.to_vec()))
        .then(Step::ExpectClose)
}

/// HTTP/1.1 in answer to the preface.
#[must_use]
pub fn http1_answer() -> Script {
    let answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    Script::new([Step::ReadH2Preface, Step::write(answer), Step::Close])
}

type Maker = fn() -> Script;

/// Every flood and bomb, by name: none of them may hang or grow a client.
pub const FLOODS: &[(&str, Maker)] = &[
    ("continuation-flood", continuation_flood),
    ("empty-continuation-flood", empty_continuation_flood),
    ("empty-data-flood", empty_data_flood),
    ("header-bomb", || header_bomb(12_000)),
    ("interim-flood", interim_flood),
    ("many-fields", || many_fields(100_000)),
    ("ping-flood", ping_flood),
    ("provoked-reset-flood", provoked_reset_flood),
    ("push-flood", push_flood),
    ("reset-flood", reset_flood),
    ("settings-flood", settings_flood),
    ("trailer-flood", trailer_flood),
    ("window-update-flood", window_update_flood),
];

/// Opened, with the first request read.
fn requested() -> Script {
    opened().then(Step::ReadH2Request)
}

/// Opened, with the first request read and its answer's head written.
fn begun() -> Script {
    requested().then(Step::Write(headers(FIRST, &FIELDS, false)))
}

fn flood(start: Script, frame: Bytes) -> Script {
    start.then(Step::write_forever(
        frame.repeat((FRAME_LIMIT / frame.len()).max(1)),
    ))
}

fn wrong_length(length: &str) -> Script {
    let fields = [&FIELDS[..], &[("content-length", length)]].concat();
    requested()
        .then(Step::Write(headers(FIRST, &fields, false)))
        .then(Step::Write(data(FIRST, b"hello", true)))
        .then(Step::ExpectClose)
}

/// HEADERS and as many CONTINUATION as a field section takes; the response has no body.
fn field_section(block: &[u8]) -> Bytes {
    const END_STREAM: u8 = 1;
    let pieces: Vec<&[u8]> = block.chunks(FRAME_LIMIT).collect();
    let mut frames = BytesMut::new();
    for (place, piece) in pieces.iter().enumerate() {
        let last = if place + 1 == pieces.len() {
            END_HEADERS
        } else {
            0
        };
        let bytes = match place {
            0 => frame(FrameType::Headers, END_STREAM | last, FIRST, piece),
            _ => frame(FrameType::Continuation, last, FIRST, piece),
        };
        frames.put_slice(&bytes);
    }
    frames.freeze()
}
