//! What is asked for.

mod into;
mod redacted;
mod stored;
#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use crate::words::body::RequestBody;
use crate::words::cache::CachePolicy;
use crate::words::error::{Error, ErrorCode, InvalidHeader, Shown};
use crate::words::header_fields::HeaderFields;
use crate::words::network::Forbidden;
use crate::words::place::Place;
use crate::words::properties::Properties;
use crate::words::service_type::NetworkServiceType;
use crate::words::target::{Origin, Target};

pub use into::{IntoRequest, IntoUrl};
#[cfg(any(feature = "download", feature = "upload"))]
pub(crate) use redacted::may_be_secret;
pub(crate) use redacted::{Redacted, is_secret};

/// What is asked for: method, URL, header fields, body, and how long to wait.
///
/// A value: a clone is one reference count, an edit copies. A task keeps the request as it was at the task's creation.
#[derive(Clone)]
pub struct Request(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    method: Method,
    network_service_type: Option<NetworkServiceType>,
    place: Place,
    headers: HeaderFields,
    body: RequestBody,
    timeout_interval: Option<Duration>,
    forbidden: Forbidden,
    decodes_content: bool,
    expects_continue: Option<bool>,
    resumable_upload: Option<bool>,
    cache_policy: Option<CachePolicy>,
    properties: Properties,
}

macro_rules! shorthand {
    ($($name:ident $method:ident),*) => {$(
        #[doc = concat!("A ", stringify!($method), " request for `url`.")]
        ///
        /// # Errors
        /// [`ErrorCode::BadUrl`] when it is no URL.
        pub fn $name(url: impl IntoUrl) -> Result<Self, Error> {
            Self::new(Method::$method, url)
        }
    )*};
}

/// The methods of RFC 9110, and PATCH.
const KNOWN: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::CONNECT,
    Method::OPTIONS,
    Method::TRACE,
    Method::PATCH,
];

/// Apart: who makes a request is alone with it.
#[inline(never)]
fn copied(parts: &Parts) -> Arc<Parts> {
    Arc::new(parts.clone())
}

/// A method of another standard, case-sensitive.
#[inline(never)]
fn other_method(name: &str) -> Result<Method, Error> {
    let method = Method::from_bytes(name.as_bytes());
    method.map_err(|cause| Error::new(ErrorCode::BadUrl).with_cause(cause))
}

impl Request {
    /// A request of this method for `url`, without header fields or body.
    ///
    /// # Errors
    /// [`ErrorCode::BadUrl`] when it is no URL.
    pub fn new(method: Method, url: impl IntoUrl) -> Result<Self, Error> {
        Ok(Self(Arc::new(Parts {
            method,
            network_service_type: None,
            place: Place::of(url.into_parsed()?)?,
            headers: HeaderFields::new(),
            body: RequestBody::Empty,
            timeout_interval: None,
            forbidden: Forbidden::default(),
            decodes_content: true,
            expects_continue: None,
            resumable_upload: None,
            cache_policy: None,
            properties: Properties::new(),
        })))
    }

    shorthand!(get GET, head HEAD, post POST, put PUT, patch PATCH, delete DELETE);

    /// A request whose method is given by name; the names of RFC 9110 and PATCH are upper-cased, others stay as typed.
    ///
    /// # Errors
    /// [`ErrorCode::BadUrl`] when the name is no token or `url` is no URL.
    pub fn with_method_name(name: &str, url: impl IntoUrl) -> Result<Self, Error> {
        match KNOWN
            .iter()
            .find(|it| it.as_str().eq_ignore_ascii_case(name))
        {
            Some(known) => Self::new(known.clone(), url),
            None => Self::new(other_method(name)?, url),
        }
    }

    /// The method, case-sensitive (RFC 9110 section 9.1).
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// What its traffic is for, where it differs from the session's.
    #[must_use]
    pub fn network_service_type(&self) -> Option<NetworkServiceType> {
        self.0.network_service_type
    }

