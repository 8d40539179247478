//! One request, one response.

use serde_json::json;
use urlsession::{Configuration, Request};

use crate::report::{Found, Step};
use crate::stage::{Stage, ensure};

pub(crate) async fn get(stage: &Stage) -> Step {
    let session = urlsession::session(Configuration::default());
    let (body, response) = session.data(stage.origin.url("/country.txt")).await?;
    ensure(body.starts_with(b"A country is"), "another body came")?;
    let result = format!("{:?} {}", response.version(), response.status());
    Ok(Found::new(result, body.len() as u64))
}

/// The server answers with what it was sent, and its log is asked as well.
pub(crate) async fn post(stage: &Stage) -> Step {
    let session = urlsession::session(Configuration::default());
    let sent = json!({ "session": "urlsession", "tasks": [1, 2, 3] }).to_string();
    let request = Request::post(stage.origin.url("/post"))?
        .header("content-type", "application/json")?
        .with_body(sent.clone());
    let (body, response) = session.data(request).await?;
    let echo: serde_json::Value = serde_json::from_slice(&body)?;
    let seen = stage.origin.requests_for("/post");
    ensure(
        seen.iter().any(|request| request.body == sent.as_bytes()),
        "it arrived altered",
    )?;
    ensure(
        echo["headers"]["content-type"] == "application/json",
        "Content-Type was lost",
    )?;
    let result = format!(
        "{}, {} B echoed",
        response.status().as_u16(),
        echo["body_length"]
    );
    Ok(Found::new(result, body.len() as u64))
}
