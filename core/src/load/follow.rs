//! Follows redirects: the app decides about each, the policy says what each would be.

use crate::load::drain::drain;
use crate::load::retry::retry;
use crate::load::route::Answer;
use crate::load::send::Hop;
use crate::policy::redirect::{self, Next};
use crate::seams::app::App;
use crate::seams::protocol::list::Route;
use crate::seams::transport::HopResponse;
use crate::words::error::Error;
use crate::words::request::Request;
use crate::words::target::OriginId;

/// Makes hop after hop until a response is the answer; and who gave it.
pub(crate) async fn follow<A: App>(
    app: &A,
    request: Request,
) -> Result<(HopResponse, Route), Error> {
    let home = origin_id(&request);
    let mut hop = Hop {
        request,
        left_home: false,
        route: app.first_route(),
    };
    let mut followed = 0;
    loop {
        let answer = retry(app, &hop)
            .await
            .map_err(|error| error.with_url(hop.request.url()))?;
        let is_exchange = answer.leads_to.is_none();
        let (exchange, next) = proposed(app, &hop, answer, followed)?;
        let Next::Follow(proposed) = next else {
            return Ok((exchange, hop.route));
        };
        let response = exchange.response.clone();
        let Some(request) = app.will_redirect(response, proposed).await? else {
            return Ok((exchange, hop.route));
        };
        if is_exchange {
            drain(app, exchange.body).await;
        }
        followed += 1;
        app.signals().measure_redirect();
        app.set_current_request(&request);
        hop.route = app.protocols().route(&request)?;
        app.move_to(hop.route.origin(&request)).await;
        hop.left_home |= origin_id(&request) != home;
        hop.request = request;
    }
}

fn origin_id(request: &Request) -> Option<OriginId> {
    request.origin().map(|origin| origin.id())
}

/// What the answer leads to.
fn proposed<A: App>(
    app: &A,
    hop: &Hop,
    answer: Answer,
    followed: u32,
) -> Result<(HopResponse, Next), Error> {
    let Answer { exchange, leads_to } = answer;
    let next = match (leads_to, hop.route) {
        (Some(to), _) => redirect::by_protocol(&hop.request, to, followed)?,
        (None, Route::Transport)
            if exchange.response.status().is_redirection()
                && app.platform().transport.capabilities().redirects =>
        {
            let safe = &app.configuration().redirect_safe_headers;
            redirect::next(&hop.request, &exchange.response, followed, safe)?
        }
        (None, _) => Next::Deliver,
    };
    Ok((exchange, next))
}