    /// The URL, fragment included.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.0.place.url()
    }

    /// The same, as it was come by.
    pub(crate) fn place(&self) -> &Place {
        &self.0.place
    }

    /// The URL as it was parsed, once, for every use of a transport; `None` when it is neither http nor https.
    #[must_use]
    pub fn target(&self) -> Option<&Arc<Target>> {
        match &self.0.place {
            Place::Target(target) => Some(target),
            Place::Other(_) => None,
        }
    }

    /// Where it goes, if it may be sent.
    pub(crate) fn checked_target(&self) -> Result<&Arc<Target>, Error> {
        if self.method() == Method::GET && !self.body().is_empty() {
            let error = Error::new(ErrorCode::DataLengthExceedsMaximum);
            return Err(error.because("a GET with a body"));
        }
        let unsupported =
            || Error::new(ErrorCode::UnsupportedUrl).because("neither http nor https");
        self.target().ok_or_else(unsupported)
    }

    /// Scheme, host and port, where it goes to a server.
    pub(crate) fn origin(&self) -> Option<&Arc<Origin>> {
        self.target().map(|target| target.origin())
    }

    /// The header fields that the app set.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The same, of which a map's code is linked only where somebody uses it as a map.
    #[must_use]
    pub fn header_fields(&self) -> &HeaderFields {
        &self.0.headers
    }

    /// The header fields, to edit.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.parts().headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &RequestBody {
        &self.0.body
    }

    /// How long nothing may arrive or leave before the task fails, where it differs from the session's.
    #[must_use]
    pub fn timeout_interval(&self) -> Option<Duration> {
        self.0.timeout_interval
    }

    /// Whether it may use a cellular network, as far as the request says; the session's configuration must allow it as well.
    #[must_use]
    pub fn allows_cellular_access(&self) -> bool {
        self.0.forbidden.allows(Forbidden::CELLULAR)
    }

    /// Whether it may use a path whose bytes cost money, as far as the request says.
    #[must_use]
    pub fn allows_expensive_network_access(&self) -> bool {
        self.0.forbidden.allows(Forbidden::EXPENSIVE)
    }

    /// Whether it may use a path that the user wants little data on, as far as the request says.
    #[must_use]
    pub fn allows_constrained_network_access(&self) -> bool {
        self.0.forbidden.allows(Forbidden::CONSTRAINED)
    }

    /// The paths to the network that the request forbids.
    pub(crate) fn forbidden(&self) -> Forbidden {
        self.0.forbidden
    }

    /// True when the response's body is to be decoded, by its Content-Encoding.
    #[must_use]
    pub fn decodes_content(&self) -> bool {
        self.0.decodes_content
    }

    /// Whether the body waits until the server asks for it, where the request decides that and not the session's configuration.
    #[must_use]
    pub fn expects_continue(&self) -> Option<bool> {
        self.0.expects_continue
    }

    /// How it uses the session's cache, where it differs from the session's
    /// [`request_cache_policy`](crate::Configuration::request_cache_policy).
    #[must_use]
    pub fn cache_policy(&self) -> Option<CachePolicy> {
        self.0.cache_policy
    }

    /// Whether its upload may go on where it is broken off, where the request decides that and not the session's configuration.
    #[must_use]
    pub fn resumable_upload(&self) -> Option<bool> {
        self.0.resumable_upload
    }

    /// The same request; as the body of an upload task, its server is offered, or not, to go on where it is broken off, in place of what
    /// [`resumable_uploads`](crate::Configuration::resumable_uploads) says. The draft is the configuration's, or the default one.
    #[must_use]
    pub fn with_resumable_upload(mut self, resumable: bool) -> Self {
        self.parts().resumable_upload = Some(resumable);
        self
    }

    /// The same request, its traffic for this, in place of what the configuration says.
    #[must_use]
    pub fn with_network_service_type(mut self, service: NetworkServiceType) -> Self {
        self.parts().network_service_type = Some(service);
        self
    }

    /// The same request with this method.
    #[must_use]
    pub fn with_method(mut self, method: Method) -> Self {
        self.parts().method = method;
        self
    }

    /// The same request with the field set to `value`, in place of any it had.
    ///
    /// # Errors
    /// [`InvalidHeader`] when name or value cannot be sent (RFC 9110 section 5.5: no CR, LF or NUL).
    pub fn header<N, V>(mut self, name: N, value: V) -> Result<Self, InvalidHeader>
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let (name, value) = field(name, value)?;
        self.parts().headers.insert(name, value);
        Ok(self)
    }

    /// The same request with `value` added to the field, after a comma where it has a value already.
    ///
    /// # Errors
    /// [`InvalidHeader`] when name or value cannot be sent.
    pub fn header_added<N, V>(mut self, name: N, value: V) -> Result<Self, InvalidHeader>
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let (name, value) = field(name, value)?;
        let headers = &mut self.parts().headers;
        let value = match headers.get(&name) {
            Some(first) => {
                let joined = [first.as_bytes(), b",", value.as_bytes()].concat();
                HeaderValue::from_bytes(&joined).map_err(|_| InvalidHeader::Value(name.clone()))?
            }
            None => value,
        };
        headers.insert(name, value);
        Ok(self)
    }

    /// The same request with these header fields, in place of all that it had.
    #[must_use]
    pub fn with_header_fields(mut self, fields: HeaderFields) -> Self {
        self.parts().headers = fields;
        self
    }

    /// The same request with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<RequestBody>) -> Self {
        let parts = self.parts();
        parts.body = body.into();
        // What is said of a body is a field.
        parts.headers.open();
        self
    }

    /// The same request with its own idle timeout, in place of the session's.
    #[must_use]
    pub fn with_timeout_interval(mut self, timeout: Duration) -> Self {
        self.parts().timeout_interval = Some(timeout);
        self
    }

    /// The same request, allowed a cellular network or not. Default true; it cannot allow what the configuration forbids
    /// ([`allows_cellular_access`](crate::Configuration::allows_cellular_access)).
    #[must_use]
    pub fn with_allows_cellular_access(self, allowed: bool) -> Self {
        self.allowing(Forbidden::CELLULAR, allowed)
    }

    /// The same request, allowed a path whose bytes cost money or not. Default true; it cannot allow what the configuration forbids
    /// ([`allows_expensive_network_access`](crate::Configuration::allows_expensive_network_access)).
    #[must_use]
    pub fn with_allows_expensive_network_access(self, allowed: bool) -> Self {
        self.allowing(Forbidden::EXPENSIVE, allowed)
    }

    /// The same request, allowed a path that the user wants little data on or not. Default true; it cannot allow what the configuration
    /// forbids ([`allows_constrained_network_access`](crate::Configuration::allows_constrained_network_access)).
    #[must_use]
    pub fn with_allows_constrained_network_access(self, allowed: bool) -> Self {
        self.allowing(Forbidden::CONSTRAINED, allowed)
    }

    fn allowing(mut self, what: Forbidden, allowed: bool) -> Self {
        let parts = self.parts();
        parts.forbidden = parts.forbidden.set(what, allowed);
        self
    }

    /// The same request; if `decodes` is false, the session offers no Accept-Encoding by itself, and the response's body comes as
    /// it is sent.
    ///
    /// An Accept-Encoding of the app's own changes only what is offered: whatever the answer is under is undone all the same.
    #[must_use]
    pub fn with_content_decoding(mut self, decodes: bool) -> Self {
        let parts = self.parts();
        parts.decodes_content = decodes;
        parts.headers.open();
        self
    }

    /// The same request, its body held back, or not, until the server asks for it (`Expect: 100-continue`, RFC 9110 section 10.1.1).
    ///
    /// The head goes first. The body follows when the server says 100, or has said nothing for
    /// [`timeout_interval_for_continue`](crate::Configuration::timeout_interval_for_continue); after a final answer that is no success
    /// it does not follow at all, and a stream that can be read once is still there. A server that answers 417 is asked again without the expectation,
    /// once, as long as the body can be sent. Without a body nothing is asked. Nothing is held back where
    /// [`Capabilities::expect_continue`](crate::Capabilities::expect_continue) is false.
    #[must_use]
    pub fn with_expects_continue(mut self, expects: bool) -> Self {
        self.parts().expects_continue = Some(expects);
        self
    }

    /// The same request, using the session's cache so, in place of what the configuration says.
    #[must_use]
    pub fn with_cache_policy(mut self, policy: CachePolicy) -> Self {
        self.parts().cache_policy = Some(policy);
        self
    }

    /// What somebody has noted on the request, by its type: a tag for whoever sees the request later, [`UrlProtocol`](crate::UrlProtocol)s
    /// above all. It is never sent, follows redirects, and counts neither in equality nor in the stored form.
    ///
    /// ```
    /// # use urlsession_core::Request;
    /// #[derive(Clone)]
    /// struct SeenByMe;
    ///
    /// let request = Request::get("http://a.example/")?.with_property(SeenByMe);
    /// assert!(request.property::<SeenByMe>().is_some());
    /// # Ok::<_, urlsession_core::Error>(())
    /// ```
    #[must_use]
    pub fn property<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.properties.get()
    }

    /// All that was noted on it.
    pub(crate) fn properties(&self) -> &Properties {
        &self.0.properties
    }

    /// The same request with this noted on it, in place of what there was of the type. See [`property`](Self::property).
    #[must_use]
    pub fn with_property<T: Clone + Send + Sync + 'static>(mut self, property: T) -> Self {
        self.parts().properties.insert(property);
        self
    }

    /// The same request without what was noted on it of the type.
    #[must_use]
    pub fn without_property<T: Send + Sync + 'static>(mut self) -> Self {
        if self.property::<T>().is_some() {
            self.parts().properties.remove::<T>();
        }
        self
    }

    /// The same request for another URL.
    pub(crate) fn with_target(mut self, target: Arc<Target>) -> Self {
        self.parts().place = Place::Target(target);
        self
    }

    fn parts(&mut self) -> &mut Parts {
        if Arc::get_mut(&mut self.0).is_none() {
            self.0 = copied(&self.0);
        }
        Arc::get_mut(&mut self.0).expect("nobody else has it")
    }
}

