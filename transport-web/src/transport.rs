//! The way to the servers: `fetch`.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use http::{HeaderMap, HeaderName, Method};
use urlsession_core::{
    BoxFuture, Capabilities, Error, ExchangeEvents, Hints, HopRequest, HopResponse, Multiplexing,
    Origin, Transport, Url,
};
use wasm_bindgen::prelude::*;

use crate::body::{AbortOnDrop, FetchBody};
use crate::js::{self, AbortController, Foreign, Init, Request};
use crate::promised::Promised;
use crate::script_error::Step;
use crate::timing::Timing;
use crate::{fields, incoming, outgoing};

/// Exchanges over the global `fetch`.
#[derive(Clone, Default)]
pub struct WebTransport {
    dropped: Rc<RefCell<Vec<String>>>,
}

impl WebTransport {
    /// The transport of this page or worker.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The names of all header fields, so far, that the browser left out of requests without saying so, lower-cased and sorted.
    ///
    /// Found by looking at each request that the browser made, so it is this browser's behaviour and not a list's. A field that the
    /// browser keeps and then overrides on the way out is not seen: [`is_forbidden`](crate::is_forbidden) names those as well.
    #[must_use]
    pub fn dropped_fields(&self) -> Vec<String> {
        let mut names = self.dropped.borrow().clone();
        names.sort_unstable();
        names
    }

    fn note_dropped(&self, asked: &HeaderMap, made: &Request) {
        let Ok(made) = made.headers() else { return };
        for name in fields::dropped(asked, &made) {
            self.note(name);
        }
    }

    fn note(&self, name: &HeaderName) {
        let mut dropped = self.dropped.borrow_mut();
        if !dropped.iter().any(|noted| noted == name.as_str()) {
            dropped.push(name.as_str().to_owned());
        }
    }

    async fn load(self, hop: HopRequest, events: ExchangeEvents) -> Result<HopResponse, Error> {
        let url = hop.target.url();
        let body = outgoing::gather(hop.body, &events).await?;
        let refused = |thrown: JsValue| Step::Making.failed(url, &thrown);
        let controller = AbortController::new().map_err(refused)?;
        let init = init(&hop.method, hop.hints, &controller).map_err(refused)?;
        let request = request(&init, url, &hop.headers, body.as_ref()).map_err(refused)?;
        self.note_dropped(&hop.headers, &request);

        let mut timing = Timing::begin(url, &events);
        let abort = AbortOnDrop::new(controller);
        let response = fetched(&request, timing.as_mut()).await;
        let response = response.map_err(|thrown| Step::Fetching.failed(url, &thrown))?;
        let response: Foreign = response.unchecked_into();
        let head = incoming::head(&response, url)?;
        events.touched();

        let length = match hop.method {
            Method::HEAD => Some(0),
            _ => incoming::body_length(&response, head.headers()),
        };
        let mut body = FetchBody::new(response, abort, head.url().clone(), events);
        body.remaining = length;
        body.timing = timing;
        Ok(HopResponse {
            response: head,
            body: Box::new(body),
            connection: None,
        })
    }
}

fn init(method: &Method, hints: Hints, controller: &AbortController) -> Result<Init, JsValue> {
    let init = Init::new();
    init.set_method(method.as_str());
    init.set_signal(&controller.signal()?);
    if let Some(urgency) = hints.urgency {
        init.set_priority(fetch_priority(urgency));
    }
    Ok(init)
}

/// Fetch's `RequestPriority`; a browser that does not know it does not look.
fn fetch_priority(urgency: u8) -> &'static str {
    match urgency {
        0..=2 => "high",
        3 => "auto",
        4.. => "low",
    }
}

fn request(
    init: &Init,
    url: &Url,
    headers: &HeaderMap,
    body: Option<&JsValue>,
) -> Result<Request, JsValue> {
    if !headers.is_empty() {
        init.set_headers(&fields::to_browser(headers)?);
    }
    if let Some(body) = body {
        init.set_body(body);
    }
    Request::new(url.as_str(), init)
}

async fn fetched(request: &Request, mut timing: Option<&mut Timing>) -> Result<JsValue, JsValue> {
    let promise = js::fetch(request)?;
    if let Some(timing) = &mut timing {
        timing.called();
    }
    let response = Promised::outcome_of(&promise).await;
    if let Some(timing) = timing {
        timing.head();
    }
    response
}

impl Transport for WebTransport {
    /// Files, in the private file system or in memory. Nothing else: `fetch` follows redirects by itself, hides interim responses, counts no
    /// uploaded bytes, takes no stream that every browser would send, keeps header fields to itself both ways, and tells no reasons.
    fn capabilities(&self) -> Capabilities {
        let mut able = Capabilities::none();
        able.file_download = cfg!(feature = "download");
        able.file_upload = cfg!(any(feature = "download", feature = "upload"));
        able
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
