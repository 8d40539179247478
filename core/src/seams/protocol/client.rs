//! The task as an async function of a protocol sees it.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::channel::mpsc::{self, Receiver, Sender};
use futures::{SinkExt as _, Stream};

use crate::seams::protocol::ProtocolEvent;
use crate::words::bounds::{BoxFuture, MaybeSend};
use crate::words::error::{Error, ErrorCode};
use crate::words::request::Request;
use crate::words::response::Response;

/// Whom a protocol tells how its load goes. Each call is ready when the task has taken it: a task that is suspended or slow holds the
/// protocol back.
pub struct ProtocolClient(Sender<ProtocolEvent>);

impl ProtocolClient {
    /// The head of the answer is there.
    ///
    /// # Errors
    /// [`Cancelled`](ErrorCode::Cancelled) when the load was stopped; only a client that was handed on lives to see that.
    pub async fn did_receive_response(&mut self, response: Response) -> Result<(), Error> {
        self.tell(ProtocolEvent::Response(response)).await
    }

    /// A piece of the answer's body.
    ///
    /// # Errors
    /// As [`did_receive_response`](Self::did_receive_response).
    pub async fn did_load(&mut self, data: impl Into<Bytes>) -> Result<(), Error> {
        self.tell(ProtocolEvent::Data(data.into())).await
    }

    /// The request leads on to another. See [`ProtocolEvent::Redirected`].
    ///
    /// # Errors
    /// As [`did_receive_response`](Self::did_receive_response).
    pub async fn was_redirected(
        &mut self,
        request: Request,
        response: Response,
    ) -> Result<(), Error> {
        self.tell(ProtocolEvent::Redirected(request, response))
            .await
    }

    async fn tell(&mut self, event: ProtocolEvent) -> Result<(), Error> {
        let told = self.0.send(event).await;
        told.map_err(|_| Error::new(ErrorCode::Cancelled).because("the load was stopped"))
    }
}

impl fmt::Debug for ProtocolClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProtocolClient")
    }
}

/// The events that an async function tells its client.
pub(super) struct Driven {
    events: Receiver<ProtocolEvent>,
    load: Option<BoxFuture<'static, Result<(), Error>>>,
}

impl Driven {
    pub(super) fn new<F>(load: impl FnOnce(ProtocolClient) -> F) -> Self
    where
        F: Future<Output = Result<(), Error>> + MaybeSend + 'static,
    {
        let (client, events) = mpsc::channel(0);
        Self {
            events,
            load: Some(Box::pin(load(ProtocolClient(client)))),
        }
    }
}

impl Stream for Driven {
    type Item = Result<ProtocolEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(load) = &mut self.load
            && let Poll::Ready(outcome) = load.as_mut().poll(context)
        {
            self.load = None;
            if let Err(error) = outcome {
                return Poll::Ready(Some(Err(error)));
            }
        }
        Pin::new(&mut self.events)
            .poll_next(context)
            .map(|event| event.map(Ok))
    }
}
