//! Whole replies as bytes, sound and broken.

use bytes::Bytes;

use super::OPEN_TO_ALL;
use crate::script::Script;

/// A sound 200 response with a `Content-Length`.
#[must_use]
pub fn response(body: impl AsRef<[u8]>) -> Bytes {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n{OPEN_TO_ALL}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat().into()
}

/// A sound 200 response in chunks of `chunk` bytes, at least 1.
#[must_use]
pub fn chunked_response(body: impl AsRef<[u8]>, chunk: usize) -> Bytes {
    let mut reply = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n{OPEN_TO_ALL}\r\n"
    )
    .into_bytes();
    for piece in body.as_ref().chunks(chunk.max(1)) {
        reply.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        reply.extend_from_slice(piece);
        reply.extend_from_slice(b"\r\n");
    }
    reply.extend_from_slice(b"0\r\n\r\n");
    reply.into()
}

/// A sound response with no space after any colon.
#[must_use]
pub fn field_without_whitespace() -> Script {
    Script::reply_and_close(
        "HTTP/1.1 200 OK\r\nContent-Type:text/plain\r\nContent-Length:12\r\n\
         Access-Control-Allow-Origin:*\r\nConnection:close\r\n\r\nHello World!",
    )
}

/// The broken replies that Foundation's tests know by the names of lost cities.
#[must_use]
pub fn lost_city(name: &str) -> Script {
    let reply: Bytes = match name {
        "Pompeii" => http2_to_http1_client(),
        "Sodom" => "a body without a status line, as HTTP/0.9 had it\r\n".into(),
        "Gomorrah" => "HTTP/1.1\r\n\r\n\r\n".into(),
        "Myndus" => {
            format!("HTTP/1.1 200 OK\r\n{OPEN_TO_ALL}\r\na body whose length nothing tells\r\n")
                .into()
        }
        "Kameiros" => format!("HTTP/1.1 999 Wrong Code\r\n{OPEN_TO_ALL}\r\n").into(),
        "Dinavar" => "HTTP/1.1 20 Too Few Digits\r\n\r\n".into(),
        "Kuhikugu" => "HTTP/1.1 2000 Too Many Digits\r\n\r\n".into(),
        _ => "HTTP/1.1 404 No Such City\r\nContent-Length: 0\r\n\r\n".into(),
    };
    Script::reply_and_close(reply)
}

/// What an HTTP/2 server says to a client that speaks HTTP/1.1: SETTINGS, then GOAWAY with
/// PROTOCOL_ERROR.
fn http2_to_http1_client() -> Bytes {
    let settings = crate::frame::settings(&[(3, 100), (4, 65_535)]);
    let goaway = crate::frame::goaway(0, 1);
    [settings, goaway].concat().into()
}
