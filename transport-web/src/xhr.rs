//! `XMLHttpRequest`: the one way on which a browser counts the bytes of a request's body as they leave.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use http::{HeaderMap, StatusCode, Version, header};
use urlsession_core::{Error, ErrorCode, ExchangeEvents, HopRequest, IntoUrl as _, Response, Url};
use wasm_bindgen::prelude::*;

use crate::engine::{Engine, is_ours};
use crate::fields;
use crate::incoming::malformed;
use crate::init::Members;
use crate::js::{Callback, Foreign, MadeResponse, Xhr};
use crate::options::{Credentials, FetchOptions};
use crate::script_error::Step;

/// A shorter body has left before there is anything to tell of it.
const WORTH_WATCHING: u64 = 256 * 1024;

/// True when the hop is to be made so.
pub(crate) fn is_chosen(
    engine: Engine,
    hop: &HopRequest,
    length: u64,
    options: &FetchOptions,
) -> bool {
    let url = hop.target.url();
    // What it cannot do: leave out credentials, stop at a redirect, outlive the page, and what else `fetch` alone is told.
    let can = engine.counts
        && options.credentials != Some(Credentials::Omit)
        && options.referrer_policy.is_none()
        && !options.refuses_redirects()
        && !options.is_kept_alive()
        && url.username().is_empty()
        && url.password().is_none();
    can && options.counts_uploads.unwrap_or_else(|| {
        let is_worth_it = hop.hints.watches_sent && length >= WORTH_WATCHING;
        is_worth_it && (is_ours(url) || !is_simple(hop))
    })
}

/// True when it goes to another origin without a preflight (Fetch, CORS-safelisted methods and header fields), as far as that is sure.
fn is_simple(hop: &HopRequest) -> bool {
    const TYPES: [&[u8]; 3] = [
        b"application/x-www-form-urlencoded",
        b"multipart/form-data",
        b"text/plain",
    ];
    let is_safe = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        let value = value.as_bytes();
        let media = value.split(|&byte| byte == b';').next().unwrap_or_default();
        match *name {
            header::CONTENT_TYPE => TYPES.contains(&media),
            header::ACCEPT | header::ACCEPT_LANGUAGE | header::CONTENT_LANGUAGE => true,
            _ => fields::is_forbidden(name),
        }
    };
    hop.method == http::Method::POST && hop.headers.iter().all(is_safe)
}

