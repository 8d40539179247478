//! What is called in the browser, each throw caught: the functions of this crate's own JavaScript, which throw nothing, and members.
//!
//! JavaScript is several times as dense as what wasm-bindgen makes of calls from here, and each call costs: so what is said to the browser
//! one member after the other, as of a fetch, is said in `js`.

use wasm_bindgen::prelude::*;

use crate::wakers::Wake;

/// What an observer calls.
#[cfg(feature = "metrics")]
pub(crate) type Callback = Closure<dyn Fn(JsValue)>;

#[wasm_bindgen(module = "/js/fetch.js")]
extern "C" {
    /// What a future waits for.
    pub(crate) type Wait;

    /// One request and its response, or a stream that is read.
    #[wasm_bindgen(extends = Wait)]
    pub(crate) type Exchange;

    /// What wakes, by its place in the module's table.
    #[wasm_bindgen(js_name = wakeAt)]
    pub(crate) fn wake_at(table: &JsValue, at: u32) -> Wake;

    pub(crate) fn soon(wake: &Wake, future: u32);

    pub(crate) fn clock() -> f64;

    pub(crate) fn date() -> f64;

    pub(crate) fn chance() -> u32;

    pub(crate) fn sleep(milliseconds: i32, wake: &Wake, future: u32) -> Wait;

    #[wasm_bindgen(js_name = isSet)]
    pub(crate) fn is_set(sleep: &Wait) -> bool;

    pub(crate) fn clear(sleep: &Wait);

    pub(crate) fn parse(text: &str, base: &str) -> String;

    #[wasm_bindgen(js_name = isOnline)]
    pub(crate) fn is_online() -> bool;

    #[wasm_bindgen(js_name = isServer)]
    pub(crate) fn is_server() -> bool;

    pub(crate) fn describe(thrown: &JsValue) -> String;

    pub(crate) fn begin(
        request: &str,
        traits: u32,
        body: &JsValue,
        wake: &Wake,
        future: u32,
    ) -> Exchange;

    pub(crate) fn head(exchange: &Exchange) -> f64;

    #[wasm_bindgen(js_name = movedTo)]
    pub(crate) fn moved_to(exchange: &Exchange) -> String;

    #[wasm_bindgen(js_name = lengthOf)]
    pub(crate) fn length_of(exchange: &Exchange) -> f64;

    #[wasm_bindgen(js_name = traitsOf)]
    pub(crate) fn traits_of(exchange: &Exchange) -> u32;

    #[wasm_bindgen(js_name = headersOf)]
    pub(crate) fn headers_of(exchange: &Exchange) -> JsValue;

    #[wasm_bindgen(js_name = fieldsOf)]
    pub(crate) fn fields_of(headers: &JsValue) -> String;

    #[wasm_bindgen(js_name = thrownBy)]
    pub(crate) fn thrown_by(exchange: &Exchange) -> JsValue;

    pub(crate) fn read(exchange: &Exchange) -> f64;

    pub(crate) fn copy(exchange: &Exchange, memory: &mut [u8]) -> bool;

    pub(crate) fn stop(exchange: &Exchange);

    /// A copy of these bytes, as an array of the browser's.
    #[wasm_bindgen(js_name = arrayOf)]
    pub(crate) fn array_of(bytes: &[u8]) -> JsValue;
}

#[cfg(feature = "native-objects")]
#[wasm_bindgen(module = "/js/fetch.js")]
extern "C" {
    pub(crate) fn take(wait: &Wait) -> JsValue;
}

#[cfg(any(feature = "body-streams", feature = "cache"))]
#[wasm_bindgen(module = "/js/fetch.js")]
extern "C" {
    #[wasm_bindgen(js_name = countOf)]
    pub(crate) fn count_of(array: &JsValue) -> f64;

    #[wasm_bindgen(js_name = copyInto)]
    pub(crate) fn copy_into(array: &JsValue, memory: &mut [u8]) -> bool;
}

