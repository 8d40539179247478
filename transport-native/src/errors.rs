//! What hyper, h2, rustls and the operating system report, as Apple's codes: each mapping once.
//!
//! A response that breaks the grammar or the framing of its protocol is [`ErrorCode::CannotParseResponse`], whether in the head
//! (status line, field, bound on size or count, Content-Length, Transfer-Encoding) or in the body (chunk sizes, HTTP/2 frames).
//! One that is well formed and means what a server must not say (101 unasked, interim responses without end) is
//! [`ErrorCode::BadServerResponse`]. One that ends too early is [`ErrorCode::NetworkConnectionLost`].

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use urlsession_core::{Error, ErrorCode};

/// What this crate itself finds wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the tokio runtime has shut down")]
    RuntimeGone,
    #[error("a background task panicked")]
    TaskPanicked,
    #[error("the server sent interim responses without end")]
    TooManyInterimResponses,
    #[error("the server switched protocols unasked")]
    SwitchedProtocols,
    #[error("Transfer-Encoding is other than a single `chunked`")]
    UnknownTransferCoding,
    #[error("both Transfer-Encoding and Content-Length")]
    ConflictingFraming,
    #[cfg(feature = "http2")]
    #[error("more than 100 header fields")]
    TooManyFields,
    #[error("CONNECT is the transport's own")]
    ConnectMethod,
    #[error("the connection that must carry the exchange is gone")]
    ConnectionGone,
    #[error("no address of that name")]
    NoAddress,
    #[cfg(not(feature = "tls"))]
    #[error("built without the feature `tls`")]
    NoTls,
    #[cfg(not(feature = "http2"))]
    #[error("built without the feature `http2`")]
    NoHttp2,
}

impl Fault {
    const fn code(self) -> ErrorCode {
        match self {
            Self::RuntimeGone | Self::TaskPanicked => ErrorCode::ResourceUnavailable,
            Self::TooManyInterimResponses | Self::SwitchedProtocols => ErrorCode::BadServerResponse,
            Self::UnknownTransferCoding | Self::ConflictingFraming => {
                ErrorCode::CannotParseResponse
            }
            #[cfg(feature = "http2")]
            Self::TooManyFields => ErrorCode::CannotParseResponse,
            Self::ConnectMethod => ErrorCode::BadUrl,
            Self::ConnectionGone => ErrorCode::NetworkConnectionLost,
            Self::NoAddress => ErrorCode::CannotFindHost,
            #[cfg(not(feature = "tls"))]
            Self::NoTls => ErrorCode::UnsupportedUrl,
            #[cfg(not(feature = "http2"))]
            Self::NoHttp2 => ErrorCode::UnsupportedUrl,
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(fault.code()).with_cause(fault)
    }
}

/// An exchange's failure, from hyper.
pub(crate) fn of_http1(error: hyper::Error) -> Error {
    let code = if error.is_parse() {
        ErrorCode::CannotParseResponse
    } else {
        lost(&error)
    };
    from_chain(error, code)
}

/// A stream's failure, from h2; `known` is what the connection's byte stream failed with.
#[cfg(feature = "http2")]
pub(crate) fn of_http2(error: h2::Error, known: Option<ErrorCode>) -> Error {
    // What the library itself resets or ends, it does for the peer's breach of the protocol.
    let code = match known {
        Some(known) if error.is_io() => known,
        _ if error.is_library() && !error.is_io() => ErrorCode::CannotParseResponse,
        _ => ErrorCode::NetworkConnectionLost,
    };
    Error::new(code).with_cause(error)
}

/// A failure to connect a socket.
pub(crate) fn of_connect(error: io::Error) -> Error {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the standard library adds kinds"
    )]
    let code = match error.kind() {
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => ErrorCode::NotConnectedToInternet,
        // The server had taken the connection, and let go of it before this side knew.
        ErrorKind::ConnectionReset => ErrorCode::NetworkConnectionLost,
        _ => ErrorCode::CannotConnectToHost,
    };
    Error::new(code).with_cause(error)
}

/// A failure to find a name's addresses.
pub(crate) fn of_lookup(error: io::Error) -> Error {
    // The standard library keeps the resolver's text and drops its number (EAI_AGAIN: no server answered).
    const NO_SERVER: [&str; 3] = ["Temporary failure", "Try again", "temporarily"];
    let text = error.to_string();
    let code = if NO_SERVER.iter().any(|part| text.contains(part)) {
        ErrorCode::DnsLookupFailed
    } else {
        ErrorCode::CannotFindHost
    };
    Error::new(code).with_cause(error)
}

