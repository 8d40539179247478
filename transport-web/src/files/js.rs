//! The members of the private file system. Each throw caught, nothing taken on trust.

use wasm_bindgen::prelude::*;

use crate::js::Foreign;
use crate::objects::option;

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

    #[wasm_bindgen(catch, method, js_name = getSize)]
    pub(super) fn get_size(this: &Foreign) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, getter, js_name = lastModified)]
    pub(super) fn last_modified(this: &Foreign) -> Result<JsValue, JsValue>;

}

/// `{ create }`.
pub(super) fn creating(is_created: bool) -> JsValue {
    option("create", is_created)
}
