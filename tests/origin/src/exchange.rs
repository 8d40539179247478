//! One request on its way through the routes, and what may be answered.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, Version, header, request};
use http_body_util::BodyExt;

use crate::body::{self, Body, BoxError, RecordedBody};
use crate::listen::Site;
use crate::script::Script;

/// What a route decides.
pub(crate) enum Reply {
    /// An ordinary response.
    Response(Response<Body>),
    /// Steps on the raw connection, which HTTP/1.1 alone allows.
    Script(Script),
}

impl From<Response<Body>> for Reply {
    fn from(response: Response<Body>) -> Self {
        Self::Response(response)
    }
}

impl From<Script> for Reply {
    fn from(script: Script) -> Self {
        Self::Script(script)
    }
}

/// A request with what its connection knows.
pub(crate) struct Exchange {
    pub(crate) head: request::Parts,
    pub(crate) body: RecordedBody,
    pub(crate) site: Site,
}

impl Exchange {
    pub(crate) fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// The request target as it came.
    pub(crate) fn target(&self) -> &str {
        self.head
            .uri
            .path_and_query()
            .map_or("*", |target| target.as_str())
    }

    /// Whether the connection is HTTP/2, where raw bytes cannot be written.
    pub(crate) fn is_h2(&self) -> bool {
        self.head.version == Version::HTTP_2
    }

    /// A field's first value, if it is there and text.
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// Host and port that the client asked for.
    pub(crate) fn authority(&self) -> &str {
        let uri = self.head.uri.authority().map(http::uri::Authority::as_str);
        uri.or_else(|| self.header(header::HOST))
            .unwrap_or_default()
    }

    /// The query's parameters, percent-decoded, in order.
    pub(crate) fn query(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let query = self.head.uri.query().unwrap_or_default();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (percent_decoded(name), percent_decoded(value)))
            .collect()
    }

    /// One parameter's value.
    pub(crate) fn parameter(&self, name: &str) -> Option<Vec<u8>> {
        self.query()
            .into_iter()
            .find(|(key, _)| key == name.as_bytes())
            .map(|(_, value)| value)
    }

    /// One parameter as a number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        std::str::from_utf8(&self.parameter(name)?)
            .ok()?
            .parse()
            .ok()
    }

    /// One parameter as a time in milliseconds.
    pub(crate) fn milliseconds(&self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_millis)
    }

    /// The whole body.
    pub(crate) async fn collect_body(&mut self) -> Result<Bytes, BoxError> {
        Ok((&mut self.body).collect().await?.to_bytes())
    }

    /// Reads the body and forgets it; the log has counted it.
    pub(crate) async fn drain_body(&mut self) -> Result<(), BoxError> {
        while let Some(frame) = self.body.frame().await {
            frame?;
        }
        Ok(())
    }
}

/// A response with a text body.
pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    with_type(status, "text/plain; charset=utf-8", text.into())
}

/// A response with a body of this media type.
pub(crate) fn with_type(
    status: StatusCode,
    media_type: &'static str,
    bytes: impl Into<Bytes>,
) -> Response<Body> {
    let mut response = Response::new(body::full(bytes));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, media_type);
    response
}

/// A response whose body comes in pieces.
pub(crate) fn streamed(media_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    set(&mut response, header::CONTENT_TYPE, media_type);
    response
}

/// A 200 response with a JSON body.
pub(crate) fn json(value: &serde_json::Value) -> Response<Body> {
    with_type(StatusCode::OK, "application/json", value.to_string())
}

/// What a route says to a request that it cannot make sense of.
pub(crate) fn bad_request(why: &str) -> Response<Body> {
    text(StatusCode::BAD_REQUEST, why)
}

/// Sets a field to a value known when this was compiled.
pub(crate) fn set(response: &mut Response<Body>, name: HeaderName, value: &'static str) {
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
}

/// Decodes %XX; anything else, `+` included, stays as it is.
pub(crate) fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while let Some(&byte) = bytes.get(place) {
        let digits = bytes.get(place + 1..place + 3).filter(|_| byte == b'%');
        let code = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(code.unwrap_or(byte));
        place += if code.is_some() { 3 } else { 1 };
    }
    decoded
}
