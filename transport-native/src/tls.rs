//! TLS by rustls: one configuration, and so one store of session tickets, for each transport.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{SignatureScheme, SupportedProtocolVersion, version};
use tokio_rustls::TlsConnector;
use urlsession_core::url::Host;
use urlsession_core::{CipherSuite, Configuration, Error, ErrorCode, TlsVersion};

use crate::errors;
use crate::executor::Executor;
use crate::io::{Socket, Stream};
use crate::trust::Verifier;

/// HTTP/2's name in ALPN (RFC 9113 section 3.2).
#[cfg(feature = "http2")]
const H2: &[u8] = b"h2";

/// HTTP/1.1's name in ALPN (RFC 7301).
const HTTP_1_1: &[u8] = b"http/1.1";

tokio::task_local! {
    /// The server of this handshake asked for a client certificate.
    static CERTIFICATE_ASKED: AtomicBool;
}

/// The TLS settings of a session. Nothing is loaded before the first `https:` request.
#[derive(Debug)]
pub(crate) struct Tls {
    minimum: TlsVersion,
    additional_roots: Vec<Vec<u8>>,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    pub(crate) fn new(configuration: &Configuration) -> Self {
        Self {
            minimum: configuration.tls_minimum_supported_protocol_version,
            additional_roots: configuration.tls_additional_roots.clone(),
            config: OnceLock::new(),
        }
    }

    /// Speaks TLS to `host` over `socket`.
    pub(crate) async fn handshake(
        self: &Arc<Self>,
        host: &Host<String>,
        socket: Socket,
        executor: &Executor,
    ) -> Result<Stream, Error> {
        let name = server_name(host)?;
        let connector = TlsConnector::from(self.config(executor).await?);
        let handshake = CERTIFICATE_ASKED.scope(AtomicBool::new(false), async {
            let done = connector.connect(name, socket).await;
            done.map_err(|error| errors::of_handshake(error, certificate_was_asked()))
        });
        Ok(Stream::Tls(Box::new(handshake.await?)))
    }

    async fn config(self: &Arc<Self>, executor: &Executor) -> Result<Arc<ClientConfig>, Error> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let tls = Arc::clone(self);
        executor.spawn_blocking(move || tls.load())?.await?
    }

    fn load(&self) -> Result<Arc<ClientConfig>, Error> {
        let loaded = self.load_config().map_err(errors::of_configuration)?;
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(loaded))))
    }

    fn load_config(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::load(&self.additional_roots, Arc::clone(&provider))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions(self.minimum))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(NoCertificate));
        #[cfg(feature = "http2")]
        config.alpn_protocols.push(H2.to_vec());
        config.alpn_protocols.push(HTTP_1_1.to_vec());
        Ok(config)
    }
}

/// True when the handshake agreed on HTTP/2.
#[cfg(feature = "http2")]
pub(crate) fn is_http2(stream: &Stream) -> bool {
    match stream {
        Stream::Plain(_) => false,
        Stream::Tls(stream) => stream.get_ref().1.alpn_protocol() == Some(H2),
    }
}

/// What a handshake has agreed on.
pub(crate) fn negotiated(session: &rustls::ClientConnection) -> Option<(TlsVersion, CipherSuite)> {
    let spoken = [
        (rustls::ProtocolVersion::TLSv1_2, TlsVersion::Tls12),
        (rustls::ProtocolVersion::TLSv1_3, TlsVersion::Tls13),
    ];
    let version = session.protocol_version()?;
    let (_, version) = spoken.into_iter().find(|(known, _)| *known == version)?;
    let suite = session.negotiated_cipher_suite()?.suite();
    Some((version, CipherSuite::new(u16::from(suite))))
}

/// The name that the certificate must have: without the dot of the root, which certificates never have.
fn server_name(host: &Host<String>) -> Result<ServerName<'static>, Error> {
    match host {
        Host::Ipv4(address) => Ok(ServerName::from(std::net::IpAddr::from(*address))),
        Host::Ipv6(address) => Ok(ServerName::from(std::net::IpAddr::from(*address))),
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name).to_owned();
            ServerName::try_from(name)
                .map_err(|cause| Error::new(ErrorCode::BadUrl).with_cause(cause))
        }
    }
}

fn versions(minimum: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    static NEWEST_FIRST: [&SupportedProtocolVersion; 2] = [&version::TLS13, &version::TLS12];
    match minimum {
        TlsVersion::Tls12 => &NEWEST_FIRST,
        TlsVersion::Tls13 => &NEWEST_FIRST[..1],
    }
}

fn certificate_was_asked() -> bool {
    CERTIFICATE_ASKED
        .try_with(|asked| asked.load(Ordering::Relaxed))
        .unwrap_or(false)
}

/// Has no client certificate, but remembers that one was asked for.
#[derive(Debug)]
struct NoCertificate;

impl ResolvesClientCert for NoCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // Outside a handshake of ours there is nobody to tell.
        let _ = CERTIFICATE_ASKED.try_with(|asked| asked.store(true, Ordering::Relaxed));
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_dot_is_not_part_of_the_name() {
        let name = server_name(&Host::Domain("localhost.".to_owned())).unwrap();
        assert_eq!(name, ServerName::try_from("localhost").unwrap());
    }

    #[test]
    fn nothing_is_loaded_before_the_first_handshake() {
        let tls = Tls::new(&Configuration::default());
        assert!(tls.config.get().is_none());
    }
}
