//! The way to the servers: `fetch`.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::body::FetchBody;
use crate::engine::Engine;
use crate::exchange::{Exchange, Lack};
use crate::feed::Feed;
use crate::fields::all_dropped;
use crate::incoming::{self, malformed};
use crate::init::{IS_STREAM, lines, traits};
use crate::options::FetchOptions;
use crate::outgoing::Outgoing;
use crate::script_error::Step;
use crate::timing::{Timing, tell_of_dropped};
use crate::unseen::Unseen;
use crate::{js, xhr};
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

    /// Where the body takes time to be made.
    #[cfg(feature = "native-objects")]
    fn load_later(
        self,
        hop: HopRequest,
        body: HopBody,
        events: ExchangeEvents,
    ) -> BoxFuture<'static, Result<HopResponse, Error>> {
        Box::pin(async move {
            let options = self.options.of(&hop.properties);
            let streams = || {
                let wish = options.streams_uploads;
                !options.is_kept_alive() && self.engine.streams_to(hop.target.as_str(), wish)
            };
            let body = Outgoing::of(body, streams, &events).await?;
            self.load(hop, body, events).await
        })
    }

    /// Without the browser's objects bodies are bytes.
    #[cfg(not(feature = "native-objects"))]
    fn load_later(
        self,
        _: HopRequest,
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
        body: Outgoing,
        events: ExchangeEvents,
    ) -> Result<HopResponse, Error> {
        let options = self.options.of(&hop.properties);
        let length = body.length();
        self.check(&hop, &options, length)?;
        let is_counted = matches!(body, Outgoing::Bytes(_) | Outgoing::Whole(..))
            && xhr::is_chosen(self.engine, &hop, length, &options);
        let kind = if is_counted {
            "xmlhttprequest"
        } else {
            "fetch"
        };
        let timing = Timing::begin(hop.target.as_str(), kind, &events);
        let mut traits = traits(&hop, &options, self.engine.is_server);
        if matches!(body, Outgoing::Stream(..)) {
            traits |= IS_STREAM;
        }
        let (object, mut feed) = body.parts();
        let begin = if is_counted { xhr::send } else { js::begin };
        let lines = lines(&hop);
        let exchange = Exchange::begun(|wake, number| begin(&lines, traits, &object, wake, number));
        if let Some(timing) = &timing
            && !is_counted
        {
            timing.called();
        }
        tell_of_dropped(&hop.headers, &events);
        let mut unseen = Unseen::new(if is_counted { 0 } else { length });
        let mut sent = 0;
        let status = poll_fn(|context| {
            if is_counted {
                sent += xhr::tell(&exchange.object, &events);
            }
            unseen.poll(context, &events);
            poll_fed(&mut feed, context, &events)?;
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
        let mut body = FetchBody::new(exchange, head.length, head.place, events);
        if hop.method == Method::HEAD {
            body.remaining = Some(0);
        }
        (body.feed, body.timing) = (feed, timing);
        Ok(HopResponse {
            response: head.response,
            body: Box::new(body),
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

/// Feeds what is fed, until its body has ended.
pub(crate) fn poll_fed(
    feed: &mut Option<Feed>,
    context: &mut Context<'_>,
    events: &ExchangeEvents,
) -> Result<(), Error> {
    if let Some(feeding) = feed
        && let Poll::Ready(ended) = feeding.poll(context, events)
    {
        *feed = None;
        ended?;
    }
    Ok(())
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
        match Outgoing::at_once(body) {
            Ok(body) => Box::pin(self.clone().load(request, body, events)),
            Err(body) => self.clone().load_later(request, body, events),
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
