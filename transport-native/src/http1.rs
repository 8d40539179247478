//! HTTP/1.1: hyper's connection, polled by the exchange that has it, never spawned.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use urlsession_core::{
    Body, ConnectionId, Error, ExchangeEvents, HopResponse, Informational, Response,
};

use crate::bell::Bell;
use crate::errors;
use crate::exchange::{Answer, Failure, Hop};
use crate::expectation::Gate;
use crate::head;
use crate::io::{Io, Line};
use crate::pool::Birth;
use crate::upload::Upload;

/// A connection that belongs to one exchange at a time, or rests in the pool.
pub(crate) struct Connection {
    sender: SendRequest<Upload>,
    /// `None` once it has ended: a request given to a sender whose connection ended, but still exists, never fails.
    driver: Option<http1::Connection<TokioIo<Io>, Upload>>,
    line: Arc<Line>,
    bell: Arc<Bell>,
    /// The bell's.
    waker: Waker,
    birth: Birth,
    has_served: bool,
    /// When it went back to the pool last.
    pub(crate) idle_since: Instant,
}

impl Connection {
    pub(crate) async fn new(io: Io, birth: Birth) -> Result<Box<Self>, Error> {
        let line = Arc::clone(io.line());
        let (sender, driver) = http1::Builder::new()
            .max_header_size(head::HEADER_BYTES_LIMIT)
            .handshake(TokioIo::new(io))
            .await
            .map_err(errors::of_http1)?;
        let bell = Arc::<Bell>::default();
        Ok(Box::new(Self {
            sender,
            driver: Some(driver),
            line,
            waker: Arc::clone(&bell).into(),
            bell,
            birth,
            has_served: false,
            idle_since: Instant::now(),
        }))
    }

    pub(crate) fn line(&self) -> &Line {
        &self.line
    }

    pub(crate) fn id(&self) -> ConnectionId {
        self.birth.id
    }

    pub(crate) fn birth(&self) -> Birth {
        self.birth
    }

    /// Lays the connection to rest: true when it can serve another exchange. Afterwards it keeps no task awake, nor alive.
    pub(crate) fn rest(&mut self) -> bool {
        self.bell.rest();
        self.line.end_measuring();
        // As a rule hyper has asked for the next request with its last poll.
        let line = Arc::clone(&self.line);
        self.is_free() || line.resting(|| self.settle())
    }

    fn is_free(&self) -> bool {
        self.driver.is_some() && self.sender.is_ready()
    }

    fn settle(&mut self) -> bool {
        drive(&mut self.driver, &self.waker);
        self.is_free()
    }

    /// True when nothing has come since it was laid to rest, not even the end: the kernel is asked, not the reactor, for what
    /// waits in the socket would be taken for the answer to the next request.
    pub(crate) fn is_quiet(&mut self) -> bool {
        let line = Arc::clone(&self.line);
        line.looking(|| self.settle())
    }

    /// Hands hyper the request. No `async fn`: the request would stay in its future.
    fn send(&mut self, request: http::Request<Upload>) -> impl Future<Output = Sent> + use<> {
        self.line.listen();
        // Only the connection's own poll completes the answer: it needs no share of the task's budget, which would want a waker.
        tokio::task::unconstrained(self.sender.try_send_request(request))
    }

    /// Waits for the head of the response.
    async fn receive(
        &mut self,
        mut answer: Pin<&mut impl Future<Output = Sent>>,
        events: &ExchangeEvents,
    ) -> Result<http::Response<Incoming>, Unanswered> {
        let (driver, line, bell, waker) = (&mut self.driver, &self.line, &self.bell, &self.waker);
        let mut heard = 0;
        let answered = poll_fn(|context| {
            bell.hush();
            drive(driver, waker);
            if std::mem::replace(&mut heard, line.heard()) != line.heard() {
                events.touched();
            }
            let polled = answer
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            if polled.is_pending() {
                bell.await_by(context.waker());
            }
            polled
        });
        answered.await.map_err(|mut error| Unanswered {
            unsent: error.take_message().map(http::Request::into_body),
            is_silent: self.line.heard() == 0,
            error: errors::of_http1(error.into_error()),
        })
    }
}

/// What becomes of a request that hyper was handed.
type Sent = Result<http::Response<Incoming>, TrySendError<http::Request<Upload>>>;

/// Why no answer came: with the body when it was never begun, and whether the server had said anything.
struct Unanswered {
    error: Error,
    unsent: Option<Upload>,
    is_silent: bool,
}

fn drive<C: Future + Unpin>(driver: &mut Option<C>, waker: &Waker) {
    let mut context = Context::from_waker(waker);
    if driver
        .as_mut()
        .is_some_and(|driver| Pin::new(driver).poll(&mut context).is_ready())
    {
        *driver = None;
    }
}

