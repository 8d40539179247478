//! Follows redirects: the app decides about each, the policy says what each would be.

use std::sync::Arc;

#[cfg(feature = "cache")]
use crate::load::cache::cached;
use crate::load::drain::drain;
use crate::load::retry::retry;
use crate::load::route::Answer;
use crate::load::send::Hop;
use crate::policy::redirect::{self, Next};
use crate::seams::app::App;
use crate::seams::protocol::list::Route;
use crate::words::error::Error;
use crate::words::request::Request;
use crate::words::target::{Origin, OriginId};

/// Makes hop after hop until a response is the answer; and who gave it.
pub(crate) async fn follow<A: App>(app: &A, request: Request) -> Result<(Answer, Route), Error> {
    let home = origin_id(&request);
    let mut hop = Hop::first(request, app.first_route());
    let mut followed = 0;
    loop {
        #[cfg(feature = "cache")]
        let made = match app.cache() {
            None => retry(app, &hop).await,
            // Boxed: a load without a cache has no room for it.
            Some(cache) => Box::pin(cached(app, &mut hop, cache)).await,
        };
        #[cfg(not(feature = "cache"))]
        let made = retry(app, &hop).await;
        let answer = made.map_err(|error| error.with_place(hop.request.place()))?;
        let Next::Follow(proposed) = next(app, &hop, &answer, followed)? else {
            return Ok((answer, hop.route));
        };
        let response = answer.exchange.response.clone();
        let Some(request) = app.will_redirect(response, proposed).await? else {
            return Ok((answer, hop.route));
        };
        if answer.leads_to.is_none() {
            drain(app, answer.exchange.body).await;
        }
        followed += 1;
        app.signals().measure_redirect();
        app.set_current_request(&request);
        hop.route = app.protocols().route(&request)?;
        move_on(app, hop.route.origin(&request)).await;
        hop.left_home |= origin_id(&request) != home;
        hop.request = request;
    }
}

fn origin_id(request: &Request) -> Option<OriginId> {
    request.origin().map(|origin| origin.id())
}

/// What the answer leads to.
fn next<A: App>(app: &A, hop: &Hop, answer: &Answer, followed: u32) -> Result<Next, Error> {
    let response = &answer.exchange.response;
    match (&answer.leads_to, hop.route) {
        (Some(to), _) => redirect::by_protocol(&hop.request, to.clone(), followed),
        (None, Route::Transport)
            if response.status().is_redirection()
                && app.platform().transport.capabilities().redirects =>
        {
            let safe = &app.configuration().redirect_safe_headers;
            redirect::next(&hop.request, response, followed, safe)
        }
        (None, _) => Ok(Next::Deliver),
    }
}

/// Moves to the next hop's origin, unless it is the cache's to find out first whether that is asked at all.
async fn move_on<A: App>(app: &A, origin: Option<&Arc<Origin>>) {
    #[cfg(feature = "cache")]
    if app.cache().is_some() && origin.is_some() {
        return;
    }
    app.move_to(origin).await;
}
