//! The TLS listeners and the cases of the TLS matrix, judged by rustls's own verifier.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use support::{Answer, get_request, read_to_end};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use urlsession_origin::faults::{self, How};
use urlsession_origin::tls::{Expectation, TlsCase};
use urlsession_origin::{ALPN_HTTP_1_1, Authority, Ending, Listener, Origin, RawOrigin, Script};

fn client(authority: &Authority) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN_HTTP_1_1.to_vec()];
    Arc::new(config).into()
}

/// GETs `/UK` over TLS; the body, or why there is none.
async fn get(
    authority: &Authority,
    address: std::net::SocketAddr,
    host: &str,
) -> Result<String, String> {
    let tcp = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut tls = client(authority)
        .connect(name, tcp)
        .await
        .map_err(|error| error.to_string())?;
    let sent = tls.write_all(get_request("/UK").as_bytes()).await;
    sent.map_err(|error| error.to_string())?;
    let bytes = read_to_end(&mut tls).await;
    match bytes.is_empty() {
        true => Err("closed without an answer".into()),
        false => Ok(Answer::parse(&bytes).text()),
    }
}

#[tokio::test]
async fn the_tls_listeners_are_trusted_through_the_authority() {
    let origin = Origin::start().await.unwrap();
    for listener in [Listener::Tls, Listener::TlsH1] {
        let address = origin.address(listener).unwrap();
        for host in ["localhost", "127.0.0.1"] {
            assert_eq!(
                get(origin.authority(), address, host).await.as_deref(),
                Ok("London")
            );
        }
    }
    assert_eq!(origin.request_count("/UK"), 4);
}

#[tokio::test]
async fn every_case_is_accepted_or_rejected_as_it_says() {
    let authority = Authority::new("matrix root").unwrap();
    for case in TlsCase::all() {
        let server = case.serve(&authority).await.unwrap();
        let verdict = get(&authority, server.address(), case.host).await;
        match case.expect {
            Expectation::Accept => assert_eq!(verdict.as_deref(), Ok("London"), "{}", case.name),
            Expectation::Reject => assert!(verdict.is_err(), "{}", case.name),
            Expectation::Either | Expectation::RejectOrPolicy => {}
        }
    }
}

/// What rustls said of each case when the matrix was measured, in its first words.
#[tokio::test]
async fn a_rejected_case_is_rejected_for_its_own_reason() {
    let reasons = [
        ("expired", "certificate expired"),
        ("not-yet-valid", "certificate not valid yet"),
        ("wrong-host", "not valid for name"),
        ("self-signed", "UnknownIssuer"),
        ("untrusted-root", "UnknownIssuer"),
        ("missing-intermediate", "UnknownIssuer"),
        ("wildcard-two-labels", "not valid for name"),
        ("wildcard-bare", "not valid for name"),
        ("wildcard-partial", "not valid for name"),
        ("wildcard-tld", "not valid for name"),
        ("ip-in-dns-san", "not valid for name"),
        ("cn-only-no-san", "not valid for name"),
        ("eku-client-only", "extended key usage"),
        ("leaf-as-ca", "EndEntityUsedAsCa"),
        ("name-constraint-violated", "NameConstraintViolation"),
        ("pathlen-violated", "PathLenConstraintViolated"),
        ("rsa-1024", "BadSignature"),
        ("nul-in-san-prefix", "not valid for name"),
        ("tls10-only", "ProtocolVersion"),
        ("tls11-only", "ProtocolVersion"),
    ];
    let authority = Authority::new("matrix root").unwrap();
    for (name, reason) in reasons {
        let case = TlsCase::named(name).unwrap();
        let server = case.serve(&authority).await.unwrap();
        let error = get(&authority, server.address(), case.host)
            .await
            .unwrap_err();
        assert!(error.contains(reason), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_says_so_to_its_log() {
    let authority = Authority::new("matrix root").unwrap();
    let case = TlsCase::named("client-cert-required-none-given").unwrap();
    let server = case.serve(&authority).await.unwrap();
    get(&authority, server.address(), case.host)
        .await
        .unwrap_err();
    let errors = server.handshake_errors();
    assert!(errors[0].contains("no certificates"), "{errors:?}");
    assert_eq!(server.request_count(), 0);
}

#[test]
fn names_and_verdicts_are_those_of_the_matrix() {
    let Some(folder) = std::env::var_os("URLSESSION_TEST_DATA") else {
        println!("skipped: URLSESSION_TEST_DATA is not set");
        return;
    };
    let text = std::fs::read_to_string(std::path::Path::new(&folder).join("tls-matrix.json"));
    let matrix: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
    let measured: Vec<_> = matrix
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["case"].as_str().unwrap(),
                row["expect"].as_str().unwrap(),
            )
        })
        .collect();
    let ours: Vec<_> = TlsCase::all()
        .iter()
        .map(|case| (case.name, case.expect.as_str()))
        .collect();
    assert_eq!(ours, measured);
}

#[tokio::test]
async fn scripts_play_over_tls() {
    let authority = Authority::new("root").unwrap();
    let config = authority.server_config(&[ALPN_HTTP_1_1]).unwrap();
    let script = Script::reply_and_close(faults::response("London"));
    let origin = RawOrigin::start_tls(script, config).await.unwrap();
    assert_eq!(
        get(&authority, origin.address(), "localhost")
            .await
            .as_deref(),
        Ok("London")
    );
    assert!(
        origin
            .wait_for_ending(0)
            .await
            .unwrap()
            .text()
            .starts_with("GET /UK ")
    );
}

#[tokio::test]
async fn a_cut_leaves_out_close_notify_and_a_close_does_not() {
    use tokio::io::AsyncReadExt;
    let authority = Authority::new("root").unwrap();
    for (how, expected) in [
        (How::Close, Ok(())),
        (How::Cut, Err(std::io::ErrorKind::UnexpectedEof)),
    ] {
        let config = authority.server_config(&[]).unwrap();
        let script = faults::cut_after(&faults::response("London"), 20, how);
        let origin = RawOrigin::start_tls(script, config).await.unwrap();
        let tcp = TcpStream::connect(origin.address()).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut tls = client(&authority).connect(name, tcp).await.unwrap();
        tls.write_all(get_request("/").as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let end = tls
            .read_to_end(&mut bytes)
            .await
            .map(drop)
            .map_err(|error| error.kind());
        assert_eq!((bytes.len(), end), (20, expected));
    }
}

#[tokio::test]
async fn an_old_server_hello_and_plain_http_are_no_tls() {
    let authority = Authority::new("root").unwrap();
    for script in [
        faults::old_server_hello(0),
        faults::http_instead_of_tls(),
        faults::end_in_handshake(How::Close),
        faults::end_in_handshake(How::Reset),
    ] {
        let origin = RawOrigin::start(script).await.unwrap();
        get(&authority, origin.address(), "localhost")
            .await
            .unwrap_err();
        let ending = origin.wait_for_ending(0).await.unwrap().ending;
        assert!(matches!(ending, Some(Ending::Closed | Ending::Reset)));
    }
}
