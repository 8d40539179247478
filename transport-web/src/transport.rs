//! The way to the servers: `fetch`.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Method;
use urlsession_core::{
    BoxFuture, CachePolicy, Capabilities, Error, ErrorCode, ExchangeEvents, HopBody, HopRequest,
    HopResponse, Multiplexing, Origin, Response, Target, Transport,
};
use wasm_bindgen::prelude::*;

use crate::body::FetchBody;
use crate::engine::Engine;
use crate::exchange::{Exchange, Lack};
use crate::feed::Feed;
use crate::fields::all_dropped;
use crate::incoming::{self, malformed};
use crate::init::lines;
use crate::options::FetchOptions;
use crate::outgoing::Outgoing;
use crate::script_error::Step;
use crate::timing::{Timing, tell_of_dropped};
use crate::unseen::Unseen;
use crate::{js, xhr};

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

    async fn load(self, mut hop: HopRequest, events: ExchangeEvents) -> Result<HopResponse, Error> {
        let options = self.options.of(&hop.properties);
        let target = hop.target.clone();
        let streams = || {
            let wish = options.streams_uploads;
            !options.is_kept_alive() && self.engine.streams_to(target.as_str(), wish)
        };
        if self.engine.is_server && asks_cache_alone(&hop) {
            let why = "there is no cache that could have it";
            return Err(refused(ErrorCode::ResourceUnavailable.into(), &target, why));
        }
        let body = std::mem::replace(&mut hop.body, HopBody::Empty);
        let body = Outgoing::of(body, streams, &events).await?;
        if options.is_kept_alive() && body.length() > LONGEST_KEPT_ALIVE {
            let why = "a request that outlives the page has 64 KiB at most";
            return Err(refused(
                ErrorCode::DataLengthExceedsMaximum.into(),
                &target,
                why,
            ));
        }
        let request = lines(&hop, &options, self.engine.is_server);
        let hop = Hop {
            hop,
            events,
            counts: self.engine.counts,
        };
        if let Outgoing::Whole(object, length) = &body
            && xhr::is_chosen(self.engine, &hop.hop, *length, &options)
        {
            // Boxed: it is rare, and takes no room in every exchange.
            return Box::pin(hop.by_xhr(request, object.clone(), *length)).await;
        }
        hop.by_fetch(request, body).await
    }
}

impl Default for WebTransport {
    fn default() -> Self {
        Self::new()
    }
}

/// One exchange, its body apart.
struct Hop {
    hop: HopRequest,
    events: ExchangeEvents,
    counts: bool,
}

impl Hop {
    async fn by_fetch(self, request: String, body: Outgoing) -> Result<HopResponse, Error> {
        let length = body.length();
        let mut unseen = Unseen::new(length);
        let (object, is_stream, mut feed) = match body {
            Outgoing::Nothing => (JsValue::UNDEFINED, false, None),
            Outgoing::Whole(object, _) => (object, false, None),
            Outgoing::Stream(object, feed) => (object, true, feed),
        };
        let timing = Timing::begin(self.hop.target.as_str(), "fetch", &self.events);
        let exchange =
            Exchange::begun(|wake, number| js::begin(&request, &object, is_stream, wake, number));
        if let Some(timing) = &timing {
            timing.called();
        }
        tell_of_dropped(&self.hop.headers, &self.events);
        let status = poll_fn(|context| {
            unseen.poll(context, &self.events);
            poll_fed(&mut feed, context, &self.events)?;
            exchange.poll_head(context).map(Ok::<_, Error>)
        })
        .await?;
        let (head, mut body) = self.answer(exchange, status)?;
        // Where nothing is counted, core tells of the whole.
        if self.counts {
            self.events.sent(length);
        }
        body.feed = feed;
        Ok(self.whole(head, body, timing))
    }

    async fn by_xhr(
        self,
        request: String,
        object: JsValue,
        length: u64,
    ) -> Result<HopResponse, Error> {
        let timing = Timing::begin(self.hop.target.as_str(), "xmlhttprequest", &self.events);
        let exchange = Exchange::begun(|wake, number| xhr::send(&request, &object, wake, number));
        tell_of_dropped(&self.hop.headers, &self.events);
        let mut sent = 0;
        let status = poll_fn(|context| {
            sent += xhr::tell(&exchange.object, &self.events);
            exchange.poll_head(context)
        })
        .await;
        let (head, body) = self.answer(exchange, status)?;
        self.events.sent(length.saturating_sub(sent));
        Ok(self.whole(head, body, timing))
    }

    /// What has come, by its status.
    fn answer(
        &self,
        exchange: Exchange,
        status: Result<usize, Lack>,
    ) -> Result<(Response, FetchBody), Error> {
        let status = status.map_err(|lack| self.failure(&exchange, lack))?;
        let (head, place) = incoming::head(&exchange.object, status, &self.hop.target)?;
        self.events.touched();
        let body = FetchBody::new(exchange, place, self.events.clone());
        Ok((head, body))
    }

    fn failure(&self, exchange: &Exchange, lack: Lack) -> Error {
        let target = &self.hop.target;
        let step = match lack {
            Lack::Malformed => {
                return malformed(ErrorCode::CannotParseResponse.into()).with_target(target);
            }
            Lack::Refused => {
                let why = "redirects are refused";
                return refused(ErrorCode::HttpTooManyRedirects.into(), target, why);
            }
            Lack::Unmade => Step::Making,
            Lack::Thrown if asks_cache_alone(&self.hop) => Step::Looking,
            Lack::Thrown => Step::Fetching,
        };
        step.failed(target, &exchange.thrown())
    }

    fn whole(&self, head: Response, mut body: FetchBody, timing: Option<Timing>) -> HopResponse {
        if let Some(timing) = &timing {
            timing.head();
        }
        if self.hop.method == Method::HEAD {
            body.remaining = Some(0);
        }
        body.timing = timing;
        HopResponse {
            response: head,
            body: Box::new(body),
            connection: None,
        }
    }
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
        request: HopRequest,
        events: ExchangeEvents,
    ) -> BoxFuture<'static, Result<HopResponse, Error>> {
        Box::pin(self.clone().load(request, events))
    }

    /// Nothing: connections are the browser's own, and it lets no script close them.
    fn reset(&self) {}
}

impl fmt::Debug for WebTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebTransport").finish_non_exhaustive()
    }
}
