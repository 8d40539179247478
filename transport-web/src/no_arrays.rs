//! Without the feature `arrays` a chunk's array is let go of once it is copied.

use bytes::Bytes;
use wasm_bindgen::JsValue;

pub(crate) fn came(_: &Bytes, _: &JsValue) {}

pub(crate) fn forget() {}