/// Makes the exchange on `connection`, which goes back to the pool with the last byte of the response.
pub(crate) async fn exchange(
    mut connection: Box<Connection>,
    hop: &Hop,
    mut upload: Upload,
) -> Result<Answer, Failure> {
    upload.announce_on(&connection.line);
    connection.line.measure(&hop.events);
    let was_idle = std::mem::replace(&mut connection.has_served, true);
    let gate = upload.gate().cloned();
    let answer = pin!(connection.send(request(hop, upload, &connection.line, gate.as_ref())));
    let response = match connection.receive(answer, &hop.events).await {
        Ok(response) => response,
        Err(failed) => {
            return Err(Failure {
                is_stale: was_idle && failed.is_silent,
                unsent: failed.unsent.filter(|_| was_idle),
                ..failed.error.into()
            });
        }
    };
    connection.line.answered();
    if let Some(gate) = gate {
        gate.answered(response.status());
    }
    let (head, incoming) = response.into_parts();
    head::check_http1(head.status, &head.headers)?;
    let id = connection.id();
    let body = if incoming.is_end_stream() {
        drop(incoming);
        hop.pool.give_back(hop.target.origin(), connection);
        Box::new(Ended) as Box<dyn Body>
    } else {
        Box::new(Http1Body {
            carried: Some((incoming, connection)),
            trailers: None,
            hop: hop.reader(),
        })
    };
    let response = Response::to(
        Arc::clone(&hop.target),
        head.status,
        head.version,
        head.headers,
    );
    Ok(HopResponse {
        response,
        body,
        connection: Some(id),
    })
}

fn request(
    hop: &Hop,
    upload: Upload,
    line: &Arc<Line>,
    gate: Option<&Gate>,
) -> http::Request<Upload> {
    let mut request = head::http1(&hop.method, &hop.target, &hop.headers, upload);
    if hop.events.wants_informational() || gate.is_some() {
        report_interim_responses(&mut request, &hop.events, line, gate.cloned());
    }
    request
}

/// Reports 1xx responses as they come, 100 and 101 excepted, and ends the connection when they do not end. 100 opens the gate.
fn report_interim_responses(
    request: &mut http::Request<Upload>,
    events: &ExchangeEvents,
    line: &Arc<Line>,
    gate: Option<Gate>,
) {
    let (events, line) = (events.clone(), Arc::clone(line));
    let (count, bytes) = (AtomicU32::new(0), AtomicUsize::new(0));
    hyper::ext::on_informational(request, move |interim| {
        let size = head::bytes_of(interim.headers());
        let bytes = bytes.fetch_add(size, Ordering::Relaxed) + size;
        let count = count.fetch_add(1, Ordering::Relaxed) + 1;
        if count > head::INTERIM_LIMIT || bytes > head::HEADER_BYTES_LIMIT {
            return line.refuse();
        }
        events.touched();
        if let (Some(gate), StatusCode::CONTINUE) = (&gate, interim.status()) {
            gate.open();
        }
        if interim.status().as_u16() > 101 {
            let (status, headers) = (interim.status(), interim.headers().clone());
            events.informational(Informational { status, headers });
        }
    });
}

/// No body, or none any more.
pub(crate) struct Ended;

impl Body for Ended {
    fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        Poll::Ready(None)
    }

    fn remaining(&self) -> Option<u64> {
        Some(0)
    }
}

/// The body of a response, and the connection that it comes on; `None` after the end.
struct Http1Body {
    carried: Option<(Incoming, Box<Connection>)>,
    trailers: Option<Box<HeaderMap>>,
    hop: crate::exchange::Reader,
}

impl Http1Body {
    /// The connection goes to the pool when nothing of the exchange is left on it.
    fn finish(&mut self) {
        if let Some((incoming, connection)) = self.carried.take() {
            connection.bell.hush();
            drop(incoming);
            self.hop
                .pool
                .give_back(self.hop.target.origin(), connection);
        }
    }

    fn fail(&mut self, error: hyper::Error) -> Error {
        self.carried = None;
        errors::of_http1(error).with_url(self.hop.target.url())
    }

    fn poll_hushed(&mut self) -> Poll<Option<Result<Bytes, Error>>> {
        let mut has_driven = false;
        loop {
            let Some((incoming, connection)) = &mut self.carried else {
                return Poll::Ready(None);
            };
            // Only the drive below fills the channel that this reads: no waker is needed.
            match Pin::new(&mut *incoming).poll_frame(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending if has_driven => return Poll::Pending,
                Poll::Pending => {
                    drive(&mut connection.driver, &connection.waker);
                    has_driven = true;
                }
                Poll::Ready(None) => self.finish(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(self.fail(error)))),
                Poll::Ready(Some(Ok(frame))) => {
                    let is_last = incoming.is_end_stream();
                    let chunk = match frame.into_data() {
                        Ok(chunk) => chunk,
                        Err(frame) => {
                            self.trailers = frame.into_trailers().ok().map(Box::new);
                            continue;
                        }
                    };
                    if is_last {
                        self.finish();
                    }
                    // Core notes the time of each chunk.
                    if !chunk.is_empty() {
                        return Poll::Ready(Some(Ok(chunk)));
                    }
                }
            }
        }
    }
}

impl Body for Http1Body {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some((_, connection)) = &self.carried {
            connection.bell.hush();
        }
        let polled = self.poll_hushed();
        if polled.is_pending()
            && let Some((_, connection)) = &self.carried
        {
            connection.bell.await_by(context.waker());
        }
        polled
    }

    fn remaining(&self) -> Option<u64> {
        self.carried
            .as_ref()
            .map_or(Some(0), |(incoming, _)| incoming.size_hint().exact())
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take().map(|trailers| *trailers)
    }
}

impl Drop for Http1Body {
    /// What has come already may complete the body and free the connection; else it is closed.
    fn drop(&mut self) {
        self.finish();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("id", &self.birth.id)
            .finish_non_exhaustive()
    }
}
