//! What files are made of in a browser: the private file system, and Blobs. Each throw caught, nothing taken on trust.

use js_sys::{ArrayBuffer, Reflect};
use wasm_bindgen::prelude::*;

use crate::incoming::is_absent;
use crate::js::Foreign;
use crate::promised::{Outcome, Promised};
use crate::reader;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, method, getter)]
    pub(super) fn storage(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, getter, js_name = FileSystemFileHandle)]
    pub(super) fn file_handle_class(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, getter)]
    pub(super) fn prototype(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = getDirectory)]
    pub(super) fn get_directory(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = getDirectoryHandle)]
    pub(super) fn get_directory_handle(
        this: &Foreign,
        name: &str,
        options: &JsValue,
    ) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = getFileHandle)]
    pub(super) fn get_file_handle(
        this: &Foreign,
        name: &str,
        options: &JsValue,
    ) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = removeEntry)]
    pub(super) fn remove_entry(
        this: &Foreign,
        name: &str,
        options: &JsValue,
    ) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = move)]
    pub(super) fn move_to(this: &Foreign, folder: &Foreign, name: &str)
    -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = getFile)]
    pub(super) fn get_file(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = createSyncAccessHandle)]
    pub(super) fn create_sync_access_handle(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = createWritable)]
    pub(super) fn create_writable(this: &Foreign, options: &JsValue) -> Result<Foreign, JsValue>;

    /// Of a synchronous handle: how many bytes were written.
    #[wasm_bindgen(catch, method, js_name = write)]
    pub(super) fn write_bytes(
        this: &Foreign,
        bytes: &[u8],
        options: &JsValue,
    ) -> Result<JsValue, JsValue>;

    /// The same of bytes that are the browser's.
    #[wasm_bindgen(catch, method, js_name = write)]
    pub(super) fn write_at(
        this: &Foreign,
        bytes: &JsValue,
        options: &JsValue,
    ) -> Result<JsValue, JsValue>;

    /// Of a stream.
    #[wasm_bindgen(catch, method)]
    pub(super) fn write(this: &Foreign, data: &JsValue) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn seek(this: &Foreign, offset: f64) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn truncate(this: &Foreign, length: f64) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn flush(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn close(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = getSize)]
    pub(super) fn get_size(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter, js_name = lastModified)]
    pub(super) fn last_modified(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn slice(this: &Foreign, from: f64, to: f64) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method, js_name = arrayBuffer)]
    pub(super) fn array_buffer(this: &Foreign) -> Result<Foreign, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Uint8Array)]
    type ByteArray;

    #[wasm_bindgen(catch, constructor, js_class = "Uint8Array")]
    fn new(buffer: &JsValue) -> Result<ByteArray, JsValue>;
}

/// What the promise comes to that was `called` for.
pub(super) async fn settled(called: Result<Foreign, JsValue>) -> Outcome {
    let promise = called?;
    match is_absent(&promise) {
        // A method that does its work at once.
        true => Ok(promise.into()),
        false => Promised::outcome_of(&promise).await,
    }
}

/// The same, as an object.
pub(super) async fn object(called: Result<Foreign, JsValue>) -> Result<Foreign, JsValue> {
    Ok(settled(called).await?.unchecked_into())
}

/// `{ [name]: value }`.
pub(super) fn option(name: &str, value: impl Into<JsValue>) -> JsValue {
    let options = js_sys::Object::new();
    // An object of our own takes any property.
    let _ = Reflect::set(&options, &name.into(), &value.into());
    options.into()
}

/// `{ create }`.
pub(super) fn creating(is_created: bool) -> JsValue {
    option("create", is_created)
}

/// What should be a count; 0 where it is none.
pub(super) fn count(property: Result<JsValue, JsValue>) -> u64 {
    // The cast saturates, and takes what is no number for 0.
    property
        .ok()
        .and_then(|count| count.as_f64())
        .unwrap_or(0.0) as u64
}

/// What is in an `ArrayBuffer`.
pub(super) fn bytes_in(buffer: &JsValue) -> Option<bytes::Bytes> {
    if !buffer.is_instance_of::<ArrayBuffer>() {
        return None;
    }
    let array = ByteArray::new(buffer).ok()?;
    reader::bytes_of(array.as_ref())
}
