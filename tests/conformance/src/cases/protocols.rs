//! Protocols of the app's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::stream;
use urlsession_core::http::{HeaderMap, Method, StatusCode, Version};
use urlsession_core::{
    Answer, Error, ErrorCode, ProtocolEvent, ProtocolEvents, ProtocolFn, Request, Response,
    Session, Url, UrlProtocol,
};

use crate::cases::protocol_ends::LetGo;
use crate::recorder::{Call, Gate, Outcome, Recorder};
use crate::{Fixture, Verdict};

/// What a protocol tells about a request.
pub(crate) type Script = fn(&Request) -> Vec<Result<ProtocolEvent, Error>>;

/// Serves one scheme; what it tells is made anew for each request.
pub(crate) struct Scripted {
    scheme: &'static str,
    script: Script,
    started: Arc<AtomicUsize>,
}

impl Scripted {
    pub(crate) fn new(scheme: &'static str, script: Script) -> Self {
        let started = Arc::default();
        Self {
            scheme,
            script,
            started,
        }
    }
}

impl UrlProtocol for Scripted {
    fn can_init(&self, request: &Request) -> bool {
        request.url().scheme() == self.scheme
    }

    fn start_loading(&self, request: Request) -> ProtocolEvents {
        self.started.fetch_add(1, Ordering::Relaxed);
        ProtocolEvents::new(stream::iter((self.script)(&request)))
    }
}

pub(crate) fn status(request: &Request, status: u16) -> Result<ProtocolEvent, Error> {
    let status = StatusCode::from_u16(status).unwrap_or_default();
    let url = request.url().clone();
    let response = Response::new(url, status, Version::HTTP_11, HeaderMap::new());
    Ok(ProtocolEvent::Response(response))
}

pub(crate) fn data(text: &'static str) -> Result<ProtocolEvent, Error> {
    Ok(ProtocolEvent::Data(text.into()))
}

pub(crate) fn redirect(request: &Request, to: &str) -> Result<ProtocolEvent, Error> {
    let status = StatusCode::FOUND;
    let response = Response::new(
        request.url().clone(),
        status,
        Version::HTTP_11,
        HeaderMap::new(),
    );
    Ok(ProtocolEvent::Redirected(Request::get(to)?, response))
}

pub(crate) fn serving(fixture: &Fixture, protocol: impl UrlProtocol) -> Session {
    fixture
        .builder(Default::default())
        .protocol(protocol)
        .build()
}

pub(crate) fn recording(
    fixture: &Fixture,
    recorder: &Recorder,
    protocol: impl UrlProtocol,
) -> Session {
    let builder = fixture
        .builder(Default::default())
        .delegate(recorder.clone());
    builder.protocol(protocol).build()
}

pub(crate) async fn one_stands_in_for_the_server(fixture: Fixture) -> Verdict {
    let busy = ProtocolFn::new(
        |request: &Request| request.url().path() == "/Nepal",
        async |request, mut client| {
            let (url, status) = (request.url().clone(), StatusCode::TOO_MANY_REQUESTS);
            let response = Response::new(url, status, Version::HTTP_11, HeaderMap::new());
            client.did_receive_response(response).await?;
            client.did_load("busy").await
        },
    );
    let session = serving(&fixture, busy);
    let (body, response) = session.data(fixture.url("/Nepal")).await?;
    check_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    check_eq!(&body[..], b"busy");
    let (body, response) = session.data(fixture.url("/UK")).await?;
    check_eq!(response.status(), StatusCode::OK);
    check_eq!(&body[..], b"London");
    Ok(())
}

