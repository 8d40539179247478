//! What is called in the browser: global functions and members, each throw caught.
//!
//! Everything that comes back from a response is a [`Foreign`] or a `JsValue`, checked by whoever
//! looks into it: a page may replace `fetch`, and a service worker may answer anything.

use wasm_bindgen::prelude::*;

/// What a promise calls.
pub(crate) type Callback = Closure<dyn Fn(JsValue)>;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    pub(crate) fn fetch(url: &str, init: &Init) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Array, js_name = from)]
    pub(crate) fn array_of(items: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, js_name = setTimeout)]
    pub(crate) fn set_timeout(
        callback: &Closure<dyn Fn()>,
        milliseconds: i32,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = clearTimeout)]
    pub(crate) fn clear_timeout(id: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = performance, js_name = now)]
    pub(crate) fn performance_now() -> Result<f64, JsValue>;

    #[wasm_bindgen(catch, js_namespace = performance, js_name = getEntriesByName)]
    pub(crate) fn entries_by_name(name: &str, kind: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = performance, js_name = getEntriesByType)]
    pub(crate) fn entries_by_type(kind: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    pub(crate) fn fill_with_randomness(bytes: &mut [u8]) -> Result<(), JsValue>;

    /// Copies a typed array's elements. Throws when there are more than fit.
    #[wasm_bindgen(catch, js_namespace = ["Uint8Array", "prototype", "set"], js_name = call)]
    pub(crate) fn copy_elements(to: &mut [u8], from: &JsValue) -> Result<(), JsValue>;

    /// The property as `receiver` would see it on `target`.
    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = get)]
    pub(crate) fn get_with_receiver(
        target: &JsValue,
        key: &JsValue,
        receiver: &JsValue,
    ) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// An object of options, as `RequestInit` is.
    pub(crate) type Init;

    #[wasm_bindgen(catch, js_namespace = JSON)]
    pub(crate) fn parse(text: &str) -> Result<Init, JsValue>;

    #[wasm_bindgen(catch, method, setter)]
    pub(crate) fn set_body(this: &Init, body: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method, setter)]
    pub(crate) fn set_duplex(this: &Init, name: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method, setter)]
    pub(crate) fn set_signal(this: &Init, signal: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method, setter)]
    pub(crate) fn set_pull(this: &Init, pull: &Callback) -> Result<(), JsValue>;
}

#[wasm_bindgen]
extern "C" {
    pub(crate) type Request;

    #[wasm_bindgen(catch, constructor)]
    pub(crate) fn new(url: &str, init: &Init) -> Result<Request, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn headers(this: &Request) -> Result<Headers, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    pub(crate) type Headers;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn has(this: &Headers, name: &str) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Response)]
    pub(crate) type MadeResponse;

    #[wasm_bindgen(catch, constructor, js_class = "Response")]
    pub(crate) fn new(body: &JsValue, init: &Init) -> Result<MadeResponse, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = ReadableStream)]
    pub(crate) type Stream;

    #[wasm_bindgen(catch, constructor, js_class = "ReadableStream")]
    pub(crate) fn new(source: &Init, strategy: &Init) -> Result<Stream, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = XMLHttpRequest)]
    pub(crate) type Xhr;

    #[wasm_bindgen(catch, constructor, js_class = "XMLHttpRequest")]
    pub(crate) fn new() -> Result<Xhr, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn open(this: &Xhr, method: &str, url: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method, js_name = setRequestHeader)]
    pub(crate) fn set_request_header(this: &Xhr, name: &str, value: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method, setter, js_name = withCredentials)]
    pub(crate) fn set_with_credentials(this: &Xhr, with: bool) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method, setter, js_name = responseType)]
    pub(crate) fn set_response_type(this: &Xhr, name: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn send(this: &Xhr, body: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn abort(this: &Xhr) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn upload(this: &Xhr) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn response(this: &Xhr) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, getter, js_name = responseURL)]
    pub(crate) fn response_url(this: &Xhr) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, js_name = getAllResponseHeaders)]
    pub(crate) fn all_response_headers(this: &Xhr) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = PerformanceObserver)]
    pub(crate) type Observer;

    #[wasm_bindgen(catch, constructor, js_class = "PerformanceObserver")]
    pub(crate) fn new(callback: &Callback) -> Result<Observer, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn observe(this: &Observer, options: &Init) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn disconnect(this: &Observer) -> Result<(), JsValue>;
}

#[wasm_bindgen]
extern "C" {
    pub(crate) type Blob;

    #[wasm_bindgen(catch, constructor)]
    pub(crate) fn new(parts: &js_sys::Array) -> Result<Blob, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    pub(crate) type AbortController;

    #[wasm_bindgen(catch, constructor)]
    pub(crate) fn new() -> Result<AbortController, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn signal(this: &AbortController) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn abort(this: &AbortController) -> Result<(), JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// Something that should be a response, a stream, a reader or a promise.
    #[derive(Clone)]
    pub(crate) type Foreign;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn status(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn url(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter, js_name = type)]
    pub(crate) fn kind(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn headers(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn entries(this: &Foreign) -> Result<Foreign, JsValue>;

    /// Of what an observer is called with.
    #[wasm_bindgen(catch, method, js_name = getEntries)]
    pub(crate) fn get_entries(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn join(this: &Foreign, separator: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn body(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn size(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn stream(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = getReader)]
    pub(crate) fn get_reader(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn read(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn cancel(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn done(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn value(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn name(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn message(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn then(
        this: &Foreign,
        fulfilled: &Callback,
        rejected: &Callback,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter, js_name = onLine)]
    pub(crate) fn on_line(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn navigator(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn connection(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, getter, js_name = saveData)]
    pub(crate) fn save_data(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn location(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn origin(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(crate) fn loaded(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn enqueue(this: &Foreign, chunk: &JsValue) -> Result<(), JsValue>;

    /// Of a stream's controller.
    #[wasm_bindgen(catch, method, js_name = close)]
    pub(crate) fn close_stream(this: &Foreign) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method, js_name = addEventListener)]
    pub(crate) fn add_event_listener(
        this: &Foreign,
        event: &str,
        listener: &JsValue,
    ) -> Result<(), JsValue>;
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = Uint8Array, js_name = prototype)]
    static BYTE_ARRAY: JsValue;
}

thread_local! {
    /// A name that crosses once, and not with every chunk.
    static LENGTH: JsValue = "length".into();
}

/// True when the property is there and true.
pub(crate) fn is_true(property: Result<JsValue, JsValue>) -> bool {
    property.is_ok_and(|property| property.as_bool() == Some(true))
}

/// True unless the browser says that it has no network.
pub(crate) fn is_online() -> bool {
    let global: Foreign = js_sys::global().unchecked_into();
    let on_line = global.navigator().and_then(|navigator| navigator.on_line());
    on_line.map_or(true, |on_line| on_line.as_bool() != Some(false))
}

/// How many elements a typed array has, by its own account and not by a property put over it.
pub(crate) fn element_count(array: &JsValue) -> Option<usize> {
    let count = BYTE_ARRAY
        .with(|prototype| LENGTH.with(|length| get_with_receiver(prototype, length, array)));
    let count = count.ok()?.as_f64()?;
    // A count is a whole number that fits memory; the cast saturates.
    Some(count as usize)
}
