//! A certificate authority of our own, made when a server starts.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// ALPN's name of HTTP/2 (RFC 9113, section 3.1).
pub const ALPN_H2: &[u8] = b"h2";
/// ALPN's name of HTTP/1.1 (RFC 7301, section 6).
pub const ALPN_HTTP_1_1: &[u8] = b"http/1.1";

/// A certificate chain, leaf first, with the leaf's private key.
#[derive(Debug)]
pub struct Identity {
    /// The certificates as the server sends them.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's key.
    pub key: PrivateKeyDer<'static>,
}

/// A certificate authority that clients of the tests trust.
#[derive(Debug)]
pub struct Authority {
    pub(crate) issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Makes an authority with a fresh P-256 key and this common name.
    ///
    /// # Errors
    /// If the certificate cannot be made.
    pub fn new(common_name: &str) -> io::Result<Self> {
        let params = authority_params(common_name, BasicConstraints::Unconstrained);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        Ok(Self { issuer })
    }

    /// Its certificate as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Its certificate as DER.
    #[must_use]
    pub fn der(&self) -> &CertificateDer<'static> {
        self.issuer.der()
    }

    /// Issues a server certificate for these DNS names and addresses, with a fresh P-256 key.
    ///
    /// # Errors
    /// If a name is no IA5 string or the certificate cannot be made.
    pub fn issue(&self, names: &[&str]) -> io::Result<Identity> {
        let params = server_params(names)?;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let leaf = params
            .signed_by(&key, &self.issuer)
            .map_err(io::Error::other)?;
        Ok(Identity {
            chain: vec![leaf.der().clone()],
            key: private_key(&key),
        })
    }

    /// A server configuration for `localhost`, `127.0.0.1` and `::1` that offers these ALPN names.
    ///
    /// # Errors
    /// If the certificate cannot be made.
    pub fn server_config(&self, alpn: &[&[u8]]) -> io::Result<Arc<ServerConfig>> {
        let identity = self.issue(&["localhost", "127.0.0.1", "::1"])?;
        let mut config = server_config_builder(rustls::DEFAULT_VERSIONS)?
            .with_no_client_auth()
            .with_single_cert(identity.chain, identity.key)
            .map_err(io::Error::other)?;
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Ok(Arc::new(config))
    }
}

/// A server configuration with ring's cryptography and these protocol versions.
pub(crate) fn server_config_builder(
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> io::Result<rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier>> {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .map_err(io::Error::other)
}

/// What an authority's certificate says.
pub(crate) fn authority_params(name: &str, constraints: BasicConstraints) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// What a server's certificate for these names says.
pub(crate) fn server_params(names: &[&str]) -> io::Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "urlsession test server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
    ];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// A generated key in the form that rustls takes.
pub(crate) fn private_key(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(key.serialize_der().into())
}
