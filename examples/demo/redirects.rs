//! Redirects, as a delegate sees them.

use std::sync::{Arc, Mutex, PoisonError};

use urlsession::http::header::AUTHORIZATION;
use urlsession::{Answer, Configuration, Delegate, Request, Response, Task};

use crate::report::{Found, Step};
use crate::stage::{Stage, ensure};

/// Notes each hop, and follows.
#[derive(Clone, Default)]
struct Hops(Arc<Mutex<Vec<String>>>);

impl Delegate for Hops {
    fn will_perform_http_redirection(
        &self,
        _: &Task,
        response: &Response,
        request: Request,
    ) -> Answer<Option<Request>> {
        let carries = if request.headers().contains_key(AUTHORIZATION) {
            "with"
        } else {
            "without"
        };
        let (status, url) = (response.status().as_u16(), request.url());
        let port = url.port().unwrap_or_default();
        let hop = format!(
            "{status} to port {port}{}, {carries} Authorization",
            url.path()
        );
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(hop);
        Some(request).into()
    }
}

/// One hop within the origin, one to another: the credentials stay at home.
pub(crate) async fn across_origins(stage: &Stage) -> Step {
    let hops = Hops::default();
    let session = urlsession::builder(Configuration::default())
        .delegate(hops.clone())
        .build();
    let goal = stage.origin.other_url("/echoHeaders");
    let start = stage.origin.url(&format!("/redirect/2?to={goal}"));
    let request = Request::get(start)?.header(AUTHORIZATION, "Bearer of-the-first-origin")?;
    let (body, response) = session.data(request).await?;
    for hop in hops.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        stage.screen.say(hop);
    }
    let carried = |path: &str| {
        let requests = stage.origin.requests_for(path);
        requests
            .iter()
            .any(|request| request.header("authorization").is_some())
    };
    ensure(
        response.url().as_str() == goal,
        format!("it ended at {}", response.url()),
    )?;
    ensure(
        carried("/redirect/2") && carried("/redirect/1"),
        "lost within the origin",
    )?;
    ensure(
        !carried("/echoHeaders"),
        "Authorization went to another origin",
    )?;
    let result = format!("{}, Authorization dropped", response.status().as_u16());
    Ok(Found::new(result, body.len() as u64))
}
