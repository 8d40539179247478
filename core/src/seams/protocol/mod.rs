//! Protocols of the app's own: loads that are made in place of the transport's.

pub(crate) mod client;
pub(crate) mod function;
pub(crate) mod list;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;

use crate::seams::protocol::client::{Driven, ProtocolClient};
use crate::words::bounds::{MaybeSend, MaybeSync};
use crate::words::error::Error;
use crate::words::request::Request;
use crate::words::response::Response;

/// Loads some requests itself, in place of the transport: a scheme of the app's own, a stub for a server, an archive, a recorder.
///
/// Registered by [`SessionBuilder::protocol`](crate::SessionBuilder::protocol). The first one registered is asked first, all of them
/// before what is built in (`http`, `https`, `data`, and `file` where the platform has files), so one can take over any URL.
/// Each hop asks anew. To the app such a load is like any other: delegates are called, both timers run, suspending it leaves its events unpulled, and
/// cancelling it drops them. It takes no place among the exchanges with a host.
///
/// [`ProtocolFn`](crate::ProtocolFn) is a protocol made of two functions. A type of its own is written so:
///
/// ```
/// use std::collections::BTreeMap;
/// use urlsession_core::{Bytes, ErrorCode, ProtocolEvents, Request, Response, UrlProtocol};
///
/// /// `app:name` is the file of that name.
/// struct Bundle(BTreeMap<String, Bytes>);
///
/// impl UrlProtocol for Bundle {
///     fn can_init(&self, request: &Request) -> bool {
///         request.url().scheme() == "app"
///     }
///
///     fn start_loading(&self, request: Request) -> ProtocolEvents {
///         let file = self.0.get(request.url().path()).cloned();
///         ProtocolEvents::driven(async move |mut client| {
///             let file = file.ok_or(ErrorCode::FileDoesNotExist)?;
///             let length = Some(file.len() as u64);
///             let response = Response::of_content(request.url().clone(), "text/plain", length)?;
///             client.did_receive_response(response).await?;
///             client.did_load(file).await
///         })
///     }
/// }
/// ```
pub trait UrlProtocol: MaybeSend + MaybeSync + 'static {
    /// Is this request mine? Asked when the task is made and at each redirect; it should be quick, and may be called on any thread.
    fn can_init(&self, request: &Request) -> bool;

    /// The request in its standard form: what the task then names as its [`current_request`](crate::Task::current_request), and
    /// what is loaded. Unchanged by default.
    fn canonical_request(&self, request: Request) -> Request {
        request
    }

    /// Begins to load. `request` is as it would be sent: the session's header fields fill its gaps, but that no content coding is offered, for none
    /// is undone: what the protocol gives is the content.
    ///
    /// The events are pulled as the task can take them, and dropped at their end, at the first error, or at any time before that when
    /// the load stops: cancelled, timed out, led elsewhere.
    fn start_loading(&self, request: Request) -> ProtocolEvents;
}

impl<P: UrlProtocol + ?Sized> UrlProtocol for Arc<P> {
    fn can_init(&self, request: &Request) -> bool {
        (**self).can_init(request)
    }

    fn canonical_request(&self, request: Request) -> Request {
        (**self).canonical_request(request)
    }

    fn start_loading(&self, request: Request) -> ProtocolEvents {
        (**self).start_loading(request)
    }
}

/// Something that a protocol's load tells.
#[derive(Clone, Debug)]
pub enum ProtocolEvent {
    /// The request leads on to another, as this response says.
    ///
    /// The delegate is asked as at any redirect, and the other request is loaded as it is here, by whoever serves it. It may go to http, https or the
    /// scheme of the protocol's own URL. When the app does not follow, the response is the answer and the events after this one are its body.
    Redirected(Request, Response),
    /// The head of the answer. Without one the answer is a 200 without header fields.
    Response(Response),
    /// A piece of the answer's body.
    Data(Bytes),
}

/// What a load of a [`UrlProtocol`] tells, event after event, pulled as the task can take it.
///
/// Its end is the end of the load; an error is its failure, and nothing after it counts. A response after another, after data, or after a redirect
/// that was not followed ends the task with [`BadServerResponse`](crate::ErrorCode::BadServerResponse).
pub struct ProtocolEvents(Pin<Box<dyn EventStream>>);

trait EventStream: Stream<Item = Result<ProtocolEvent, Error>> + MaybeSend {}
impl<S: Stream<Item = Result<ProtocolEvent, Error>> + MaybeSend> EventStream for S {}

impl ProtocolEvents {
    /// The events of a stream.
    ///
    /// ```
    /// use urlsession_core::futures::stream;
    /// use urlsession_core::{ProtocolEvent, ProtocolEvents};
    ///
    /// let events = ProtocolEvents::new(stream::iter([Ok(ProtocolEvent::Data("hello".into()))]));
    /// # drop(events);
    /// ```
    pub fn new(
        events: impl Stream<Item = Result<ProtocolEvent, Error>> + MaybeSend + 'static,
    ) -> Self {
        Self(Box::pin(events))
    }

    /// What an async function tells its client. It runs as the events are pulled; `Ok` ends the load, an error fails it.
    ///
    /// It may hand the client on, to a thread or a callback, and return: the load then ends when the client is dropped.
    pub fn driven<F>(load: impl FnOnce(ProtocolClient) -> F) -> Self
    where
        F: Future<Output = Result<(), Error>> + MaybeSend + 'static,
    {
        Self::new(Driven::new(load))
    }
}

impl Stream for ProtocolEvents {
    type Item = Result<ProtocolEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for ProtocolEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProtocolEvents")
    }
}
