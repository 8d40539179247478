//! The way to the servers: `fetch`.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use crate::body::FetchBody;
use crate::engine::Engine;
use crate::exchange::{Exchange, Lack};
use crate::fields::all_dropped;
use crate::incoming::{self, malformed};
use crate::init::{lines, traits};
use crate::options::FetchOptions;
use crate::outgoing::Outgoing;
use crate::script_error::Step;
#[cfg(feature = "native-objects")]
use crate::sending::{Content, Sender};
use crate::timing;
use http::Method;
use urlsession_core::{
    BoxFuture, CachePolicy, Capabilities, Error, ErrorCode, ExchangeEvents, HopBody, HopRequest,
    HopResponse, Multiplexing, Origin, Target, Transport,
};

/// The longest body of a request that outlives the page, in bytes (Fetch, HTTP-network-or-cache fetch).
const LONGEST_KEPT_ALIVE: u64 = 64 * 1024;

/// Exchanges over the global `fetch`, and over `XMLHttpRequest` where the bytes of uploads are counted.
#[derive(Clone)]
pub struct WebTransport {
    options: FetchOptions,
    engine: Engine,
}

impl WebTransport {
    /// The transport of this page or worker.
    #[must_use]
    pub fn new() -> Self {
        Self {
            options: FetchOptions::new(),
            engine: Engine::new(),
        }
    }

    /// The same, telling `fetch` this of every request.
    #[must_use]
    pub fn with_options(mut self, options: FetchOptions) -> Self {
        self.options = options;
        self
    }

    /// The names of all header fields, so far, that the browser left out of requests without saying so, lower-cased and sorted.
    ///
    /// Found by looking at the first request with each name that the browser made, so it is this browser's behaviour and not a list's. A field that the
    /// browser keeps and then overrides on the way out is not seen: [`is_forbidden`](crate::is_forbidden) names those as well. What a task
    /// lost by it is in its metrics (`TransactionMetrics::dropped_request_fields`).
    #[must_use]
    pub fn dropped_fields(&self) -> Vec<String> {
        all_dropped()
    }

    /// Where the body takes its time.
    #[cfg(feature = "native-objects")]
    fn load_later(
        self,
        hop: HopRequest,
        options: FetchOptions,
        body: HopBody,
        events: ExchangeEvents,
    ) -> BoxFuture<'static, Result<HopResponse, Error>> {
        Box::pin(async move {
            let streams = || {
                let wish = options.streams_uploads;
                !options.is_kept_alive() && self.engine.streams_to(hop.target.as_str(), wish)
            };
            let content = Content::of(body, streams, &events).await?;
            let body = Sender::new(content, self.engine, &hop, &options);
            let body = Outgoing::Long(Box::new(body));
            self.load(hop, options, body, events).await
        })
    }

    /// Without the browser's objects bodies are bytes.
    #[cfg(not(feature = "native-objects"))]
    fn load_later(
        self,
        _: HopRequest,
        _: FetchOptions,
        _: HopBody,
        _: ExchangeEvents,
    ) -> BoxFuture<'static, Result<HopResponse, Error>> {
        Box::pin(async { Err(ErrorCode::ResourceUnavailable.into()) })
    }

    /// # Errors
    /// What this engine cannot do.
    fn check(&self, hop: &HopRequest, options: &FetchOptions, length: u64) -> Result<(), Error> {
        if self.engine.is_server && asks_cache_alone(hop) {
            let why = "there is no cache that could have it";
            let error = ErrorCode::ResourceUnavailable.into();
            return Err(refused(error, &hop.target, why));
        }
        if options.is_kept_alive() && length > LONGEST_KEPT_ALIVE {
            let why = "a request that outlives the page has 64 KiB at most";
            let error = ErrorCode::DataLengthExceedsMaximum.into();
            return Err(refused(error, &hop.target, why));
        }
        Ok(())
    }

    async fn load(
        self,
        hop: HopRequest,
        options: FetchOptions,
        mut body: Outgoing,
        events: ExchangeEvents,
    ) -> Result<HopResponse, Error> {
        let length = body.length();
        self.check(&hop, &options, length)?;
        let is_counted = body.is_counted();
        let kind = if is_counted {
            "xmlhttprequest"
        } else {
            "fetch"
        };
        let is_timed = events.wants_metrics();
        let timing = match is_timed {
            true => timing::begin(hop.target.as_str(), kind, &events),
            false => None,
        };
        let traits = traits(&hop, &options, self.engine.is_server);
        let lines = lines(&hop);
        let exchange = Exchange::begun(|wake, number| body.begin(&lines, traits, wake, number));
        if let Some(timing) = &timing
            && !is_counted
        {
            timing.called();
        }
        if is_timed {
            timing::tell_of_dropped(&hop.headers, &events);
        }
        let mut sent = 0;
        let status = poll_fn(|context| {
            if let Outgoing::Long(sending) = &mut body {
                sent = sending.poll(&exchange.object, context, &events)?;
            }
            exchange.poll_head(context).map(Ok::<_, Error>)
        })
        .await?;
        let status = status.map_err(|lack| failure(&hop, &exchange, lack))?;
        let head = incoming::head(&exchange.object, status, &hop.target)?;
        events.touched();
        // Where nothing is counted, core tells of the whole.
        if self.engine.counts {
            events.sent(length.saturating_sub(sent));
        }
        if let Some(timing) = &timing {
            timing.head();
        }
        let mut incoming = FetchBody::new(exchange, head.length, head.place, events);
        if hop.method == Method::HEAD {
            incoming.remaining = Some(0);
        }
        incoming.timing = timing;
        if let Outgoing::Long(sending) = body {
            incoming.sending = Some(sending);
        }
        Ok(HopResponse {
            response: head.response,
            body: Box::new(incoming),
            connection: None,
        })
    }
}