pub(crate) async fn one_serves_a_scheme_and_may_name_another_url(fixture: Fixture) -> Verdict {
    let protocol = ProtocolFn::scheme("app", async |_, mut client| {
        let url = Url::parse("http://elsewhere.example/a").map_err(|_| ErrorCode::BadUrl)?;
        let response = Response::of_content(url, "text/html;charset=UTF-8", Some(3))?;
        client.did_receive_response(response).await?;
        client.did_load("abc").await
    });
    let session = serving(&fixture, protocol);
    for url in ["app://bundle/a", "app:a", "app:///a"] {
        let task = session.data_task(url);
        task.resume();
        task.finished().await?;
        let Some(response) = task.response() else {
            return Err(crate::Failure::new("no response"));
        };
        check_eq!(response.url().as_str(), "http://elsewhere.example/a");
        check_eq!(response.mime_type().as_deref(), Some("text/html"));
        check_eq!(response.text_encoding_name().as_deref(), Some("utf-8"));
        check_eq!(task.count_of_bytes_expected_to_receive(), Some(3));
        check_eq!(task.count_of_bytes_received(), 3);
        check_eq!(
            task.current_request().map(|request| request.url().clone()),
            Some(Url::parse(url)?)
        );
    }
    Ok(())
}

pub(crate) async fn the_first_that_agrees_serves(fixture: Fixture) -> Verdict {
    let session = fixture
        .builder(Default::default())
        .protocol(Scripted::new("other", |_| vec![data("other")]))
        .protocol(Scripted::new("app", |_| vec![data("first")]))
        .protocol(Scripted::new("app", |_| vec![data("second")]))
        .protocol(Scripted::new("data", |_| vec![data("not built in")]))
        .build();
    for (url, expected) in [
        ("app:a", "first"),
        ("other:a", "other"),
        ("data:,a", "not built in"),
    ] {
        let (body, _) = session.data(url).await?;
        check_eq!(body, expected, "{url}");
    }
    Ok(())
}

pub(crate) async fn a_delegate_gets_response_data_and_completion(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let protocol = Scripted::new("app", |request| {
        vec![status(request, 404), data("not"), data(""), data(" here")]
    });
    let session = recording(&fixture, &recorder, protocol);
    session.data_task("app:a").resume();
    check_eq!(recorder.completion().await, None);
    let expected = [
        Call::Response(404),
        Call::Data("not".into()),
        Call::Data(" here".into()),
        Call::Complete(None),
    ];
    check_eq!(recorder.calls(), expected);
    Ok(())
}

pub(crate) async fn its_redirect_is_put_to_the_delegate_and_followed(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let to = fixture.url("/Nepal");
    let given = to.clone();
    let protocol = ProtocolFn::scheme("app", move |request: Request, mut client| {
        let to = given.clone();
        async move {
            let (url, status) = (request.url().clone(), StatusCode::MOVED_PERMANENTLY);
            let to = match request.url().path() {
                "a" => Request::get("app:b")?,
                _ => Request::get(&to)?,
            };
            let response = Response::new(url, status, Version::HTTP_11, HeaderMap::new());
            client.was_redirected(to, response).await?;
            client.did_load("of the redirect").await
        }
    });
    let session = recording(&fixture, &recorder, protocol);
    let task = session.data_task("app:a");
    task.resume();
    check_eq!(recorder.completion().await, None);
    let expected = [
        Call::Redirect(301, Method::GET, Url::parse("app:b")?),
        Call::Redirect(301, Method::GET, Url::parse(&to)?),
        Call::Response(200),
    ];
    check_eq!(recorder.calls()[..3], expected);
    check_eq!(recorder.body(), b"Kathmandu");
    let current = task.current_request();
    check_eq!(current.map(|request| request.url().to_string()), Some(to));
    Ok(())
}

pub(crate) async fn refused_its_redirect_is_the_answer(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_redirect(|_, _, _, _| Answer::Now(None));
    let protocol = Scripted::new("app", |request| {
        vec![redirect(request, "app:b"), data("of the redirect")]
    });
    let session = recording(&fixture, &recorder, protocol);
    session.data_task("app:a").resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(
        recorder.names(),
        ["redirect", "response", "data", "complete"]
    );
    check_eq!(recorder.body(), b"of the redirect");
    Ok(())
}

