//! Redirects: which are followed, with what, and who decides.

use std::time::Duration;

use urlsession_core::http::{HeaderName, HeaderValue, Method};
use urlsession_core::{Answer, ErrorCode, Request};

use crate::echo::Echo;
use crate::fixture::redirect_path;
use crate::recorder::{Call, Outcome, Recorder};
use crate::{Fixture, Verdict};

const METHODS: [&str; 5] = ["HEAD", "GET", "PUT", "POST", "DELETE"];

fn names_of(method: &str) -> &'static [&'static str] {
    match method {
        "HEAD" => &["response", "complete"],
        _ => &["response", "data", "complete"],
    }
}

/// Follows one redirect of each method, which must arrive as `becomes` says; `calls` tells whether each hop is shown.
async fn followed(
    fixture: &Fixture,
    status: u16,
    becomes: impl Fn(&'static str) -> &'static str,
) -> Verdict {
    for method in METHODS {
        let after = becomes(method);
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        let to = format!("/{}", after.to_ascii_lowercase());
        let task = session.data_task(Request::with_method_name(
            method,
            fixture.redirect(status, &to),
        )?);
        task.resume();
        check_eq!(recorder.completion().await, None, "{status} {method}");
        let response = task
            .response()
            .map(|response| (response.status().as_u16(), response.url().to_string()));
        check_eq!(response, Some((200, fixture.url(&to))), "{status} {method}");
        let mut names = recorder.names();
        if fixture.capabilities().redirects {
            check_eq!(names.remove(0), "redirect", "{status} {method}");
            let shown = Call::Redirect(status, after.parse()?, fixture.url(&to).parse()?);
            check_eq!(recorder.calls()[0], shown);
            check_eq!(
                task.current_request()
                    .map(|request| request.method().to_string())
                    .as_deref(),
                Some(after)
            );
        }
        check_eq!(names, names_of(after), "{status} {method}");
        check_eq!(
            task.original_request()
                .map(|request| request.url().to_string()),
            Some(fixture.redirect(status, &to))
        );
        if after != "HEAD" {
            check_eq!(
                Echo::of(&recorder.body().into())?.method(),
                after,
                "{status} {method}"
            );
        }
    }
    Ok(())
}

pub(crate) async fn a_post_becomes_a_get_after_301_and_302(fixture: Fixture) -> Verdict {
    for status in [301, 302] {
        followed(&fixture, status, |method| {
            if method == "POST" { "GET" } else { method }
        })
        .await?;
    }
    Ok(())
}

/// HEAD stays HEAD (RFC 9110, section 15.4.4).
pub(crate) async fn all_but_head_become_get_after_303(fixture: Fixture) -> Verdict {
    followed(
        &fixture,
        303,
        |method| if method == "HEAD" { "HEAD" } else { "GET" },
    )
    .await
}

pub(crate) async fn methods_stay_after_307_and_308(fixture: Fixture) -> Verdict {
    for status in [307, 308] {
        followed(&fixture, status, |method| method).await?;
    }
    Ok(())
}

pub(crate) async fn a_posts_body_is_gone_after_303(fixture: Fixture) -> Verdict {
    let request = Request::post(fixture.redirect(303, "/get"))?.with_body("body");
    let request = request
        .header("content-type", "text/x")?
        .header("content-language", "en")?;
    let (body, response) = fixture.session().data(request).await?;
    check_eq!(response.status().as_u16(), 200);
    let seen = Echo::of(&body)?;
    check_eq!((seen.method(), seen.body_length()), ("GET", 0));
    check_eq!(
        (seen.header("content-type"), seen.header("content-language")),
        (None, None)
    );
    Ok(())
}

pub(crate) async fn a_posts_body_is_kept_after_307(fixture: Fixture) -> Verdict {
    let request = Request::post(fixture.redirect(307, "/post"))?.with_body("body");
    let (body, _) = fixture
        .session()
        .data(request.header("content-type", "text/x")?)
        .await?;
    let seen = Echo::of(&body)?;
    check_eq!((seen.method(), seen.body_length()), ("POST", 4));
    check_eq!(seen.header("content-type"), Some("text/x"));
    Ok(())
}

async fn not_followed(fixture: &Fixture, status: u16) -> Verdict {
    for method in METHODS {
        let recorder = Recorder::new();
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        let url = fixture.url(&format!("/{status}?location=/get"));
        session
            .data_task(Request::with_method_name(method, url)?)
            .resume();
        check_eq!(recorder.completion().await, None, "{status} {method}");
        check_eq!(recorder.names(), names_of(method), "{status} {method}");
        check_eq!(recorder.calls()[0], Call::Response(status));
    }
    Ok(())
}

pub(crate) async fn multiple_choices_are_not_followed(fixture: Fixture) -> Verdict {
    not_followed(&fixture, 300).await
}

/// 305 is deprecated for its dangers (RFC 9110, section 15.4.6); no browser follows it.
pub(crate) async fn use_proxy_is_not_followed(fixture: Fixture) -> Verdict {
    not_followed(&fixture, 305).await?;
    not_followed(&fixture, 306).await
}

pub(crate) async fn without_a_location_there_is_nothing_to_follow(fixture: Fixture) -> Verdict {
    let (_, response) = fixture
        .session()
        .data(fixture.url("/redirect?status=302"))
        .await?;
    check_eq!(response.status().as_u16(), 302);
    Ok(())
}

/// The delegate is never asked; the response tells where it came from.
pub(crate) async fn hops_that_are_hidden_end_at_the_last_url(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_redirect(|_, _, _, _| None.into());
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/redirect/3?to=/Nepal"));
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.names(), ["response", "data", "complete"]);
    check_eq!(recorder.body(), b"Kathmandu");
    let url = task.response().map(|response| response.url().to_string());
    check_eq!(url, Some(fixture.url("/Nepal")));
    Ok(())
}

