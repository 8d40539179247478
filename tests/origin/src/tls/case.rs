//! The cases: what is wrong with each server, and what a client should make of it.

use std::io;

use rustls::version::{TLS12, TLS13};
use rustls::{DEFAULT_VERSIONS, SupportedProtocolVersion};

use super::server::TlsOrigin;
use crate::authority::Authority;
use crate::faults;
use crate::script::Script;

/// What a client that trusts the authority should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// Finish the handshake.
    Accept,
    /// Refuse the server.
    Reject,
    /// Either: clients of good name differ.
    Either,
    /// Refuse, unless its own policy lets such a key pass.
    RejectOrPolicy,
}

impl Expectation {
    /// The word that the matrix's data has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Either => "either",
            Self::RejectOrPolicy => "reject-or-policy",
        }
    }
}

/// One server of the matrix.
#[derive(Debug, Clone, Copy)]
pub struct TlsCase {
    /// Its name, as in the matrix's data.
    pub name: &'static str,
    /// What a client should do.
    pub expect: Expectation,
    /// The host that the client's URL has to name.
    ///
    /// Names under `wild.test` resolve nowhere: the client needs
    /// [`TlsOrigin::resolve`]'s pair.
    pub host: &'static str,
    pub(super) kind: Kind,
}

/// What the server does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Shows a certificate of the authority for this name or address.
    Named(&'static str),
    /// Has a 2048-bit RSA key.
    Rsa2048,
    /// Has a 1024-bit RSA key.
    Rsa1024,
    /// Shows a certificate that was good between these years.
    Valid { from: i32, to: i32 },
    /// Shows a certificate that it signed itself.
    SelfSigned,
    /// Shows a certificate of another authority.
    UntrustedRoot,
    /// Leaves the intermediate certificate out.
    MissingIntermediate,
    /// Has its address as a DNS name.
    AddressAsDnsName,
    /// Has its name as the common name only.
    CommonNameOnly,
    /// Has a certificate for clients only.
    ClientUsageOnly,
    /// Has a certificate that another server's certificate signed.
    LeafAsAuthority,
    /// Is outside of what its intermediate authority may sign.
    NameConstraint,
    /// Has one intermediate authority more than allowed.
    PathLength,
    /// Has its name with NUL and more behind it.
    NulInName,
    /// Speaks TLS 1.x alone, an x that nothing here can speak.
    Ancient { minor: u8 },
    /// Speaks TLS 1.2 alone.
    Tls12Only,
    /// Speaks TLS 1.3 alone.
    Tls13Only,
    /// Insists on a client certificate.
    ClientCertificate,
}

impl Kind {
    /// The protocol versions that the server speaks.
    pub(super) fn versions(self) -> &'static [&'static SupportedProtocolVersion] {
        const ONLY_1_2: &[&SupportedProtocolVersion] = &[&TLS12];
        const ONLY_1_3: &[&SupportedProtocolVersion] = &[&TLS13];
        if matches!(self, Self::Tls13Only) {
            return ONLY_1_3;
        }
        // TLS 1.3 wants RSA-PSS, which the small key does not sign with.
        if matches!(self, Self::Tls12Only | Self::Rsa1024) {
            return ONLY_1_2;
        }
        DEFAULT_VERSIONS
    }

    pub(super) fn wants_client_certificate(self) -> bool {
        matches!(self, Self::ClientCertificate)
    }

    /// What a server of TLS 1.0 or 1.1 does: it knows the client's list of versions (RFC 8446,
    /// section 4.2.1), does not find its own, and says so with a fatal `protocol_version` alert.
    ///
    /// It says so as well to a client that offers its version, having no more of it than the alert.
    pub(super) fn too_old(self) -> Option<Script> {
        const PROTOCOL_VERSION: u8 = 70;
        let Self::Ancient { minor } = self else {
            return None;
        };
        Some(faults::handshake_alert(minor, PROTOCOL_VERSION))
    }
}

const fn case(name: &'static str, expect: Expectation, host: &'static str, kind: Kind) -> TlsCase {
    TlsCase {
        name,
        expect,
        host,
        kind,
    }
}

const CASES: [TlsCase; 28] = {
    use Expectation::{Accept, Either, Reject, RejectOrPolicy};
    const LOCAL: &str = "localhost";
    [
        case("good", Accept, LOCAL, Kind::Named(LOCAL)),
        case("good-ip-san", Accept, "127.0.0.1", Kind::Named("127.0.0.1")),
        case(
            "good-wildcard",
            Accept,
            "a.wild.test",
            Kind::Named("*.wild.test"),
        ),
        case("good-rsa2048", Accept, LOCAL, Kind::Rsa2048),
        case(
            "expired",
            Reject,
            LOCAL,
            Kind::Valid {
                from: 2019,
                to: 2020,
            },
        ),
        case(
            "not-yet-valid",
            Reject,
            LOCAL,
            Kind::Valid {
                from: 2120,
                to: 2121,
            },
        ),
        case("wrong-host", Reject, LOCAL, Kind::Named("other.test")),
        case("self-signed", Reject, LOCAL, Kind::SelfSigned),
        case("untrusted-root", Reject, LOCAL, Kind::UntrustedRoot),
        case(
            "missing-intermediate",
            Reject,
            LOCAL,
            Kind::MissingIntermediate,
        ),
        case(
            "wildcard-two-labels",
            Reject,
            "a.b.wild.test",
            Kind::Named("*.wild.test"),
        ),
        case(
            "wildcard-bare",
            Reject,
            "wild.test",
            Kind::Named("*.wild.test"),
        ),
        case(
            "wildcard-partial",
            Reject,
            "ab.wild.test",
            Kind::Named("a*.wild.test"),
        ),
        case("wildcard-tld", Either, "wild.test", Kind::Named("*.test")),
        case("ip-in-dns-san", Reject, "127.0.0.1", Kind::AddressAsDnsName),
        case("cn-only-no-san", Reject, LOCAL, Kind::CommonNameOnly),
        case("eku-client-only", Reject, LOCAL, Kind::ClientUsageOnly),
        case("leaf-as-ca", Reject, LOCAL, Kind::LeafAsAuthority),
        case(
            "name-constraint-violated",
            Reject,
            LOCAL,
            Kind::NameConstraint,
        ),
        case("pathlen-violated", Reject, LOCAL, Kind::PathLength),
        case("rsa-1024", RejectOrPolicy, LOCAL, Kind::Rsa1024),
        case(
            "trailing-dot-host",
            Accept,
            "localhost.",
            Kind::Named(LOCAL),
        ),
        case("nul-in-san-prefix", Reject, LOCAL, Kind::NulInName),
        case("tls10-only", Reject, LOCAL, Kind::Ancient { minor: 0 }),
        case("tls11-only", Reject, LOCAL, Kind::Ancient { minor: 1 }),
        case("tls12-only", Accept, LOCAL, Kind::Tls12Only),
        case("tls13-only", Accept, LOCAL, Kind::Tls13Only),
        case(
            "client-cert-required-none-given",
            Reject,
            LOCAL,
            Kind::ClientCertificate,
        ),
    ]
};

impl TlsCase {
    /// The 28 cases in the order of the matrix.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &CASES
    }

    /// The case of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        CASES.into_iter().find(|case| case.name == name)
    }

    /// Starts the case's server on the caller's tokio runtime; the client trusts `authority` alone.
    ///
    /// # Errors
    /// If no port can be bound or no certificate made.
    pub async fn serve(&self, authority: &Authority) -> io::Result<TlsOrigin> {
        TlsOrigin::start(*self, authority).await
    }
}
