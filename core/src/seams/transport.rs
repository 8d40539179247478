//! The way to the servers: one hop, one request, one response.

use std::fmt;
use std::sync::Arc;

use http::Method;

use crate::seams::exchange::ExchangeEvents;
use crate::words::body::{Body, FileRef, RequestBody};
use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::cache::CachePolicy;
use crate::words::error::Error;
use crate::words::file_version::FileVersion;
use crate::words::header_fields::HeaderFields;
use crate::words::properties::Properties;
use crate::words::request::Redacted;
use crate::words::response::Response;
use crate::words::service_type::NetworkServiceType;
use crate::words::target::{Origin, Target};

/// Makes exchanges: one request, one response.
///
/// It never follows a redirect (where [`Capabilities::redirects`] says that it shows them), retries what a server may have
/// acted on, stores a cookie or decides about trust: it reports, through [`ExchangeEvents`], and core decides.
pub trait Transport: MaybeSend + MaybeSync + 'static {
    /// What this transport can do. Core branches on it; it never changes.
    fn capabilities(&self) -> Capabilities;

    /// How many exchanges with `origin` fit one connection, as far as it is known before connecting.
    fn multiplexing(&self, origin: &Origin) -> Multiplexing;

    /// Makes one exchange: ready with the response's head when it is there.
    ///
    /// The future is polled by whoever waits for it, and may be left unpolled at any time (a suspended task): whatever others
    /// wait for must not depend on it. Dropping it, or the body, aborts the exchange.
    ///
    /// # Errors
    /// What ended the exchange before the head, with the code that fits and the cause.
    fn exchange(
        &self,
        request: HopRequest,
        events: ExchangeEvents,
    ) -> BoxFuture<'static, Result<HopResponse, Error>>;

    /// Lets go of idle connections; exchanges from now on use new ones. Those under way go on.
    fn reset(&self);
}

/// One request as it goes out: every field final, the body ready to be read.
pub struct HopRequest {
    /// The method.
    pub method: Method,
    /// Where it goes; the Host field and the request target come from here and nowhere else.
    pub target: Arc<Target>,
    /// The header fields, shared until the transport adds its own (Host, Content-Length, Transfer-Encoding, Connection).
    /// `Expect: 100-continue` holds the body back.
    pub headers: HeaderFields,
    /// The body.
    pub body: HopBody,
    /// Which connection may carry it.
    pub affinity: Affinity,
    /// How it should be treated on the way.
    pub hints: Hints,
    /// What the app has noted on its request ([`Request::with_property`](crate::Request::with_property)): a transport may have options of its own.
    pub properties: Properties,
}

/// How an exchange should be treated on the way, where anybody looks at that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hints {
    /// The urgency (RFC 9218 section 4.1), 0 the most urgent to 7, where the app set the task's priority. With
    /// [`Capabilities::priority_field`] the header fields tell it already.
    pub urgency: Option<u8>,
    /// What the traffic is for.
    pub service_type: NetworkServiceType,
    /// How a cache of the platform's own is to be used. `None`: not at all, neither read nor written, for the session has a
    /// [`UrlCache`](crate::UrlCache).
    pub cache: Option<CachePolicy>,
    /// Somebody watches how much of the request's body has left: it is worth counting as it leaves.
    pub watches_sent: bool,
}

impl Default for Hints {
    /// Nothing out of the ordinary.
    fn default() -> Self {
        Self {
            urgency: None,
            service_type: NetworkServiceType::default(),
            cache: Some(CachePolicy::default()),
            watches_sent: false,
        }
    }
}

impl fmt::Debug for HopRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HopRequest")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("headers", &Redacted(&self.headers))
            .field("body", &self.body)
            .field("affinity", &self.affinity)
            .field("hints", &self.hints)
            .finish()
    }
}

/// The body of one hop.
pub enum HopBody {
    /// None.
    Empty,
    /// Bytes in memory: can be sent again.
    Bytes(bytes::Bytes),
    /// A file, in this state, that the transport opens when it sends, and again when it sends again. In another it is not sent, nor to its end:
    /// see [`FileChanged`](crate::FileChanged).
    File(FileRef, Box<FileVersion>),
    /// A stream, and its length where that is known. Read once.
    Stream(Box<dyn Body>, Option<u64>),
}

impl fmt::Debug for HopBody {
    /// Its kind and length, not its bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::File(file, _) => write!(f, "file {}", file.path().display()),
            Self::Stream(body, _) => body.fmt(f),
        }
    }
}

impl HopBody {
    /// A request's body, where it need not be opened.
    pub(crate) fn at_hand(body: &RequestBody) -> Option<Self> {
        match body {
            RequestBody::Empty => Some(Self::Empty),
            RequestBody::Bytes(bytes) if bytes.is_empty() => Some(Self::Empty),
            RequestBody::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            RequestBody::File(_) | RequestBody::Stream(_) => None,
        }
    }

    /// The length in bytes, where it is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::File(_, version) => Some(version.length()),
            Self::Stream(_, length) => *length,
        }
    }

    /// True when the transport can send it a second time by itself.
    #[must_use]
    pub fn is_replayable(&self) -> bool {
        !matches!(self, Self::Stream(..))
    }
}

/// Which connection may carry an exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Affinity {
    /// Any that the pool would use.
    #[default]
    Any,
    /// Only this one: its authentication is the connection's.
    Same(ConnectionId),
    /// A new one.
    Fresh,
}

/// One connection of a transport, unique in its lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub u64);