pub(crate) async fn refused_the_redirect_is_the_response(fixture: Fixture) -> Verdict {
    for method in METHODS {
        let recorder = Recorder::new().on_redirect(|_, _, _, _| None.into());
        let session = fixture
            .builder(Default::default())
            .delegate(recorder.clone())
            .build();
        let url = fixture.redirect(302, "/get");
        let task = session.data_task(Request::with_method_name(method, &url)?);
        task.resume();
        check_eq!(recorder.completion().await, None, "{method}");
        let names = [&["redirect"], names_of(method)].concat();
        check_eq!(recorder.names(), names, "{method}");
        let response = task
            .response()
            .map(|response| (response.status().as_u16(), response.url().to_string()));
        check_eq!(response, Some((302, url)));
        check_eq!(recorder.body().is_empty(), method == "HEAD", "{method}");
    }
    Ok(())
}

/// The idle timer stands still while the delegate is asked; the resource timer ends what would never end.
pub(crate) async fn never_answered_nothing_more_comes_but_the_timeout(fixture: Fixture) -> Verdict {
    let recorder =
        Recorder::new().on_redirect(|_, _, _, _| Answer::Later(Box::pin(std::future::pending())));
    let builder = fixture.builder_of(|configuration| {
        configuration.timeout_interval_for_request = Duration::from_millis(300);
        configuration.timeout_interval_for_resource = Duration::from_millis(1500);
    });
    let session = builder.delegate(recorder.clone()).build();
    session.data_task(fixture.redirect(302, "/get")).resume();
    recorder.called("redirect").await;
    fixture.sleep(Duration::from_millis(600)).await;
    check_eq!(recorder.names(), ["redirect"]);
    check_eq!(recorder.completion().await, Some(ErrorCode::TimedOut));
    check_eq!(recorder.names(), ["redirect", "complete"]);
    Ok(())
}

pub(crate) async fn an_absolute_location_is_followed(fixture: Fixture) -> Verdict {
    let to = fixture.other_url("/jsonBody?a=b");
    let (body, response) = fixture.session().data(fixture.redirect(302, &to)).await?;
    check_eq!(response.url().as_str(), to);
    check_eq!(Echo::of(&body)?.target(), "/jsonBody?a=b");
    Ok(())
}

pub(crate) async fn a_relative_location_is_resolved(fixture: Fixture) -> Verdict {
    let (body, response) = fixture
        .session()
        .data(fixture.url("/UnitedKingdom"))
        .await?;
    check_eq!(&body[..], b"London");
    check_eq!(response.url().as_str(), fixture.url("/UK"));
    Ok(())
}

pub(crate) async fn a_location_without_port_means_the_default_one(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_redirect(|_, _, _, _| None.into());
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session
        .data_task(fixture.url("/redirect-with-default-port"))
        .resume();
    check_eq!(recorder.completion().await, None);
    let Call::Redirect(_, _, url) = &recorder.calls()[0] else {
        return Err(crate::Failure::new("no redirect"));
    };
    check_eq!(
        (url.port(), url.path()),
        (None, "/redirected-with-default-port")
    );
    Ok(())
}

