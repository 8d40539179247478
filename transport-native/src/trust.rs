//! Whether a server's certificate is trusted: by the program's additional roots, else by the platform.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

/// Checks a certificate, its chain and its name. Signatures of the handshake are always checked.
#[derive(Debug)]
pub(crate) struct Verifier {
    /// `None` where the machine has no roots of its own, and the program brought some.
    platform: Option<rustls_platform_verifier::Verifier>,
    additional: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    /// Loads the platform's roots, which reads files: milliseconds, on a thread that may block.
    ///
    /// # Errors
    /// If an additional root is no certificate, or there is no root at all.
    pub(crate) fn load(
        additional_roots: &[Vec<u8>],
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let additional = verifier_of(additional_roots, &provider)?;
        let platform = match rustls_platform_verifier::Verifier::new(Arc::clone(&provider)) {
            Ok(platform) => Some(platform),
            Err(_) if additional.is_some() => None,
            Err(error) => return Err(error),
        };
        Ok(Self {
            platform,
            additional,
            provider,
        })
    }

    fn by_additional(
        &self,
        certificate: &Presented<'_>,
    ) -> Option<Result<ServerCertVerified, Error>> {
        self.additional
            .as_ref()
            .map(|roots| certificate.check(roots.as_ref()))
    }

    fn by_platform(&self, certificate: &Presented<'_>) -> Result<ServerCertVerified, Error> {
        match &self.platform {
            Some(platform) => certificate.check(platform),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }
}

fn verifier_of(
    roots: &[Vec<u8>],
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<WebPkiServerVerifier>>, Error> {
    if roots.is_empty() {
        return Ok(None);
    }
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(CertificateDer::from_slice(root).into_owned())?;
    }
    let built = WebPkiServerVerifier::builder_with_provider(store.into(), Arc::clone(provider));
    let built = built
        .build()
        .map_err(|error| Error::Other(OtherError(Arc::new(error))))?;
    Ok(Some(built))
}

/// What a server shows of itself, and what it is asked for.
struct Presented<'a> {
    leaf: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
    name: &'a ServerName<'a>,
    ocsp: &'a [u8],
    now: UnixTime,
}

impl Presented<'_> {
    fn check(&self, verifier: &dyn ServerCertVerifier) -> Result<ServerCertVerified, Error> {
        let Self {
            leaf,
            intermediates,
            name,
            ocsp,
            now,
        } = *self;
        verifier.verify_server_cert(leaf, intermediates, name, ocsp, now)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let presented = Presented {
            leaf,
            intermediates,
            name,
            ocsp,
            now,
        };
        let known = match self.by_additional(&presented) {
            Some(Ok(verified)) => return Ok(verified),
            Some(Err(error)) => Some(error),
            None => None,
        };
        // A chain that the additional roots know is judged by them; one that they do not know, by the platform.
        self.by_platform(&presented).map_err(|error| match known {
            Some(known) if known != CertificateError::UnknownIssuer.into() => known,
            _ => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
