//! TLS: what is trusted, which version is spoken, what each failure is called.
#![cfg(feature = "tls")]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::process::Command;

use support::Client;
use urlsession_core::{Configuration, ErrorCode, Multiplexing, TlsVersion};
use urlsession_origin::faults::{self, How};
use urlsession_origin::tls::{Expectation, TlsCase, TlsOrigin};
use urlsession_origin::{ALPN_HTTP_1_1, Authority, Listener, Origin, RawOrigin, Script};

#[tokio::test]
async fn additional_roots_are_trusted() {
    let origin = Origin::spawn().unwrap();
    let client = Client::trusting(origin.authority().der());
    for url in [
        origin.tls_url("/bytes/100000"),
        origin.tls_h1_url("/bytes/100000"),
    ] {
        assert_eq!(client.get(&url).await.unwrap().body.len(), 100_000);
    }
}

#[tokio::test]
async fn without_them_the_root_is_unknown() {
    let origin = Origin::spawn().unwrap();
    let stranger = Authority::new("a stranger").unwrap();
    for client in [Client::new(), Client::trusting(stranger.der())] {
        let code = client.error_of(&origin.tls_url("/")).await;
        assert_eq!(code, ErrorCode::ServerCertificateHasUnknownRoot);
    }
    assert_eq!(origin.requests().len(), 0);
}

#[tokio::test]
async fn the_platforms_roots_are_trusted() {
    let origin = Origin::spawn().unwrap();
    let roots = std::env::temp_dir().join(format!("urlsession-roots-{}", std::process::id()));
    std::fs::write(&roots, origin.authority().pem()).unwrap();
    // The platform reads its roots from where the environment says, and that is the process's own.
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "fetches_with_the_platforms_roots"])
        .env("SSL_CERT_FILE", &roots)
        .env("URLSESSION_TEST_URL", origin.tls_url("/bytes/1"))
        .output()
        .unwrap();
    std::fs::remove_file(&roots).unwrap();
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stdout)
    );
    assert_eq!(origin.request_count("/bytes/1"), 2);
}

/// With the platform's roots alone, and with one more that does not know the server.
#[tokio::test]
#[ignore = "run by the_platforms_roots_are_trusted, in an environment of its own"]
async fn fetches_with_the_platforms_roots() {
    let url = std::env::var("URLSESSION_TEST_URL").unwrap();
    let stranger = Authority::new("a stranger").unwrap();
    for client in [Client::new(), Client::trusting(stranger.der())] {
        client.get(&url).await.unwrap();
    }
}

#[tokio::test]
async fn the_matrix_of_certificates() {
    let authority = Authority::new("the matrix").unwrap();
    for case in TlsCase::all() {
        let server = TlsOrigin::spawn(*case, &authority).unwrap();
        let mut configuration = Configuration::default();
        configuration
            .tls_additional_roots
            .push(authority.der().to_vec());
        let client = Client::with(&configuration, |platform| match server.resolve() {
            Some((host, address)) => platform.resolve(host, address),
            None => platform,
        });
        let got = client.get(&server.url("/bytes/1")).await;
        match (case.expect, got) {
            (Expectation::Accept, got) => assert!(got.is_ok(), "{}: {got:?}", case.name),
            (Expectation::Reject, got) => {
                assert_eq!(got.unwrap_err().code(), code_of(case.name), "{}", case.name);
                assert_eq!(server.request_count(), 0, "{}", case.name);
            }
            (_, Err(error)) => assert_eq!(error.code(), code_of(case.name), "{}", case.name),
            (_, Ok(_)) => (),
        }
    }
}

/// What a rejected case of the matrix is called.
fn code_of(case: &str) -> ErrorCode {
    match case {
        "expired" => ErrorCode::ServerCertificateHasBadDate,
        "not-yet-valid" => ErrorCode::ServerCertificateNotYetValid,
        "self-signed" | "untrusted-root" | "missing-intermediate" => {
            ErrorCode::ServerCertificateHasUnknownRoot
        }
        "tls10-only" | "tls11-only" => ErrorCode::SecureConnectionFailed,
        "client-cert-required-none-given" => ErrorCode::ClientCertificateRequired,
        _ => ErrorCode::ServerCertificateUntrusted,
    }
}

#[tokio::test]
async fn the_minimum_version_is_kept() {
    let authority = Authority::new("versions").unwrap();
    let case = TlsCase::named("tls12-only").unwrap();
    let server = TlsOrigin::spawn(case, &authority).unwrap();
    let mut configuration = Configuration::default();
    configuration
        .tls_additional_roots
        .push(authority.der().to_vec());
    configuration.tls_minimum_supported_protocol_version = TlsVersion::Tls13;
    let client = Client::with(&configuration, |platform| platform);
    let code = client.error_of(&server.url("/")).await;
    assert_eq!(code, ErrorCode::SecureConnectionFailed);
}

