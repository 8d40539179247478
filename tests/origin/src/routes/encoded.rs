//! Routes with a content coding.

use http::{Response, StatusCode, header};

use crate::body::Body;
use crate::exchange::{set, with_type};

/// `Hello World!` as a gzip member (RFC 1952).
const GZIP: [u8; 32] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x57,
    0x08, 0xcf, 0x2f, 0xca, 0x49, 0x51, 0x04, 0x00, 0xa3, 0x1c, 0x29, 0x1c, 0x0c, 0x00, 0x00, 0x00,
];

/// `Hello World!` as a brotli stream (RFC 7932).
const BROTLI: [u8; 16] = [
    0x8b, 0x05, 0x80, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x57, 0x6f, 0x72, 0x6c, 0x64, 0x21, 0x03,
];

/// `Hello World!` under gzip.
pub(super) fn gzip() -> Response<Body> {
    encoded("gzip", &GZIP)
}

/// `Hello World!` under brotli.
pub(super) fn brotli() -> Response<Body> {
    encoded("br", &BROTLI)
}

fn encoded(coding: &'static str, bytes: &'static [u8]) -> Response<Body> {
    let mut response = with_type(StatusCode::OK, "text/plain; charset=utf-8", bytes);
    set(&mut response, header::CONTENT_ENCODING, coding);
    response
}
