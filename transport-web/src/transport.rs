//! The way to the servers: `fetch`.

use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use http::{Method, header};
use urlsession_core::{
    BoxFuture, CachePolicy, Capabilities, Error, ErrorCode, ExchangeEvents, HopBody, HopRequest,
    HopResponse, Multiplexing, Origin, Response, Transport,
};
use wasm_bindgen::prelude::*;

use crate::body::{AbortOnDrop, FetchBody};
use crate::engine::Engine;
use crate::feed::Feed;
use crate::fields::Seen;
use crate::init::init;
use crate::js::{self, AbortController, Foreign, Init, Request};
use crate::options::FetchOptions;
use crate::outgoing::Outgoing;
use crate::promised::Promised;
use crate::script_error::Step;
use crate::timing::Timing;
use crate::unseen::Unseen;
use crate::{incoming, xhr};

/// The longest body of a request that outlives the page, in bytes (Fetch, HTTP-network-or-cache fetch).
const LONGEST_KEPT_ALIVE: u64 = 64 * 1024;

/// Exchanges over the global `fetch`, and over `XMLHttpRequest` where the bytes of uploads are counted.
#[derive(Clone)]
pub struct WebTransport {
    options: FetchOptions,
    engine: Engine,
    seen: Rc<Seen>,
}

impl WebTransport {
    /// The transport of this page or worker.
    #[must_use]
    pub fn new() -> Self {
        Self {
            options: FetchOptions::new(),
            engine: Engine::new(),
            seen: Rc::default(),
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
        self.seen.dropped()
    }

    async fn load(self, mut hop: HopRequest, events: ExchangeEvents) -> Result<HopResponse, Error> {
        let options = self.options.of(&hop.properties);
        let target = hop.target.clone();
        let url = target.url();
        let streams =
            || !options.is_kept_alive() && self.engine.streams_to(url, options.streams_uploads);
        if self.engine.is_server && asks_cache_alone(&hop) {
            let error = Error::new(ErrorCode::ResourceUnavailable).with_url(url);
            return Err(error.because("there is no cache that could have it"));
        }
        let body = std::mem::replace(&mut hop.body, HopBody::Empty);
        let body = Outgoing::of(body, streams, &events).await?;
        if options.is_kept_alive() && body.length() > LONGEST_KEPT_ALIVE {
            let error = Error::new(ErrorCode::DataLengthExceedsMaximum).with_url(url);
            return Err(error.because("a request that outlives the page has 64 KiB at most"));
        }
        let init = self
            .init(&hop, &options, &events)
            .map_err(|thrown| Step::Making.failed(url, &thrown))?;
        let exchange = Exchange {
            hop,
            options,
            events,
            shows_redirects: self.engine.is_server,
            counts: self.engine.counts,
        };
        if let Outgoing::Whole(object, length) = &body
            && xhr::is_chosen(self.engine, &exchange.hop, *length, &exchange.options)
        {
            // Boxed: it is rare, and takes no room in every exchange.
            return Box::pin(exchange.by_xhr(object.clone(), *length)).await;
        }
        exchange.by_fetch(init, body).await
    }

    /// What `fetch` is told. Fields that were not seen before are looked at: what the browser drops is reported.
    fn init(
        &self,
        hop: &HopRequest,
        options: &FetchOptions,
        events: &ExchangeEvents,
    ) -> Result<Init, JsValue> {
        let (method, fields) = (hop.method.as_str(), &*hop.headers);
        let init = init(method, fields, hop.hints, options, self.engine.is_server).object()?;
        if !self.seen.knows(fields) {
            let made = Request::new(hop.target.url().as_str(), &init)?;
            self.seen.look(fields, &made.headers()?);
        }
        if events.wants_metrics() {
            let dropped = self.seen.dropped_of(fields);
            events.measure(|transaction| transaction.dropped_request_fields = dropped);
        }
        Ok(init)
    }
}

impl Default for WebTransport {
    fn default() -> Self {
        Self::new()
    }
}

/// One exchange, its body apart.
struct Exchange {
    hop: HopRequest,
    options: FetchOptions,
    events: ExchangeEvents,
    shows_redirects: bool,
    counts: bool,
}

impl Exchange {
    async fn by_fetch(self, init: Init, body: Outgoing) -> Result<HopResponse, Error> {
        let url = self.hop.target.url();
        let length = body.length();
        let mut unseen = Unseen::new(length);
        let is_stream = matches!(body, Outgoing::Stream(..));
        let (mut feed, abort) =
            equip(&init, body).map_err(|thrown| Step::Making.failed(url, &thrown))?;
        let timing = Timing::begin(url, "fetch", &self.events);
        let promised = Promised::new();
        let called = js::fetch(url.as_str(), &init).and_then(|promise| promised.listen(&promise));
        if let Some(timing) = &timing {
            timing.called();
        }
        let response = match called {
            Err(thrown) => Err(thrown),
            Ok(()) => {
                poll_fn(|context| {
                    unseen.poll(context, &self.events);
                    poll_fed(&mut feed, context, &self.events)?;
                    promised.poll(context).map(Ok::<_, Error>)
                })
                .await?
            }
        };
        let response: Foreign = response
            .map_err(|thrown| self.failure(&thrown, &init, is_stream))?
            .unchecked_into();
        if let Some(timing) = &timing {
            timing.head();
        }
        self.refuse_redirect(&response, None)?;
        let head = incoming::head(&response, url)?;
        self.refuse_redirect(&response, Some(&head))?;
        // Where nothing is counted, core tells of the whole.
        if self.counts {
            self.events.sent(length);
        }
        self.events.touched();
        let mut body = FetchBody::new(response, abort, &head, self.events);
        body.feed = feed;
        Ok(answer(&self.hop.method, head, body, timing))
    }

