//! What a transfer took: times, bytes, and the connection that carried it.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use http::HeaderName;
use serde::{Deserialize, Serialize};

use crate::words::cipher::CipherSuite;
use crate::words::configuration::TlsVersion;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::time::Moment;
use crate::words::wire;

/// What a task took, from its making to its end, with one entry for each attempt at each hop.
///
/// Given to [`Delegate::did_finish_collecting_metrics`](crate::Delegate::did_finish_collecting_metrics). Moments are of the session's
/// monotonic clock; [`date_of`](Self::date_of) makes dates of them. Its `serde` form has requests and responses whole, secrets too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskMetrics {
    /// From the task's making to its end: queue and suspensions are part of it.
    pub task_interval: Interval,
    /// What the wall clock said at the beginning of the interval.
    pub start_date: SystemTime,
    /// How many redirects were followed, as far as the transport shows them
    /// ([`Capabilities::redirects`](crate::Capabilities::redirects)).
    pub redirect_count: u32,
    /// Every attempt at every hop, in order, those that failed too. None for a task that ended before it asked for anything.
    pub transaction_metrics: Vec<TransactionMetrics>,
}

impl TaskMetrics {
    /// Metrics of a task that asked for nothing.
    #[must_use]
    pub fn new(task_interval: Interval, start_date: SystemTime) -> Self {
        Self {
            task_interval,
            start_date,
            redirect_count: 0,
            transaction_metrics: Vec::new(),
        }
    }

    /// The date of a moment: what the wall clock said at the task's beginning, and what had passed by the monotonic clock. A jump
    /// of the wall clock meanwhile does not show.
    #[must_use]
    pub fn date_of(&self, moment: Moment) -> SystemTime {
        let start = self.task_interval.start;
        let date = if moment < start {
            self.start_date.checked_sub(start - moment)
        } else {
            self.start_date.checked_add(moment - start)
        };
        date.unwrap_or(self.start_date)
    }
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Interval {
    /// Where it begins.
    pub start: Moment,
    /// Where it ends.
    pub end: Moment,
}

impl Interval {
    /// Its length.
    #[must_use]
    pub fn duration(self) -> Duration {
        self.end - self.start
    }
}

/// One attempt at one hop: what was asked, what came back, when, and over which connection.
///
/// `None` is never a zero: the step was not reached, there was none (a lookup on a connection that was there), or the transport does
/// not tell ([`Capabilities::metrics`](crate::Capabilities::metrics)).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TransactionMetrics {
    /// What was asked for, without what session and transport add.
    pub request: Request,
    /// The head of the response, once there was one.
    pub response: Option<Response>,

    /// The hop began: the task had its place, the body was open.
    pub fetch_start: Option<Moment>,
    /// The host's name began to be looked up. Not set for a name that needs no lookup, nor for a connection that was there.
    pub domain_lookup_start: Option<Moment>,
    /// The lookup ended.
    pub domain_lookup_end: Option<Moment>,
    /// The first socket began to connect. A connection that was under way already: when the hop began to wait for it.
    pub connect_start: Option<Moment>,
    /// The connection was there, TLS included.
    pub connect_end: Option<Moment>,
    /// The TLS handshake began.
    pub secure_connection_start: Option<Moment>,
    /// The TLS handshake was done.
    pub secure_connection_end: Option<Moment>,
    /// The first byte of the request went out.
    pub request_start: Option<Moment>,
    /// The last byte that was sent went out.
    pub request_end: Option<Moment>,
    /// The first byte of the response came, interim responses included.
    pub response_start: Option<Moment>,
    /// The body came to its end. Not set where it was broken off.
    pub response_end: Option<Moment>,

    /// The names of the request's header fields that the platform left out without saying so: a browser keeps some to itself, Cookie and Host among them
    /// ([`Capabilities::all_request_headers`](crate::Capabilities::all_request_headers)).
    #[serde(with = "wire::names", default)]
    pub dropped_request_fields: Vec<HeaderName>,

    /// Bytes of the request's head on the wire, TLS apart.
    pub count_of_request_header_bytes_sent: Option<u64>,
    /// Bytes of the request's body that were sent.
    pub count_of_request_body_bytes_sent: Option<u64>,
    /// The length of the request's body as the app gave it.
    pub count_of_request_body_bytes_before_encoding: Option<u64>,
    /// Bytes of the response's heads on the wire, interim ones included, TLS apart.
    pub count_of_response_header_bytes_received: Option<u64>,
    /// Bytes of the response's body as they came, before decoding, the framing of HTTP apart.
    pub count_of_response_body_bytes_received: Option<u64>,
    /// Bytes of the response's body that went to the app, decoded; 0 for a redirect that was followed.
    pub count_of_response_body_bytes_after_decoding: Option<u64>,

