//! Routes where something comes before or after the response proper.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};

use crate::body::Body;
use crate::exchange::{Exchange, Reply, set, text};
use crate::script::{Script, Step};

/// What follows the 103s and precedes the trailers.
const BODY: &str = "Hello World!";

/// 413, with the body left unread.
pub(super) fn payload_too_large() -> Response<Body> {
    let mut response = text(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large");
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
    if exchange.is_h2() {
        let mut fields = HeaderMap::new();
        fields.insert("x-checksum", HeaderValue::from_static("abc123"));
        fields.insert("x-length", HeaderValue::from_static("12"));
        let body = Full::from(BODY).with_trailers(std::future::ready(Some(Ok(fields))));
        let body = body.map_err(|never| match never {}).boxed_unsync();
        return Response::new(body).into();
    }
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\
         Trailer: X-Checksum, X-Length\r\nAccess-Control-Allow-Origin: *\r\n\r\n\
         {:x}\r\n{BODY}\r\n0\r\nX-Checksum: abc123\r\nX-Length: 12\r\n\r\n",
        BODY.len()
    );
    Script::new([Step::write(answer)]).into()
}
