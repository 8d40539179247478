//! What a request can be made of.

use url::Url;

use crate::words::body::RequestBody;
use crate::words::error::Error;
use crate::words::parsing::{ParsedUrl, parse};
use crate::words::request::Request;

/// Something that names a URL: text, a [`Url`], an [`http::Uri`].
pub trait IntoUrl {
    /// The URL parsed, as the URL standard has it.
    ///
    /// # Errors
    /// [`ErrorCode::BadUrl`](crate::ErrorCode::BadUrl) when it is no URL.
    fn into_url(self) -> Result<Url, Error>;

    /// The same, of which a [`Url`] is made once somebody asks for it, where the platform parses.
    ///
    /// # Errors
    /// [`ErrorCode::BadUrl`](crate::ErrorCode::BadUrl) when it is no URL.
    fn into_parsed(self) -> Result<ParsedUrl, Error>
    where
        Self: Sized,
    {
        self.into_url().map(ParsedUrl::from)
    }
}

impl IntoUrl for &str {
    fn into_url(self) -> Result<Url, Error> {
        parse(self)
    }

    fn into_parsed(self) -> Result<ParsedUrl, Error> {
        ParsedUrl::parse(self)
    }
}

impl IntoUrl for String {
    fn into_url(self) -> Result<Url, Error> {
        self.as_str().into_url()
    }

    fn into_parsed(self) -> Result<ParsedUrl, Error> {
        self.as_str().into_parsed()
    }
}

impl IntoUrl for &String {
    fn into_url(self) -> Result<Url, Error> {
        self.as_str().into_url()
    }

    fn into_parsed(self) -> Result<ParsedUrl, Error> {
        self.as_str().into_parsed()
    }
}

impl IntoUrl for Url {
    fn into_url(self) -> Result<Url, Error> {
        Ok(self)
    }
}

impl IntoUrl for &Url {
    fn into_url(self) -> Result<Url, Error> {
        Ok(self.clone())
    }
}

impl IntoUrl for ParsedUrl {
    fn into_url(self) -> Result<Url, Error> {
        Ok(self.url().clone())
    }

    fn into_parsed(self) -> Result<ParsedUrl, Error> {
        Ok(self)
    }
}

impl IntoUrl for &http::Uri {
    fn into_url(self) -> Result<Url, Error> {
        self.to_string().into_url()
    }
}

/// What a task can be made of: a [`Request`], an [`http::Request`], or a URL to GET.
///
/// What is no request makes a task that fails with the reason.
pub trait IntoRequest {
    /// The request.
    ///
    /// # Errors
    /// Why there is none, usually [`ErrorCode::BadUrl`](crate::ErrorCode::BadUrl).
    fn into_request(self) -> Result<Request, Error>;
}

impl IntoRequest for Request {
    fn into_request(self) -> Result<Request, Error> {
        Ok(self)
    }
}

impl IntoRequest for &Request {
    fn into_request(self) -> Result<Request, Error> {
        Ok(self.clone())
    }
}

impl IntoRequest for Result<Request, Error> {
    fn into_request(self) -> Result<Request, Error> {
        self
    }
}

macro_rules! get_of_url {
    ($($type:ty),*) => {$(
        impl IntoRequest for $type {
            fn into_request(self) -> Result<Request, Error> {
                Request::get(self)
            }
        }
    )*};
}

get_of_url!(&str, String, &String, Url, &Url, &http::Uri);

impl<B: Into<RequestBody>> IntoRequest for http::Request<B> {
    fn into_request(self) -> Result<Request, Error> {
        Request::try_from(self)
    }
}

impl<B: Into<RequestBody>> TryFrom<http::Request<B>> for Request {
    type Error = Error;

    /// Method, URI, fields, body, and the extensions as [properties](Request::property); the version is the connection's to choose.
    fn try_from(request: http::Request<B>) -> Result<Self, Error> {
        let (head, body) = request.into_parts();
        let mut made = Self::new(head.method, &head.uri)?.with_body(body);
        let parts = made.parts();
        (parts.headers, parts.properties) = (head.headers.into(), head.extensions.into());
        Ok(made)
    }
}
