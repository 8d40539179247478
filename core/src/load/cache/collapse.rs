//! Waits for an equal request that is under way, as long as its task goes on.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use crate::cache::flights::{End, Flight, LOOK};
use crate::cache::session::SessionCache;
use crate::seams::app::App;

/// Waits for the end of `flight`. Meanwhile the task needs no place.
pub(super) async fn wait<A: App>(app: &A, cache: &SessionCache, flight: &Arc<Flight>) -> End {
    app.move_to(None).await;
    let runtime = &app.platform().runtime;
    let mut next_look = None;
    poll_fn(|context| {
        loop {
            if let Poll::Ready(end) = flight.poll_end(context) {
                return Poll::Ready(end);
            }
            let sleep = next_look.get_or_insert_with(|| runtime.sleep_until(runtime.now() + LOOK));
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            next_look = None;
            cache.look_at(flight, runtime.now());
        }
    })
    .await
}
