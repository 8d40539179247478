//! Has a protocol make a hop: its events become a head and a body.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use http::{HeaderMap, Method, StatusCode, Version};

use crate::load::route::Answer;
use crate::load::send::{Hop, all_sent};
use crate::seams::app::App;
use crate::seams::asking::told;
use crate::seams::protocol::{ProtocolEvent, ProtocolEvents, UrlProtocol};
use crate::seams::transport::HopResponse;
use crate::words::body::Body;
use crate::words::error::{Error, ErrorCode};
use crate::words::guarded::guarded;
use crate::words::request::Request;
use crate::words::response::Response;

/// So many events in a row are taken without letting others run: a protocol that always has one must not keep the thread, and cancel and
/// timers are looked at in between.
const EVENTS_IN_A_ROW: u32 = 64;

/// Loads the hop by `protocol`, up to its answer's head.
pub(crate) async fn load<A: App>(
    app: &A,
    hop: &Hop,
    protocol: &Arc<dyn UrlProtocol>,
) -> Result<Answer, Error> {
    let request = canonical(app, hop, protocol)?;
    let url = request.url().clone();
    answer(app, hop, protocol, request)
        .await
        .map_err(|error| error.with_url(&url))
}

fn canonical<A: App>(
    app: &A,
    hop: &Hop,
    protocol: &Arc<dyn UrlProtocol>,
) -> Result<Request, Error> {
    let request = guarded(|| protocol.canonical_request(hop.request.clone()))?;
    if request != hop.request {
        app.set_current_request(&request);
    }
    Ok(request)
}

async fn answer<A: App>(
    app: &A,
    hop: &Hop,
    protocol: &Arc<dyn UrlProtocol>,
    request: Request,
) -> Result<Answer, Error> {
    app.signals().measure_hop(&request);
    app.hop_begins(request.body().length());
    let mut filled = request.clone();
    // No coding is undone, so none is offered.
    let offering = request.clone().with_content_decoding(false);
    *filled.headers_mut() = app.fields().of_hop(&offering, hop.left_home).into();
    let mut events = Guarded::new(guarded(|| protocol.start_loading(filled))?);
    let first = events.next().await.transpose()?;
    app.signals().touch();
    told(all_sent(app, &request)).await?;
    let (response, leads_to, data) = match first {
        Some(ProtocolEvent::Response(response)) => (response, None, None),
        Some(ProtocolEvent::Redirected(to, response)) => (response, Some(to), None),
        Some(ProtocolEvent::Data(data)) => (unsaid(&request), None, Some(data)),
        None => (unsaid(&request), None, None),
    };
    app.signals()
        .measure(|transaction| transaction.response = Some(response.clone()));
    let is_head = request.method() == Method::HEAD;
    let body = Box::new(EventBody {
        events,
        data,
        is_head,
    });
    let exchange = HopResponse {
        response,
        body,
        connection: None,
    };
    Ok(Answer {
        leads_to,
        ..Answer::from(exchange)
    })
}

/// The head of a protocol that gives none.
fn unsaid(request: &Request) -> Response {
    let url = request.url().clone();
    Response::new(url, StatusCode::OK, Version::HTTP_11, HeaderMap::new())
}

/// A protocol's events up to their end, the first error or a panic; then they are let go.
struct Guarded {
    events: Option<ProtocolEvents>,
    in_a_row: u32,
}

impl Guarded {
    fn new(events: ProtocolEvents) -> Self {
        Self {
            events: Some(events),
            in_a_row: 0,
        }
    }
}

impl Stream for Guarded {
    type Item = Result<ProtocolEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.in_a_row == EVENTS_IN_A_ROW {
            self.in_a_row = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Some(events) = &mut self.events else {
            return Poll::Ready(None);
        };
        let event = match guarded(|| Pin::new(events).poll_next(context)) {
            Ok(Poll::Pending) => {
                self.in_a_row = 0;
                return Poll::Pending;
            }
            Ok(Poll::Ready(event)) => event,
            Err(panicked) => Some(Err(panicked)),
        };
        self.in_a_row += 1;
        if !matches!(event, Some(Ok(_))) {
            self.events = None;
        }
        Poll::Ready(event)
    }
}

/// The body that a protocol's events are.
struct EventBody {
    events: Guarded,
    /// What came before any head.
    data: Option<Bytes>,
    is_head: bool,
}

impl Body for EventBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(data)));
        }
        self.events.poll_next_unpin(context).map(|event| {
            Some(match event? {
                Ok(ProtocolEvent::Data(data)) => Ok(data),
                Ok(ProtocolEvent::Response(_) | ProtocolEvent::Redirected(..)) => {
                    Err(second_head())
                }
                Err(error) => Err(error),
            })
        })
    }

    /// Only that a HEAD has none.
    fn remaining(&self) -> Option<u64> {
        self.is_head.then_some(0)
    }
}

fn second_head() -> Error {
    Error::new(ErrorCode::BadServerResponse)
        .because("the protocol gave a response where its answer's body was")
}
