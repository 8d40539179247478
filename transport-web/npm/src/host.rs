//! The other part as this one sees it: one object, a method for each event. Each throw is caught, though none is meant.
//!
//! What a method returns is an answer ([`answer`](crate::answer)): nothing where the app has none, a value, or a promise of either.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `Host` of `ts/host.ts`.
    #[derive(Clone)]
    pub type Host;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn response(this: &Host, task: u32, head: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn data(this: &Host, task: u32, chunk: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn redirection(
        this: &Host,
        task: u32,
        head: &str,
        request: &str,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn retry(
        this: &Host,
        task: u32,
        number: u32,
        head: Option<String>,
        error: JsValue,
        delay: f64,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn body(this: &Host, task: u32, offset: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn waiting(this: &Host, task: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn sent(
        this: &Host,
        task: u32,
        bytes: f64,
        total: f64,
        expected: f64,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn became(this: &Host, task: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn resumed(
        this: &Host,
        task: u32,
        offset: f64,
        expected: f64,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn written(
        this: &Host,
        task: u32,
        bytes: f64,
        total: f64,
        expected: f64,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn file(
        this: &Host,
        task: u32,
        file: JsValue,
        path: Option<String>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn metrics(
        this: &Host,
        task: u32,
        numbers: Vec<f64>,
        texts: js_sys::Array,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn cache(
        this: &Host,
        task: u32,
        head: &str,
        data: JsValue,
        info: js_sys::Array,
        storage: u8,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = canInit)]
    pub(crate) fn can_init(
        this: &Host,
        session: u32,
        protocol: u32,
        request: &str,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn load(
        this: &Host,
        session: u32,
        protocol: u32,
        load: u32,
        request: &str,
        body: JsValue,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn pull(this: &Host, load: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn stop(this: &Host, load: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn complete(this: &Host, task: u32, error: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn invalid(this: &Host, session: u32, error: JsValue) -> Result<JsValue, JsValue>;
}
