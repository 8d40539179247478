//! Follows redirects: the app decides about each, the policy says what each would be.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use crate::load::reach::reach;
use crate::load::send::Hop;
use crate::policy::redirect::{Next, next};
use crate::seams::app::App;
use crate::seams::transport::HopResponse;
use crate::words::body::Body;
use crate::words::error::Error;
use crate::words::request::Request;

/// A redirect's body up to this many bytes is read to its end, so that the connection can be used again.
const DRAIN_LIMIT: u64 = 64 * 1024;

/// How long a redirect's body may take to be read to its end.
const DRAIN_TIME: Duration = Duration::from_millis(250);

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
        app.set_current_request(&request);
        app.move_to(request.target().origin()).await;
        hop.left_home |= request.target().origin().id() != home;
        hop.request = request;
    }
}

/// Reads a short body to its end; a long, endless or slow one is dropped, and its connection with it.
async fn drain<A: App>(app: &A, mut body: Box<dyn Body>) {
    if body.remaining().is_some_and(|left| left > DRAIN_LIMIT) {
        return;
    }
    let runtime = &app.platform().runtime;
    let mut left = DRAIN_LIMIT;
    let mut timeout = None;
    poll_fn(|context| {
        loop {
            match body.poll_next_chunk(context) {
                Poll::Ready(Some(Ok(chunk))) if !chunk.is_empty() && chunk.len() as u64 <= left => {
                    left -= chunk.len() as u64;
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        timeout
            .get_or_insert_with(|| runtime.sleep_until(runtime.now() + DRAIN_TIME))
            .as_mut()
            .poll(context)
    })
    .await;
}
