//! What a session is told once, as plain data.

use std::fmt;
use std::time::Duration;

use http::HeaderName;
use serde::{Deserialize, Serialize};

use crate::words::cache::CachePolicy;
use crate::words::header_fields::HeaderFields;
use crate::words::network::Forbidden;
use crate::words::request::Redacted;
use crate::words::retry::RetryPolicy;
use crate::words::service_type::NetworkServiceType;
use crate::words::upload_draft::UploadDraft;
use crate::words::wire;

/// How a session behaves. Plain data: it can be stored, and the session keeps a copy of its own.
///
/// ```
/// use std::time::Duration;
/// use urlsession_core::Configuration;
///
/// let mut configuration = Configuration::default();
/// configuration.timeout_interval_for_request = Duration::from_secs(10);
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Configuration {
    /// How long nothing may arrive or leave before a task fails with
    /// [`TimedOut`](crate::ErrorCode::TimedOut). It starts when the exchange is admitted, restarts at each byte in either direction and
    /// stands still while the task is suspended or the delegate is asked. A request's own wins. Default 60 s.
    pub timeout_interval_for_request: Duration,

    /// How long a task may take in all, its time in the queue, redirects and answers included, time suspended not. Default 7 days.
    pub timeout_interval_for_resource: Duration,

    /// Wait for a network where there is none, or none that may be used, instead of failing at once. Default false.
    ///
    /// It is about making connections only: one that is lost later fails its task with
    /// [`NetworkConnectionLost`](crate::ErrorCode::NetworkConnectionLost) all the same. The delegate is told once
    /// ([`task_is_waiting_for_connectivity`](crate::Delegate::task_is_waiting_for_connectivity)); the task then waits as long as
    /// [`timeout_interval_for_resource`](Self::timeout_interval_for_resource) allows. A server that refuses, and a name that does not exist, are
    /// failures whatever the network.
    pub waits_for_connectivity: bool,

    /// Whether tasks may use a cellular network. Default true. A request may forbid it as well, and cannot allow what is forbidden here.
    ///
    /// A task that may not use the path that there is fails with [`DataNotAllowed`](crate::ErrorCode::DataNotAllowed), or waits
    /// for another ([`waits_for_connectivity`](Self::waits_for_connectivity)). What a platform does not tell
    /// ([`network_cost`](crate::Capabilities::network_cost)) is allowed, and so is this machine, which needs no network.
    pub allows_cellular_access: bool,

    /// Whether tasks may use a path whose bytes cost money: a cellular network, a hotspot, a metered connection. Default true; otherwise as
    /// [`allows_cellular_access`](Self::allows_cellular_access).
    pub allows_expensive_network_access: bool,

    /// Whether tasks may use a path that the user wants little data on: Low Data Mode, Data Saver. Default true; otherwise as
    /// [`allows_cellular_access`](Self::allows_cellular_access).
    pub allows_constrained_network_access: bool,

    /// What the session's traffic is for; a request's own wins. Connections of different kinds are apart. Default: ordinary traffic.
    pub network_service_type: NetworkServiceType,

    /// Header fields for every request that lacks them, whatever the case of the name; the request's own win. Default none.
    ///
    /// Host, Connection, Content-Length, Transfer-Encoding and Proxy-* are the transport's and are left out.
    /// They are the app's fields: a redirect to another origin drops what the safe list does not keep.
    #[serde(with = "wire::headers")]
    pub http_additional_headers: HeaderFields,

    /// How many HTTP/1 exchanges with one origin may be under way at once; the others queue. Default 6, at least 1. A browser has its own
    /// limit of 6 and queues itself: there only a lower one counts, and none without the feature `host-limits`.
    pub http_maximum_connections_per_host: usize,

    /// Names of the app's header fields that a redirect to another origin keeps, beside Accept*, Cache-Control, Content-*,
    /// Pragma, Range, If-Range and User-Agent. Default none. Authorization, Cookie and Proxy-Authorization are never kept.
    #[serde(with = "wire::names")]
    pub redirect_safe_headers: Vec<HeaderName>,

    /// A coded body that decodes to more than so many bytes fails its task with
    /// [`DataLengthExceedsMaximum`](crate::ErrorCode::DataLengthExceedsMaximum). Default none.
    pub maximum_decoded_length: Option<u64>,

    /// A coded body that decodes to more than so many bytes for each one received fails its task with
    /// [`DataLengthExceedsMaximum`](crate::ErrorCode::DataLengthExceedsMaximum), once it has come to 16 MiB. Default 500; gzip at its
    /// densest has 1,030.
    pub maximum_decoding_ratio: Option<u32>,

    /// The lowest version of TLS that is spoken. Default 1.2.
    pub tls_minimum_supported_protocol_version: TlsVersion,

    /// Certificates (DER) trusted as roots beside the platform's. Default none.
    pub tls_additional_roots: Vec<Vec<u8>>,

    /// Speak HTTP/2 to `http:` URLs at once, with prior knowledge (RFC 9113 section 3.3). Default false.
    pub assumes_http2_capable: bool,

    /// Bodies of at least this many bytes, and those of unknown length, wait until the server asks for them, unless the request
    /// [says otherwise](crate::Request::with_expects_continue). Default none: no body waits.
    pub expects_continue_from: Option<u64>,

    /// How long a body waits for the server to ask for it, before it is sent all the same. Default 1 s, as curl has it.
    pub timeout_interval_for_continue: Duration,

    /// Upload tasks offer their servers to go on with them where they are broken off, in this draft of resumable uploads. Default none; a request
    /// [may differ](crate::Request::with_resumable_upload).
    ///
    /// A server that knows the draft says where it keeps what it has, and the task, or another one later, sends the rest
    /// (`UploadResumeData`). For other servers the upload is like any. Nothing is offered where
    /// [`Capabilities::informational`](crate::Capabilities::informational) is false.
    pub resumable_uploads: Option<UploadDraft>,

    /// How often in a row an upload that was broken off goes on by itself, without any of it getting through in between: after 1 s, 2 s, … up to
    /// a minute. Default 0: the task fails, with resume data.
    pub retries_uploads: u32,

    /// When failed exchanges are made again. Default never.
    pub retry_policy: Option<RetryPolicy>,

    /// How requests use the session's cache, where it has one; a request's own
    /// policy wins. Default as HTTP has it.
    pub request_cache_policy: CachePolicy,

    /// Use a stale response where its server is not reached, or drops the connection, unless `must-revalidate` or `no-cache` forbids it
    /// (RFC 9111 section 4.2.4). Default false: that is an error. What a response itself allows by `stale-if-error` is used either way.
    pub serves_stale_when_disconnected: bool,

    /// Have equal GETs that are under way at the same time wait for one of them and share its response, if that one may be stored. Default
    /// false.
    pub collapses_identical_requests: bool,

    /// How often a download goes on by itself, from where it stopped, after its connection was lost: at once, then after half a second, then
    /// after twice as long each time. It takes a server that gives parts, and names what they are parts of. Default 0.
    pub retries_downloads: u32,

    /// Writes nothing that outlives the session. Set by [`Configuration::ephemeral`].
    pub is_ephemeral: bool,
}

