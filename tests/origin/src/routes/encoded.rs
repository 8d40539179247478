//! Routes with a content coding.

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderValue, Response, StatusCode, header};
use http_body::Frame;

use crate::body::{self, Body};
use crate::coding::{Bomb, encode};
use crate::exchange::{Exchange, bad_request, set, streamed, text, with_type};

const CODINGS: [&str; 6] = ["br", "deflate", "gzip", "identity", "raw-deflate", "zstd"];

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

/// `/encoded/CODING,…/N`: N bytes of the pattern under codings.
pub(super) fn pattern(exchange: &Exchange, codings: &str, length: &str) -> Response<Body> {
    let codings: Vec<&str> = codings.split(',').collect();
    let Ok(length) = length.parse::<u64>() else {
        return bad_request("`/encoded/CODINGS/N` takes a number");
    };
    if codings.iter().any(|coding| !CODINGS.contains(coding)) {
        return bad_request("`/encoded/CODINGS/N` takes codings");
    }
    let mut bytes = encode(&codings, &crate::pattern(0..length));
    let at = |name| usize::try_from(exchange.number(name)?).ok();
    if let Some(byte) = at("spoil").and_then(|place| bytes.get_mut(place)) {
        *byte = !*byte;
    }
    bytes.truncate(bytes.len().saturating_sub(at("cut").unwrap_or_default()));
    let mut response = with_type(StatusCode::OK, "application/octet-stream", bytes);
    if exchange.parameter("part").is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    under(response, &codings.join(", ").replace("raw-", ""))
}

/// `/bomb/CODING/N`: N MiB of zeros under a coding.
pub(super) fn bomb(exchange: &Exchange, coding: &str, mebibytes: &str) -> Response<Body> {
    let Ok(count) = mebibytes.parse::<u64>() else {
        return bad_request("`/bomb/CODING/N` takes a number");
    };
    let Some(Bomb { start, unit, end }) = Bomb::new(coding, count) else {
        return text(StatusCode::NOT_FOUND, "no bomb of that coding");
    };
    // A brotli stream starts with its first MiB.
    let units = count.saturating_sub(u64::from(coding == "br"));
    let units = (0..units).map(move |_| unit.clone());
    let parts = [start].into_iter().chain(units).chain([end]);
    // Gives way, so that a body that is always ready cannot starve the runtime.
    let frames = stream::iter(parts).then(|part: Bytes| async move {
        tokio::task::yield_now().await;
        Ok(Frame::data(part))
    });
    let mut response = streamed("application/octet-stream", body::streamed(frames));
    if let Some(to) = exchange.parameter("to")
        && let Ok(to) = HeaderValue::from_bytes(&to)
    {
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().insert(header::LOCATION, to);
    }
    under(response, coding)
}

fn under(mut response: Response<Body>, codings: &str) -> Response<Body> {
    if let Ok(codings) = HeaderValue::from_str(codings) {
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, codings);
    }
    response
}
