//! A body of this program's as a stream that the browser pulls.

use std::task::{Context, Poll, ready};

use urlsession_core::{Body, Error, ExchangeEvents};
use wasm_bindgen::prelude::*;

use crate::js;
use crate::promised::outcome;
use crate::streamed::Length;
use crate::wakers::Number;

/// Gives the browser a chunk when it asks for one, and only while it is polled: a task that stands still sends nothing.
pub(crate) struct Feed {
    body: Box<dyn Body>,
    length: Length,
    feed: js::Feed,
    number: Number,
}

impl Feed {
    /// The stream, and what feeds it.
    ///
    /// # Errors
    /// What was thrown: there are no such streams.
    pub(crate) fn new(
        body: Box<dyn Body>,
        expected: Option<u64>,
    ) -> Result<(JsValue, Self), JsValue> {
        let (number, feed) = Number::told(js::feed);
        let stream = outcome(feed.unchecked_ref())?;
        let feed = Self {
            body,
            length: Length::new(expected),
            feed,
            number,
        };
        Ok((stream, feed))
    }

    /// Gives what is asked for; ready once the body has ended.
    ///
    /// # Errors
    /// The body's own; [`RequestBodyStreamExhausted`](urlsession_core::ErrorCode::RequestBodyStreamExhausted) when it is not as long as it said.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        events: &ExchangeEvents,
    ) -> Poll<Result<(), Error>> {
        while js::is_asked(&self.feed) {
            let Some(chunk) = ready!(self.body.poll_next_chunk(context)) else {
                self.length.whole()?;
                js::end(&self.feed);
                return Poll::Ready(Ok(()));
            };
            let chunk = chunk?;
            self.length.add(chunk.len())?;
            js::give(&self.feed, &chunk);
            events.sent(chunk.len() as u64);
            events.touched();
        }
        self.number.waits(context);
        Poll::Pending
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        js::abandon(self.feed.unchecked_ref());
    }
}
