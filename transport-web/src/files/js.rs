//! What is asked of files in JavaScript: the functions of `js/more.js`, which throw nothing.

use wasm_bindgen::prelude::*;

use crate::js::Exchange;

#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    /// The files of one platform.
    #[derive(Clone)]
    pub(super) type Files;

    pub(super) fn files() -> Files;

    pub(super) fn adopt(file: &JsValue) -> String;

    pub(super) fn temporary(name: &str) -> Option<String>;
}

#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    /// One thing that is asked of a file, and what writes.
    pub(super) type Work;

    #[wasm_bindgen(js_name = beginWork)]
    pub(super) fn begin(
        files: &Files,
        operation: u32,
        path: &str,
        to: &str,
        at: f64,
        wake: &JsValue,
        future: u32,
    ) -> Work;

    pub(super) fn outcome(work: &Work) -> i32;

    #[wasm_bindgen(js_name = thrownIn)]
    pub(super) fn thrown_in(work: &Work) -> JsValue;

    pub(super) fn drop(work: &Work);
}

#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    #[wasm_bindgen(js_name = sizeOf)]
    pub(super) fn size_of(work: &Work) -> f64;

    #[wasm_bindgen(js_name = stampOf)]
    pub(super) fn stamp_of(work: &Work) -> f64;

    #[wasm_bindgen(js_name = contentOf)]
    pub(super) fn content_of(work: &Work) -> JsValue;

    #[wasm_bindgen(js_name = readFile)]
    pub(super) fn read(work: &Work, wake: &JsValue, future: u32) -> Exchange;
}

#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    pub(super) fn put(work: &Work, chunk: &[u8]);

    #[cfg(feature = "download")]
    pub(super) fn pass(work: &Work, exchange: &Exchange);

    #[wasm_bindgen(js_name = moveTo)]
    pub(super) fn move_to(work: &Work, offset: f64) -> bool;

    pub(super) fn sync(work: &Work);

    pub(super) fn finish(work: &Work);
}
