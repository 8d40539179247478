//! `XMLHttpRequest`: the one way on which a browser counts the bytes of a request's body as they leave.

use http::header;
use urlsession_core::{ExchangeEvents, HopRequest};
use wasm_bindgen::prelude::*;

use crate::engine::Engine;
use crate::options::{Credentials, FetchOptions};
use crate::wakers::Wake;
use crate::{fields, js};

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
        is_worth_it && (js::is_ours(url.as_str()) || !is_simple(hop))
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

/// Begins an exchange whose response comes when all of it is there, as `fetch` would have given it; the browser gives no reason for a failure.
pub(crate) fn send(
    request: &str,
    traits: u32,
    body: &JsValue,
    wake: &Wake,
    number: u32,
) -> js::Exchange {
    js::send(request, traits, body, wake, number)
}

/// Tells how many bytes have left since it was called last, where anything has moved, and gives their number.
pub(crate) fn tell(exchange: &js::Exchange, events: &ExchangeEvents) -> u64 {
    let sent = js::sent_since(exchange);
    if sent < 0.0 {
        return 0;
    }
    // The cast saturates.
    events.sent(sent as u64);
    events.touched();
    sent as u64
}
