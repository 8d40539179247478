//! Heads: what this transport adds to a request's fields, and what it refuses in a response's.

use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING,
};
use http::{Method, StatusCode, Uri};
use urlsession_core::Target;
#[cfg(feature = "http2")]
use urlsession_core::{Error, ErrorCode};

use crate::errors::Fault;
use crate::upload::Upload;

/// The most header fields of a response, interim ones each for itself; hyper's own bound for HTTP/1.
#[cfg(feature = "http2")]
const FIELD_LIMIT: usize = 100;

/// The most bytes of header fields of a response, and of all its interim responses together.
pub(crate) const HEADER_BYTES_LIMIT: usize = 256 * 1024;

/// The most interim responses before the final one.
pub(crate) const INTERIM_LIMIT: u32 = 32;

/// Fields that say how a message travels on one connection (RFC 9110 section 7.6.1) or that the transport makes itself.
fn is_the_transports(name: &HeaderName) -> bool {
    let name = name.as_str();
    // Most fields are told apart by their first letters: every exchange asks this of each of its fields.
    let may_be = matches!(
        name.as_bytes(),
        [b'c' | b'e' | b'h' | b'k' | b'p' | b't', ..] | [b'u', b'p', ..]
    );
    may_be
        && matches!(
            name,
            "connection"
                | "host"
                | "content-length"
                | "transfer-encoding"
                | "te"
                | "trailer"
                | "upgrade"
                | "expect"
                | "keep-alive"
                | "http2-settings"
                | "proxy-authenticate"
                | "proxy-authorization"
                | "proxy-connection"
        )
}

