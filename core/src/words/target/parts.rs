//! What of a target goes on the wire, for transports that write requests themselves.

use http::HeaderValue;
use http::uri::{Authority, PathAndQuery};
use url::Url;

use super::Target;
use crate::words::error::{Error, ErrorCode};

/// A URL's parts as `http` has them.
pub(super) struct Parts {
    authority: Authority,
    path: PathAndQuery,
    host: HeaderValue,
}

impl Parts {
    pub(super) fn of(url: &Url) -> Result<Self, Error> {
        let bad = |cause: http::Error| {
            Error::new(ErrorCode::BadUrl)
                .with_url(url)
                .with_cause(cause)
        };
        let host = url.host_str().unwrap_or_default();
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let path = PathAndQuery::try_from(path).map_err(|cause| bad(cause.into()))?;
        let host = HeaderValue::from_str(&authority).map_err(|cause| bad(cause.into()))?;
        let authority = Authority::try_from(authority).map_err(|cause| bad(cause.into()))?;
        Ok(Self {
            authority,
            path,
            host,
        })
    }
}

impl Target {
    /// Host and port as the request target of HTTP/2 and the Host field have them: no default port, no user.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.parts.authority
    }

    /// Path and query: the request target of HTTP/1.1 in origin form (RFC 9112 section 3.2.1).
    #[must_use]
    pub fn path_and_query(&self) -> &PathAndQuery {
        &self.parts.path
    }

    /// The value of the Host field (RFC 9110 section 7.2).
    #[must_use]
    pub fn host_field(&self) -> &HeaderValue {
        &self.parts.host
    }
}
