//! Routes whose point is the body: large, slow, endless, cut off.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body::Frame;

use crate::body::{self, Body, BoxError, PatternBody};
use crate::exchange::{Exchange, Reply, bad_request, set, streamed, text};
use crate::pattern::{self, PATTERN_FRAME};
use crate::routes::flaky::counted;
use crate::script::{Script, Step};

const BINARY: &str = "application/octet-stream";

/// `/delay/MS`: a late answer.
pub(super) async fn delayed(ms: &str) -> Response<Body> {
    let Ok(ms) = ms.parse() else {
        return bad_request("`/delay/MS` takes a number");
    };
    tokio::time::sleep(Duration::from_millis(ms)).await;
    text(StatusCode::OK, format!("after {ms} ms"))
}

/// `/bytes/N?rate=&cut=`: the pattern with its length; one range is honoured (RFC 9110, section 14).
pub(super) fn bytes(exchange: &Exchange, length: &str) -> Response<Body> {
    let Ok(length) = length.parse::<u64>() else {
        return bad_request("`/bytes/N` takes a number");
    };
    let tag = format!("\"bytes-{length}\"");
    let mut response = match wanted_range(exchange, length, &tag) {
        None => whole(exchange, length),
        Some(Some(range)) => partial(exchange, range, length),
        Some(None) => unsatisfiable(length),
    };
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// `/chunked/N`: the pattern without its length.
pub(super) fn chunked(length: &str) -> Response<Body> {
    match length.parse() {
        Ok(length) => streamed(BINARY, PatternBody::unsized_until(length)),
        Err(_) => bad_request("`/chunked/N` takes a number"),
    }
}

/// `/slow/N/MS`: N lines, MS apart.
pub(super) fn slow(count: &str, ms: &str) -> Response<Body> {
    let (Ok(count), Ok(ms)) = (count.parse(), ms.parse()) else {
        return bad_request("`/slow/N/MS` takes two numbers");
    };
    let line = |number| Bytes::from(format!("chunk {number}\n"));
    streamed(
        "text/plain; charset=utf-8",
        body::paced(Some(count), Duration::from_millis(ms), line),
    )
}

/// `/endless?every=MS`: server-sent events for ever; without `every`, the pattern for ever.
pub(super) fn endless(exchange: &Exchange) -> Response<Body> {
    match exchange.milliseconds("every") {
        Some(every) => {
            let event = |number| Bytes::from(format!("id: {number}\ndata: event {number}\n\n"));
            streamed("text/event-stream", body::paced(None, every, event))
        }
        None => {
            let frame = |number: u64| {
                let start = number.wrapping_mul(PATTERN_FRAME as u64);
                pattern::frame(start, start.saturating_add(PATTERN_FRAME as u64))
            };
            streamed(BINARY, body::paced(None, Duration::ZERO, frame))
        }
    }
}

/// `/reset-stream/CODE?after=N`: N bytes, then RST_STREAM with the code; on HTTP/1.1 RST.
pub(super) fn reset_stream(exchange: &Exchange, code: &str) -> Reply {
    let Ok(code) = code.parse::<u32>() else {
        return bad_request("`/reset-stream/CODE` takes a number").into();
    };
    let after = exchange.number("after").unwrap_or_default();
    let start = pattern::frame(0, after);
    if exchange.is_h2() {
        let data = stream::once(std::future::ready(Ok(Frame::data(start))));
        let reset = h2::Error::from(h2::Reason::from(code));
        // Later than the data, or both would go at once and the data with it be dropped.
        let failure = stream::once(async move {
            tokio::task::yield_now().await;
            Err(BoxError::from(reset))
        });
        return streamed(BINARY, body::streamed(data.chain(failure))).into();
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {BINARY}\r\nContent-Length: {}\r\n\
         Access-Control-Allow-Origin: *\r\n\r\n",
        after.saturating_add(1)
    );
    Script::new([Step::write(head), Step::Write(start), Step::Reset]).into()
}

/// What part is asked for: none of it named, one range, or a range that is not there.
fn wanted_range(exchange: &Exchange, length: u64, tag: &str) -> Option<Option<Range<u64>>> {
    if exchange.head.method != Method::GET {
        return None;
    }
    if exchange
        .header(header::IF_RANGE)
        .is_some_and(|validator| validator != tag)
    {
        return None;
    }
    let range = exchange.header(header::RANGE)?.strip_prefix("bytes=")?;
    let (first, last) = range.split_once('-')?;
    let places = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.is_empty() => first..length,
        (Err(_), Ok(suffix)) if first.is_empty() => length.saturating_sub(suffix)..length,
        _ => return None,
    };
    Some((places.start < places.end).then_some(places))
}

fn whole(exchange: &Exchange, length: u64) -> Response<Body> {
    let cut = exchange.number("cut").filter(|_| counted(exchange) == 1);
    paced(exchange, 0..length, cut)
}

/// This part of the pattern at the query's `rate`, in bytes a second, if it has one.
fn paced(exchange: &Exchange, places: Range<u64>, cut: Option<u64>) -> Response<Body> {
    let rate = exchange.number("rate").or(cut.map(|_| u64::MAX));
    let Some(rate) = rate else {
        return streamed(BINARY, PatternBody::sized(places.start, places.end));
    };
    let length = HeaderValue::from(places.end - places.start);
    let mut response = streamed(BINARY, body::pattern_at_rate(places, rate, cut));
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length);
    response
}

fn partial(exchange: &Exchange, range: Range<u64>, length: u64) -> Response<Body> {
    let mut response = paced(exchange, range.clone(), None);
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    set_content_range(
        &mut response,
        format!("bytes {}-{}/{length}", range.start, range.end - 1),
    );
    response
}

fn unsatisfiable(length: u64) -> Response<Body> {
    let mut response = text(StatusCode::RANGE_NOT_SATISFIABLE, "");
    set_content_range(&mut response, format!("bytes */{length}"));
    response
}

fn set_content_range(response: &mut Response<Body>, value: String) {
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
}