impl Default for WebTransport {
    fn default() -> Self {
        Self::new()
    }
}

/// Why there is no head.
fn failure(hop: &HopRequest, exchange: &Exchange, lack: Lack) -> Error {
    let target = &hop.target;
    let step = match lack {
        Lack::Malformed => {
            return malformed(ErrorCode::CannotParseResponse.into()).with_target(target);
        }
        Lack::Refused => {
            let why = "redirects are refused";
            return refused(ErrorCode::HttpTooManyRedirects.into(), target, why);
        }
        Lack::Unmade => Step::Making,
        Lack::Thrown if asks_cache_alone(hop) => Step::Looking,
        Lack::Thrown => Step::Fetching,
    };
    step.failed(target, &exchange.thrown())
}

fn refused(error: Error, target: &Arc<Target>, why: &'static str) -> Error {
    error.with_target(target).because(why)
}

fn asks_cache_alone(hop: &HopRequest) -> bool {
    hop.hints.cache == Some(CachePolicy::ReturnCacheDataDontLoad)
}

impl Transport for WebTransport {
    /// As this engine has them: files, in the private file system or in memory, and the bytes of uploads counted where there is `XMLHttpRequest`. A browser
    /// follows redirects by itself, hides interim responses, takes no stream that every server gets, keeps header fields to
    /// itself both ways, and tells no reasons. In Node redirects and all header fields of responses are seen, and streams are sent.
    fn capabilities(&self) -> Capabilities {
        self.engine.capabilities()
    }

    fn multiplexing(&self, _: &Origin) -> Multiplexing {
        Multiplexing::Platform
    }

    fn exchange(
        &self,
        mut request: HopRequest,
        events: ExchangeEvents,
    ) -> BoxFuture<'static, Result<HopResponse, Error>> {
        let body = std::mem::replace(&mut request.body, HopBody::Empty);
        let options = self.options.of(&request.properties);
        match Outgoing::at_once(body, &options) {
            Ok(body) => Box::pin(self.clone().load(request, options, body, events)),
            Err(body) => self.clone().load_later(request, options, body, events),
        }
    }

    /// Nothing: connections are the browser's own, and it lets no script close them.
    fn reset(&self) {}
}

impl fmt::Debug for WebTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebTransport").finish_non_exhaustive()
    }
}