pub(crate) async fn an_encoded_query_is_not_encoded_twice(fixture: Fixture) -> Verdict {
    let to = "/echo-query?param=%E2%98%83%20a+b&other=a%3Db";
    let (body, response) = fixture.session().data(fixture.redirect(302, to)).await?;
    check_eq!(response.url().as_str(), fixture.url(to));
    check_eq!(
        String::from_utf8_lossy(&body),
        "param=\u{2603} a+b&other=a=b"
    );
    Ok(())
}

pub(crate) async fn to_a_closed_port_is_no_timeout(fixture: Fixture) -> Verdict {
    let session = fixture.session_of(|configuration| {
        configuration.timeout_interval_for_request = Duration::from_secs(20);
    });
    let error = fails!(session.data(fixture.url("/UnitedStates")).await);
    let capabilities = fixture.capabilities();
    let (code, url) = match capabilities.distinct_errors {
        true => (
            ErrorCode::CannotConnectToHost,
            format!("{}/USA", fixture.sites().closed),
        ),
        false => (
            ErrorCode::CannotLoadFromNetwork,
            format!("{}/USA", fixture.sites().closed),
        ),
    };
    check_eq!(error.code(), code);
    if capabilities.redirects {
        check_eq!(error.url().map(|url| url.to_string()), Some(url));
    }
    Ok(())
}

