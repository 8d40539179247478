//! The members of IndexedDB. Each throw caught, nothing taken on trust.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use crate::js::Foreign;
use crate::promised::{Outcome, Promised};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, method, getter, js_name = indexedDB)]
    pub(super) fn indexed_db(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = open)]
    pub(super) fn open(this: &Foreign, name: &str, version: f64) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = deleteDatabase)]
    pub(super) fn delete_database(this: &Foreign, name: &str) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(super) fn result(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(super) fn error(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter, js_name = objectStoreNames)]
    pub(super) fn object_store_names(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn contains(this: &Foreign, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, js_name = createObjectStore)]
    pub(super) fn create_object_store(
        this: &Foreign,
        name: &str,
        options: &JsValue,
    ) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = createIndex)]
    pub(super) fn create_index(this: &Foreign, name: &str, path: &str) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn transaction(
        this: &Foreign,
        stores: &Array,
        mode: &str,
        options: &JsValue,
    ) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn abort(this: &Foreign) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method, js_name = objectStore)]
    pub(super) fn object_store(this: &Foreign, name: &str) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn index(this: &Foreign, name: &str) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn get(this: &Foreign, key: &JsValue) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = getAll)]
    pub(super) fn get_all(
        this: &Foreign,
        range: &JsValue,
        count: &JsValue,
    ) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = getAllKeys)]
    pub(super) fn get_all_keys(this: &Foreign, range: &JsValue) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn add(this: &Foreign, value: &JsValue) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn put(this: &Foreign, value: &JsValue) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = put)]
    pub(super) fn put_at(
        this: &Foreign,
        value: &JsValue,
        key: &JsValue,
    ) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = delete)]
    pub(super) fn delete(this: &Foreign, range: &JsValue) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn bind(this: &Foreign, to: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter, js_name = close)]
    pub(super) fn close_method(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, js_namespace = IDBKeyRange, js_name = bound)]
    pub(super) fn between(first: &JsValue, last: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = IDBKeyRange, js_name = lowerBound)]
    pub(super) fn at_least(first: &JsValue) -> Result<JsValue, JsValue>;
}

/// Has the object's events settle a promise: the first of them, fulfilled by the events of these names, rejected by the others. Gives the event.
pub(super) async fn event(object: &Foreign, good: &[&str], bad: &[&str]) -> Outcome {
    let promise = Promise::new(&mut |fulfil, reject| {
        for (names, settle) in [(good, fulfil), (bad, reject)] {
            for name in names {
                // Where it fails, nothing comes, and whoever waits does so for a while only.
                let _ = js_sys::Reflect::set(object, &(*name).into(), &settle);
            }
        }
    });
    Promised::outcome_of(promise.unchecked_ref()).await
}

/// What a request comes to.
pub(super) async fn answer(request: Result<Foreign, JsValue>) -> Outcome {
    let request = request?;
    match event(&request, &["onsuccess"], &["onerror"]).await {
        Ok(_) => request.result(),
        Err(_) => Err(request.error()?),
    }
}

/// The same, as a list.
pub(super) async fn list(request: Result<Foreign, JsValue>) -> Result<Array, JsValue> {
    answer(request).await?.dyn_into()
}

/// Waits until the transaction is over.
pub(super) async fn over(transaction: &Foreign) -> Outcome {
    event(transaction, &["oncomplete"], &["onabort"]).await
}
