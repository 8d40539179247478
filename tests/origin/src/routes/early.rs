//! Routes where something comes before or after the response proper.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};

use crate::body::Body;
use crate::exchange::{Exchange, Reply, bad_request, set, text};
use crate::script::{Script, Step};

/// What follows the 103s and precedes the trailers.
const BODY: &str = "Hello World!";

/// 413, with the body left unread.
pub(super) fn payload_too_large() -> Response<Body> {
    let mut response = text(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large");
    set(&mut response, header::CONNECTION, "close");
    response
}

/// The final status in place of 100, with the body left unread.
pub(super) fn instead_of_continue(status: &str) -> Response<Body> {
    let Ok(status) = status.parse() else {
        return bad_request("`/expect/NNN` takes a status");
    };
    let mut response = text(status, "not now");
    set(&mut response, header::CONNECTION, "close");
    response
}

/// Two 103s, then 200; HTTP/2 gets the 200 alone, as its server here knows no interim responses.
pub(super) fn hints(exchange: &Exchange) -> Reply {
    if exchange.is_h2() {
        return text(StatusCode::OK, BODY).into();
    }
    let hint =
        |link: &str| format!("HTTP/1.1 103 Early Hints\r\nLink: <{link}>; rel=preload\r\n\r\n");
    let hints = [hint("/style.css"), hint("/script.js")].concat();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\
         Access-Control-Allow-Origin: *\r\n\r\n{BODY}",
        BODY.len()
    );
    Script::new([Step::write(hints), Step::write(answer)]).into()
}

/// A body in one chunk and two trailer fields, whether or not the client said `TE: trailers`.
pub(super) fn trailers(exchange: &Exchange) -> Reply {
    trailing(exchange, &[("x-checksum", "abc123"), ("x-length", "12")])
}

/// The same with fields that belong before a body, and one that may come after it.
pub(super) fn forged_trailers(exchange: &Exchange) -> Reply {
    const FORGED: [(&str, &str); 4] = [
        ("content-length", "1"),
        ("set-cookie", "a=b"),
        ("www-authenticate", "Basic"),
        ("x-checksum", "abc123"),
    ];
    trailing(exchange, &FORGED)
}

fn trailing(exchange: &Exchange, fields: &[(&'static str, &'static str)]) -> Reply {
    if exchange.is_h2() {
        let pair = |&(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        let fields: HeaderMap = fields.iter().map(pair).collect();
        let body = Full::from(BODY).with_trailers(std::future::ready(Some(Ok(fields))));
        let body = body.map_err(|never| match never {}).boxed_unsync();
        return Response::new(body).into();
    }
    let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    let lines = fields
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"));
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\
         Trailer: {}\r\nAccess-Control-Allow-Origin: *\r\n\r\n\
         {:x}\r\n{BODY}\r\n0\r\n{}\r\n",
        names.join(", "),
        BODY.len(),
        lines.collect::<String>(),
    );
    Script::new([Step::write(answer)]).into()
}
