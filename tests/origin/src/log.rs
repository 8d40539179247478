//! What an origin saw: its connections and the requests on them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Version};

use crate::watched::Watched;
use crate::wire::Meter;

/// How many of the latest requests the log keeps; counters go on beyond it.
pub const LOGGED_REQUESTS: usize = 10_000;

/// How much of each request's body the log keeps, in bytes; [`ReceivedRequest::body_length`] counts all.
pub const LOGGED_BODY: usize = 1024 * 1024;

/// Which of the origin's listeners took a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listener {
    /// HTTP/1.1 in the clear, the first origin.
    Plain,
    /// HTTP/1.1 in the clear, the second origin.
    Other,
    /// HTTP/1.1 in the clear on the IPv6 loopback address.
    PlainV6,
    /// HTTP/2 in the clear with prior knowledge.
    H2,
    /// TLS, with HTTP/2 and HTTP/1.1 offered.
    Tls,
    /// TLS, with only HTTP/1.1 offered.
    TlsH1,
}

/// An accepted connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRecord {
    /// Its number, from 0 in the order of acceptance over all listeners.
    pub number: usize,
    /// The listener that took it.
    pub listener: Listener,
    /// Bytes read from it, of HTTP (under TLS: of plaintext).
    pub bytes_read: u64,
    /// Bytes written to it, of HTTP (under TLS: of plaintext).
    pub bytes_written: u64,
    /// Whether its socket is open.
    pub open: bool,
    /// Why the TLS handshake failed, in rustls's words.
    pub handshake_error: Option<String>,
}

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    /// Its number, from 0 in the order of arrival over all connections.
    pub number: u64,
    /// The number of the connection it came on.
    pub connection: usize,
    /// The listener that took the connection.
    pub listener: Listener,
    /// The protocol it came over.
    pub version: Version,
    /// Its method.
    pub method: Method,
    /// Its target as sent: path and query, or whatever stood there.
    pub target: String,
    /// HTTP/2's `:authority`; for HTTP/1.1 see the `host` field.
    pub authority: Option<String>,
    /// Its fields, in order of arrival.
    pub headers: HeaderMap,
    /// The first [`LOGGED_BODY`] bytes of the body that came so far.
    pub body: Vec<u8>,
    /// How many bytes of the body came so far.
    pub body_length: u64,
    /// Whether the body came to its end.
    pub body_complete: bool,
    /// The trailer section, once it came.
    pub trailers: Option<HeaderMap>,
}

impl ReceivedRequest {
    /// A field's first value, if it is there and visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The target without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// Everything an origin saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connections: Vec<ConnectionRecord>,
    pub(crate) requests: VecDeque<ReceivedRequest>,
    pub(crate) requests_by_path: BTreeMap<String, usize>,
    pub(crate) bytes_written: u64,
    pub(crate) open_connections: usize,
    next_request: u64,
}

impl Seen {
    pub(crate) fn requests_for(&self, path: &str) -> usize {
        self.requests_by_path.get(path).copied().unwrap_or_default()
    }

    fn add_connection(&mut self, listener: Listener) -> usize {
        let number = self.connections.len();
        self.open_connections += 1;
        self.connections.push(ConnectionRecord {
            number,
            listener,
            bytes_read: 0,
            bytes_written: 0,
            open: true,
            handshake_error: None,
        });
        number
    }

    fn add_request(&mut self, mut request: ReceivedRequest) -> u64 {
        request.number = self.next_request;
        self.next_request += 1;
        *self
            .requests_by_path
            .entry(request.path().to_owned())
            .or_default() += 1;
        if self.requests.len() == LOGGED_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
        self.next_request - 1
    }

    /// The request of that number, unless it fell out of the log.
    fn request(&mut self, number: u64) -> Option<&mut ReceivedRequest> {
        let first = self.requests.front()?.number;
        self.requests
            .get_mut(usize::try_from(number.checked_sub(first)?).ok()?)
    }
}

/// The origin's memory, as the servers of its connections write it.
#[derive(Debug, Clone)]
pub(crate) struct Log(pub(crate) Arc<Watched<Seen>>);

impl Log {
    pub(crate) fn new() -> Self {
        Self(Watched::new(Seen::default()))
    }

    pub(crate) fn connection_accepted(&self, listener: Listener) -> usize {
        self.0.update(|seen| seen.add_connection(listener))
    }

    pub(crate) fn handshake_failed(&self, connection: usize, error: String) {
        self.0
            .update(|seen| seen.connections[connection].handshake_error = Some(error));
    }

    pub(crate) fn request_received(&self, request: ReceivedRequest) -> u64 {
        self.0.update(|seen| seen.add_request(request))
    }

    pub(crate) fn body_received(&self, request: u64, data: &Bytes) {
        self.0.update(|seen| {
            let Some(request) = seen.request(request) else {
                return;
            };
            let room = LOGGED_BODY
                .saturating_sub(request.body.len())
                .min(data.len());
            request.body.extend_from_slice(&data[..room]);
            request.body_length += data.len() as u64;
        });
    }

    pub(crate) fn body_complete(&self, request: u64, trailers: Option<HeaderMap>) {
        self.0.update(|seen| {
            let Some(request) = seen.request(request) else {
                return;
            };
            request.body_complete = true;
            request.trailers = trailers.or(request.trailers.take());
        });
    }

    /// What counts the bytes of one connection.
    pub(crate) fn meter(&self, connection: usize) -> Arc<dyn Meter> {
        Arc::new(ConnectionMeter {
            log: self.clone(),
            connection,
        })
    }
}

struct ConnectionMeter {
    log: Log,
    connection: usize,
}

impl ConnectionMeter {
    fn update(&self, change: impl FnOnce(&mut ConnectionRecord)) {
        self.log
            .0
            .update(|seen| change(&mut seen.connections[self.connection]));
    }
}

impl Meter for ConnectionMeter {
    fn read(&self, count: usize) {
        self.update(|connection| connection.bytes_read += count as u64);
    }

    fn written(&self, count: usize) {
        self.log.0.update(|seen| {
            seen.connections[self.connection].bytes_written += count as u64;
            seen.bytes_written += count as u64;
        });
    }

    fn closed(&self) {
        self.log.0.update(|seen| {
            seen.connections[self.connection].open = false;
            seen.open_connections -= 1;
        });
    }
}