/// The request line and fields of HTTP/1.1 with the body: origin form, Host first (RFC 9110 section 7.2).
pub(crate) fn http1(
    method: &Method,
    target: &Target,
    fields: &HeaderMap,
    upload: Upload,
) -> http::Request<Upload> {
    let mut headers = HeaderMap::with_capacity(fields.len() + 2);
    headers.append(HOST, target.host_field().clone());
    if copy_fields(fields, &mut headers) {
        // TE is of one connection (RFC 9110 section 10.1.4).
        headers.append(CONNECTION, HeaderValue::from_static("te"));
    }
    match upload.length() {
        Some(length) => set_length(method, length, &mut headers),
        None => {
            headers.append(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
    }
    announce(&upload, &mut headers);
    let mut request = http::Request::new(upload);
    *request.method_mut() = method.clone();
    *request.uri_mut() = Uri::from(target.path_and_query().clone());
    *request.headers_mut() = headers;
    request
}

/// The pseudo-fields and fields of HTTP/2 (RFC 9113 section 8.3.1).
#[cfg(feature = "http2")]
pub(crate) fn http2(
    method: &Method,
    target: &Target,
    fields: &HeaderMap,
    upload: &Upload,
) -> Result<http::Request<()>, Error> {
    let mut headers = HeaderMap::with_capacity(fields.len() + 1);
    copy_fields(fields, &mut headers);
    if let Some(length) = upload.length() {
        set_length(method, length, &mut headers);
    }
    announce(upload, &mut headers);
    let scheme = if target.origin().is_secure() {
        http::uri::Scheme::HTTPS
    } else {
        http::uri::Scheme::HTTP
    };
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(scheme);
    parts.authority = Some(target.authority().clone());
    parts.path_and_query = Some(target.path_and_query().clone());
    let uri =
        Uri::from_parts(parts).map_err(|cause| Error::new(ErrorCode::BadUrl).with_cause(cause))?;
    let mut request = http::Request::new(());
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri;
    *request.version_mut() = http::Version::HTTP_2;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Copies the fields that are the app's to set; true when `TE: trailers` is among them, which is.
fn copy_fields(from: &HeaderMap, to: &mut HeaderMap) -> bool {
    let mut takes_trailers = false;
    for (name, value) in from {
        if is_the_transports(name) {
            if name != TE || value != "trailers" {
                continue;
            }
            takes_trailers = true;
        }
        to.append(name.clone(), value.clone());
    }
    takes_trailers
}

/// Says that the body waits, and what follows it, where that is so.
fn announce(upload: &Upload, headers: &mut HeaderMap) {
    if let Some(names) = upload.trailer_field() {
        headers.append(TRAILER, names);
    }
    if upload.gate().is_some() {
        headers.append(EXPECT, HeaderValue::from_static("100-continue"));
    }
}

/// Content-Length, also 0 where the method expects content (RFC 9110 section 8.6).
fn set_length(method: &Method, length: u64, headers: &mut HeaderMap) {
    if length > 0 || matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
        headers.append(CONTENT_LENGTH, length.into());
    }
}

/// Refuses what hyper lets through: a switch of protocols, and framing that two readers may see differently
/// (RFC 9112 section 6.3). Differing or malformed Content-Length fields hyper refuses itself.
pub(crate) fn check_http1(status: StatusCode, headers: &HeaderMap) -> Result<(), Fault> {
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Fault::SwitchedProtocols);
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else {
        return Ok(());
    };
    let is_one = codings.next().is_none();
    let is_sound = coding.as_bytes().eq_ignore_ascii_case(b"chunked") || is_unheard_of(coding);
    if !is_one || !is_sound {
        return Err(Fault::UnknownTransferCoding);
    }
    if headers.contains_key(CONTENT_LENGTH) {
        return Err(Fault::ConflictingFraming);
    }
    Ok(())
}

/// A transfer coding that nobody knows: as browsers do, the body is taken as it comes, to the end of its connection (RFC 9112
/// section 6.3), and no two readers can differ about where that is. One that is known, but not undone here, is none: its body would be no content.
/// Nor is what another reader may take for `chunked`.
fn is_unheard_of(coding: &HeaderValue) -> bool {
    const KNOWN: [&str; 5] = ["gzip", "x-gzip", "deflate", "compress", "x-compress"];
    let name = coding.to_str().unwrap_or_default().to_ascii_lowercase();
    let is_token = HeaderName::from_bytes(name.as_bytes()).is_ok();
    is_token && !name.contains("chunked") && !KNOWN.contains(&&*name)
}

/// Holds HTTP/2 heads to the count of fields that HTTP/1 heads are held to; their bytes h2 counts.
#[cfg(feature = "http2")]
pub(crate) fn check_http2(headers: &HeaderMap) -> Result<(), Fault> {
    if headers.len() > FIELD_LIMIT {
        Err(Fault::TooManyFields)
    } else {
        Ok(())
    }
}

/// The bytes of header fields as they count against a bound: names and values.
pub(crate) fn bytes_of(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn chunked_alone_is_sound() {
        assert_eq!(
            check_http1(StatusCode::OK, &fields(&[("transfer-encoding", "Chunked")])),
            Ok(())
        );
    }

    #[test]
    fn a_coding_that_nobody_knows_ends_with_the_connection_and_has_no_length() {
        let status = StatusCode::OK;
        let unheard = fields(&[("transfer-encoding", "Wrapped")]);
        assert_eq!(check_http1(status, &unheard), Ok(()));
        let both = fields(&[("transfer-encoding", "wrapped"), ("content-length", "5")]);
        assert_eq!(check_http1(status, &both), Err(Fault::ConflictingFraming));
    }

    #[test]
    fn chunked_with_a_length_is_refused() {
        let both = fields(&[("transfer-encoding", "chunked"), ("content-length", "5")]);
        assert_eq!(
            check_http1(StatusCode::OK, &both),
            Err(Fault::ConflictingFraming)
        );
    }

    #[test]
    fn other_codings_are_refused() {
        for coding in [
            "gzip, chunked",
            "chunked, chunked",
            "gzip",
            "xchunked",
            "",
            "a, b",
            "a;b",
        ] {
            let coded = fields(&[("transfer-encoding", coding)]);
            assert_eq!(
                check_http1(StatusCode::OK, &coded),
                Err(Fault::UnknownTransferCoding)
            );
        }
    }

    #[test]
    fn the_host_comes_first_and_from_the_url_only() {
        let target = Target::parse("http://example.com:81/a?b").unwrap();
        let given = fields(&[
            ("accept", "*/*"),
            ("host", "evil.example"),
            ("connection", "close"),
        ]);
        let request = http1(&Method::POST, &target, &given, Upload::default());
        let sent: Vec<_> = request
            .headers()
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_bytes()))
            .collect();
        assert_eq!(
            sent,
            [
                ("host", &b"example.com:81"[..]),
                ("accept", b"*/*"),
                ("content-length", b"0")
            ]
        );
        assert_eq!(request.uri(), "/a?b");
    }
}