pub(crate) async fn its_redirect_reaches_no_other_local_scheme(fixture: Fixture) -> Verdict {
    let protocol = Scripted::new("app", |request| {
        let to = request.url().path();
        vec![redirect(request, to)]
    });
    let other = Scripted::new("other", |_| vec![data("secret")]);
    let started = other.started.clone();
    let builder = fixture.builder(Default::default());
    let session = builder.protocol(protocol).protocol(other).build();
    for url in ["app:data:,a", "app:file:///etc/passwd", "app:other:a"] {
        let error = fails!(session.data(url).await);
        check_eq!(
            error.code(),
            ErrorCode::RedirectToNonExistentLocation,
            "{url}"
        );
    }
    check_eq!(started.load(Ordering::Relaxed), 0);
    Ok(())
}

pub(crate) async fn its_redirects_are_counted(fixture: Fixture) -> Verdict {
    let protocol = Scripted::new("app", |request| vec![redirect(request, "app:again")]);
    let started = protocol.started.clone();
    let error = fails!(serving(&fixture, protocol).data("app:a").await);
    check_eq!(error.code(), ErrorCode::HttpTooManyRedirects);
    check_eq!(started.load(Ordering::Relaxed), 21);
    Ok(())
}

pub(crate) async fn a_server_leads_to_none(fixture: Fixture) -> Verdict {
    let protocol = Scripted::new("app", |_| vec![data("secret")]);
    let started = protocol.started.clone();
    let session = serving(&fixture, protocol);
    for to in ["app:a", "app://a.example/", "data:,a", "file:///etc/passwd"] {
        for status in [301, 302, 303, 307, 308] {
            let error = fails!(session.data(fixture.redirect(status, to)).await);
            let expected = match fixture.capabilities().redirects {
                true => ErrorCode::RedirectToNonExistentLocation,
                false => ErrorCode::CannotLoadFromNetwork,
            };
            check_eq!(error.code(), expected, "{status} {to}");
        }
    }
    check_eq!(started.load(Ordering::Relaxed), 0);
    Ok(())
}

pub(crate) async fn a_server_may_lead_to_a_url_that_one_serves(fixture: Fixture) -> Verdict {
    let stub = ProtocolFn::new(
        |request: &Request| request.url().path() == "/UK",
        async |_, mut client| client.did_load("stub").await,
    );
    let (body, _) = serving(&fixture, stub)
        .data(fixture.redirect(302, "/UK"))
        .await?;
    check_eq!(&body[..], b"stub");
    Ok(())
}

pub(crate) async fn it_takes_no_place_in_the_queue(fixture: Fixture) -> Verdict {
    let (let_go, recorder) = (Gate::default(), Recorder::new());
    let gate = let_go.clone();
    let stub = ProtocolFn::new(
        |request: &Request| request.url().path().starts_with("/stub"),
        move |request: Request, mut client| {
            let guard = LetGo(gate.clone());
            async move {
                client.did_load("stub").await?;
                if request.url().path() == "/stub/endless" {
                    Gate::default().opened().await;
                }
                drop(guard);
                Ok(())
            }
        },
    );
    let builder =
        fixture.builder_of(|configuration| configuration.http_maximum_connections_per_host = 1);
    let session = builder.delegate(recorder.clone()).protocol(stub).build();
    let endless = session.data_task(fixture.url("/stub/endless"));
    endless.resume();
    recorder.called("data").await;
    // The endless stub keeps no server's place, and a server's place keeps no stub waiting.
    let (body, _) = session.data(fixture.url("/Nepal")).await?;
    check_eq!(&body[..], b"Kathmandu");
    let slow = session.data_task(fixture.url("/delay/5000"));
    slow.resume();
    let (body, _) = session.data(fixture.url("/stub")).await?;
    check_eq!(&body[..], b"stub");
    check!(slow.response().is_none());
    session.invalidate_and_cancel();
    recorder.called("invalid").await;
    let_go.opened().await;
    Ok(())
}