impl Configuration {
    /// The default, but with nothing stored beyond the session's memory.
    #[must_use]
    pub fn ephemeral() -> Self {
        Self {
            is_ephemeral: true,
            ..Self::default()
        }
    }

    /// The paths to the network that may not be used.
    pub(crate) fn forbidden(&self) -> Forbidden {
        Forbidden::default()
            .set(Forbidden::CELLULAR, self.allows_cellular_access)
            .set(Forbidden::EXPENSIVE, self.allows_expensive_network_access)
            .set(
                Forbidden::CONSTRAINED,
                self.allows_constrained_network_access,
            )
    }
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            timeout_interval_for_request: Duration::from_secs(60),
            timeout_interval_for_resource: Duration::from_secs(7 * 24 * 60 * 60),
            waits_for_connectivity: false,
            allows_cellular_access: true,
            allows_expensive_network_access: true,
            allows_constrained_network_access: true,
            network_service_type: NetworkServiceType::Default,
            http_additional_headers: HeaderFields::new(),
            http_maximum_connections_per_host: 6,
            redirect_safe_headers: Vec::new(),
            maximum_decoded_length: None,
            maximum_decoding_ratio: Some(500),
            tls_minimum_supported_protocol_version: TlsVersion::Tls12,
            tls_additional_roots: Vec::new(),
            assumes_http2_capable: false,
            expects_continue_from: None,
            timeout_interval_for_continue: Duration::from_secs(1),
            resumable_uploads: None,
            retries_uploads: 0,
            retry_policy: None,
            request_cache_policy: CachePolicy::UseProtocolCachePolicy,
            serves_stale_when_disconnected: false,
            collapses_identical_requests: false,
            retries_downloads: 0,
            is_ephemeral: false,
        }
    }
}

