//! A body as a stream that its reader pulls.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures::Stream;
use http::HeaderMap;

use crate::load::deliver::{Item, Outlet};
use crate::session::ledger::Ledger;
use crate::task::handle::Task;
use crate::task::shared::TaskShared;
use crate::words::bounds::{BoxFuture, NativeObject};
use crate::words::error::{Error, ErrorCode};
use crate::words::response::Response;

type Driver = BoxFuture<'static, Result<(Bytes, Response), Error>>;

/// The body of [`Session::bytes`](crate::Session::bytes): a stream of chunks, each read when it is asked for.
///
/// Dropping it cancels the task. Between two chunks the transfer stands still, its idle timer too, and keeps no place that
/// others wait for.
pub struct BodyBytes {
    task: Arc<TaskShared>,
    outlet: Arc<Outlet>,
    driver: Option<Driver>,
    /// What the driver has ended with, until it is told.
    failure: Option<Error>,
    in_callers_hands: bool,
    /// A chunk was asked for.
    has_begun: bool,
}

impl BodyBytes {
    /// Loads up to the head.
    pub(crate) async fn begin(
        task: Arc<TaskShared>,
        outlet: Arc<Outlet>,
        driver: Driver,
    ) -> Result<(Self, Response), Error> {
        let mut body = Self {
            task,
            outlet,
            driver: Some(driver),
            failure: None,
            in_callers_hands: false,
            has_begun: false,
        };
        match poll_fn(|context| body.poll_item(context)).await {
            Some(Ok(Item::Head(response))) => {
                body.hand_over();
                Ok((body, response))
            }
            Some(Err(error)) => Err(error),
            Some(Ok(Item::Chunk(_) | Item::Native(_))) | None => Err(ErrorCode::Unknown.into()),
        }
    }

    /// The task behind it.
    #[must_use]
    pub fn task(&self) -> Task {
        Task::of(self.task.clone())
    }

    /// The fields that came after the body, once the stream has ended: see [`Task::trailers`].
    #[must_use]
    pub fn trailers(&self) -> Option<HeaderMap> {
        self.task.facts().extras()?.trailers.clone()
    }

    /// The platform's own object for the body, in place of its chunks: in a browser the `Response` (`web_sys::Response`), not a byte of
    /// which passes this program's memory.
    ///
    /// `None` where there is none: natively, once a chunk was asked for, and where the session keeps the body in its
    /// cache as it passes; the chunks are there all the same. Given away, the transfer is whoever's the object is: the task has completed, and neither
    /// its timeouts nor its progress know of the rest.
    pub fn take_native(&mut self) -> Option<NativeObject> {
        if std::mem::replace(&mut self.has_begun, true) {
            return None;
        }
        // Wanted now or not at all: what comes later, of a task that is suspended for one, comes as chunks.
        self.outlet.want_native(true);
        self.poll_driver(&mut Context::from_waker(Waker::noop()));
        self.outlet.want_native(false);
        if self.driver.is_some() {
            self.hand_over();
        }
        self.outlet.take_native()
    }

    /// True once the last chunk or an error was given.
    #[cfg(feature = "http-body")]
    pub(crate) fn has_ended(&self) -> bool {
        self.driver.is_none() && self.failure.is_none()
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Item, Error>>> {
        self.poll_driver(context);
        if self.driver.is_none() {
            return Poll::Ready(self.failure.take().map(Err));
        }
        match self.outlet.take() {
            Some(item) => Poll::Ready(Some(Ok(item))),
            None => Poll::Pending,
        }
    }

    fn poll_driver(&mut self, context: &mut Context<'_>) {
        let Some(driver) = &mut self.driver else {
            return;
        };
        if std::mem::take(&mut self.in_callers_hands) {
            self.task.in_ledger(Ledger::end_wait_for_app);
        }
        if let Poll::Ready(outcome) = driver.as_mut().poll(context) {
            self.driver = None;
            self.failure = outcome.err();
        }
    }

    fn hand_over(&mut self) {
        self.in_callers_hands = true;
        self.task.in_ledger(Ledger::begin_wait_for_app);
    }
}

impl Stream for BodyBytes {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.has_begun = true;
        match self.poll_item(context) {
            Poll::Ready(Some(Ok(Item::Chunk(chunk)))) => {
                self.hand_over();
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(Some(Ok(Item::Head(_) | Item::Native(_))) | None) => Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl fmt::Debug for BodyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyBytes")
            .field("task", &self.task())
            .finish_non_exhaustive()
    }
}