/// A failed TLS handshake.
#[cfg(feature = "tls")]
pub(crate) fn of_handshake(error: io::Error, client_certificate_asked: bool) -> Error {
    let code = match in_io::<rustls::Error>(&error) {
        Some(rustls::Error::AlertReceived(_)) if client_certificate_asked => {
            ErrorCode::ClientCertificateRequired
        }
        Some(error) => of_tls(error),
        None => ErrorCode::SecureConnectionFailed,
    };
    Error::new(code).with_cause(error)
}

/// A TLS configuration that rustls refuses: a root that is no certificate.
#[cfg(feature = "tls")]
pub(crate) fn of_configuration(error: rustls::Error) -> Error {
    Error::new(ErrorCode::SecureConnectionFailed).with_cause(error)
}

#[cfg(feature = "tls")]
fn of_tls(error: &rustls::Error) -> ErrorCode {
    use rustls::{AlertDescription, CertificateError};
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "rustls adds kinds in minor versions"
    )]
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                ErrorCode::ServerCertificateHasBadDate
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                ErrorCode::ServerCertificateNotYetValid
            }
            CertificateError::UnknownIssuer => ErrorCode::ServerCertificateHasUnknownRoot,
            _ => ErrorCode::ServerCertificateUntrusted,
        },
        rustls::Error::NoCertificatesPresented | rustls::Error::UnsupportedNameType => {
            ErrorCode::ServerCertificateUntrusted
        }
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            ErrorCode::ClientCertificateRequired
        }
        _ => ErrorCode::SecureConnectionFailed,
    }
}

/// A failure to open or read a file.
pub(crate) fn of_reading(error: io::Error) -> Error {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the standard library adds kinds"
    )]
    let code = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => ErrorCode::FileDoesNotExist,
        ErrorKind::IsADirectory => ErrorCode::FileIsDirectory,
        ErrorKind::PermissionDenied => ErrorCode::NoPermissionsToReadFile,
        _ => ErrorCode::CannotOpenFile,
    };
    Error::new(code).with_cause(error)
}

/// `error` as the cause of one of `code`, unless what lies under it knows better: a body of the program's that failed, a fault
/// that this crate planted, TLS.
fn from_chain(error: impl StdError + Send + Sync + 'static, code: ErrorCode) -> Error {
    let mut link: Option<&(dyn StdError + 'static)> = Some(&error);
    let mut better = None;
    while let Some(found) = link {
        if let Some(own) = found.downcast_ref::<Error>() {
            return own.clone();
        }
        if let Some(code) = found.downcast_ref::<io::Error>().and_then(known_in_io) {
            better = Some(code);
        }
        link = found.source();
    }
    Error::new(better.unwrap_or(code)).with_cause(error)
}

/// What an I/O error was made of, where that names the code: a fault that this crate planted, TLS.
pub(crate) fn known_in_io(error: &io::Error) -> Option<ErrorCode> {
    #[cfg(feature = "tls")]
    if let Some(error) = in_io::<rustls::Error>(error) {
        return Some(of_tls(error));
    }
    in_io::<Fault>(error).map(|fault| fault.code())
}

fn in_io<E: StdError + 'static>(error: &io::Error) -> Option<&E> {
    error.get_ref()?.downcast_ref()
}

/// The connection ended, or what came on it broke the framing: hyper's decoders tell by the kind of I/O error.
fn lost(error: &(dyn StdError + 'static)) -> ErrorCode {
    let mut link = Some(error);
    while let Some(found) = link {
        let kind = found.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(ErrorKind::InvalidData | ErrorKind::InvalidInput)) {
            return ErrorCode::CannotParseResponse;
        }
        link = found.source();
    }
    ErrorCode::NetworkConnectionLost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_connection_is_no_lack_of_network() {
        let error = of_connect(ErrorKind::ConnectionRefused.into());
        assert_eq!(error.code(), ErrorCode::CannotConnectToHost);
        let error = of_connect(ErrorKind::ConnectionReset.into());
        assert_eq!(error.code(), ErrorCode::NetworkConnectionLost);
        let error = of_connect(ErrorKind::NetworkUnreachable.into());
        assert_eq!(error.code(), ErrorCode::NotConnectedToInternet);
    }

    #[test]
    fn a_fault_planted_in_the_stream_names_the_code() {
        let planted = io::Error::other(Fault::TooManyInterimResponses);
        let error = from_chain(planted, ErrorCode::NetworkConnectionLost);
        assert_eq!(error.code(), ErrorCode::BadServerResponse);
        assert!(error.source().is_some());
    }

    #[test]
    fn a_name_server_that_does_not_answer_is_no_unknown_name() {
        let text = "failed to lookup address information: Temporary failure in name resolution";
        assert_eq!(
            of_lookup(io::Error::other(text)).code(),
            ErrorCode::DnsLookupFailed
        );
        let text = "failed to lookup address information: Name or service not known";
        assert_eq!(
            of_lookup(io::Error::other(text)).code(),
            ErrorCode::CannotFindHost
        );
    }
}
