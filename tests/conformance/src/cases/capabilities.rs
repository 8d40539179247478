//! Flags of the transport's capabilities that no other group is about, each in both its sides.

use urlsession_core::http::Version;
use urlsession_core::{ErrorCode, Request};

use crate::recorder::{Call, Recorder};
use crate::{Fixture, Verdict};

pub(crate) async fn interim_responses_are_reported_first(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/early-hints")).resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(
        recorder.names(),
        ["interim", "response", "data", "complete"]
    );
    check_eq!(
        recorder.calls()[..2],
        [Call::Interim(103), Call::Interim(103)]
    );
    Ok(())
}

pub(crate) async fn interim_responses_go_unseen(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/early-hints")).resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.names(), ["response", "data", "complete"]);
    Ok(())
}

fn unknown_host() -> &'static str {
    "http://nobody-has-this-name.invalid/"
}

pub(crate) async fn failures_are_told_apart(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let error = fails!(session.data(format!("{}/", fixture.sites().closed)).await);
    check_eq!(error.code(), ErrorCode::CannotConnectToHost);
    let error = fails!(session.data(unknown_host()).await);
    // The second where there is no resolver to ask.
    let unresolved = [ErrorCode::CannotFindHost, ErrorCode::DnsLookupFailed];
    check!(unresolved.contains(&error.code()), "{error:?}");
    Ok(())
}

pub(crate) async fn failures_share_one_code(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    for url in [&*format!("{}/", fixture.sites().closed), unknown_host()] {
        let error = fails!(session.data(url).await);
        check_eq!(error.code(), ErrorCode::CannotLoadFromNetwork, "{url}");
    }
    Ok(())
}

pub(crate) async fn a_configured_root_is_trusted(fixture: Fixture) -> Verdict {
    let root = fixture.sites().root.clone().unwrap_or_default();
    let url = format!(
        "{}/Nepal",
        fixture.sites().tls.as_deref().unwrap_or_default()
    );
    let session =
        fixture.session_of(|configuration| configuration.tls_additional_roots = vec![root]);
    let (body, response) = session.data(&url).await?;
    check_eq!(&body[..], b"Kathmandu");
    check_eq!(response.version(), Version::HTTP_2);
    let error = fails!(fixture.session().data(&url).await);
    check_eq!(error.code(), ErrorCode::ServerCertificateHasUnknownRoot);
    Ok(())
}

/// The platform alone decides: a root that the configuration adds changes nothing.
pub(crate) async fn a_configured_root_changes_nothing(fixture: Fixture) -> Verdict {
    let root = fixture.sites().root.clone().unwrap_or_default();
    let url = format!(
        "{}/Nepal",
        fixture.sites().tls.as_deref().unwrap_or_default()
    );
    let session =
        fixture.session_of(|configuration| configuration.tls_additional_roots = vec![root]);
    let error = fails!(session.data(&url).await);
    let untrusted = [
        ErrorCode::ServerCertificateHasUnknownRoot,
        ErrorCode::CannotLoadFromNetwork,
    ];
    check!(untrusted.contains(&error.code()), "{error:?}");
    Ok(())
}

pub(crate) async fn http_2_is_spoken_with_prior_knowledge(fixture: Fixture) -> Verdict {
    let session = fixture.session_of(|configuration| configuration.assumes_http2_capable = true);
    let base = fixture.sites().h2.clone().unwrap_or_default();
    let (body, response) = session.data(format!("{base}/Nepal")).await?;
    check_eq!(
        (&body[..], response.version()),
        (&b"Kathmandu"[..], Version::HTTP_2)
    );
    let request = Request::post(format!("{base}/echo"))?.with_body(vec![7; 200_000]);
    check!(session.data(request).await?.0 == vec![7; 200_000]);
    Ok(())
}

/// An address in brackets is a sound URL; that it cannot be reached would be another error.
pub(crate) async fn an_ipv6_address_is_reached(fixture: Fixture) -> Verdict {
    let base = fixture.sites().v6.clone().unwrap_or_default();
    let (body, response) = fixture.session().data(format!("{base}/Nepal")).await?;
    check_eq!(
        (&body[..], response.status().as_u16()),
        (&b"Kathmandu"[..], 200)
    );
    Ok(())
}
