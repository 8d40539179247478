//! Makes an answer of what was kept.

use std::time::SystemTime;

use http::{HeaderMap, Method, StatusCode, Version, header};

use crate::cache::asked::Asked;
use crate::cache::found::{Found, Place};
use crate::load::cache::pieces::Limited;
use crate::load::measure::from_cache;
use crate::load::route::Answer;
use crate::policy::cache::Hit;
use crate::seams::app::App;
use crate::seams::transport::HopResponse;
use crate::words::body::{Body, InMemory};
use crate::words::response::Response;

/// The answer that `found` is `now`; `None` when its body is not there any more. It needs no place at the origin.
pub(super) async fn answer<A: App>(
    app: &A,
    asked: &Asked,
    found: &Found,
    hit: &Hit,
    now: SystemTime,
) -> Option<Answer> {
    let (response, body) = opened(app, asked, found, hit, now).await?;
    Some(made(app, asked, response, body).await)
}

/// The same after an exchange that said that it still is. A body that is at hand is on its way before another could use the place: it is
/// given back with the task's end, as after any exchange.
pub(super) async fn validated<A: App>(
    app: &A,
    asked: &Asked,
    found: &Found,
    hit: &Hit,
    now: SystemTime,
) -> Option<Answer> {
    let (response, body) = opened(app, asked, found, hit, now).await?;
    match &found.place {
        Place::Memory(_) => Some(noted(app, asked, response, body)),
        Place::Store(_) => Some(made(app, asked, response, body).await),
    }
}

/// What is delivered of `found`.
async fn opened<A: App>(
    app: &A,
    asked: &Asked,
    found: &Found,
    hit: &Hit,
    now: SystemTime,
) -> Option<(Response, Box<dyn Body>)> {
    let cache = app.cache()?;
    let body: Box<dyn Body> = if asked.method() == Method::HEAD {
        nothing()
    } else {
        let body = found
            .open(cache.tiers(), hit.slice.map_or(0, |slice| slice.skip))
            .await?;
        match hit.slice {
            Some(slice) => Box::new(Limited::new(body, slice.length())),
            None => body,
        }
    };
    let url = asked.target().url();
    let response = found.head.delivered(now, url, hit.slice.as_ref());
    Some((response, body))
}

/// What a cache says that may not ask the server (RFC 9111 section 5.2.1.7).
pub(super) async fn gateway_timeout<A: App>(app: &A, asked: &Asked) -> Answer {
    let mut fields = HeaderMap::new();
    fields.insert(header::CONTENT_LENGTH, 0.into());
    let response = Response::to(
        asked.target().clone(),
        StatusCode::GATEWAY_TIMEOUT,
        Version::HTTP_11,
        fields,
    );
    made(app, asked, response, nothing()).await
}

fn nothing() -> Box<dyn Body> {
    Box::new(InMemory::new(bytes::Bytes::new()))
}

async fn made<A: App>(app: &A, asked: &Asked, response: Response, body: Box<dyn Body>) -> Answer {
    app.move_to(None).await;
    app.hop_begins(Some(0));
    noted(app, asked, response, body)
}

fn noted<A: App>(app: &A, asked: &Asked, response: Response, body: Box<dyn Body>) -> Answer {
    let answer = HopResponse {
        response,
        body,
        connection: None,
    };
    Answer::from(from_cache(app, asked.request(), answer))
}
