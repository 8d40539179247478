//! The way to a connection, phase by phase, and what is measured on it.

use std::fmt;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use url::Host;

use super::exchange::Exchange;
use super::reply::Reply;
use crate::seams::transport::Multiplexing;
use crate::words::bounds::{MaybeSend, MaybeSync};
use crate::words::cipher::CipherSuite;
use crate::words::configuration::TlsVersion;
use crate::words::error::{Error, ErrorCode};
use crate::words::metrics::TransactionMetrics;
use crate::words::time::Moment;

/// How long the connection takes, and what comes of it.
#[derive(Clone, Debug)]
pub(super) struct Connecting {
    pub(super) lookup: Duration,
    /// `None` when nothing ever comes of it.
    pub(super) after: Option<Duration>,
    pub(super) tls: Duration,
    pub(super) error: Option<Error>,
    pub(super) is_reused: bool,
    pub(super) edit: Option<Edit>,
}

impl Connecting {
    /// At once.
    pub(super) fn at_once() -> Self {
        Self {
            lookup: Duration::ZERO,
            after: Some(Duration::ZERO),
            tls: Duration::ZERO,
            error: None,
            is_reused: false,
            edit: None,
        }
    }
}

/// Changes what was measured.
#[derive(Clone)]
pub(super) struct Edit(Arc<dyn EditMetrics>);

trait EditMetrics: MaybeSend + MaybeSync {
    fn edit(&self, transaction: &mut TransactionMetrics);
}

impl<F: Fn(&mut TransactionMetrics) + MaybeSend + MaybeSync> EditMetrics for F {
    fn edit(&self, transaction: &mut TransactionMetrics) {
        self(transaction);
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Edit")
    }
}

impl Reply {
    /// The name's lookup takes so long, before the connection. An address needs none.
    pub fn lookup_takes(mut self, time: Duration) -> Self {
        self.connection.lookup = time;
        self
    }

    /// The TLS handshake takes so long, once connected. Only `https:` has one.
    pub fn tls_takes(mut self, time: Duration) -> Self {
        self.connection.tls = time;
        self
    }

    /// The exchange finds a connection that is there: nothing is looked up or connected, and nothing of that can fail.
    pub fn on_reused_connection(mut self) -> Self {
        self.connection.is_reused = true;
        self
    }

    /// Has `edit` change what was measured once the response's head is there: addresses, TLS, where the response came from.
    ///
    /// ```
    /// use urlsession_core::ResourceFetchType;
    /// use urlsession_core::mock::Reply;
    ///
    /// let cached = Reply::new(200).measured(|hop| hop.resource_fetch_type = ResourceFetchType::LocalCache);
    /// ```
    pub fn measured(
        mut self,
        edit: impl Fn(&mut TransactionMetrics) + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        self.connection.edit = Some(Edit(Arc::new(edit)));
        self
    }
}

/// Errors of the name's lookup.
pub(super) const OF_LOOKUP: [ErrorCode; 2] =
    [ErrorCode::CannotFindHost, ErrorCode::DnsLookupFailed];

/// Errors of the TLS handshake.
pub(super) const OF_TLS: [ErrorCode; 7] = [
    ErrorCode::SecureConnectionFailed,
    ErrorCode::ServerCertificateHasBadDate,
    ErrorCode::ServerCertificateUntrusted,
    ErrorCode::ServerCertificateHasUnknownRoot,
    ErrorCode::ServerCertificateNotYetValid,
    ErrorCode::ClientCertificateRejected,
    ErrorCode::ClientCertificateRequired,
];

/// A phase of connecting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Lookup,
    Connect,
    Tls,
}

impl Phase {
    /// Where a scripted error strikes.
    fn of(error: &Error, is_secure: bool) -> Self {
        let code = error.code();
        if OF_LOOKUP.contains(&code) {
            Self::Lookup
        } else if is_secure && OF_TLS.contains(&code) {
            Self::Tls
        } else {
            Self::Connect
        }
    }

    fn begin(self, transaction: &mut TransactionMetrics, now: Moment) {
        match self {
            Self::Lookup => transaction.domain_lookup_start = Some(now),
            Self::Connect => transaction.connect_start = Some(now),
            Self::Tls => transaction.secure_connection_start = Some(now),
        }
    }

    fn end(self, transaction: &mut TransactionMetrics, now: Moment) {
        match self {
            Self::Lookup => transaction.domain_lookup_end = Some(now),
            Self::Connect => transaction.connect_end = Some(now),
            Self::Tls => {
                transaction.secure_connection_end = Some(now);
                transaction.connect_end = Some(now);
            }
        }
    }
}