fn field<N, V>(name: N, value: V) -> Result<(HeaderName, HeaderValue), InvalidHeader>
where
    N: TryInto<HeaderName>,
    V: TryInto<HeaderValue>,
{
    let name = name.try_into().map_err(|_| InvalidHeader::Name)?;
    let value = value
        .try_into()
        .map_err(|_| InvalidHeader::Value(name.clone()))?;
    Ok((name, value))
}

impl PartialEq for Request {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.method() == other.method()
                && self.network_service_type() == other.network_service_type()
                && self.url() == other.url()
                && self.headers() == other.headers()
                && self.body() == other.body()
                && self.timeout_interval() == other.timeout_interval()
                && self.forbidden() == other.forbidden()
                && self.decodes_content() == other.decodes_content()
                && self.expects_continue() == other.expects_continue()
                && self.resumable_upload() == other.resumable_upload()
                && self.cache_policy() == other.cache_policy())
    }
}

impl Eq for Request {}

impl Hash for Request {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.method().hash(state);
        self.url().hash(state);
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method(), Shown(self.place().as_str()))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", self.method())
            .field("network_service_type", &self.network_service_type())
            .field("url", &format_args!("{}", Shown(self.place().as_str())))
            .field("headers", &Redacted(self.headers()))
            .field("body", self.body())
            .field("timeout_interval", &self.timeout_interval())
            .field("allows_cellular_access", &self.allows_cellular_access())
            .field(
                "allows_expensive_network_access",
                &self.allows_expensive_network_access(),
            )
            .field(
                "allows_constrained_network_access",
                &self.allows_constrained_network_access(),
            )
            .field("decodes_content", &self.decodes_content())
            .field("expects_continue", &self.expects_continue())
            .field("resumable_upload", &self.resumable_upload())
            .field("cache_policy", &self.cache_policy())
            .finish()
    }
}
