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
use crate::words::apart::apart;
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
            Some(cache) => apart(cached(app, &mut hop, cache)).await,
        };
        #[cfg(not(feature = "cache"))]
        let made = retry(app, &hop).await;
        let answer = made.map_err(|error| error.with_place(hop.request.place()))?;
        if !may_lead_on(app, &hop, &answer) {
            return Ok((answer, hop.route));
        }
        if let Some(answer) = apart(lead_on(app, &mut hop, answer, followed)).await? {
            return Ok((answer, hop.route));
        }
        followed += 1;
        hop.left_home |= origin_id(&hop.request) != home;
    }
}

/// Makes the hop the one that the answer leads to. The answer, where it is delivered.
async fn lead_on<A: App>(
    app: &A,
    hop: &mut Hop,
    answer: Answer,
    followed: u32,
) -> Result<Option<Answer>, Error> {
    let Next::Follow(proposed) = next(app, hop, &answer, followed)? else {
        return Ok(Some(answer));
    };
    let response = answer.exchange.response.clone();
    let Some(request) = app.will_redirect(response, proposed).await? else {
        return Ok(Some(answer));
    };
    if answer.leads_to.is_none() {
        drain(app, answer.exchange.body).await;
    }
    app.signals().measure_redirect();
    app.set_current_request(&request);
    hop.route = app.protocols().route(&request)?;
    move_on(app, hop.route.origin(&request)).await;
    hop.request = request;
    Ok(None)
}

fn origin_id(request: &Request) -> Option<OriginId> {
    request.origin().map(|origin| origin.id())
}

/// False when the answer is delivered, whatever is in it.
fn may_lead_on<A: App>(app: &A, hop: &Hop, answer: &Answer) -> bool {
    answer.leads_to.is_some()
        || hop.route == Route::Transport
            && answer.exchange.response.status().is_redirection()
            && app.platform().transport.capabilities().redirects
}

/// What an answer that may lead on leads to.
fn next<A: App>(app: &A, hop: &Hop, answer: &Answer, followed: u32) -> Result<Next, Error> {
    if let Some(to) = &answer.leads_to {
        return redirect::by_protocol(&hop.request, to.clone(), followed);
    }
    let safe = &app.configuration().redirect_safe_headers;
    redirect::next(&hop.request, &answer.exchange.response, followed, safe)
}

/// Moves to the next hop's origin, unless it is the cache's to find out first whether that is asked at all.
async fn move_on<A: App>(app: &A, origin: Option<&Arc<Origin>>) {
    #[cfg(feature = "cache")]
    if app.cache().is_some() && origin.is_some() {
        return;
    }
    app.move_to(origin).await;
}
