//! One hop: a connection found or made, the exchange on it, and the one retry that is safe.

use std::sync::Arc;

use http::header::EXPECT;
use http::{HeaderMap, Method};
use urlsession_core::{
    Affinity, Error, ErrorCode, ExchangeEvents, HopRequest, HopResponse, NetworkServiceType, Target,
};

use crate::connect::{Dialed, Dialer};
use crate::errors::Fault;
use crate::http1;
#[cfg(feature = "http2")]
use crate::http2;
use crate::pool::{Destination, Pool};
use crate::upload::{Source, Upload};

/// What each attempt of a hop needs.
#[derive(Debug)]
pub(crate) struct Hop {
    pub(crate) method: Method,
    pub(crate) target: Arc<Target>,
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) events: ExchangeEvents,
    pub(crate) pool: Arc<Pool>,
    pub(crate) service: NetworkServiceType,
}

/// What a response's body needs of its hop.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) target: Arc<Target>,
    pub(crate) pool: Arc<Pool>,
}

impl Hop {
    pub(crate) fn reader(&self) -> Reader {
        Reader {
            target: Arc::clone(&self.target),
            pool: Arc::clone(&self.pool),
        }
    }
}

/// An attempt's success.
pub(crate) type Answer = HopResponse;

/// Why an attempt failed, and what that says about another.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The connection had been idle and ended without a byte of an answer: the server may have closed it before it saw the request.
    pub(crate) is_stale: bool,
    /// The body, when nothing of the request was written on a connection that had been idle.
    pub(crate) unsent: Option<Upload>,
    /// The server said that it did not look at the request (REFUSED_STREAM, GOAWAY).
    pub(crate) is_unprocessed: bool,
    /// What may carry another attempt.
    pub(crate) again: Affinity,
}

impl Failure {
    /// A failure on a connection that has left the pool if it is no good: what the pool gives next may carry the next attempt.
    #[cfg(feature = "http2")]
    pub(crate) fn on_shared(error: Error) -> Self {
        Self {
            again: Affinity::Any,
            ..error.into()
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let again = Affinity::Fresh;
        Self {
            error,
            is_stale: false,
            unsent: None,
            is_unprocessed: false,
            again,
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Error::from(fault).into()
    }
}

/// Makes the exchange that `request` asks for. No `async fn`: what it takes apart would stay in its future as well.
pub(crate) fn run(
    pool: Arc<Pool>,
    dialer: Arc<Dialer>,
    request: HopRequest,
    events: ExchangeEvents,
) -> impl Future<Output = Result<HopResponse, Error>> {
    let source = Source::new(request.body, events.clone());
    let hop = Hop {
        method: request.method,
        target: request.target,
        headers: request.headers.into_map(),
        events,
        pool,
        service: request.hints.service_type,
    };
    settle(hop, dialer, source, request.affinity)
}

async fn settle(
    hop: Hop,
    dialer: Arc<Dialer>,
    mut source: Source,
    affinity: Affinity,
) -> Result<HopResponse, Error> {
    let answered = attempt_twice(&hop, &dialer, &mut source, affinity).await;
    answered.map_err(|error| error.with_url(hop.target.url()))
}

async fn attempt_twice(
    hop: &Hop,
    dialer: &Arc<Dialer>,
    source: &mut Source,
    affinity: Affinity,
) -> Result<HopResponse, Error> {
    check(hop)?;
    let Some(upload) = open(hop, dialer, source).await? else {
        return Err(ErrorCode::RequestBodyStreamExhausted.into());
    };
    let failure = match attempt(hop, dialer, upload, affinity).await {
        Ok(answer) => return Ok(answer),
        Err(failure) => failure,
    };
    let may_repeat = failure.is_unprocessed || (failure.is_stale && is_idempotent(&hop.method));
    let upload = match failure.unsent {
        _ if matches!(affinity, Affinity::Same(_)) => return Err(failure.error),
        Some(unsent) => Some(unsent),
        None if may_repeat => open(hop, dialer, source).await?,
        None => None,
    };
    let Some(upload) = upload else {
        return Err(failure.error);
    };
    hop.events.measure_again();
    attempt(hop, dialer, upload, failure.again)
        .await
        .map_err(|failure| failure.error)
}

/// The body from its start, held back where the hop says so; `None` for a stream that was given out before.
async fn open(hop: &Hop, dialer: &Dialer, source: &mut Source) -> Result<Option<Upload>, Error> {
    let mut upload = source.open(dialer.files()).await?;
    if let Some(upload) = &mut upload
        && !upload.is_at_end()
        && hop.headers.contains_key(EXPECT)
    {
        upload.hold(dialer.patience(), dialer.executor());
    }
    Ok(upload)
}

fn check(hop: &Hop) -> Result<(), Error> {
    if hop.method == Method::CONNECT {
        return Err(Fault::ConnectMethod.into());
    }
    match hop.target.origin().scheme() {
        "http" => Ok(()),
        #[cfg(feature = "tls")]
        "https" => Ok(()),
        #[cfg(not(feature = "tls"))]
        "https" => Err(Fault::NoTls.into()),
        _ => Err(ErrorCode::UnsupportedUrl.into()),
    }
}

/// RFC 9110 section 9.2.2.
fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE
    )
}

async fn attempt(
    hop: &Hop,
    dialer: &Arc<Dialer>,
    upload: Upload,
    affinity: Affinity,
) -> Result<HopResponse, Failure> {
    let (found, is_reused) = find(hop, dialer, affinity).await?;
    if hop.events.wants_metrics() {
        found.describe(&hop.events, is_reused);
    }
    match found {
        Dialed::Http1(connection) => http1::exchange(connection, hop, upload).await,
        #[cfg(feature = "http2")]
        // In a box, so that exchanges over HTTP/1 need not be as large.
        Dialed::Http2(place) => Box::pin(http2::exchange(place, hop, upload)).await,
    }
}

/// An idle connection that is still good, or a place on a shared one; else a new connection. True for one that was there.
async fn find(
    hop: &Hop,
    dialer: &Arc<Dialer>,
    affinity: Affinity,
) -> Result<(Dialed, bool), Error> {
    let to = Destination {
        origin: hop.target.origin(),
        service: hop.service,
    };
    let new = async || {
        let dialed = dialer.dial(to, &hop.pool, &hop.events).await?;
        Ok((dialed, false))
    };
    match affinity {
        Affinity::Same(id) => {
            let found = hop.pool.take_this(to, id);
            let found = found.ok_or(Fault::ConnectionGone)?;
            Ok((found, true))
        }
        Affinity::Fresh => new().await,
        Affinity::Any => {
            let mut was_there = true;
            loop {
                if let Some(found) = hop.pool.take(to) {
                    return Ok((found, was_there));
                }
                if !dialer.dial_shared(to, &hop.pool, &hop.events).await? {
                    return new().await;
                }
                was_there = false;
            }
        }
    }
}
