//! What a request carries, from JavaScript.

use js_sys::Uint8Array;
use urlsession_core::{RequestBody, UploadBody};
use wasm_bindgen::prelude::*;

/// The body in a value of the other part's: text or bytes.
pub(crate) fn request_body(value: &JsValue) -> RequestBody {
    if let Some(text) = value.as_string() {
        return text.into();
    }
    match value.dyn_ref::<Uint8Array>() {
        Some(bytes) => bytes.to_vec().into(),
        None => RequestBody::Empty,
    }
}

/// The same, as an upload task takes it.
pub(crate) fn upload_body(value: &JsValue) -> UploadBody {
    match request_body(value) {
        RequestBody::Stream(stream) => stream.into(),
        RequestBody::Bytes(bytes) => bytes.into(),
        RequestBody::File(file) => file.into(),
        RequestBody::Empty => bytes::Bytes::new().into(),
    }
}
