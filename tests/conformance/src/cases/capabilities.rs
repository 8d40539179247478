//! Flags of the transport's capabilities that no other group is about, each in both its sides.

use std::sync::{Arc, Mutex, PoisonError};

use urlsession_core::futures::StreamExt;
use urlsession_core::http::{HeaderMap, HeaderName, Version};
use urlsession_core::{
    Answer, BodyStream, Delegate, Error, ErrorCode, InMemory, NetworkServiceType, Request,
    Response, ResponseDisposition, Task,
};

use crate::echo::Echo;
use crate::recorder::{Call, Recorder};
use crate::{Failure, Fixture, Verdict};

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

/// The `Priority` field of a request, its task given this priority before it began.
async fn priority_told(
    fixture: &Fixture,
    priority: Option<f32>,
    own: Option<&str>,
) -> Result<Option<String>, Failure> {
    let mut request = Request::get(fixture.url("/jsonBody"))?;
    if let Some(own) = own {
        request = request.header("priority", own)?;
    }
    let recorder = Recorder::new();
    let session = fixture.session();
    let task = session.data_task_with_delegate(request, recorder.clone());
    if let Some(priority) = priority {
        task.set_priority(priority);
    }
    task.resume();
    check_eq!(recorder.completion().await, None);
    let seen = Echo::of(&recorder.body().into())?;
    Ok(seen.header("priority").map(str::to_owned))
}

pub(crate) async fn a_priority_that_was_set_is_told_to_the_server(fixture: Fixture) -> Verdict {
    for (priority, own, told) in [
        (None, None, None),
        (Some(Task::HIGH_PRIORITY), None, Some("u=1")),
        (Some(Task::LOW_PRIORITY), None, Some("u=5")),
        (Some(Task::HIGH_PRIORITY), Some("u=6, i"), Some("u=6, i")),
    ] {
        let seen = priority_told(&fixture, priority, own).await?;
        check_eq!(seen.as_deref(), told, "{priority:?} {own:?}");
    }
    Ok(())
}

pub(crate) async fn a_priority_is_no_matter_of_the_servers(fixture: Fixture) -> Verdict {
    let seen = priority_told(&fixture, Some(Task::HIGH_PRIORITY), None).await?;
    // A browser may tell it in its own way, on HTTP/2 and later.
    check_eq!(seen, None);
    Ok(())
}

const KINDS: [NetworkServiceType; 3] = [
    NetworkServiceType::Background,
    NetworkServiceType::Voice,
    NetworkServiceType::Default,
];

async fn is_carried(fixture: &Fixture, kind: NetworkServiceType) -> Verdict {
    let session = fixture.session_of(|configuration| configuration.network_service_type = kind);
    let request = Request::get(fixture.url("/Nepal"))?;
    let (body, _) = session.data(request.clone()).await?;
    check_eq!(&body[..], b"Kathmandu", "{kind:?}");
    for own in KINDS {
        let request = request.clone().with_network_service_type(own);
        check_eq!(&session.data(request).await?.0[..], b"Kathmandu", "{own:?}");
    }
    Ok(())
}

pub(crate) async fn every_kind_of_traffic_is_carried(fixture: Fixture) -> Verdict {
    for kind in KINDS {
        is_carried(&fixture, kind).await?;
    }
    Ok(())
}

pub(crate) async fn kinds_of_traffic_are_all_alike(fixture: Fixture) -> Verdict {
    for kind in KINDS {
        is_carried(&fixture, kind).await?;
    }
    Ok(())
}

fn followed() -> BodyStream {
    let names = ["x-digest", "content-length"].map(HeaderName::from_static);
    BodyStream::once(InMemory::new("body".into())).with_trailers(names)
}

