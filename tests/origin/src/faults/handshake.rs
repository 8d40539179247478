//! TLS handshakes that go wrong before any certificate is seen; for servers without TLS of their own.

use bytes::{BufMut, BytesMut};

use super::How;
use crate::script::{Script, Step};

/// The length of a TLS record's header (RFC 8446, section 5.1).
const RECORD_HEADER: usize = 5;
/// TLS's record types.
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// Reads the start of a ClientHello, then ends or stops.
#[must_use]
pub fn end_in_handshake(how: How) -> Script {
    Script::new([Step::ReadBody(RECORD_HEADER), how.step()])
}

/// A fatal alert with this description (RFC 8446, section 6.2) in a record of TLS 1.`minor`.
#[must_use]
pub fn handshake_alert(minor: u8, description: u8) -> Script {
    const FATAL: u8 = 2;
    answer_hello(vec![ALERT, 3, 1 + minor, 0, 2, FATAL, description])
}

/// A ServerHello of TLS 1.`minor`, whatever the client offered: what a server does that is older
/// than the client's list of versions.
#[must_use]
pub fn old_server_hello(minor: u8) -> Script {
    const SERVER_HELLO: u8 = 2;
    const TLS_RSA_WITH_AES_128_CBC_SHA: u16 = 0x002f;
    let mut hello = BytesMut::new();
    hello.put_slice(&[3, 1 + minor]);
    hello.put_bytes(0x5a, 32); // random
    hello.put_u8(0); // no session id
    hello.put_u16(TLS_RSA_WITH_AES_128_CBC_SHA);
    hello.put_u8(0); // no compression
    let length = hello.len() as u8;
    let header = [
        HANDSHAKE,
        3,
        1 + minor,
        0,
        length + 4,
        SERVER_HELLO,
        0,
        0,
        length,
    ];
    answer_hello([&header, &hello[..]].concat())
}

/// A plain HTTP response where a ServerHello should be.
#[must_use]
pub fn http_instead_of_tls() -> Script {
    answer_hello(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec())
}

fn answer_hello(answer: Vec<u8>) -> Script {
    Script::new([
        Step::ReadBody(RECORD_HEADER),
        Step::write(answer),
        Step::Close,
    ])
}