#[cfg(feature = "native-objects")]
#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    #[wasm_bindgen(js_name = stateOf)]
    pub(crate) fn state_of(wait: &Wait) -> u32;

    pub(crate) fn abandon(wait: &Wait);

    pub(crate) fn awaiting(promise: &JsValue, wake: &Wake, future: u32) -> Wait;

    pub(crate) fn promise() -> JsValue;

    #[wasm_bindgen(js_name = settlePromise)]
    pub(crate) fn settle_promise(promise: &JsValue, is_rejected: bool, value: &JsValue);
}

#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    #[wasm_bindgen(js_name = readStream)]
    pub(crate) fn read_stream(stream: &JsValue, wake: &Wake, future: u32) -> Exchange;

    #[wasm_bindgen(js_name = readBlob)]
    pub(crate) fn read_blob(blob: &JsValue, wake: &Wake, future: u32) -> Exchange;

    #[wasm_bindgen(js_name = chunkOf)]
    pub(crate) fn chunk_of(exchange: &Exchange) -> JsValue;

    #[wasm_bindgen(js_name = responseOf)]
    pub(crate) fn response_of(exchange: &Exchange) -> JsValue;

    pub(crate) fn dropped(names: &str) -> String;
}

#[cfg(feature = "cache")]
#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    #[wasm_bindgen(js_name = readParts)]
    pub(crate) fn read_parts(
        blob: &JsValue,
        from: f64,
        to: f64,
        wake: &JsValue,
        future: u32,
    ) -> Exchange;
}

#[cfg(feature = "body-streams")]
#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    pub(crate) fn gather(parts: &JsValue, part: &JsValue) -> JsValue;

    #[wasm_bindgen(js_name = blobOf)]
    pub(crate) fn blob_of(parts: &JsValue) -> Wait;
}

#[cfg(feature = "upload")]
#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    /// A stream that this program feeds.
    pub(crate) type Feed;

    pub(crate) fn feed(wake: &Wake, future: u32) -> Feed;

    #[wasm_bindgen(js_name = isAsked)]
    pub(crate) fn is_asked(feed: &Feed) -> bool;

    pub(crate) fn give(feed: &Feed, chunk: &[u8]);

    #[wasm_bindgen(js_name = endFeed)]
    pub(crate) fn end(feed: &Feed);
}

#[cfg(feature = "upload")]
#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    pub(crate) fn send(
        request: &str,
        traits: u32,
        body: &JsValue,
        wake: &Wake,
        future: u32,
    ) -> Exchange;

    #[wasm_bindgen(js_name = sentSince)]
    pub(crate) fn sent_since(exchange: &Exchange) -> f64;
}

#[cfg(feature = "upload")]
#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    pub(crate) fn streams() -> bool;

    pub(crate) fn counts() -> bool;

    #[wasm_bindgen(js_name = isOurs)]
    pub(crate) fn is_ours(url: &str) -> bool;

    #[wasm_bindgen(js_name = speaksHttp2)]
    pub(crate) fn speaks_http_2(url: &str) -> bool;
}

#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    pub(crate) fn network() -> u32;

    pub(crate) fn watch(look: &JsValue);
}

#[cfg(feature = "metrics")]
#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    pub(crate) fn observe(heard: &Callback) -> JsValue;

    pub(crate) fn disconnect(observer: &JsValue);

    #[wasm_bindgen(js_name = entriesByName)]
    pub(crate) fn entries_by_name(name: &str) -> JsValue;
}

#[cfg(any(feature = "cache", feature = "download", feature = "upload"))]
#[wasm_bindgen]
extern "C" {
    pub(crate) type Blob;

    #[wasm_bindgen(catch, constructor)]
    pub(crate) fn new(parts: &js_sys::Array) -> Result<Blob, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// Something that should be of a certain kind.
    #[derive(Clone)]
    pub(crate) type Foreign;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn size(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn navigator(this: &Foreign) -> Result<Foreign, JsValue>;
}