pub(crate) async fn trailers_of_a_request_are_announced_and_its_body_arrives(
    fixture: Fixture,
) -> Verdict {
    let request = Request::post(fixture.url("/jsonBody"))?.with_body(followed());
    let seen = Echo::of(&fixture.session().data(request).await?.0)?;
    check_eq!(seen.body_length(), 4);
    if let Some(names) = seen.header("trailer") {
        check_eq!(names, "x-digest");
    }
    Ok(())
}

pub(crate) async fn trailers_of_a_request_are_an_error(fixture: Fixture) -> Verdict {
    let request = Request::post(fixture.url("/jsonBody"))?.with_body(followed());
    let error = fails!(fixture.session().data(request).await);
    check_eq!(error.code(), ErrorCode::ResourceUnavailable);
    check!(std::error::Error::source(&error).is_some(), "{error:?}");
    Ok(())
}

/// A task's trailers as its delegate finds them in the completion.
#[derive(Clone, Default)]
struct Late(Arc<Mutex<Option<HeaderMap>>>);

impl Delegate for Late {
    fn did_receive_response(&self, task: &Task, _: &Response) -> Answer<ResponseDisposition> {
        assert!(task.trailers().is_none(), "trailers before the body");
        Answer::Unhandled
    }

    fn did_complete(&self, task: &Task, _: Option<&Error>) -> Answer<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = task.trailers();
        Answer::HANDLED
    }
}

pub(crate) async fn trailers_are_seen_once_the_body_has_ended(fixture: Fixture) -> Verdict {
    let url = fixture.url("/trailers");
    let (mut chunks, response) = fixture.session().bytes(&url).await?;
    check_eq!(chunks.trailers(), None);
    while let Some(chunk) = chunks.next().await {
        chunk?;
    }
    let trailers = chunks.trailers().unwrap_or_default();
    check_eq!(
        trailers.get("x-checksum").map(|it| it.as_bytes()),
        Some(&b"abc123"[..])
    );
    check_eq!(
        trailers.get("x-length").map(|it| it.as_bytes()),
        Some(&b"12"[..])
    );
    check!(
        !response.headers().contains_key("x-checksum"),
        "{response:?}"
    );

    let late = Late::default();
    let session = fixture.session();
    let (_, response) = session.data_with_delegate(&url, late.clone()).await?;
    check!(
        !response.headers().contains_key("x-checksum"),
        "{response:?}"
    );
    let seen = late
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    check_eq!(seen, Some(trailers));
    Ok(())
}

pub(crate) async fn trailers_go_unseen(fixture: Fixture) -> Verdict {
    let (mut chunks, response) = fixture.session().bytes(fixture.url("/trailers")).await?;
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk?);
    }
    check_eq!(&body[..], b"Hello World!");
    check_eq!(chunks.trailers(), None);
    check!(
        !response.headers().contains_key("x-checksum"),
        "{response:?}"
    );
    Ok(())
}

pub(crate) async fn trailers_that_would_forge_a_head_are_dropped(fixture: Fixture) -> Verdict {
    let (mut chunks, response) = fixture
        .session()
        .bytes(fixture.url("/forged-trailers"))
        .await?;
    while let Some(chunk) = chunks.next().await {
        chunk?;
    }
    let trailers = chunks.trailers().unwrap_or_default();
    let names: Vec<_> = trailers.keys().map(|name| name.as_str()).collect();
    check_eq!(names, ["x-checksum"]);
    check!(
        !response.headers().contains_key("set-cookie"),
        "{response:?}"
    );
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
    let with = session.data(&url).await.map_err(|error| error.code());
    let without = fixture.session().data(&url).await;
    let without = without.map_err(|error| error.code());
    check_eq!(
        with.as_ref().map(|(body, _)| body),
        without.as_ref().map(|(body, _)| body)
    );
    // A browser may have been told to trust every server.
    if let Err(code) = with {
        let untrusted = [
            ErrorCode::ServerCertificateHasUnknownRoot,
            ErrorCode::CannotLoadFromNetwork,
        ];
        check!(untrusted.contains(&code), "{code:?}");
    }
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