pub(crate) async fn each_hop_inherits_the_timeout(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_redirect(|recorder, _, _, request| {
        if request.timeout_interval() != Some(Duration::from_secs(17)) {
            recorder.gate().open();
        }
        Answer::Unhandled
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let request = Request::get(fixture.url("/redirect/4"))?;
    let task = session.data_task(request.with_timeout_interval(Duration::from_secs(17)));
    task.resume();
    check_eq!(recorder.completion().await, None);
    check!(
        futures::poll!(Box::pin(recorder.gate().opened())).is_pending(),
        "a hop without the timeout"
    );
    let last = task
        .current_request()
        .and_then(|request| request.timeout_interval());
    check_eq!(last, Some(Duration::from_secs(17)));
    Ok(())
}

pub(crate) async fn twenty_are_followed(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/redirect/20")).resume();
    check_eq!(recorder.completion().await, None);
    if fixture.capabilities().redirects {
        check_eq!(
            recorder
                .calls()
                .iter()
                .filter(|call| matches!(call, Call::Redirect(..)))
                .count(),
            20
        );
    }
    Ok(())
}

pub(crate) async fn the_twenty_first_is_too_many(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/redirect/21"));
    task.resume();
    check_eq!(
        recorder.completion().await,
        Some(ErrorCode::HttpTooManyRedirects)
    );
    let calls = recorder.calls();
    check_eq!(calls.len(), 21);
    check!(
        calls[..20]
            .iter()
            .all(|call| matches!(call, Call::Redirect(302, ..))),
        "{calls:?}"
    );
    let failed = task
        .error()
        .and_then(|error| error.url().map(|url| url.to_string()));
    check_eq!(failed, Some(fixture.url("/jsonBody")));
    Ok(())
}

pub(crate) async fn the_twenty_first_is_an_error(fixture: Fixture) -> Verdict {
    let error = fails!(fixture.session().data(fixture.url("/redirect/21")).await);
    let codes = [
        ErrorCode::HttpTooManyRedirects,
        ErrorCode::CannotLoadFromNetwork,
    ];
    check!(codes.contains(&error.code()), "{error:?}");
    Ok(())
}

pub(crate) async fn a_handlers_delegate_is_asked_about_redirects_only(fixture: Fixture) -> Verdict {
    let (recorder, outcome) = (Recorder::new(), Outcome::new());
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let given = outcome.clone();
    session
        .data_task_with(fixture.redirect(302, "/Nepal"), move |result| {
            given.put(result)
        })
        .resume();
    check_eq!(&outcome.taken().await?.0[..], b"Kathmandu");
    check_eq!(
        session.data(fixture.redirect(302, "/Nepal")).await?.0,
        "Kathmandu"
    );
    check_eq!(recorder.calls().len(), 2);
    check_eq!(recorder.names(), ["redirect"]);
    Ok(())
}

pub(crate) async fn the_delegate_may_send_another_request(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_redirect(|_, _, _, request| {
        let edited = request.with_method(Method::PUT).with_body("put");
        Answer::later(async move { edited.header("x-added", "1").ok() })
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.redirect(302, "/put"));
    task.resume();
    check_eq!(recorder.completion().await, None);
    let seen = Echo::of(&recorder.body().into())?;
    check_eq!((seen.method(), seen.body_length()), ("PUT", 3));
    check_eq!(seen.header("x-added"), Some("1"));
    check_eq!(
        task.original_request()
            .map(|request| request.method().clone()),
        Some(Method::GET)
    );
    check_eq!(
        task.current_request()
            .map(|request| request.method().clone()),
        Some(Method::PUT)
    );
    Ok(())
}

fn with_secrets(url: String) -> Result<Request, crate::Failure> {
    let request = Request::get(url)?
        .header("authorization", "Bearer s")?
        .header("x-key", "s")?;
    Ok(request.header("accept-language", "en")?)
}

pub(crate) async fn secrets_stay_with_their_origin(fixture: Fixture) -> Verdict {
    let session = fixture.session_of(|configuration| {
        configuration
            .http_additional_headers
            .insert("x-session-key", HeaderValue::from_static("s"));
    });
    let away = fixture.other_url("/jsonBody");
    let seen = Echo::of(
        &session
            .data(with_secrets(fixture.redirect(302, &away))?)
            .await?
            .0,
    )?;
    for name in ["authorization", "x-key", "x-session-key"] {
        check_eq!(seen.header(name), None, "{name}");
    }
    check_eq!(seen.header("accept-language"), Some("en"));
    let near = Echo::of(
        &session
            .data(with_secrets(fixture.redirect(302, "/jsonBody"))?)
            .await?
            .0,
    )?;
    for name in ["authorization", "x-key", "x-session-key"] {
        check!(near.header(name).is_some(), "{name} is gone");
    }
    Ok(())
}

pub(crate) async fn secrets_do_not_come_back(fixture: Fixture) -> Verdict {
    let session = fixture.session_of(|configuration| {
        let fields = &mut configuration.http_additional_headers;
        fields.insert("x-session-key", HeaderValue::from_static("s"));
    });
    let away = fixture.other_url(&redirect_path(302, &fixture.url("/jsonBody")));
    let request = with_secrets(fixture.redirect(302, &away))?;
    let (body, response) = session.data(request).await?;
    check_eq!(response.url().as_str(), fixture.url("/jsonBody"));
    let seen = Echo::of(&body)?;
    for name in ["authorization", "x-key", "x-session-key"] {
        check_eq!(seen.header(name), None, "{name}");
    }
    Ok(())
}

pub(crate) async fn the_configuration_names_fields_that_may_cross(fixture: Fixture) -> Verdict {
    let session = fixture.session_of(|configuration| {
        configuration.redirect_safe_headers = vec![
            HeaderName::from_static("x-key"),
            HeaderName::from_static("authorization"),
        ];
    });
    let away = fixture.other_url("/jsonBody");
    let seen = Echo::of(
        &session
            .data(with_secrets(fixture.redirect(302, &away))?)
            .await?
            .0,
    )?;
    check_eq!(
        (seen.header("x-key"), seen.header("authorization")),
        (Some("s"), None)
    );
    Ok(())
}

pub(crate) async fn the_delegate_may_bring_secrets_along(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_redirect(|_, task, _, request| {
        let secret = task
            .original_request()
            .and_then(|original| original.headers().get("x-key").cloned());
        let Some(secret) = secret else {
            return Answer::Unhandled;
        };
        request.header("x-key", secret).ok().into()
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let away = fixture.other_url("/jsonBody");
    let seen = Echo::of(
        &session
            .data(with_secrets(fixture.redirect(302, &away))?)
            .await?
            .0,
    )?;
    check_eq!(
        (seen.header("x-key"), seen.header("authorization")),
        (Some("s"), None)
    );
    Ok(())
}

pub(crate) async fn locations_that_are_no_http_are_errors(fixture: Fixture) -> Verdict {
    for to in [
        "file:///etc/passwd",
        "data:text/plain,x",
        "ftp://a.example/",
        "http://a.example:99999/",
        "http://[",
    ] {
        let error = fails!(fixture.session().data(fixture.redirect(302, to)).await);
        let expected = match fixture.capabilities().redirects {
            true => ErrorCode::RedirectToNonExistentLocation,
            false => ErrorCode::CannotLoadFromNetwork,
        };
        check_eq!(error.code(), expected, "{to}");
    }
    Ok(())
}