    /// The protocol by its name in ALPN (RFC 7301): `http/1.1`, `h2`, `h3`.
    pub network_protocol_name: Option<String>,
    /// The connection was there when the hop began.
    pub is_reused_connection: Option<bool>,
    /// The connection goes through a proxy.
    pub is_proxy_connection: Option<bool>,
    /// This side's address and port.
    pub local_address: Option<SocketAddr>,
    /// The other side's address and port: the server's, or the proxy's.
    pub remote_address: Option<SocketAddr>,
    /// The version of TLS.
    pub negotiated_tls_protocol_version: Option<TlsVersion>,
    /// What TLS encrypts with.
    pub negotiated_tls_cipher_suite: Option<CipherSuite>,

    /// Where the response came from.
    pub resource_fetch_type: ResourceFetchType,

    /// The way was a mobile network.
    pub is_cellular: Option<bool>,
    /// The way was one that costs, by the system's reckoning.
    pub is_expensive: Option<bool>,
    /// The way was one on which little is to be sent, by the user's choice.
    pub is_constrained: Option<bool>,
}

/// Where a response came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ResourceFetchType {
    /// Nowhere yet, or nobody tells.
    #[default]
    Unknown,
    /// From the network.
    NetworkLoad,
    /// From a cache on this machine.
    LocalCache,
}

impl TransactionMetrics {
    /// An attempt at `request`, of which nothing is known yet.
    #[must_use]
    pub fn new(request: Request) -> Self {
        Self {
            request,
            response: None,
            fetch_start: None,
            domain_lookup_start: None,
            domain_lookup_end: None,
            connect_start: None,
            connect_end: None,
            secure_connection_start: None,
            secure_connection_end: None,
            request_start: None,
            request_end: None,
            response_start: None,
            response_end: None,
            dropped_request_fields: Vec::new(),
            count_of_request_header_bytes_sent: None,
            count_of_request_body_bytes_sent: None,
            count_of_request_body_bytes_before_encoding: None,
            count_of_response_header_bytes_received: None,
            count_of_response_body_bytes_received: None,
            count_of_response_body_bytes_after_decoding: None,
            network_protocol_name: None,
            is_reused_connection: None,
            is_proxy_connection: None,
            local_address: None,
            remote_address: None,
            negotiated_tls_protocol_version: None,
            negotiated_tls_cipher_suite: None,
            resource_fetch_type: ResourceFetchType::Unknown,
            is_cellular: None,
            is_expensive: None,
            is_constrained: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn at(seconds: u64) -> Moment {
        Moment::from_nanos(seconds * 1_000_000_000)
    }

    fn metrics() -> TaskMetrics {
        let interval = Interval {
            start: at(5),
            end: at(9),
        };
        let epoch = SystemTime::UNIX_EPOCH;
        TaskMetrics::new(interval, epoch + Duration::from_secs(1_000))
    }

    #[test]
    fn a_date_is_the_anchor_and_what_passed() {
        let date = |seconds| metrics().date_of(at(seconds));
        let epoch = SystemTime::UNIX_EPOCH;
        assert_eq!(date(7), epoch + Duration::from_secs(1_002));
        assert_eq!(date(4), epoch + Duration::from_secs(999));
    }

    #[test]
    fn a_date_beyond_all_clocks_is_the_anchor() {
        let mut metrics = metrics();
        metrics.start_date = SystemTime::UNIX_EPOCH;
        let far = Moment::from_nanos(u64::MAX);
        assert!(metrics.date_of(far) >= metrics.start_date);
    }

    #[test]
    fn metrics_survive_serde() {
        let mut metrics = metrics();
        let mut hop = TransactionMetrics::new(Request::get("http://a.example/").unwrap());
        hop.fetch_start = Some(at(6));
        hop.remote_address = Some(([127, 0, 0, 1], 80).into());
        hop.negotiated_tls_cipher_suite = Some(CipherSuite::new(0x1301));
        metrics.transaction_metrics.push(hop);
        let text = serde_json::to_string(&metrics).unwrap();
        assert_eq!(serde_json::from_str::<TaskMetrics>(&text).unwrap(), metrics);
    }
}
