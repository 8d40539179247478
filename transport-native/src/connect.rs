//! From an origin to a connection: name, sockets, TLS, protocol.

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "http2")]
use futures::future::{FutureExt as _, Shared, WeakShared};
#[cfg(feature = "http2")]
use urlsession_core::BoxFuture;
use urlsession_core::{Configuration, Error, ExchangeEvents, Multiplexing, Origin};

use crate::executor::Executor;
use crate::files::NativeFiles;
use crate::http1;
#[cfg(feature = "http2")]
use crate::http2;
use crate::io::{Io, Socket, Stream};
use crate::phases::{Phase, Phases, Waiting};
use crate::pool::{Birth, Destination, Pool};
use crate::race;
use crate::resolve::{self, Overrides};
#[cfg(all(feature = "tls", feature = "http2"))]
use crate::tls;
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// Makes connections, each in a task of its own: what waits for one may be left unpolled.
#[derive(Debug)]
pub(crate) struct Dialer {
    executor: Executor,
    files: NativeFiles,
    overrides: Overrides,
    #[cfg(feature = "tls")]
    tls: Arc<Tls>,
    /// Speak HTTP/2 without TLS, and without asking.
    assumes_http2: bool,
    /// How long a body waits for the server to ask for it.
    patience: Duration,
}

/// A connection for one exchange.
#[derive(Debug)]
pub(crate) enum Dialed {
    /// HTTP/1.1: all of it.
    Http1(Box<http1::Connection>),
    /// HTTP/2: one stream of it.
    #[cfg(feature = "http2")]
    Http2(http2::Place),
}

impl Dialed {
    /// An exchange begins on it: what metrics say of it.
    pub(crate) fn describe(&self, events: &ExchangeEvents, is_reused: bool) {
        match self {
            Self::Http1(connection) => connection.line().describe(events, "http/1.1", is_reused),
            #[cfg(feature = "http2")]
            Self::Http2(place) => place.connection().line().describe(events, "h2", is_reused),
        }
    }
}

/// A connection just made.
enum Made {
    Http1(Box<http1::Connection>),
    #[cfg(feature = "http2")]
    Http2(Arc<http2::Connection>),
}

/// An attempt at a connection.
struct Attempt {
    origin: Arc<Origin>,
    birth: Birth,
    phases: Arc<Phases>,
}

impl Attempt {
    fn new(to: Destination<'_>, pool: &Pool, events: &ExchangeEvents) -> Self {
        Self {
            origin: Arc::clone(to.origin),
            birth: pool.birth(to.service),
            phases: Phases::new(events),
        }
    }
}

/// An attempt at a connection that many wait for. It goes on while any of them lives, polled or not.
#[cfg(feature = "http2")]
pub(crate) type SharedDial = Shared<BoxFuture<'static, Result<Multiplexing, Error>>>;

/// The same, as the pool knows it: without keeping it alive.
#[cfg(feature = "http2")]
pub(crate) type WeakDial = WeakShared<BoxFuture<'static, Result<Multiplexing, Error>>>;

impl Dialer {
    pub(crate) fn new(
        executor: Executor,
        files: NativeFiles,
        overrides: Overrides,
        configuration: &Configuration,
    ) -> Self {
        Self {
            executor,
            files,
            overrides,
            #[cfg(feature = "tls")]
            tls: Arc::new(Tls::new(configuration)),
            assumes_http2: configuration.assumes_http2_capable,
            patience: configuration.timeout_interval_for_continue,
        }
    }

    pub(crate) fn files(&self) -> &NativeFiles {
        &self.files
    }

