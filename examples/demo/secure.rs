//! TLS: a private authority as an additional root, and certificates that are no good.

use urlsession::{ErrorCode, Session};
use urlsession_origin::tls::{TlsCase, TlsOrigin};

use crate::report::{Found, Step};
use crate::stage::{Stage, ensure, fails_with, session_with};

pub(crate) async fn private_root(stage: &Stage) -> Step {
    let (body, response) = trusting(stage)
        .data(stage.origin.tls_url("/country.txt"))
        .await?;
    ensure(body.starts_with(b"A country is"), "another body came")?;
    let result = format!("{:?} {}", response.version(), response.status());
    Ok(Found::new(result, body.len() as u64))
}

pub(crate) async fn unknown_root(stage: &Stage) -> Step {
    let session = session_with(|_| ());
    let loaded = session.data(stage.origin.tls_url("/country.txt")).await;
    fails_with(ErrorCode::ServerCertificateHasUnknownRoot, loaded)
}

pub(crate) async fn expired(stage: &Stage) -> Step {
    refused(stage, "expired", ErrorCode::ServerCertificateHasBadDate).await
}

pub(crate) async fn wrong_host(stage: &Stage) -> Step {
    refused(stage, "wrong-host", ErrorCode::ServerCertificateUntrusted).await
}

/// A server of its own that shows this certificate.
async fn refused(stage: &Stage, name: &str, code: ErrorCode) -> Step {
    let case = TlsCase::named(name).ok_or("no such certificate")?;
    let server = TlsOrigin::spawn(case, stage.origin.authority())?;
    let loaded = trusting(stage).data(server.url("/country.txt")).await;
    let mut found = fails_with(code, loaded)?;
    ensure(server.request_count() == 0, "the request was sent")?;
    found.elsewhere = 1;
    Ok(found)
}

/// A session that trusts the origin's authority beside the platform's roots.
fn trusting(stage: &Stage) -> Session {
    session_with(|configuration| {
        configuration
            .tls_additional_roots
            .push(stage.origin.authority().der().to_vec());
    })
}
