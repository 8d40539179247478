//! Reads away the body of an answer that is followed by another exchange.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use crate::seams::app::App;
use crate::words::body::Body;

/// A body up to this many bytes is read to its end, so that the connection can be used again.
const DRAIN_LIMIT: u64 = 64 * 1024;

/// How long it may take to be read to its end.
const DRAIN_TIME: Duration = Duration::from_millis(250);

/// Reads a short body to its end; a long, endless or slow one is dropped, and its connection with it.
pub(crate) async fn drain<A: App>(app: &A, mut body: Box<dyn Body>) {
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