impl fmt::Debug for Configuration {
    /// Every field; secrets among the header fields are redacted, of the roots only the number is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            timeout_interval_for_request,
            timeout_interval_for_resource,
            waits_for_connectivity,
            allows_cellular_access,
            allows_expensive_network_access,
            allows_constrained_network_access,
            network_service_type,
            http_additional_headers,
            http_maximum_connections_per_host,
            redirect_safe_headers,
            maximum_decoded_length,
            maximum_decoding_ratio,
            tls_minimum_supported_protocol_version,
            tls_additional_roots,
            assumes_http2_capable,
            expects_continue_from,
            timeout_interval_for_continue,
            resumable_uploads,
            retries_uploads,
            retry_policy,
            request_cache_policy,
            serves_stale_when_disconnected,
            collapses_identical_requests,
            retries_downloads,
            is_ephemeral,
        } = self;
        f.debug_struct("Configuration")
            .field("timeout_interval_for_request", timeout_interval_for_request)
            .field(
                "timeout_interval_for_resource",
                timeout_interval_for_resource,
            )
            .field("waits_for_connectivity", waits_for_connectivity)
            .field("allows_cellular_access", allows_cellular_access)
            .field(
                "allows_expensive_network_access",
                allows_expensive_network_access,
            )
            .field(
                "allows_constrained_network_access",
                allows_constrained_network_access,
            )
            .field("network_service_type", network_service_type)
            .field(
                "http_additional_headers",
                &Redacted(http_additional_headers),
            )
            .field(
                "http_maximum_connections_per_host",
                http_maximum_connections_per_host,
            )
            .field("redirect_safe_headers", redirect_safe_headers)
            .field("maximum_decoded_length", maximum_decoded_length)
            .field("maximum_decoding_ratio", maximum_decoding_ratio)
            .field(
                "tls_minimum_supported_protocol_version",
                tls_minimum_supported_protocol_version,
            )
            .field("tls_additional_roots", &tls_additional_roots.len())
            .field("assumes_http2_capable", assumes_http2_capable)
            .field("expects_continue_from", expects_continue_from)
            .field(
                "timeout_interval_for_continue",
                timeout_interval_for_continue,
            )
            .field("resumable_uploads", resumable_uploads)
            .field("retries_uploads", retries_uploads)
            .field("retry_policy", retry_policy)
            .field("request_cache_policy", request_cache_policy)
            .field(
                "serves_stale_when_disconnected",
                serves_stale_when_disconnected,
            )
            .field("collapses_identical_requests", collapses_identical_requests)
            .field("retries_downloads", retries_downloads)
            .field("is_ephemeral", is_ephemeral)
            .finish()
    }
}

/// A version of TLS. Older ones are not spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn stored_and_read_again_it_is_equal() {
        let mut configuration = Configuration::ephemeral();
        configuration
            .http_additional_headers
            .insert("x-a", "1".parse().unwrap());
        configuration
            .redirect_safe_headers
            .push("x-b".parse().unwrap());
        configuration.waits_for_connectivity = true;
        configuration.allows_expensive_network_access = false;
        configuration.maximum_decoded_length = Some(1 << 40);
        configuration.maximum_decoding_ratio = None;
        configuration.request_cache_policy = CachePolicy::ReturnCacheDataElseLoad;
        let text = serde_json::to_string(&configuration).unwrap();
        assert_eq!(
            serde_json::from_str::<Configuration>(&text).unwrap(),
            configuration
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut configuration = Configuration::default();
        let headers = &mut configuration.http_additional_headers;
        headers.insert("authorization", "Bearer s3cret".parse().unwrap());
        headers.insert("x-a", "plain".parse().unwrap());
        let shown = format!("{configuration:?}");
        assert!(
            !shown.contains("s3cret") && shown.contains("plain"),
            "{shown}"
        );
    }

    #[test]
    fn what_a_stored_form_lacks_is_the_default() {
        assert_eq!(
            serde_json::from_str::<Configuration>("{}").unwrap(),
            Configuration::default()
        );
    }
}
