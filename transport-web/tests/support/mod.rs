//! What the tests share: hops, a replaceable `fetch`, and where the origin server is.
#![expect(dead_code, reason = "each test program uses its part")]

mod engines;

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use js_sys::{Array, Function, Reflect};
use urlsession_core::{
    Affinity, Body, BoxFuture, Error, ErrorCode, ExchangeEvents, HopBody, HopRequest, HopResponse,
    Target, Transport,
};
use urlsession_transport_web::{ScriptError, WebRuntime, WebTransport};
use wasm_bindgen::prelude::*;

/// The base URL that the origin server has under `name`, without a slash at its end; `None`, said aloud, without a server.
pub(crate) fn origin(name: &str) -> Option<String> {
    let Some(line) = option_env!("URLSESSION_ORIGIN") else {
        wasm_bindgen_test::console_log!("SKIPPED: no origin server (URLSESSION_ORIGIN)");
        return None;
    };
    let urls = js_sys::JSON::parse(line).unwrap();
    let url = Reflect::get(&urls, &name.into())
        .unwrap()
        .as_string()
        .unwrap();
    Some(url.trim_end_matches('/').to_owned())
}

/// A hop without fields or body.
pub(crate) fn hop(method: Method, url: &str) -> HopRequest {
    HopRequest {
        method,
        target: Arc::new(Target::parse(url).unwrap()),
        headers: Default::default(),
        body: HopBody::Empty,
        affinity: Affinity::Any,
        hints: Default::default(),
        properties: Default::default(),
    }
}

pub(crate) fn get(url: &str) -> HopRequest {
    hop(Method::GET, url)
}

pub(crate) fn exchange(request: HopRequest) -> BoxFuture<'static, Result<HopResponse, Error>> {
    exchange_with(&WebTransport::new(), request)
}

pub(crate) fn exchange_with(
    transport: &WebTransport,
    request: HopRequest,
) -> BoxFuture<'static, Result<HopResponse, Error>> {
    transport.exchange(
        request,
        ExchangeEvents::detached(Arc::new(WebRuntime::new())),
    )
}

/// The rest of a body.
pub(crate) async fn rest(body: &mut dyn Body) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    while let Some(chunk) = body.next_chunk().await? {
        assert!(!chunk.is_empty(), "no chunk is empty");
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

/// Status and body of what `request` brings.
pub(crate) async fn brings(request: HopRequest) -> Result<(u16, Vec<u8>), Error> {
    let mut answer = exchange(request).await?;
    Ok((
        answer.response.status().as_u16(),
        rest(&mut *answer.body).await?,
    ))
}

/// The code that ends `request`, in the head or in the body.
pub(crate) async fn failure_of(request: HopRequest) -> ErrorCode {
    brings(request).await.unwrap_err().code()
}

/// What JavaScript threw.
pub(crate) fn cause(error: &Error) -> &ScriptError {
    std::error::Error::source(error)
        .unwrap()
        .downcast_ref()
        .unwrap()
}

pub(crate) fn is_node() -> bool {
    Reflect::has(&js_sys::global(), &"process".into()).unwrap()
}

/// Whether a feature of `engines.json` is there where this runs: the table of engines decides what a test may expect, and is itself held to what is
/// seen (tests/conformance/tests/web).
pub(crate) fn has(feature: &str) -> bool {
    engines::Engines::read().has(feature, &engines::Place::here())
}

/// The value of a JavaScript expression.
pub(crate) fn script(expression: &str) -> JsValue {
    let code = format!("return ({expression})");
    Function::new_no_args(&code)
        .call0(&JsValue::UNDEFINED)
        .unwrap()
}

/// A global, or a member of one, replaced until this is dropped.
pub(crate) struct Replaced {
    owner: JsValue,
    name: &'static str,
    original: JsValue,
}

impl Replaced {
    /// Replaces `owner.name` by the value of `expression`.
    pub(crate) fn by(owner: &str, name: &'static str, expression: &str) -> Self {
        let owner = script(owner);
        let original = Reflect::get(&owner, &name.into()).unwrap();
        assert!(Reflect::set(&owner, &name.into(), &script(expression)).unwrap());
        Self {
            owner,
            name,
            original,
        }
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        Reflect::set(&self.owner, &self.name.into(), &self.original).unwrap();
    }
}

/// `fetch` replaced by a function `(request) => ...`; what is no function stands there as it is.
pub(crate) fn fetch_is(function: &str) -> Replaced {
    let called = format!(
        "(instead => typeof instead === 'function' ? (url, init) => instead(new Request(url, init)) : instead)({function})"
    );
    fetch_is_called(&called)
}

/// `fetch` replaced by a function `(url, init) => ...`, as it is called.
pub(crate) fn fetch_is_called(function: &str) -> Replaced {
    Replaced::by("globalThis", "fetch", function)
}

/// What `fetch` is told of `request`: a member of its `init`.
pub(crate) async fn told(request: HopRequest, member: &str) -> JsValue {
    told_by(&WebTransport::new(), request, member).await
}

pub(crate) async fn told_by(
    transport: &WebTransport,
    request: HopRequest,
    member: &str,
) -> JsValue {
    let _fetch = fetch_is_called(
        "async (url, init) => { globalThis.__init = init; return new Response('ok') }",
    );
    exchange_with(transport, request).await.unwrap();
    script(&format!("globalThis.__init.{member}"))
}

/// Collects what is reported as an unhandled rejection.
pub(crate) struct Rejections(JsValue);

impl Rejections {
    pub(crate) fn watch() -> Self {
        Self(script(
            "(() => {
                const seen = [];
                if (globalThis.addEventListener) {
                    globalThis.addEventListener('unhandledrejection', event => seen.push(String(event.reason)));
                } else {
                    process.on('unhandledRejection', reason => seen.push(String(reason)));
                }
                return seen;
            })()",
        ))
    }

    /// Those so far, once the event loop has turned.
    pub(crate) async fn seen(&self) -> Vec<String> {
        sleep(20).await;
        let seen: &Array = self.0.unchecked_ref();
        seen.iter()
            .map(|reason| reason.as_string().unwrap())
            .collect()
    }
}

pub(crate) async fn sleep(milliseconds: u64) {
    use urlsession_core::Runtime;
    let runtime = WebRuntime::new();
    runtime
        .sleep_until(runtime.now() + std::time::Duration::from_millis(milliseconds))
        .await;
}

/// A body of these chunks.
pub(crate) struct Chunks(pub(crate) std::collections::VecDeque<Result<Bytes, Error>>);

impl Chunks {
    pub(crate) fn of(chunks: &[&'static str]) -> Self {
        Self(
            chunks
                .iter()
                .map(|chunk| Ok(Bytes::from_static(chunk.as_bytes())))
                .collect(),
        )
    }
}

impl Body for Chunks {
    fn poll_next_chunk(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Error>>> {
        std::task::Poll::Ready(self.0.pop_front())
    }
}
