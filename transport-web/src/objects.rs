//! Objects of the browser's that several parts of this crate look into: promises, Blobs, options. Each throw caught, nothing taken on trust.

use js_sys::ArrayBuffer;
use wasm_bindgen::prelude::*;

use crate::copied::bytes_of;
#[cfg(any(feature = "download", feature = "upload"))]
use crate::incoming::is_absent;
use crate::js::Foreign;
#[cfg(any(feature = "download", feature = "upload"))]
use crate::promised::{Outcome, Promised};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, method)]
    pub(crate) fn slice(this: &Foreign, from: f64, to: f64) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = arrayBuffer)]
    pub(crate) fn array_buffer(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(crate) fn close(this: &Foreign) -> Result<Foreign, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Uint8Array)]
    type ByteArray;

    #[wasm_bindgen(catch, constructor, js_class = "Uint8Array")]
    fn new(buffer: &JsValue) -> Result<ByteArray, JsValue>;
}

#[cfg(any(feature = "download", feature = "upload"))]
/// What the promise comes to that was `called` for.
pub(crate) async fn settled(called: Result<Foreign, JsValue>) -> Outcome {
    let promise = called?;
    match is_absent(&promise) {
        // A method that does its work at once.
        true => Ok(promise.into()),
        false => Promised::outcome_of(&promise).await,
    }
}

#[cfg(any(feature = "download", feature = "upload"))]
/// The same, as an object.
pub(crate) async fn object(called: Result<Foreign, JsValue>) -> Result<Foreign, JsValue> {
    Ok(settled(called).await?.unchecked_into())
}

/// `{ [name]: value }`.
#[cfg(any(feature = "download", feature = "upload"))]
pub(crate) fn option(name: &str, value: impl Into<JsValue>) -> JsValue {
    let object = js_sys::Object::new();
    // An object of our own takes any property.
    let _ = js_sys::Reflect::set(&object, &name.into(), &value.into());
    object.into()
}

/// What should be a count; 0 where it is none.
pub(crate) fn count(property: Result<JsValue, JsValue>) -> u64 {
    // The cast saturates, and takes what is no number for 0.
    property
        .ok()
        .and_then(|count| count.as_f64())
        .unwrap_or(0.0) as u64
}

/// What is in an `ArrayBuffer`.
pub(crate) fn bytes_in(buffer: &JsValue) -> Option<bytes::Bytes> {
    if !buffer.is_instance_of::<ArrayBuffer>() {
        return None;
    }
    let array = ByteArray::new(buffer).ok()?;
    bytes_of(array.as_ref())
}
