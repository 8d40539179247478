//! HTTP/2 by h2: a connection is a task, shared by the exchanges that have a stream on it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, StatusCode};
use urlsession_core::{
    Body, ConnectionId, Error, ExchangeEvents, HopResponse, Informational, Moment, Response,
    TransactionMetrics,
};

use crate::errors::{self, Fault};
use crate::exchange::{Answer, Failure, Hop, Reader};
use crate::executor::{Executor, Spawned};
use crate::expectation::Gate;
use crate::head;
use crate::http1::Ended;
use crate::io::{Io, Line};
use crate::pool::Birth;
use crate::upload::{Chunk, Upload};

/// The most streams on one connection, suspended ones included.
pub(crate) const STREAM_LIMIT: usize = 128;

/// How many bytes of a stream may wait unread.
const STREAM_WINDOW: u32 = 256 * 1024;

/// How many bytes of all streams together may wait unread: every stream may have its window full, and none stops another.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * STREAM_LIMIT as u32;

/// The most bytes of an upload that wait in a stream's buffer.
const SEND_BUFFER: usize = 256 * 1024;

/// A shared connection. It ends when nobody holds it and its last stream has ended.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Chunk>,
    birth: Birth,
    streams: AtomicUsize,
    has_served: AtomicBool,
    /// It failed, or its peer wants no more streams: those on it go on, new ones go elsewhere.
    is_retired: AtomicBool,
    idle_since: Mutex<Instant>,
    line: Arc<Line>,
    driver: Spawned<()>,
}

