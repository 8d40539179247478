//! In place of `follow` where the platform follows redirects by itself: the first hop's response is the answer.

#[cfg(feature = "cache")]
use crate::load::cache::cached;
use crate::load::retry::retry;
use crate::load::route::Answer;
use crate::load::send::Hop;
use crate::seams::app::App;
use crate::seams::protocol::list::Route;
#[cfg(feature = "cache")]
use crate::words::apart::apart;
use crate::words::error::Error;
use crate::words::request::Request;

/// Makes the hop; its answer, and who gave it.
pub(crate) async fn follow<A: App>(app: &A, request: Request) -> Result<(Answer, Route), Error> {
    #[cfg_attr(
        not(feature = "cache"),
        expect(unused_mut, reason = "a cache writes what it asks beside")
    )]
    let mut hop = Hop::first(request, app.first_route());
    #[cfg(feature = "cache")]
    let made = match app.cache() {
        None => retry(app, &hop).await,
        Some(cache) => apart(cached(app, &mut hop, cache)).await,
    };
    #[cfg(not(feature = "cache"))]
    let made = retry(app, &hop).await;
    let answer = made.map_err(|error| error.with_place(hop.request.place()))?;
    Ok((answer, hop.route))
}
