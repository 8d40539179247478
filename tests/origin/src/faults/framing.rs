//! Responses whose body is not as long as their head says, or says it twice.

use super::OPEN_TO_ALL;
use crate::script::{Script, Step};

const BODY: &str = "hello";

/// A head with these fields, then `rest`, then FIN.
fn reply(fields: &str, rest: &str) -> Script {
    Script::reply_and_close(format!(
        "HTTP/1.1 200 OK\r\n{OPEN_TO_ALL}{fields}\r\n{rest}"
    ))
}

/// A chunked head, then `chunks`, then FIN.
fn chunks(chunks: &str) -> Script {
    reply("Transfer-Encoding: chunked\r\n", chunks)
}

/// `Content-Length` of 10 over a body of 5, then FIN: a short body.
#[must_use]
pub fn length_too_long() -> Script {
    reply("Content-Length: 10\r\n", BODY)
}

/// `Content-Length` of 3 over a body of 5: two bytes of surplus.
#[must_use]
pub fn length_too_short() -> Script {
    Script::reply(format!(
        "HTTP/1.1 200 OK\r\n{OPEN_TO_ALL}Content-Length: 3\r\n\r\n{BODY}"
    ))
}

/// A sound response, and right behind it a second one that nobody asked for.
#[must_use]
pub fn surplus_bytes() -> Script {
    Script::reply([super::response("first"), super::response("second")].concat())
}

/// `Content-Length` and `Transfer-Encoding` at once (RFC 9112, section 6.3).
#[must_use]
pub fn length_and_chunked() -> Script {
    reply(
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
    )
}

/// Two `Content-Length` fields that differ.
#[must_use]
pub fn lengths_conflicting() -> Script {
    reply("Content-Length: 5\r\nContent-Length: 3\r\n", BODY)
}

/// Two `Content-Length` fields that say the same.
#[must_use]
pub fn lengths_repeated() -> Script {
    reply("Content-Length: 5\r\nContent-Length: 5\r\n", BODY)
}

/// `Content-Length: +5`.
#[must_use]
pub fn length_with_sign() -> Script {
    reply("Content-Length: +5\r\n", BODY)
}

/// `Content-Length: five`.
#[must_use]
pub fn length_invalid() -> Script {
    reply("Content-Length: five\r\n", BODY)
}

/// A `Content-Length` of 2^64.
#[must_use]
pub fn length_overflow() -> Script {
    reply("Content-Length: 18446744073709551616\r\n", BODY)
}

/// A chunk whose size is no hexadecimal number.
#[must_use]
pub fn malformed_chunk_size() -> Script {
    chunks("xyz\r\nhello\r\n0\r\n\r\n")
}

/// A chunk whose size is 2^64 + 5.
#[must_use]
pub fn chunk_size_overflow() -> Script {
    chunks("10000000000000005\r\nhello\r\n0\r\n\r\n")
}

/// A chunk without the line end after its data.
#[must_use]
pub fn chunk_without_end() -> Script {
    chunks("5\r\nhello0\r\n\r\n")
}

/// A whole chunk, and then FIN in place of the last one.
#[must_use]
pub fn last_chunk_missing() -> Script {
    chunks("5\r\nhello\r\n")
}

/// A sound chunk with an extension of this many bytes.
#[must_use]
pub fn chunk_extension(length: usize) -> Script {
    chunks(&format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(length)))
}

/// A chunk whose size line never ends.
#[must_use]
pub fn chunk_line_endless() -> Script {
    let head = format!("HTTP/1.1 200 OK\r\n{OPEN_TO_ALL}Transfer-Encoding: chunked\r\n\r\n5;");
    Script::new([
        Step::ReadRequest,
        Step::write(head),
        Step::write_forever("x".repeat(4096)),
    ])
}