impl Connection {
    /// Opens a connection on `stream`, driven by a task of its own.
    pub(crate) async fn open(
        io: Io,
        birth: Birth,
        executor: &Executor,
    ) -> Result<Arc<Self>, Error> {
        let line = Arc::clone(io.line());
        let opening = Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(head::HEADER_BYTES_LIMIT as u32)
            .max_send_buffer_size(SEND_BUFFER)
            .handshake(io);
        let (sender, connection) = opening
            .await
            .map_err(|error| errors::of_http2(error, line.failure()))?;
        // How it ended its streams learn.
        let driver = executor.spawn(async move { drop(connection.await) })?;
        Ok(Arc::new(Self {
            sender,
            birth,
            streams: AtomicUsize::new(0),
            has_served: AtomicBool::new(false),
            is_retired: AtomicBool::new(false),
            idle_since: Mutex::new(Instant::now()),
            line,
            driver,
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

    /// How many streams it carries at once: the peer's limit, as far as it has told, within ours.
    pub(crate) fn stream_limit(&self) -> usize {
        self.sender
            .current_max_send_streams()
            .clamp(1, STREAM_LIMIT)
    }

    /// True while new streams may be opened on it.
    pub(crate) fn is_open(&self) -> bool {
        !self.is_retired.load(Ordering::Relaxed) && !self.driver.is_finished()
    }

    /// Since when no stream is on it, `None` while one is.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        let is_idle = self.streams.load(Ordering::Acquire) == 0;
        is_idle.then(|| {
            *self
                .idle_since
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        })
    }

    fn error_of(&self, error: h2::Error) -> Error {
        errors::of_http2(error, self.line.failure())
    }

    fn retire(&self) {
        self.is_retired.store(true, Ordering::Relaxed);
    }
}

/// A place for one stream, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Connection>);

impl Place {
    /// A place on `connection`, if it has one left.
    pub(crate) fn on(connection: &Arc<Connection>) -> Option<Self> {
        let limit = connection.stream_limit();
        let free = |taken| (taken < limit).then_some(taken + 1);
        let streams = &connection.streams;
        streams
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, free)
            .ok()?;
        Some(Self(Arc::clone(connection)))
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut since = self
            .0
            .idle_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *since = Instant::now();
        self.0.streams.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Makes the exchange on a stream of its own.
pub(crate) async fn exchange(place: Place, hop: &Hop, upload: Upload) -> Result<Answer, Failure> {
    let request = head::http2(&hop.method, &hop.target, &hop.headers, &upload)?;
    let gate = upload.gate().cloned();
    let connection = place.connection();
    let has_served = connection.has_served.swap(true, Ordering::Relaxed);
    let mut sender = connection.sender.clone();
    let opened = match poll_fn(|context| sender.poll_ready(context)).await {
        Ok(()) => sender.send_request(request, upload.is_at_end()),
        Err(error) => Err(error),
    };
    let (response, stream) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            connection.retire();
            return Err(Failure {
                unsent: Some(upload),
                ..Failure::on_shared(connection.error_of(error))
            });
        }
    };
    measure(&hop.events, |transaction, now| {
        transaction.request_start = Some(now);
        transaction.request_end = upload.is_at_end().then_some(now);
    });
    let pump = (!upload.is_at_end()).then(|| Pump {
        stream,
        upload,
        chunk: None,
    });
    let mut awaiting = Awaiting {
        response,
        pump,
        interim: Interim::default(),
        gate,
    };
    let answered = poll_fn(|context| awaiting.poll(context, &hop.events)).await;
    let response = match answered {
        Ok(response) => response,
        Err(Unanswered::Ours(error)) => return Err(error.into()),
        Err(Unanswered::Peers(error)) => {
            return Err(judge(
                error,
                connection,
                has_served && awaiting.interim.count == 0,
            ));
        }
    };
    let gate = awaiting.gate.take();
    if gate.is_some_and(|gate| gate.answered(response.status())) {
        // The stream is reset when its answer was read: the body is not wanted.
        awaiting.pump = None;
    }
    answer(response, awaiting.pump, place, hop)
}

/// Measures where somebody wants it. The bytes of heads are the connection's, compressed with what went before: nobody's alone.
fn measure(events: &ExchangeEvents, work: impl FnOnce(&mut TransactionMetrics, Moment)) {
    if events.wants_metrics() {
        let now = events.clock().now();
        events.measure(|transaction| work(transaction, now));
    }
}

/// What a failed stream says about another attempt.
fn judge(error: h2::Error, connection: &Connection, may_be_stale: bool) -> Failure {
    let is_refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    // h2 fails with the peer's GOAWAY only streams above its last one; one that came with an error ends the others too.
    let is_above = error.is_go_away() && error.reason() == Some(Reason::NO_ERROR);
    let is_unprocessed = error.is_remote() && (is_refused || is_above);
    let is_connections = !error.is_reset();
    if is_connections {
        connection.retire();
    }
    Failure {
        is_unprocessed,
        is_stale: may_be_stale && is_connections,
        ..Failure::on_shared(connection.error_of(error))
    }
}

fn answer(
    response: http::Response<RecvStream>,
    pump: Option<Pump>,
    place: Place,
    hop: &Hop,
) -> Result<Answer, Failure> {
    hop.events.touched();
    let (head, stream) = response.into_parts();
    head::check_http2(&head.headers)?;
    let id = place.connection().id();
    let remaining = head
        .headers
        .get(http::header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let body = if stream.is_end_stream() {
        Box::new(Ended) as Box<dyn Body>
    } else {
        let flow = Some(Flow {
            stream,
            pump,
            place,
        });
        Box::new(Http2Body {
            flow,
            trailers: None,
            remaining,
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

/// A request on its way, its head sent.
struct Awaiting {
    response: ResponseFuture,
    pump: Option<Pump>,
    interim: Interim,
    gate: Option<Gate>,
}

/// The interim responses so far.
#[derive(Default)]
struct Interim {
    count: u32,
    bytes: usize,
}

/// Why no answer came: for a fault that this side found, or as h2 reports.
enum Unanswered {
    Ours(Error),
    Peers(h2::Error),
}

impl Awaiting {
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        events: &ExchangeEvents,
    ) -> Poll<Result<http::Response<RecvStream>, Unanswered>> {
        let was_sending = self.pump.is_some();
        if let Err(error) = poll_pump(&mut self.pump, context) {
            return Poll::Ready(Err(Unanswered::Ours(error)));
        }
        if was_sending && self.pump.is_none() {
            measure(events, |transaction, now| {
                transaction.request_end = Some(now)
            });
        }
        // `None`: the final response is next, or a failure is.
        while let Some(interim) = ready!(self.response.poll_informational(context)) {
            let interim = interim.map_err(Unanswered::Peers)?;
            if let (Some(gate), StatusCode::CONTINUE) = (&self.gate, interim.status()) {
                gate.open();
            }
            self.interim
                .take(interim, events)
                .map_err(|fault| Unanswered::Ours(fault.into()))?;
        }
        Pin::new(&mut self.response)
            .poll(context)
            .map_err(Unanswered::Peers)
    }
}

impl Interim {
    fn take(&mut self, interim: http::Response<()>, events: &ExchangeEvents) -> Result<(), Fault> {
        let (head, ()) = interim.into_parts();
        self.count += 1;
        self.bytes += head::bytes_of(&head.headers);
        if self.count > head::INTERIM_LIMIT || self.bytes > head::HEADER_BYTES_LIMIT {
            return Err(Fault::TooManyInterimResponses);
        }
        events.touched();
        measure(events, |transaction, now| {
            transaction.response_start.get_or_insert(now);
        });
        if head.status.as_u16() > 101 {
            events.informational(Informational {
                status: head.status,
                headers: head.headers,
            });
        }
        Ok(())
    }
}

/// Moves the request's body into its stream as the peer's window allows.
struct Pump {
    stream: SendStream<Chunk>,
    upload: Upload,
    chunk: Option<Chunk>,
}

/// Pumps; `pump` is `None` once the body is out, or nobody takes it any more.
///
/// # Errors
/// The body's own.
fn poll_pump(pump: &mut Option<Pump>, context: &mut Context<'_>) -> Result<(), Error> {
    let Some(pumping) = pump else { return Ok(()) };
    match pumping.poll(context) {
        Poll::Pending => Ok(()),
        Poll::Ready(Ok(())) => {
            *pump = None;
            Ok(())
        }
        Poll::Ready(Err(error)) => {
            pumping.stream.send_reset(Reason::CANCEL);
            Err(error)
        }
    }
}

impl Pump {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            let chunk = match &mut self.chunk {
                Some(chunk) => chunk,
                None => match ready!(self.upload.poll_chunk(context)).transpose()? {
                    Some(chunk) => self.chunk.insert(chunk),
                    None => {
                        // A stream that is closed takes no end: its response tells why.
                        drop(match self.upload.trailers() {
                            Some(trailers) => self.stream.send_trailers(trailers),
                            None => self.stream.send_data(Chunk::default(), true),
                        });
                        return Poll::Ready(Ok(()));
                    }
                },
            };
            let length = bytes::Buf::remaining(chunk);
            self.stream.reserve_capacity(length);
            let capacity = self.stream.capacity().min(length);
            if capacity == 0 {
                match ready!(self.stream.poll_capacity(context)) {
                    Some(Ok(_)) => continue,
                    Some(Err(_)) | None => return Poll::Ready(Ok(())),
                }
            }
            let part = chunk.split_to(capacity);
            if capacity == length {
                self.chunk = None;
            }
            let is_last = self.chunk.is_none() && self.upload.is_at_end();
            if self.stream.send_data(part, is_last).is_err() || is_last {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

/// The body of a response; `flow` is `None` after its end.
struct Http2Body {
    flow: Option<Flow>,
    trailers: Option<Box<HeaderMap>>,
    remaining: Option<u64>,
    hop: Reader,
}

/// Both directions of a stream, and its place. Dropped before their ends, they reset the stream.
struct Flow {
    stream: RecvStream,
    pump: Option<Pump>,
    place: Place,
}

impl Flow {
    /// The next chunk; what is taken the peer may send again.
    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        poll_pump(&mut self.pump, context)?;
        loop {
            let Some(data) = ready!(self.stream.poll_data(context)) else {
                return Poll::Ready(None);
            };
            let data = data.map_err(|error| self.place.connection().error_of(error))?;
            // It fails only for more than was received.
            drop(self.stream.flow_control().release_capacity(data.len()));
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(data)));
            }
        }
    }

    /// What comes after the last byte, `None` when it is the end of the stream.
    fn poll_trailers(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<HeaderMap>, Error>> {
        let trailers = ready!(self.stream.poll_trailers(context))
            .map_err(|error| self.place.connection().error_of(error))?;
        trailers.as_ref().map_or(Ok(()), head::check_http2)?;
        Poll::Ready(Ok(trailers))
    }
}

impl Http2Body {
    fn located(&self, error: Error) -> Error {
        error.with_url(self.hop.target.url())
    }
}

impl Body for Http2Body {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let Some(flow) = &mut self.flow else {
            return Poll::Ready(None);
        };
        let chunk = ready!(flow.poll_data(context));
        match &chunk {
            Some(Ok(data)) => {
                self.remaining = self
                    .remaining
                    .map(|left| left.saturating_sub(data.len() as u64));
                if flow.stream.is_end_stream() {
                    self.flow = None;
                }
            }
            Some(Err(_)) => self.flow = None,
            None => {
                let trailers = ready!(flow.poll_trailers(context));
                self.flow = None;
                match trailers {
                    Ok(trailers) => self.trailers = trailers.map(Box::new),
                    Err(error) => return Poll::Ready(Some(Err(self.located(error)))),
                }
            }
        }
        Poll::Ready(chunk.map(|chunk| chunk.map_err(|error| self.located(error))))
    }

    fn remaining(&self) -> Option<u64> {
        match self.flow {
            None => Some(0),
            Some(_) => self.remaining,
        }
    }

    fn trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take().map(|trailers| *trailers)
    }
}
