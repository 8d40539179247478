//! What the store is asked for: functions of this crate's own JavaScript, which throw nothing.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::js::Wait;
use crate::wakers::Wake;

#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    pub(super) type Store;

    pub(super) fn store(name: &str, capacity: f64) -> Store;

    pub(super) fn find(store: &Store, key: &str, wake: &Wake, future: u32) -> Wait;

    #[wasm_bindgen(js_name = openBody)]
    pub(super) fn open_body(store: &Store, id: f64, wake: &Wake, future: u32) -> Wait;

    pub(super) fn usage(store: &Store, wake: &Wake, future: u32) -> Wait;

    pub(super) fn update(store: &Store, id: f64, head: &[u8], wake: &Wake, future: u32) -> Wait;

    #[wasm_bindgen(js_name = removeRecords)]
    pub(super) fn remove(store: &Store, ids: &Array, wake: &Wake, future: u32) -> Wait;

    #[wasm_bindgen(js_name = removeKeys)]
    pub(super) fn remove_keys(
        store: &Store,
        key: &str,
        is_prefix: bool,
        wake: &Wake,
        future: u32,
    ) -> Wait;

    #[wasm_bindgen(js_name = removeSince)]
    pub(super) fn remove_since(store: &Store, milliseconds: f64, wake: &Wake, future: u32) -> Wait;

    pub(super) fn settle(
        store: &Store,
        capacity: f64,
        is_strict: bool,
        wake: &Wake,
        future: u32,
    ) -> Wait;
}

#[wasm_bindgen(module = "/js/more.js")]
extern "C" {
    /// A record being written.
    pub(super) type Entry;

    pub(super) fn insert(store: &Store) -> Entry;

    #[wasm_bindgen(js_name = idOf)]
    pub(super) fn id_of(entry: &Entry) -> f64;

    #[wasm_bindgen(js_name = writeChunk)]
    pub(super) fn write(entry: &Entry, chunk: &[u8], wake: &Wake, future: u32) -> Wait;

    #[wasm_bindgen(js_name = finishRecord)]
    pub(super) fn finish(
        entry: &Entry,
        key: &str,
        head: &[u8],
        length: f64,
        size: f64,
        stored: f64,
        replaces: &Array,
        wake: &Wake,
        future: u32,
    ) -> Wait;

    pub(super) fn forget(entry: &Entry);
}
