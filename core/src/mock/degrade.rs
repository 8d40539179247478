//! What a lesser transport loses: the false side of each capability.

use http::{HeaderMap, HeaderName, header};

use super::connecting::{OF_LOOKUP, OF_TLS};
use super::exchange::scripted;
use crate::seams::transport::{Capabilities, HopBody};
use crate::words::error::{Error, ErrorCode};

/// A browser's request header fields that it keeps to itself (Fetch, forbidden request-header), beside Proxy-*, Sec-* and Access-Control-*.
const KEPT: [HeaderName; 18] = [
    header::ACCEPT_CHARSET,
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::COOKIE,
    header::DATE,
    header::DNT,
    header::EXPECT,
    header::HOST,
    HeaderName::from_static("keep-alive"),
    header::ORIGIN,
    header::REFERER,
    header::SET_COOKIE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::VIA,
];

/// The fields of a response that are seen across origins without the server's saying so (Fetch, CORS-safelisted).
const EXPOSED: [HeaderName; 7] = [
    header::CACHE_CONTROL,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::PRAGMA,
];

/// The fields that go out. The platform's own way to make a body wait is not among those that it keeps.
pub(super) fn request_headers(headers: &HeaderMap, capabilities: Capabilities) -> HeaderMap {
    let is_kept = |name: &HeaderName| {
        let prefixes = ["proxy-", "sec-", "access-control-"];
        let may_expect = capabilities.expect_continue && name == header::EXPECT;
        (KEPT.contains(name) && !may_expect)
            || prefixes
                .iter()
                .any(|prefix| name.as_str().starts_with(prefix))
    };
    headers
        .iter()
        .filter(|(name, _)| !is_kept(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

pub(super) fn response_headers(headers: &mut HeaderMap) {
    let seen = headers
        .drain()
        .scan(None, |last: &mut Option<HeaderName>, (name, value)| {
            // A drained map names a field once, before the first of its values.
            *last = name.or_else(|| last.take());
            Some((last.clone(), value))
        });
    let seen: Vec<_> = seen.collect();
    for (name, value) in seen {
        if let Some(name) = name.filter(|name| EXPOSED.contains(name)) {
            headers.append(name, value);
        }
    }
}

/// True when the length that the head says is that of coded bytes, which the script has decoded already.
pub(super) fn is_coded(headers: &HeaderMap) -> bool {
    headers.contains_key(header::CONTENT_ENCODING)
}

/// The body as the transport sends it: streams gathered where it cannot stream, files refused where it has none.
pub(super) async fn body(body: HopBody, capabilities: Capabilities) -> Result<HopBody, Error> {
    match body {
        HopBody::File(..) if !capabilities.file_upload => {
            Err(scripted(ErrorCode::FileDoesNotExist))
        }
        HopBody::Stream(mut body, _) if !capabilities.streamed_upload => {
            let mut bytes = Vec::new();
            while let Some(chunk) = body.next_chunk().await? {
                bytes.extend_from_slice(&chunk);
            }
            Ok(HopBody::Bytes(bytes.into()))
        }
        HopBody::Empty | HopBody::Bytes(_) | HopBody::File(..) | HopBody::Stream(..) => Ok(body),
    }
}

/// The error as the transport tells it: where failures are not told apart, all those of connecting are one.
pub(super) fn error(error: Error, capabilities: Capabilities) -> Error {
    let code = error.code();
    let is_of_connecting = code == ErrorCode::CannotConnectToHost
        || OF_LOOKUP.contains(&code)
        || OF_TLS.contains(&code);
    if capabilities.distinct_errors || !is_of_connecting {
        return error;
    }
    Error::new(ErrorCode::CannotLoadFromNetwork).with_cause(error)
}