    async fn by_xhr(self, object: JsValue, length: u64) -> Result<HopResponse, Error> {
        let timing = Timing::begin(self.hop.target.url(), "xmlhttprequest", &self.events);
        let (head, response) =
            xhr::exchange(&self.hop, &object, length, &self.options, &self.events).await?;
        if let Some(timing) = &timing {
            timing.head();
        }
        let body = FetchBody::new(response, AbortOnDrop::nothing(), &head, self.events);
        Ok(answer(&self.hop.method, head, body, timing))
    }

    /// What `fetch` has failed with: what it would not make a request of, it was asked for wrongly.
    fn failure(&self, thrown: &JsValue, init: &Init, is_stream: bool) -> Error {
        let url = self.hop.target.url();
        // A stream that was begun makes no second request.
        let step = match is_stream || Request::new(url.as_str(), init).is_ok() {
            true if asks_cache_alone(&self.hop) => Step::Looking,
            true => Step::Fetching,
            false => Step::Making,
        };
        step.failed(url, thrown)
    }

    /// Fails where the answer is a redirect, and none may be followed: a browser hides it (`head` is none), others do not.
    fn refuse_redirect(&self, response: &Foreign, head: Option<&Response>) -> Result<(), Error> {
        if !self.options.refuses_redirects() {
            return Ok(());
        }
        let is_redirect = match head {
            Some(head) => {
                let is_led = head.headers().contains_key(header::LOCATION);
                self.shows_redirects && head.status().is_redirection() && is_led
            }
            None => {
                let kind = response.kind().ok().and_then(|kind| kind.as_string());
                kind.as_deref() == Some("opaqueredirect")
            }
        };
        match is_redirect {
            true => {
                let error = Error::new(ErrorCode::HttpTooManyRedirects);
                Err(error
                    .with_url(self.hop.target.url())
                    .because("redirects are refused"))
            }
            false => Ok(()),
        }
    }
}

fn asks_cache_alone(hop: &HopRequest) -> bool {
    hop.hints.cache == Some(CachePolicy::ReturnCacheDataDontLoad)
}

/// Gives the request its body, and the signal that aborts it.
fn equip(init: &Init, body: Outgoing) -> Result<(Option<Feed>, AbortOnDrop), JsValue> {
    let controller = AbortController::new()?;
    init.set_signal(&controller.signal()?)?;
    let (object, feed) = match body {
        Outgoing::Nothing => (None, None),
        Outgoing::Whole(object, _) => (Some(object), None),
        Outgoing::Stream(object, feed) => {
            init.set_duplex("half")?;
            (Some(object), feed)
        }
    };
    if let Some(object) = object {
        init.set_body(&object)?;
    }
    Ok((feed, AbortOnDrop::new(controller)))
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

fn answer(
    method: &Method,
    head: Response,
    mut body: FetchBody,
    timing: Option<Timing>,
) -> HopResponse {
    if method == Method::HEAD {
        body.remaining = Some(0);
    }
    body.timing = timing;
    HopResponse {
        response: head,
        body: Box::new(body),
        connection: None,
    }
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
