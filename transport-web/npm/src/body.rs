//! What a request carries, from JavaScript.

use bytes::Bytes;
use js_sys::Uint8Array;
use urlsession_core::{BodyStream, InMemory, RequestBody, UploadBody};
use urlsession_transport_web::{blob_body, stream_body};
use wasm_bindgen::prelude::*;

/// The body in a value of the other part's: text, bytes, a Blob or a stream; the last two stay where they are.
pub(crate) fn request_body(value: Option<JsValue>) -> RequestBody {
    let Some(value) = value else {
        return RequestBody::Empty;
    };
    if let Some(text) = value.as_string() {
        return text.into();
    }
    if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
        return bytes.to_vec().into();
    }
    of_object(&value)
}

/// One that is neither text nor bytes.
#[inline(never)]
fn of_object(value: &JsValue) -> RequestBody {
    if let Some(blob) = value.dyn_ref::<web_sys::Blob>() {
        return blob_body(blob.clone()).into();
    }
    match value.dyn_ref::<web_sys::ReadableStream>() {
        Some(stream) => stream_body(stream.clone()).into(),
        None => RequestBody::Empty,
    }
}

/// The same, as an upload task takes it.
pub(crate) fn upload_body(body: RequestBody) -> UploadBody {
    match body {
        RequestBody::Stream(stream) => stream.into(),
        RequestBody::Bytes(bytes) => bytes.into(),
        RequestBody::File(file) => file.into(),
        RequestBody::Empty => Bytes::new().into(),
    }
}

/// The same, as the answer to who needs a stream anew; with `null`, that there is none.
pub(crate) fn body_stream(value: &JsValue) -> Option<Option<BodyStream>> {
    match request_body(Some(value.clone())) {
        RequestBody::Stream(stream) => Some(Some(stream)),
        RequestBody::Bytes(bytes) => Some(Some(BodyStream::once(InMemory::new(bytes)))),
        RequestBody::Empty if value.is_null() => Some(None),
        RequestBody::Empty | RequestBody::File(_) => None,
    }
}
