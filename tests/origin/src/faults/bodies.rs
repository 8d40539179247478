//! Responses that come slowly, never end, or come when nobody asked.

use std::time::Duration;

use bytes::Bytes;

use super::{How, OPEN_TO_ALL, response};
use crate::Signal;
use crate::script::{Script, Step};

const INTERIM: &str = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";

/// Reads a request, writes `start`, then `piece` for ever.
fn endless(start: &str, piece: impl Into<Bytes>) -> Script {
    Script::new([
        Step::ReadRequest,
        Step::write(start.to_owned()),
        Step::WriteForever(piece.into()),
    ])
}

/// A sound response, byte by byte with a pause of `every` after each.
#[must_use]
pub fn one_byte_at_a_time(reply: &Bytes, every: Duration) -> Script {
    let slowly = Step::WriteSlowly {
        bytes: reply.clone(),
        chunk: 1,
        every,
    };
    Script::new([Step::ReadRequest, slowly, Step::ExpectClose])
}

/// A sound response that waits for the signal.
#[must_use]
pub fn late_response(signal: Signal) -> Script {
    Script::new([
        Step::ReadRequest,
        Step::WaitFor(signal),
        Step::Write(response("late")),
        Step::ExpectClose,
    ])
}

/// A body without length and without end.
#[must_use]
pub fn endless_body() -> Script {
    endless(
        &format!("HTTP/1.1 200 OK\r\n{OPEN_TO_ALL}\r\n"),
        "x".repeat(64 * 1024),
    )
}

/// Chunks of one byte without end.
#[must_use]
pub fn endless_chunks() -> Script {
    let head = format!("HTTP/1.1 200 OK\r\n{OPEN_TO_ALL}Transfer-Encoding: chunked\r\n\r\n");
    endless(&head, "1\r\nx\r\n".repeat(512))
}

/// 103s without end, one after each pause.
#[must_use]
pub fn endless_interim(every: Duration) -> Script {
    /// More than any client waits for; [`interim_flood`] is the one without a bound.
    const COUNT: usize = 1_000_000;
    Script::new([
        Step::ReadRequest,
        Step::WriteSlowly {
            bytes: INTERIM
                .repeat(COUNT / every.as_millis().max(1) as usize)
                .into(),
            chunk: INTERIM.len(),
            every,
        },
        Step::ExpectClose,
    ])
}

/// 103s without end and without pause.
#[must_use]
pub fn interim_flood() -> Script {
    endless("", INTERIM.repeat(64))
}

/// A chunked body that is whole but for trailers without end.
#[must_use]
pub fn endless_trailers() -> Script {
    let head = format!(
        "HTTP/1.1 200 OK\r\n{OPEN_TO_ALL}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
    );
    endless(&head, "X-Trailer: x\r\n".repeat(256))
}

/// A sound response, and on the idle connection, at the signal, another that nobody asked for.
#[must_use]
pub fn unsolicited_response(signal: Signal) -> Script {
    idle_then(signal, response("unsolicited")).then(Step::ExpectClose)
}

/// A sound response, and on the idle connection, at the signal, an end.
#[must_use]
pub fn end_on_idle(signal: Signal, how: How) -> Script {
    Script::new([
        Step::ReadRequest,
        Step::Write(response("first")),
        Step::WaitFor(signal),
        how.step(),
    ])
}

/// 413 right after the request's head, then an end with the body unread.
#[must_use]
pub fn early_413(how: How) -> Script {
    let answer = format!(
        "HTTP/1.1 413 Payload Too Large\r\n{OPEN_TO_ALL}Connection: close\r\nContent-Length: 0\r\n\r\n"
    );
    Script::new([Step::ReadHead, Step::write(answer), how.step()])
}

/// A sound response, and on the idle connection, at the signal, a 408 and FIN.
#[must_use]
pub fn timeout_on_idle(signal: Signal) -> Script {
    let timeout = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    idle_then(signal, timeout.into()).then(Step::Close)
}

fn idle_then(signal: Signal, late: Bytes) -> Script {
    Script::new([
        Step::ReadRequest,
        Step::Write(response("first")),
        Step::WaitFor(signal),
        Step::Write(late),
    ])
}