#[tokio::test]
async fn a_root_that_is_no_certificate_is_an_error_of_https_alone() {
    let origin = Origin::spawn().unwrap();
    let client = Client::trusting(b"no certificate");
    assert_eq!(
        client.error_of(&origin.tls_url("/")).await,
        ErrorCode::SecureConnectionFailed
    );
    client.get(&origin.url("/bytes/1")).await.unwrap();
}

#[tokio::test]
async fn what_alpn_finds_is_remembered() {
    let origin = Origin::spawn().unwrap();
    let client = Client::trusting(origin.authority().der());
    let urls = [origin.tls_url("/bytes/1"), origin.tls_h1_url("/bytes/1")];
    assert_eq!(client.multiplexing(&urls[0]), Multiplexing::Unknown);
    for url in &urls {
        client.get(url).await.unwrap();
    }
    assert!(matches!(
        client.multiplexing(&urls[0]),
        Multiplexing::Streams(_)
    ));
    assert_eq!(client.multiplexing(&urls[1]), Multiplexing::No);
}

#[tokio::test]
async fn connections_under_tls_are_used_again() {
    let origin = Origin::spawn().unwrap();
    let client = Client::trusting(origin.authority().der());
    for _ in 0..5 {
        client.get(&origin.tls_h1_url("/bytes/10")).await.unwrap();
        client.get(&origin.tls_url("/bytes/10")).await.unwrap();
    }
    assert_eq!(origin.accepted_on(Listener::TlsH1), 1);
    assert_eq!(origin.accepted_on(Listener::Tls), 1);
}

#[tokio::test]
async fn an_unsolicited_response_under_tls_is_never_the_next_answer() {
    let authority = Authority::new("unsolicited").unwrap();
    let config = authority.server_config(&[ALPN_HTTP_1_1]).unwrap();
    let late = urlsession_origin::Signal::new();
    let first = faults::unsolicited_response(late.clone());
    let second = Script::reply(faults::response("second"));
    let scripts = urlsession_origin::Scripts::in_order([first, second]);
    let origin = RawOrigin::spawn_tls(scripts, config).unwrap();
    let both = (faults::response("first").len() + faults::response("unsolicited").len()) as u64;
    let client = Client::trusting(authority.der());
    assert_eq!(client.get(&origin.url("/")).await.unwrap().text(), "first");
    late.release();
    urlsession_origin::block_on(origin.wait_for_written(0, both)).unwrap();
    assert_eq!(
        client.post(&origin.url("/"), "x").await.unwrap().text(),
        "second"
    );
}

#[tokio::test]
async fn a_body_to_the_end_of_the_connection_needs_close_notify() {
    let authority = Authority::new("truncated").unwrap();
    let config = authority.server_config(&[ALPN_HTTP_1_1]).unwrap();
    let reply = "HTTP/1.1 200 OK\r\n\r\ntruncated by whomever";
    let script = Script::new([
        urlsession_origin::Step::ReadRequest,
        urlsession_origin::Step::write(reply),
        How::Cut.step(),
    ]);
    let origin = RawOrigin::spawn_tls(script, config).unwrap();
    let code = Client::trusting(authority.der())
        .error_of(&origin.url("/"))
        .await;
    assert_eq!(code, ErrorCode::NetworkConnectionLost);
}

#[tokio::test]
async fn a_host_with_a_trailing_dot_is_the_same_name() {
    let origin = Origin::spawn().unwrap();
    let client = Client::trusting(origin.authority().der());
    let url = origin
        .tls_url("/bytes/1")
        .replace("localhost", "localhost.");
    client.get(&url).await.unwrap();
}

#[tokio::test]
async fn handshakes_that_break_are_secure_connection_failures() {
    for (name, script) in [
        ("alert", faults::handshake_alert(2, 40)),
        ("plain HTTP", faults::http_instead_of_tls()),
        ("an old version", faults::old_server_hello(0)),
        ("FIN", faults::end_in_handshake(How::Close)),
        ("RST", faults::end_in_handshake(How::Reset)),
    ] {
        let origin = RawOrigin::spawn(script).unwrap();
        let url = format!("https://localhost:{}/", origin.address().port());
        let code = Client::new().error_of(&url).await;
        assert_eq!(code, ErrorCode::SecureConnectionFailed, "{name}");
    }
}