impl Exchange {
    /// Makes the connection, or fails as scripted.
    pub(super) async fn connect(&self) -> Result<(), Error> {
        let script = &self.reply.connection;
        if script.is_reused {
            self.note_connection(true);
            return Ok(());
        }
        let origin = self.open.record.target().origin();
        let is_name = matches!(origin.host(), Host::Domain(_));
        let fails_at = script.error.as_ref();
        let fails_at = fails_at.map(|error| Phase::of(error, origin.is_secure()));
        let phases = [
            (Phase::Lookup, is_name, Some(script.lookup)),
            (Phase::Connect, true, script.after),
            (Phase::Tls, origin.is_secure(), Some(script.tls)),
        ];
        for (phase, is_there, time) in phases {
            if is_there {
                self.pass(phase, time, fails_at == Some(phase)).await;
            }
            let network = &self.open.shared.network;
            if let Some(error) = network
                .refusal(origin.host())
                .filter(|_| phase == Phase::Connect)
            {
                return Err(error);
            }
            if let Some(error) = script.error.as_ref().filter(|_| fails_at == Some(phase)) {
                return Err(error.clone());
            }
        }
        self.note_connection(false);
        Ok(())
    }

    async fn pass(&self, phase: Phase, time: Option<Duration>, fails: bool) {
        self.measure(|transaction, now| phase.begin(transaction, now));
        match time {
            Some(Duration::ZERO) => {}
            Some(time) => self.open.sleep(time).await,
            None => pending().await,
        }
        if !fails {
            self.measure(|transaction, now| phase.end(transaction, now));
        }
    }

    /// What there is to say of a connection that exists nowhere: addresses are of the networks kept for examples (RFC 5737).
    fn note_connection(&self, is_reused: bool) {
        let origin = self.open.record.target().origin();
        let (is_secure, port) = (origin.is_secure(), origin.port());
        let name = match self.connection.1 {
            Multiplexing::Streams(_) => "h2",
            Multiplexing::Unknown | Multiplexing::No | Multiplexing::Platform => "http/1.1",
        };
        self.measure(|transaction, _| {
            transaction.is_reused_connection = Some(is_reused);
            transaction.is_proxy_connection = Some(false);
            transaction.network_protocol_name = Some(name.to_owned());
            transaction.local_address = Some(SocketAddr::from(([192, 0, 2, 1], 49_152)));
            transaction.remote_address = Some(SocketAddr::from(([198, 51, 100, 1], port)));
            if is_secure {
                transaction.negotiated_tls_protocol_version = Some(TlsVersion::Tls13);
                transaction.negotiated_tls_cipher_suite = Some(CipherSuite::new(0x1301));
            }
        });
    }

    /// Measures, unless the transport is one that cannot.
    pub(super) fn measure(&self, work: impl FnOnce(&mut TransactionMetrics, Moment)) {
        if self.capabilities.metrics && self.events.wants_metrics() {
            let now = self.events.clock().now();
            self.events.measure(|transaction| work(transaction, now));
        }
    }

    /// The request goes out: its head, as HTTP/1.1 would write it.
    pub(super) fn note_request(&self) {
        let record = &self.open.record;
        let line = record.method().as_str().len()
            + record.target().path_and_query().as_str().len()
            + " HTTP/1.1\r\n ".len();
        let host = "host: \r\n".len() + record.target().host_field().len();
        let length = (line + host + length_of(record.headers())) as u64;
        self.measure(|transaction, now| {
            transaction.request_start = Some(now);
            transaction.count_of_request_header_bytes_sent = Some(length);
        });
    }

    /// The head of the response is there.
    pub(super) fn note_response(&self, headers: &HeaderMap) {
        let length = ("HTTP/1.1 200 \r\n".len() + length_of(headers)) as u64;
        let edit = self.reply.connection.edit.as_ref();
        self.measure(|transaction, now| {
            transaction.response_start.get_or_insert(now);
            transaction.count_of_response_header_bytes_received = Some(length);
            if let Some(Edit(edit)) = edit {
                edit.edit(transaction);
            }
        });
    }
}

/// Bytes of a head's fields and of the empty line that ends it.
fn length_of(fields: &HeaderMap) -> usize {
    let fields = fields.iter();
    let lengths = fields.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    lengths.sum::<usize>() + "\r\n".len()
}
