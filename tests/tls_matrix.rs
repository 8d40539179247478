//! The TLS matrix on the direct path: 28 servers, and the one code that each ends with.

#![cfg(all(not(target_arch = "wasm32"), feature = "http2", feature = "tls"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;
#[path = "support/load.rs"]
mod load;

use std::collections::BTreeMap;
use std::path::Path;

use guard::within;
use load::{Loaded, explained, load};
use urlsession::futures::future::join_all;
use urlsession::native::NativePlatform;
use urlsession::{Configuration, ErrorCode, Session};
use urlsession_origin::Authority;
use urlsession_origin::tls::{TlsCase, TlsOrigin};

use ErrorCode::{
    ClientCertificateRequired, SecureConnectionFailed, ServerCertificateHasBadDate,
    ServerCertificateHasUnknownRoot, ServerCertificateNotYetValid, ServerCertificateUntrusted,
};

/// What a load from each case's server ends with; `None` is success.
const CODES: [(&str, Option<ErrorCode>); 28] = [
    ("good", None),
    ("good-ip-san", None),
    ("good-wildcard", None),
    ("good-rsa2048", None),
    ("expired", Some(ServerCertificateHasBadDate)),
    ("not-yet-valid", Some(ServerCertificateNotYetValid)),
    ("wrong-host", Some(ServerCertificateUntrusted)),
    ("self-signed", Some(ServerCertificateHasUnknownRoot)),
    ("untrusted-root", Some(ServerCertificateHasUnknownRoot)),
    (
        "missing-intermediate",
        Some(ServerCertificateHasUnknownRoot),
    ),
    ("wildcard-two-labels", Some(ServerCertificateUntrusted)),
    ("wildcard-bare", Some(ServerCertificateUntrusted)),
    ("wildcard-partial", Some(ServerCertificateUntrusted)),
    ("wildcard-tld", Some(ServerCertificateUntrusted)),
    ("ip-in-dns-san", Some(ServerCertificateUntrusted)),
    ("cn-only-no-san", Some(ServerCertificateUntrusted)),
    ("eku-client-only", Some(ServerCertificateUntrusted)),
    ("leaf-as-ca", Some(ServerCertificateUntrusted)),
    ("name-constraint-violated", Some(ServerCertificateUntrusted)),
    ("pathlen-violated", Some(ServerCertificateUntrusted)),
    ("rsa-1024", Some(ServerCertificateUntrusted)),
    ("trailing-dot-host", None),
    ("nul-in-san-prefix", Some(ServerCertificateUntrusted)),
    ("tls10-only", Some(SecureConnectionFailed)),
    ("tls11-only", Some(SecureConnectionFailed)),
    ("tls12-only", None),
    ("tls13-only", None),
    (
        "client-cert-required-none-given",
        Some(ClientCertificateRequired),
    ),
];

fn trusting(authority: &Authority) -> Configuration {
    let mut configuration = Configuration::ephemeral();
    configuration
        .tls_additional_roots
        .push(authority.der().to_vec());
    configuration
}

/// A session that finds the server's name, if nobody else does.
fn session_for(server: &TlsOrigin, configuration: Configuration) -> Session {
    let mut platform = NativePlatform::builder(&configuration);
    if let Some((host, address)) = server.resolve() {
        platform = platform.resolve(host, address);
    }
    Session::new(platform.build(), configuration)
}

/// Loads from the server of `case`; a server that is refused must not have seen a request.
async fn run(case: &TlsCase, configuration: Configuration, authority: &Authority) -> Loaded {
    let server = case.serve(authority).await.unwrap();
    let session = session_for(&server, configuration);
    let loaded = within(case.name, load(&session, server.url("/UK"))).await;
    let requests = usize::from(loaded.error.is_none());
    assert_eq!(server.request_count(), requests, "{}", case.name);
    loaded
}

/// What is wrong about a case's outcome, if anything is.
fn wrong(name: &str, loaded: &Loaded, expected: Option<ErrorCode>) -> Option<String> {
    match (&loaded.error, expected) {
        (None, None) if loaded.body == b"London" => None,
        (Some(error), Some(code)) if error.code() == code => explained(error, name).err(),
        (found, _) => Some(format!("{name}: not {expected:?}, but {found:?}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_case_ends_with_its_own_code() {
    let authority = Authority::new("matrix root").unwrap();
    let configuration = trusting(&authority);
    let loads = TlsCase::all()
        .iter()
        .zip(CODES)
        .map(|(case, (name, code))| {
            let (authority, configuration) = (&authority, configuration.clone());
            async move {
                assert_eq!(case.name, name);
                wrong(name, &run(case, configuration, authority).await, code)
            }
        });
    let wrong: Vec<_> = join_all(loads).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The matrix as it was measured with other clients: name and expectation of each case.
fn measured(folder: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join("tls-matrix.json")).unwrap();
    let matrix: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
    matrix
        .iter()
        .map(|row| (text(row, "case"), text(row, "expect")))
        .collect()
}

#[test]
fn each_verdict_is_what_the_measured_matrix_expects() {
    let Some(folder) = std::env::var_os("URLSESSION_TEST_DATA") else {
        println!("skipped: URLSESSION_TEST_DATA is not set");
        return;
    };
    let measured = measured(Path::new(&folder));
    assert_eq!(measured.len(), CODES.len());
    for (name, code) in CODES {
        match measured[name].as_str() {
            "accept" => assert_eq!(code, None, "{name}"),
            "reject" => assert!(code.is_some(), "{name}"),
            other => assert!(
                matches!(other, "either" | "reject-or-policy"),
                "{name}: {other}"
            ),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_root_even_the_good_ones_are_of_an_unknown_root() {
    let authority = Authority::new("nobody's root").unwrap();
    for name in ["good", "good-wildcard", "tls12-only"] {
        let case = TlsCase::named(name).unwrap();
        let loaded = run(&case, Configuration::ephemeral(), &authority).await;
        assert_eq!(
            wrong(name, &loaded, Some(ServerCertificateHasUnknownRoot)),
            None
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lowest_version_of_1_3_refuses_1_2() {
    let authority = Authority::new("matrix root").unwrap();
    let mut configuration = trusting(&authority);
    configuration.tls_minimum_supported_protocol_version = urlsession::TlsVersion::Tls13;
    for (name, code) in [
        ("tls12-only", Some(SecureConnectionFailed)),
        ("tls13-only", None),
    ] {
        let case = TlsCase::named(name).unwrap();
        let loaded = run(&case, configuration.clone(), &authority).await;
        assert_eq!(wrong(name, &loaded, code), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_does_not_stick_and_neither_does_a_success() {
    let authority = Authority::new("matrix root").unwrap();
    let session = urlsession::session(trusting(&authority));
    for name in ["expired", "good", "wrong-host", "good", "self-signed"] {
        let server = TlsCase::named(name)
            .unwrap()
            .serve(&authority)
            .await
            .unwrap();
        let loaded = within(name, load(&session, server.url("/UK"))).await;
        let code = CODES
            .iter()
            .find(|(known, _)| *known == name)
            .and_then(|(_, code)| *code);
        assert_eq!(wrong(name, &loaded, code), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_is_no_certificate_is_an_error_and_no_panic() {
    let authority = Authority::new("matrix root").unwrap();
    let mut configuration = Configuration::ephemeral();
    configuration
        .tls_additional_roots
        .push(b"no certificate".to_vec());
    let case = TlsCase::named("good").unwrap();
    let loaded = run(&case, configuration, &authority).await;
    assert_eq!(
        wrong("bad root", &loaded, Some(SecureConnectionFailed)),
        None
    );
}
