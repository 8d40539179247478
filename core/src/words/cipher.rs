//! What TLS encrypts with.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A cipher suite of TLS, by its number in the registry of IANA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CipherSuite(u16);

/// The suites that TLS 1.3 has (RFC 8446), and those of TLS 1.2 that encrypt and authenticate in one step with a fresh key (RFC 5289,
/// RFC 7905).
const NAMES: [(u16, &str); 11] = [
    (0x1301, "TLS_AES_128_GCM_SHA256"),
    (0x1302, "TLS_AES_256_GCM_SHA384"),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
    (0x1304, "TLS_AES_128_CCM_SHA256"),
    (0x1305, "TLS_AES_128_CCM_8_SHA256"),
    (0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    (0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
];

impl CipherSuite {
    /// The suite of this number.
    #[must_use]
    pub const fn new(id: u16) -> Self {
        Self(id)
    }

    /// Its number.
    #[must_use]
    pub const fn id(self) -> u16 {
        self.0
    }

    /// Its name in the registry, for the suites that are in use with TLS 1.3 and, safely, with TLS 1.2.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let known = NAMES.iter().find(|(id, _)| *id == self.0);
        known.map(|(_, name)| *name)
    }
}

impl fmt::Display for CipherSuite {
    /// Its name, else its number in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#06x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn a_suite_shows_as_its_name_or_else_its_number() {
        assert_eq!(
            CipherSuite::new(0x1302).to_string(),
            "TLS_AES_256_GCM_SHA384"
        );
        assert_eq!(CipherSuite::new(0x00ff).to_string(), "0x00ff");
    }
}