/// What its listeners note.
#[derive(Default)]
struct Noted {
    /// So many bytes of the body have left.
    sent: Cell<u64>,
    is_over: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Noted {
    fn wake(&self) {
        let waker = self.waker.borrow_mut().take();
        waker.into_iter().for_each(Waker::wake);
    }
}

/// One request under way, aborted when dropped before its end.
struct Exchange {
    xhr: Xhr,
    noted: Rc<Noted>,
    _listeners: [Callback; 2],
}

/// Makes the exchange: ready with the head, and the response as `fetch` would have given it, when all of it is there.
///
/// # Errors
/// As of `fetch`; the browser gives no reason at all.
pub(crate) async fn exchange(
    hop: &HopRequest,
    body: &JsValue,
    length: u64,
    options: &FetchOptions,
    events: &ExchangeEvents,
) -> Result<(Response, Foreign), Error> {
    let url = hop.target.url();
    let exchange = Exchange::begin(hop, body, options, events)
        .map_err(|thrown| Step::Making.failed(url, &thrown))?;
    poll_fn(|context| {
        *exchange.noted.waker.borrow_mut() = Some(context.waker().clone());
        match exchange.noted.is_over.get() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    let head = exchange.head(url)?;
    events.touched();
    events.sent(length.saturating_sub(exchange.noted.sent.get()));
    let response = exchange.response(&head);
    let response = response.map_err(|_| malformed(ErrorCode::CannotParseResponse, url))?;
    Ok((head, response))
}

impl Exchange {
    fn begin(
        hop: &HopRequest,
        body: &JsValue,
        options: &FetchOptions,
        events: &ExchangeEvents,
    ) -> Result<Self, JsValue> {
        let xhr = Xhr::new()?;
        xhr.open(hop.method.as_str(), hop.target.url().as_str())?;
        xhr.set_response_type("blob")?;
        if options.credentials == Some(Credentials::Include) {
            xhr.set_with_credentials(true)?;
        }
        for (name, value) in &*hop.headers {
            xhr.set_request_header(name.as_str(), &fields::to_text(value))?;
        }
        let noted = Rc::<Noted>::default();
        let listeners = [counting(&noted, events), noting(&noted, events)];
        let [count, note] = &listeners;
        xhr.upload()?
            .add_event_listener("progress", count.as_ref())?;
        let target: &Foreign = xhr.unchecked_ref();
        for event in ["progress", "loadend"] {
            target.add_event_listener(event, note.as_ref())?;
        }
        let exchange = Self {
            xhr,
            noted,
            _listeners: listeners,
        };
        exchange.xhr.send(body)?;
        Ok(exchange)
    }

    /// The head; a status of 0 says that there was no response.
    fn head(&self, asked: &Url) -> Result<Response, Error> {
        let target: &Foreign = self.xhr.unchecked_ref();
        let status = target.status().ok().and_then(|status| status.as_f64());
        // The cast saturates.
        let status = status.unwrap_or_default() as u16;
        let failed = || {
            let thrown = js_sys::Error::new("XMLHttpRequest failed");
            Step::Fetching.failed(asked, &thrown)
        };
        let status = StatusCode::from_u16(status).map_err(|_| failed())?;
        let text = |property: Result<JsValue, JsValue>| property.ok().and_then(|it| it.as_string());
        let url = text(self.xhr.response_url()).and_then(|url| url.into_url().ok());
        let lines = text(self.xhr.all_response_headers()).unwrap_or_default();
        let headers = fields::from_lines(&lines, ':');
        let url = url.unwrap_or_else(|| asked.clone());
        Ok(Response::new(url, status, Version::HTTP_11, headers))
    }

    fn response(&self, head: &Response) -> Result<Foreign, JsValue> {
        let body = match head.status().as_u16() {
            // A `Response` of these may have none (Fetch, null body status).
            204 | 205 | 304 => JsValue::NULL,
            _ => self.xhr.response()?.into(),
        };
        let response = MadeResponse::new(&body, &init_of(head).object()?)?;
        Ok(JsValue::from(response).unchecked_into())
    }
}

fn init_of(head: &Response) -> Members {
    let mut init = Members::new();
    init.raw("status", head.status().as_str());
    let fields: &HeaderMap = head.headers();
    init.fields(fields);
    init
}

/// Tells of the bytes that have left.
fn counting(noted: &Rc<Noted>, events: &ExchangeEvents) -> Callback {
    let (noted, events) = (noted.clone(), events.clone());
    Callback::new(move |event: JsValue| {
        let event: Foreign = event.unchecked_into();
        let loaded = event.loaded().ok().and_then(|loaded| loaded.as_f64());
        // The cast saturates, and takes what is no number for 0.
        let loaded = loaded.unwrap_or_default() as u64;
        let before = noted.sent.replace(loaded.max(noted.sent.get()));
        events.sent(loaded.saturating_sub(before));
        events.touched();
        noted.wake();
    })
}

/// Notes the end; bytes of the response only say that it lives.
fn noting(noted: &Rc<Noted>, events: &ExchangeEvents) -> Callback {
    let (noted, events) = (noted.clone(), events.clone());
    Callback::new(move |event: JsValue| {
        let event: Foreign = event.unchecked_into();
        let kind = event.kind().ok().and_then(|kind| kind.as_string());
        if kind.as_deref() != Some("loadend") {
            return events.touched();
        }
        noted.is_over.set(true);
        noted.wake();
    })
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.noted.is_over.replace(true) {
            // Its events come before this returns, while there are listeners.
            let _ = self.xhr.abort();
        }
    }
}
