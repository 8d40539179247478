//! A 1024-bit RSA key that signs handshakes, which no library here would do.
//!
//! The key is for tests alone and known to everybody: these are its numbers.

use num_bigint::BigUint;
use rcgen::{PublicKeyData, SignatureAlgorithm as CertificateAlgorithm};
use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::sign::{Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

/// The modulus, hexadecimal.
const MODULUS: &str = "\
    da52e7cb3f46c2a27a72e677ba8d6716bac11265faad89666555404e23cfda95\
    75196a4fbfc98a31b01021e8d9e0c3ddf2b43970c77b8cbd7cab54e07b0fd837\
    dd197399fcaca2d5fc79df993564d62c9f85802703489dfe63c89b16bf4c9d4a\
    f1b2755b8077be45d3861b28c82de03eb4d2ad0a856a3edb681d54e8575c40bd";

/// The private exponent, hexadecimal; the public one is 65537.
const PRIVATE_EXPONENT: &str = "\
    75083a1ef6957ce2521763b9ccb3de0e0e204f378170231653bda651fcda8006\
    dc15baaa73599b0dd59e603f0d04729a786ee9d7ade769e36d7ffe68b32f242c\
    98191525183bffed862e8318aa1acfbc36394f35b1fc5ed12501d3a4f9cb1b77\
    e6738f7b2123cb3e2ca441c175f17b293e35d31ba0e0b1eadffb1ab765a98441";

/// How long the modulus and so a signature is, in bytes.
const LENGTH: usize = 128;

/// What PKCS #1 puts before a SHA-256 digest (RFC 8017, section 9.2, note 1).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// The key, for certificates and for handshakes up to TLS 1.2.
#[derive(Debug)]
pub(super) struct WeakRsaKey {
    modulus: BigUint,
    private_exponent: BigUint,
    /// RSAPublicKey as DER (RFC 8017, appendix A.1.1).
    public_key: Vec<u8>,
}

impl WeakRsaKey {
    pub(super) fn new() -> Self {
        let number = |digits: &str| {
            BigUint::parse_bytes(digits.as_bytes(), 16).expect("the digits are hexadecimal")
        };
        let modulus = number(MODULUS);
        let mut public_key = vec![0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0x00];
        public_key.extend_from_slice(&modulus.to_bytes_be());
        public_key.extend_from_slice(&[0x02, 0x03, 0x01, 0x00, 0x01]);
        Self {
            modulus,
            private_exponent: number(PRIVATE_EXPONENT),
            public_key,
        }
    }
}

impl PublicKeyData for WeakRsaKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public_key
    }

    fn algorithm(&self) -> &'static CertificateAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl SigningKey for WeakRsaKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let signer = WeakRsaSigner {
            modulus: self.modulus.clone(),
            private_exponent: self.private_exponent.clone(),
        };
        offered
            .contains(&SignatureScheme::RSA_PKCS1_SHA256)
            .then(|| Box::new(signer) as _)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

#[derive(Debug)]
struct WeakRsaSigner {
    modulus: BigUint,
    private_exponent: BigUint,
}

impl Signer for WeakRsaSigner {
    /// RSASSA-PKCS1-v1_5 over SHA-256 (RFC 8017, section 8.2.1).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let suite = TLS13_AES_128_GCM_SHA256
            .tls13()
            .ok_or_else(|| Error::General("no SHA-256".into()))?;
        let digest = suite.common.hash_provider.hash(message);
        let padding = LENGTH - 3 - DIGEST_INFO.len() - digest.as_ref().len();
        let encoded = [
            &[0, 1][..],
            &vec![0xff; padding],
            &[0],
            &DIGEST_INFO,
            digest.as_ref(),
        ]
        .concat();
        let signature =
            BigUint::from_bytes_be(&encoded).modpow(&self.private_exponent, &self.modulus);
        let digits = signature.to_bytes_be();
        Ok([vec![0; LENGTH - digits.len()], digits].concat())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::RSA_PKCS1_SHA256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_opens_with_the_public_key() {
        let key = WeakRsaKey::new();
        let signer = key
            .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
            .unwrap();
        let signature = signer.sign(b"hello").unwrap();
        let opened =
            BigUint::from_bytes_be(&signature).modpow(&BigUint::from(65_537_u32), &key.modulus);
        // SHA-256 of `hello`.
        let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert!(opened.to_str_radix(16).ends_with(digest));
        assert_eq!(signature.len(), LENGTH);
    }
}
