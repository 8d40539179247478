//! Response heads that are too large, without end, or no heads at all.

use super::OPEN_TO_ALL;
use crate::script::{Script, Step};

/// A sound head but for these fields; no body.
fn head(status: &str, fields: &str) -> Script {
    Script::reply_and_close(format!(
        "HTTP/1.1 {status}\r\n{OPEN_TO_ALL}Content-Length: 0\r\n{fields}\r\n"
    ))
}

/// Bytes that are no HTTP.
#[must_use]
pub fn garbage() -> Script {
    Script::reply_and_close(&b"\x00\x01\xfe\xff this is no response \x7f\r\n\r\n\x80\x81"[..])
}

/// One field of this many bytes.
#[must_use]
pub fn huge_header(length: usize) -> Script {
    head("200 OK", &format!("X-Huge: {}\r\n", "x".repeat(length)))
}

/// This many short fields.
#[must_use]
pub fn many_fields(count: usize) -> Script {
    let fields: String = (0..count)
        .map(|number| format!("X-{number}: {number}\r\n"))
        .collect();
    head("200 OK", &fields)
}

/// A redirect whose `Location` has this many bytes.
#[must_use]
pub fn huge_location(length: usize) -> Script {
    head(
        "302 Found",
        &format!("Location: /{}\r\n", "x".repeat(length)),
    )
}

/// This many `Set-Cookie` fields.
#[must_use]
pub fn many_cookies(count: usize) -> Script {
    let fields: String = (0..count)
        .map(|number| format!("Set-Cookie: c{number}={number}; path=/\r\n"))
        .collect();
    head("200 OK", &fields)
}

/// A status line with a reason phrase of this many bytes.
#[must_use]
pub fn large_status_line(length: usize) -> Script {
    head(&format!("200 {}", "O".repeat(length)), "")
}

/// A field whose value never ends.
#[must_use]
pub fn endless_header() -> Script {
    Script::new([
        Step::ReadRequest,
        Step::write("HTTP/1.1 200 OK\r\nX-Endless: "),
        Step::write_forever("x".repeat(4096)),
    ])
}

/// A line without a colon among the fields.
#[must_use]
pub fn field_without_colon() -> Script {
    head("200 OK", "no colon here\r\n")
}

/// A space between a field's name and its colon (RFC 9112, section 5.1).
#[must_use]
pub fn space_before_colon() -> Script {
    head("200 OK", "X-Space : here\r\n")
}

/// A NUL byte in a field's value (RFC 9110, section 5.5).
#[must_use]
pub fn nul_in_field() -> Script {
    head("200 OK", "X-Nul: a\0b\r\n")
}

/// A field that goes on in a second line (RFC 9112, section 5.2).
#[must_use]
pub fn folded_field() -> Script {
    head("200 OK", "X-Folded: first\r\n second\r\n")
}

/// A sound response with LF alone at the ends of its lines (RFC 9112, section 2.2).
#[must_use]
pub fn bare_line_feeds() -> Script {
    Script::reply_and_close(
        "HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: *\nContent-Length: 5\n\nhello",
    )
}
