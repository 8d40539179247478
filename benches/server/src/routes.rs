//! What the server answers.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use http::{HeaderName, Method, Request, Response, StatusCode, header};
use http_body::Body;
use hyper::body::Incoming;

use crate::body::Outgoing;

type Answer = Result<Response<Outgoing>, http::Error>;

/// `/small`, `/bytes/N`, `/delay/MS`, `/upload`, `/cacheable`, `/etag`; 404 otherwise.
pub(crate) async fn serve(request: Request<Incoming>) -> Answer {
    let path = request.uri().path();
    match path {
        "/small" => small(&[]),
        "/cacheable" => small(&[(header::CACHE_CONTROL, "max-age=3600")]),
        "/etag" => validated(&request),
        "/upload" if request.method() != Method::GET => {
            let received = count(request.into_body()).await;
            Response::builder().body(Outgoing::text(received.to_string()))
        }
        _ => match path.split_at_checked(7) {
            Some(("/bytes/", size)) => bytes(&request, size),
            Some(("/delay/", milliseconds)) => delayed(milliseconds).await,
            _ => not_found(),
        },
    }
}

fn not_found() -> Answer {
    Response::builder()
        .status(StatusCode::NOT_FOUND)
        .body(Outgoing::empty())
}

fn small(headers: &[(HeaderName, &str)]) -> Answer {
    let mut response = Response::builder().header(header::CONTENT_TYPE, "text/plain");
    for (name, value) in headers {
        response = response.header(name, *value);
    }
    response.body(Outgoing::small())
}

/// 304 to whoever has `"v1"`. Each answer has a date of its own, as it has where a second and more lies between two of them.
fn validated(request: &Request<Incoming>) -> Answer {
    let date = next_date();
    let headers = [
        (header::DATE, &*date),
        (header::ETAG, "\"v1\""),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    if request
        .headers()
        .get(header::IF_NONE_MATCH)
        .is_none_or(|tag| tag != "\"v1\"")
    {
        return small(&headers);
    }
    let mut response = Response::builder().status(StatusCode::NOT_MODIFIED);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Outgoing::empty())
}

/// A second after the one before.
fn next_date() -> String {
    static SECONDS: AtomicU64 = AtomicU64::new(0);
    let ahead = SECONDS.fetch_add(1, Ordering::Relaxed);
    httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(ahead))
}

async fn delayed(milliseconds: &str) -> Answer {
    let Ok(milliseconds) = milliseconds.parse() else {
        return not_found();
    };
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    Response::builder().body(Outgoing::small())
}

fn bytes(request: &Request<Incoming>, size: &str) -> Answer {
    let Ok(size) = size.parse() else {
        return not_found();
    };
    let response = Response::builder()
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, "\"b1\"");
    let Some((first, last)) = range(request, size) else {
        return response.body(Outgoing::Chunks(size));
    };
    response
        .status(StatusCode::PARTIAL_CONTENT)
        .header(
            header::CONTENT_RANGE,
            format!("bytes {first}-{last}/{size}"),
        )
        .body(Outgoing::Chunks(last - first + 1))
}

/// The first and last byte of `Range: bytes=first-last` or `bytes=first-`, if they are in order.
fn range(request: &Request<Incoming>, size: u64) -> Option<(u64, u64)> {
    let value = request.headers().get(header::RANGE)?.to_str().ok()?;
    let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
    let first = first.parse().ok()?;
    let end = size.checked_sub(1)?;
    let last = if last.is_empty() {
        end
    } else {
        last.parse::<u64>().ok()?.min(end)
    };
    (first <= last).then_some((first, last))
}

async fn count(body: Incoming) -> u64 {
    let mut body = pin!(body);
    let mut received = 0;
    while let Some(Ok(frame)) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        received += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
    received
}
