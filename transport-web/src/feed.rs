//! A body of this program's as a stream that the browser pulls.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use js_sys::Uint8Array;
use urlsession_core::{Body, Error, ExchangeEvents};
use wasm_bindgen::prelude::*;

use crate::init::Members;
use crate::js::{Callback, Foreign, Stream};
use crate::outgoing::Length;

/// Gives the browser a chunk when it asks for one, and only while it is polled: a task that stands still sends nothing.
pub(crate) struct Feed {
    body: Box<dyn Body>,
    length: Length,
    asked: Rc<RefCell<Asked>>,
    _pull: Callback,
}

#[derive(Default)]
struct Asked {
    /// Who takes the chunk that is asked for.
    controller: Option<Foreign>,
    waker: Option<Waker>,
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
        let asked = Rc::<RefCell<Asked>>::default();
        let pull = Callback::new({
            let asked = asked.clone();
            move |controller: JsValue| {
                let mut asked = asked.borrow_mut();
                asked.controller = Some(controller.unchecked_into());
                let waker = asked.waker.take();
                drop(asked);
                waker.into_iter().for_each(Waker::wake);
            }
        });
        let source = Members::new().object()?;
        source.set_pull(&pull)?;
        let mut strategy = Members::new();
        // Nothing is asked for that nobody sends.
        strategy.raw("highWaterMark", "0");
        let stream = Stream::new(&source, &strategy.object()?)?;
        let feed = Self {
            body,
            length: Length::new(expected),
            asked,
            _pull: pull,
        };
        Ok((stream.into(), feed))
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
        loop {
            let Some(controller) = self.asked.borrow().controller.clone() else {
                self.asked.borrow_mut().waker = Some(context.waker().clone());
                return Poll::Pending;
            };
            let Some(chunk) = ready!(self.body.poll_next_chunk(context)) else {
                self.length.whole()?;
                // Closed or not: the browser may have lost interest.
                let _ = controller.close_stream();
                return Poll::Ready(Ok(()));
            };
            let chunk = chunk?;
            self.length.add(chunk.len())?;
            self.asked.borrow_mut().controller = None;
            let _ = controller.enqueue(&Uint8Array::from(&*chunk));
            events.sent(chunk.len() as u64);
            events.touched();
        }
    }
}
