//! Ready-made scripts: the faults that a client has to survive.
//!
//! Each is for a connection that carries one request. [`NAMED`] lists those that need no argument;
//! the origin serves them under `/fault/NAME`. [`h2`] has those over HTTP/2.

mod bodies;
mod closing;
mod framing;
pub mod h2;
mod handshake;
mod heads;
mod replies;

pub use bodies::{
    early_413, end_on_idle, endless_body, endless_chunks, endless_interim, endless_trailers,
    interim_flood, late_response, one_byte_at_a_time, timeout_on_idle, unsolicited_response,
};
pub use closing::{How, Phase, at, cut_after};
pub use framing::{
    chunk_extension, chunk_line_endless, chunk_size_overflow, chunk_without_end,
    last_chunk_missing, length_and_chunked, length_invalid, length_overflow, length_too_long,
    length_too_short, length_with_sign, lengths_conflicting, lengths_repeated,
    malformed_chunk_size, surplus_bytes,
};
pub use handshake::{end_in_handshake, handshake_alert, http_instead_of_tls, old_server_hello};
pub use heads::{
    bare_line_feeds, endless_header, field_without_colon, folded_field, garbage, huge_header,
    huge_location, large_status_line, many_cookies, many_fields, nul_in_field, space_before_colon,
};
pub use replies::{chunked_response, field_without_whitespace, lost_city, response};

use std::time::Duration;

use crate::script::Script;

/// The fields of every head written here, so that a browser may read the response.
pub(crate) const OPEN_TO_ALL: &str = "Access-Control-Allow-Origin: *\r\n";

/// How long [`NAMED`] scripts wait before what comes late.
const LATE: Duration = Duration::from_millis(50);

type Maker = fn() -> Script;

/// The faults by name, in alphabetical order within their kind.
pub const NAMED: &[(&str, Maker)] = &[
    ("bare-line-feeds", bare_line_feeds),
    ("chunk-extension", || chunk_extension(1_000_000)),
    ("chunk-line-endless", chunk_line_endless),
    ("chunk-size-malformed", malformed_chunk_size),
    ("chunk-size-overflow", chunk_size_overflow),
    ("chunk-without-end", chunk_without_end),
    ("close-after-request", || at(Phase::Request, How::Close)),
    ("close-at-end", || at(Phase::End, How::Close)),
    ("close-mid-body", || at(Phase::Body, How::Close)),
    ("close-mid-head", || at(Phase::Head, How::Close)),
    ("endless-body", endless_body),
    ("endless-chunks", endless_chunks),
    ("endless-header", endless_header),
    ("endless-interim", || endless_interim(LATE)),
    ("endless-trailers", endless_trailers),
    ("field-without-colon", field_without_colon),
    ("folded-field", folded_field),
    ("garbage", garbage),
    ("huge-header", || huge_header(10 * 1024 * 1024)),
    ("huge-location", || huge_location(1024 * 1024)),
    ("interim-flood", interim_flood),
    ("large-status-line", || large_status_line(1024 * 1024)),
    ("last-chunk-missing", last_chunk_missing),
    ("length-and-chunked", length_and_chunked),
    ("length-invalid", length_invalid),
    ("length-overflow", length_overflow),
    ("length-too-long", length_too_long),
    ("length-too-short", length_too_short),
    ("length-with-sign", length_with_sign),
    ("lengths-conflicting", lengths_conflicting),
    ("lengths-repeated", lengths_repeated),
    ("many-cookies", || many_cookies(10_000)),
    ("many-fields", || many_fields(100_000)),
    ("nul-in-field", nul_in_field),
    ("one-byte-at-a-time", || {
        one_byte_at_a_time(&response("one by one"), Duration::ZERO)
    }),
    ("reset-after-request", || at(Phase::Request, How::Reset)),
    ("reset-at-end", || at(Phase::End, How::Reset)),
    ("reset-mid-body", || at(Phase::Body, How::Reset)),
    ("reset-mid-head", || at(Phase::Head, How::Reset)),
    ("space-before-colon", space_before_colon),
    ("stall-after-request", || at(Phase::Request, How::Stall)),
    ("stall-mid-body", || at(Phase::Body, How::Stall)),
    ("stall-mid-head", || at(Phase::Head, How::Stall)),
    ("surplus-bytes", surplus_bytes),
];

/// The ready-made fault of this name.
#[must_use]
pub fn named(name: &str) -> Option<Script> {
    NAMED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, make)| make())
}