    pub(crate) fn executor(&self) -> &Executor {
        &self.executor
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// What connections without TLS carry.
    pub(crate) fn carries_in_the_clear(&self) -> Multiplexing {
        #[cfg(feature = "http2")]
        if self.assumes_http2 {
            return Multiplexing::Streams(http2::STREAM_LIMIT);
        }
        Multiplexing::No
    }

    /// A new connection there. Dropped before it is ready, the attempt ends.
    pub(crate) async fn dial(
        self: &Arc<Self>,
        to: Destination<'_>,
        pool: &Arc<Pool>,
        events: &ExchangeEvents,
    ) -> Result<Dialed, Error> {
        let origin = to.origin;
        let attempt = Attempt::new(to, pool, events);
        let waiting = Waiting::begin(events, &attempt.phases);
        // The making in no variable, which would stay in this future.
        let made = self.executor.spawn(make(Arc::clone(self), attempt))?;
        let made = made.await??;
        drop(waiting);
        if origin.is_secure() {
            pool.learn(origin, made.carries());
            events.connected(made.carries());
        }
        match made {
            Made::Http1(connection) => Ok(Dialed::Http1(connection)),
            #[cfg(feature = "http2")]
            Made::Http2(connection) => {
                let place = http2::Place::on(&connection);
                pool.share(origin, connection);
                place
                    .map(Dialed::Http2)
                    .ok_or_else(|| crate::errors::Fault::ConnectionGone.into())
            }
        }
    }

    /// True when a connection to `origin` is for many exchanges: one is made, and all wait for that.
    #[cfg(feature = "http2")]
    fn expects_http2(&self, origin: &Origin, pool: &Pool) -> bool {
        let carries = if origin.is_secure() {
            pool.carries(origin)
        } else {
            Some(self.carries_in_the_clear())
        };
        matches!(carries, Some(Multiplexing::Streams(_)))
    }

    /// Waits for a new connection there, with all who do; it is in the pool then. False when its origin is not expected to
    /// share connections.
    #[cfg(feature = "http2")]
    pub(crate) async fn dial_shared(
        self: &Arc<Self>,
        to: Destination<'_>,
        pool: &Arc<Pool>,
        events: &ExchangeEvents,
    ) -> Result<bool, Error> {
        let origin = to.origin;
        if !self.expects_http2(origin, pool) {
            return Ok(false);
        }
        let attempt = Attempt::new(to, pool, events);
        let (dialing, phases) = pool.dialing(to, || {
            let phases = Arc::clone(&attempt.phases);
            let made = make_for_pool(Arc::clone(self), Arc::clone(pool), attempt);
            let spawned = self.executor.spawn(made)?;
            Ok((async move { spawned.await? }.boxed().shared(), phases))
        })?;
        let waiting = Waiting::begin(events, &phases);
        let carries = dialing.await?;
        drop(waiting);
        events.connected(carries);
        Ok(true)
    }

    #[cfg(not(feature = "http2"))]
    pub(crate) async fn dial_shared(
        self: &Arc<Self>,
        _: Destination<'_>,
        _: &Arc<Pool>,
        _: &ExchangeEvents,
    ) -> Result<bool, Error> {
        Ok(false)
    }
}

#[cfg(feature = "http2")]
async fn make_for_pool(
    dialer: Arc<Dialer>,
    pool: Arc<Pool>,
    attempt: Attempt,
) -> Result<Multiplexing, Error> {
    let (origin, service) = (Arc::clone(&attempt.origin), attempt.birth.service());
    let made = make(dialer, attempt).await.map(|made| {
        let carries = made.carries();
        if origin.is_secure() {
            pool.learn(&origin, carries);
        }
        match made {
            Made::Http1(connection) => pool.give_back(&origin, connection),
            Made::Http2(connection) => pool.share(&origin, connection),
        }
        carries
    });
    // Who finds no place on it needs another attempt, not the end of this one.
    let origin = &origin;
    pool.end_dialing(Destination { origin, service });
    made
}

async fn make(dialer: Arc<Dialer>, attempt: Attempt) -> Result<Made, Error> {
    let Attempt {
        origin,
        birth,
        phases,
    } = attempt;
    let addresses = resolve::addresses(&origin, &dialer.overrides, &phases).await?;
    phases.begin(Phase::Connect);
    let socket = Socket::new(race::connect(&addresses, birth.service()).await?);
    let stream = dialer.secure(&origin, socket, &phases).await?;
    phases.end(Phase::Connect);
    #[cfg(not(feature = "http2"))]
    if dialer.assumes_http2 && !origin.is_secure() {
        return Err(crate::errors::Fault::NoHttp2.into());
    }
    #[cfg(feature = "http2")]
    if dialer.is_http2(&stream) {
        let connection = http2::Connection::open(Io::new(stream), birth, &dialer.executor).await?;
        return Ok(Made::Http2(connection));
    }
    Ok(Made::Http1(
        http1::Connection::new(Io::new(stream), birth).await?,
    ))
}

impl Dialer {
    #[cfg(feature = "tls")]
    async fn secure(
        &self,
        origin: &Origin,
        socket: Socket,
        phases: &Phases,
    ) -> Result<Stream, Error> {
        if origin.is_secure() {
            phases.begin(Phase::Tls);
            let handshake = self.tls.handshake(origin.host(), socket, &self.executor);
            let stream = handshake.await?;
            phases.end(Phase::Tls);
            return Ok(stream);
        }
        Ok(Stream::Plain(socket))
    }

    #[cfg(not(feature = "tls"))]
    async fn secure(&self, _: &Origin, socket: Socket, _: &Phases) -> Result<Stream, Error> {
        Ok(Stream::Plain(socket))
    }

    #[cfg(feature = "http2")]
    fn is_http2(&self, stream: &Stream) -> bool {
        match stream {
            Stream::Plain(_) => self.assumes_http2,
            #[cfg(feature = "tls")]
            Stream::Tls(_) => tls::is_http2(stream),
        }
    }
}

impl Made {
    fn carries(&self) -> Multiplexing {
        match self {
            Self::Http1(_) => Multiplexing::No,
            #[cfg(feature = "http2")]
            Self::Http2(connection) => Multiplexing::Streams(connection.stream_limit()),
        }
    }
}
