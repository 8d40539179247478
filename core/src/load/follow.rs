//! Follows redirects: the app decides about each, the policy says what each would be.

use crate::load::drain::drain;
use crate::load::reach::reach;
use crate::load::send::Hop;
use crate::policy::redirect::{Next, next};
use crate::seams::app::App;
use crate::seams::transport::HopResponse;
use crate::words::error::Error;
use crate::words::request::Request;

/// Makes hop after hop until a response is the answer.
pub(crate) async fn follow<A: App>(app: &A, request: Request) -> Result<HopResponse, Error> {
    let home = request.target().origin().id();
    let mut hop = Hop {
        request,
        left_home: false,
    };
    let mut followed = 0;
    loop {
        let answer = reach(app, &hop)
            .await
            .map_err(|error| error.with_url(hop.request.url()))?;
        if !app.platform().transport.capabilities().redirects {
            return Ok(answer);
        }
        let safe = &app.configuration().redirect_safe_headers;
        let proposed = match next(&hop.request, &answer.response, followed, safe)? {
            Next::Deliver => return Ok(answer),
            Next::Follow(proposed) => proposed,
        };
        let Some(request) = app.will_redirect(answer.response.clone(), proposed).await? else {
            return Ok(answer);
        };
        drain(app, answer.body).await;
        followed += 1;
        app.signals().measure_redirect();
        app.set_current_request(&request);
        app.move_to(request.target().origin()).await;
        hop.left_home |= request.target().origin().id() != home;
        hop.request = request;
    }
}
