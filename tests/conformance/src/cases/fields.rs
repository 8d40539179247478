//! Header fields: the request's, the session's, and whose wins.

use urlsession_core::http::{HeaderName, HeaderValue};
use urlsession_core::{Configuration, Request};

use crate::echo::Echo;
use crate::recorder::Outcome;
use crate::{Fixture, Verdict};

fn adding(configuration: &mut Configuration, fields: &[(&'static str, &'static str)]) {
    for (name, value) in fields {
        configuration.http_additional_headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
}

pub(crate) async fn an_edit_after_the_tasks_making_is_not_sent(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let mut request = Request::get(fixture.url("/jsonBody"))?.header("x-custom", "as made")?;
    let outcome = Outcome::new();
    let given = outcome.clone();
    let task = session.data_task_with(&request, move |result| given.put(result));
    request
        .headers_mut()
        .insert("x-custom", HeaderValue::from_static("edited"));
    task.resume();
    let (body, _) = outcome.taken().await?;
    check_eq!(Echo::of(&body)?.header("x-custom"), Some("as made"));
    let original = task.original_request();
    check_eq!(
        original.map(|request| request.headers()["x-custom"].clone()),
        Some("as made".parse()?)
    );
    Ok(())
}

pub(crate) async fn the_sessions_fill_gaps_only(fixture: Fixture) -> Verdict {
    let session = fixture.session_of(|configuration| {
        adding(
            configuration,
            &[
                ("x-both", "session"),
                ("x-session", "session"),
                ("x-twice", "1"),
                ("x-twice", "2"),
            ],
        );
    });
    let request = Request::get(fixture.url("/jsonBody"))?.header("X-BOTH", "request")?;
    let seen = Echo::of(
        &session
            .data(request.header("x-request", "request")?)
            .await?
            .0,
    )?;
    check_eq!(seen.header("x-both"), Some("request"));
    check_eq!(seen.header("x-request"), Some("request"));
    check_eq!(seen.header("x-session"), Some("session"));
    let twice = seen.header("x-twice").map(|value| value.replace(' ', ""));
    check_eq!(twice.as_deref(), Some("1,2"));
    Ok(())
}

pub(crate) async fn an_empty_value_is_no_gap(fixture: Fixture) -> Verdict {
    let session =
        fixture.session_of(|configuration| adding(configuration, &[("x-both", "session")]));
    let request = Request::get(fixture.url("/jsonBody"))?.header("x-both", "")?;
    let seen = Echo::of(&session.data(request).await?.0)?;
    check_eq!(seen.header("x-both"), Some(""));
    Ok(())
}

pub(crate) async fn host_and_framing_are_the_transports(fixture: Fixture) -> Verdict {
    let session = fixture.session_of(|configuration| {
        adding(
            configuration,
            &[
                ("host", "evil.example"),
                ("connection", "x-both"),
                ("transfer-encoding", "gzip"),
            ],
        );
    });
    let request = Request::post(fixture.url("/jsonBody"))?.with_body("four");
    let request = request
        .header("Content-Length", "999")?
        .header("Host", "other.example")?;
    let seen = Echo::of(&session.data(request).await?.0)?;
    check_eq!(seen.header("content-length"), Some("4"));
    check_eq!(seen.header("transfer-encoding"), None);
    check!(
        seen.header("host")
            .is_some_and(|host| fixture.sites().http.ends_with(host)),
        "{seen:?}"
    );
    check!(seen.header("connection") != Some("x-both"), "{seen:?}");
    Ok(())
}

pub(crate) async fn defaults_are_sent_where_nobody_set_them(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let seen = Echo::of(&session.data(fixture.url("/jsonBody")).await?.0)?;
    check_eq!(seen.header("accept"), Some("*/*"));
    check!(
        seen.header("user-agent")
            .is_some_and(|agent| !agent.is_empty()),
        "{seen:?}"
    );
    let request = Request::get(fixture.url("/jsonBody"))?.header("accept", "text/plain")?;
    let seen = Echo::of(&session.data(request).await?.0)?;
    check_eq!(seen.header("accept"), Some("text/plain"));
    Ok(())
}

pub(crate) async fn any_field_can_be_sent(fixture: Fixture) -> Verdict {
    let request = Request::get(fixture.url("/jsonBody"))?;
    let request = request
        .header("date", "today")?
        .header("cookie", "a=b")?
        .header("user-agent", "me")?;
    let request = request
        .header("referer", "http://b.example/")?
        .header("x-own", "own")?;
    let seen = Echo::of(&fixture.session().data(request).await?.0)?;
    let expected = [
        ("date", "today"),
        ("cookie", "a=b"),
        ("user-agent", "me"),
        ("referer", "http://b.example/"),
        ("x-own", "own"),
    ];
    for (name, value) in expected {
        check_eq!(seen.header(name), Some(value), "{name}");
    }
    Ok(())
}

/// Where the platform keeps fields to itself, it drops the app's and the task goes on.
pub(crate) async fn fields_that_the_platform_keeps_are_dropped(fixture: Fixture) -> Verdict {
    let request = Request::get(fixture.url("/jsonBody"))?.header("x-own", "own")?;
    let request = request.header("date", "today")?.header("cookie", "a=b")?;
    let seen = Echo::of(&fixture.session().data(request).await?.0)?;
    check_eq!(seen.header("x-own"), Some("own"));
    check_eq!((seen.header("date"), seen.header("cookie")), (None, None));
    Ok(())
}

pub(crate) async fn every_field_of_the_response_is_seen(fixture: Fixture) -> Verdict {
    let (_, response) = fixture
        .session()
        .data(fixture.url("/requestCookies"))
        .await?;
    check_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
    let url = fixture
        .url("/headers?X-One=1&Content-Disposition=attachment;%20filename=a.txt&X-Two=2&x-two=3");
    let (_, response) = fixture.session().data(url).await?;
    check_eq!(response.value("x-one").as_deref(), Some("1"));
    check_eq!(response.value("x-two").as_deref(), Some("2, 3"));
    check_eq!(response.suggested_filename(), "a.txt");
    Ok(())
}

/// Set-Cookie is one that no server can expose.
pub(crate) async fn fields_that_are_not_exposed_are_not_seen(fixture: Fixture) -> Verdict {
    let (_, response) = fixture
        .session()
        .data(fixture.url("/requestCookies"))
        .await?;
    check_eq!(response.status().as_u16(), 200);
    check!(
        response.headers().get("set-cookie").is_none(),
        "{response:?}"
    );
    check_eq!(response.mime_type().as_deref(), Some("text/plain"));
    Ok(())
}