pub(crate) async fn it_sees_the_request_as_it_would_be_sent(fixture: Fixture) -> Verdict {
    let seen = Outcome::new();
    let given = seen.clone();
    let protocol = ProtocolFn::scheme("app", move |request: Request, _| {
        given.put(request);
        std::future::ready(Ok(()))
    });
    let builder = fixture.builder_of(|configuration| {
        let fields = &mut configuration.http_additional_headers;
        fields.insert("x-a", "session".parse().expect("a value"));
        fields.insert("x-b", "session".parse().expect("a value"));
    });
    let session = builder.protocol(protocol).build();
    let request = Request::post("app:a")?
        .header("x-a", "request")?
        .with_body("body");
    let task = session.data_task(request.clone().with_property("tag"));
    task.resume();
    task.finished().await?;
    let seen = seen.taken().await;
    check_eq!(seen.headers()["x-a"], "request");
    check_eq!(seen.headers()["x-b"], "session");
    check_eq!(seen.method(), Method::POST);
    check_eq!(seen.body(), request.body());
    check_eq!(seen.property::<&str>(), Some(&"tag"));
    check_eq!(task.current_request(), Some(request));
    Ok(())
}

pub(crate) async fn its_body_is_said_to_be_sent_once(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let protocol = Scripted::new("app", |request| vec![status(request, 201)]);
    let session = recording(&fixture, &recorder, protocol);
    let task = session.data_task(Request::post("app:a")?.with_body("four"));
    task.resume();
    check_eq!(recorder.completion().await, None);
    let sent = Call::Sent {
        bytes: 4,
        total: 4,
        expected: Some(4),
    };
    check_eq!(
        recorder.calls(),
        [sent, Call::Response(201), Call::Complete(None)]
    );
    check_eq!(task.count_of_bytes_sent(), 4);
    Ok(())
}

/// The requests that it has passed on itself.
#[derive(Clone)]
struct PassedOn;

pub(crate) async fn a_tag_keeps_it_from_serving_its_own_requests(fixture: Fixture) -> Verdict {
    let inner = Arc::new(std::sync::OnceLock::<Session>::new());
    let using = inner.clone();
    let protocol = ProtocolFn::new(
        |request: &Request| request.property::<PassedOn>().is_none(),
        move |request: Request, mut client| {
            let inner = using.get().cloned();
            async move {
                let inner = inner.ok_or(ErrorCode::ResourceUnavailable)?;
                let (body, response) = inner.data(request.with_property(PassedOn)).await?;
                client.did_receive_response(response).await?;
                client.did_load([b"via ", &body[..]].concat()).await
            }
        },
    );
    let session = serving(&fixture, protocol);
    let _ = inner.set(session.clone());
    let (body, response) = session.data(fixture.url("/Nepal")).await?;
    check_eq!(&body[..], b"via Kathmandu");
    check_eq!(response.status(), StatusCode::OK);
    Ok(())
}

/// Serves `app:` in lower case.
struct Lowering;

impl UrlProtocol for Lowering {
    fn can_init(&self, request: &Request) -> bool {
        request.url().scheme() == "app"
    }

    fn canonical_request(&self, request: Request) -> Request {
        let lower = request.url().as_str().to_ascii_lowercase();
        Request::get(lower).unwrap_or(request)
    }

    fn start_loading(&self, request: Request) -> ProtocolEvents {
        ProtocolEvents::driven(async move |mut client| {
            client.did_load(request.url().path().to_owned()).await?;
            Err(ErrorCode::NetworkConnectionLost.into())
        })
    }
}

pub(crate) async fn a_canonical_request_is_the_current_one(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = recording(&fixture, &recorder, Lowering);
    let task = session.data_task("app:ABC");
    task.resume();
    recorder.completion().await;
    check_eq!(recorder.body(), b"abc");
    let url = |request: Option<Request>| request.map(|request| request.url().to_string());
    check_eq!(url(task.original_request()).as_deref(), Some("app:ABC"));
    check_eq!(url(task.current_request()).as_deref(), Some("app:abc"));
    let error = task.error();
    let failed = error.as_ref().and_then(|error| error.url());
    check_eq!(failed.map(|url| url.as_str()), Some("app:abc"));
    Ok(())
}