/// The answer to a hop: the head, and the body still to be pulled.
#[derive(Debug)]
pub struct HopResponse {
    /// The head.
    pub response: Response,
    /// The body. At its end, or dropped, the connection is free or closed.
    pub body: Box<dyn Body>,
    /// The connection that carried it, where the transport knows it.
    pub connection: Option<ConnectionId>,
}

/// How many exchanges one connection to an origin carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiplexing {
    /// Not known before the handshake (ALPN): one exchange goes ahead, the others wait for what it finds.
    Unknown,
    /// One at a time (HTTP/1): `http_maximum_connections_per_host` applies.
    No,
    /// This many streams at once (HTTP/2, HTTP/3).
    Streams(usize),
    /// The platform counts by itself (a browser): only a limit lower than its own 6 applies.
    Platform,
}

/// What a transport can do. Each flag's false side is documented at the flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Each hop is seen, and the delegate decides on it. False: the platform follows by itself; `will_perform_http_redirection`
    /// is never called, no [`UrlProtocol`](crate::UrlProtocol) is asked about the hops, and [`Response::url`] tells where the response came from.
    pub redirects: bool,
    /// 1xx responses are reported. False: they are never seen.
    pub informational: bool,
    /// The fields after a response's body are seen. False: [`Task::trailers`](crate::Task::trailers) is always `None`.
    pub trailers: bool,
    /// Fields can follow a request's body. False: the task fails with
    /// [`ResourceUnavailable`](crate::ErrorCode::ResourceUnavailable) when its body [announces some](crate::BodyStream::with_trailers).
    pub request_trailers: bool,
    /// A body waits for the server's 100 where the hop's `Expect` field says so. False: the field is not sent, and no body waits.
    pub expect_continue: bool,
    /// A priority that the app set is told to the server, in the field `Priority` (RFC 9218). False: the server is not told; a browser
    /// has the hint for its own queue (`fetch`'s `priority`).
    pub priority_field: bool,
    /// Packets are marked with what they are for. False: [`NetworkServiceType`] has no effect.
    pub service_type: bool,
    /// The bytes of a request's body are counted as they leave. False: `did_send_body_data` is called once, when the
    /// response's head is there, with the whole length where it is known. True in a page says that it can be done: where a browser counts, by
    /// `XMLHttpRequest`, is for the transport to choose, and what it does not count is told once.
    pub upload_progress: bool,
    /// A request's body can be a stream, whatever the server. False: the transport may have to gather it first, as browsers do but for some
    /// servers.
    pub streamed_upload: bool,
    /// A request's body can be a file. False: the task fails with [`FileDoesNotExist`](crate::ErrorCode::FileDoesNotExist).
    pub file_upload: bool,
    /// An answer's body can go to a file. False: a download fails with [`CannotCreateFile`](crate::ErrorCode::CannotCreateFile).
    pub file_download: bool,
    /// `file:` URLs can be loaded. False: they fail with [`UnsupportedUrl`](crate::ErrorCode::UnsupportedUrl).
    pub file_urls: bool,
    /// Any header field can be set. False: the platform keeps some to itself and drops them.
    pub all_request_headers: bool,
    /// Every header field of the response is seen. False: across origins only those that the server exposes.
    pub all_response_headers: bool,
    /// Bodies come as they were sent, and the platform's [`Decoder`](crate::Decoder) undoes their codings. False: the platform asks for
    /// codings and undoes them by itself, whatever the request says; Content-Encoding and Content-Length then tell of what was sent,
    /// encoded bytes are not counted, and the configuration's bounds on decoding do not apply. True takes a transport that shows
    /// Content-Encoding.
    pub encoded_bodies: bool,
    /// Failures are told apart. False: name resolution, connection and TLS failures share
    /// [`CannotLoadFromNetwork`](crate::ErrorCode::CannotLoadFromNetwork); only the lack of any network is told from them.
    pub distinct_errors: bool,
    /// Trust in servers can be configured. False: the platform alone decides.
    pub tls_configuration: bool,
    /// The platform may tell the kind and the cost of the way to the network. False, as on macOS and in most browsers: it tells too little for the `allows_…` settings
    /// ([`allows_cellular_access`](crate::Configuration::allows_cellular_access) and its kin) to hold, and what it does not tell is allowed.
    pub network_cost: bool,
    /// [`TaskMetrics`](crate::TaskMetrics) tell of each hop's phases, bytes on the wire and connection. False: there are the times that
    /// core sees, and beyond them what the platform gives, if anything: a browser, by Resource Timing, phases, protocol and the body's
    /// bytes where the server allows it (its own origin, `Timing-Allow-Origin`) and where it has told when the body ends; of a chain
    /// of redirects the last hop; never addresses, TLS's version or the bytes of heads.
    pub metrics: bool,
}

impl Capabilities {
    /// A transport that can do everything.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            redirects: true,
            informational: true,
            trailers: true,
            request_trailers: true,
            priority_field: true,
            service_type: true,
            expect_continue: true,
            upload_progress: true,
            streamed_upload: true,
            file_upload: true,
            file_download: true,
            file_urls: true,
            all_request_headers: true,
            all_response_headers: true,
            encoded_bodies: true,
            distinct_errors: true,
            tls_configuration: true,
            network_cost: true,
            metrics: true,
        }
    }

    /// A transport that can make plain exchanges and nothing else.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            redirects: false,
            informational: false,
            trailers: false,
            request_trailers: false,
            priority_field: false,
            service_type: false,
            expect_continue: false,
            upload_progress: false,
            streamed_upload: false,
            file_upload: false,
            file_download: false,
            file_urls: false,
            all_request_headers: false,
            all_response_headers: false,
            encoded_bodies: false,
            distinct_errors: false,
            tls_configuration: false,
            network_cost: false,
            metrics: false,
        }
    }
}
