//! Bytes of the browser's, copied into this program's memory.

use bytes::Bytes;
#[cfg(feature = "cache")]
use wasm_bindgen::JsValue;

#[cfg(feature = "cache")]
use crate::js;

/// What memory is filled with, by copies: `resize` and zeroed memory go byte by byte in code that is compiled for size, and take as long as the
/// browser's part of a download.
static ZEROS: [u8; 16384] = [0; 16384];

/// So many bytes, which `fill` writes; `None` where there is no room for them, or `fill` has failed.
pub(crate) fn filled(length: usize, fill: impl FnOnce(&mut [u8]) -> bool) -> Option<Bytes> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).ok()?;
    while bytes.len() < length {
        let missing = length - bytes.len();
        bytes.extend_from_slice(&ZEROS[..missing.min(ZEROS.len())]);
    }
    fill(&mut bytes).then(|| bytes.into())
}

/// A copy of an array's bytes; `None` where there is no room for it.
#[cfg(feature = "cache")]
pub(crate) fn bytes_of(array: &JsValue) -> Option<Bytes> {
    // The cast takes what is below 0, as of what is no array, for 0.
    let length = js::count_of(array) as usize;
    filled(length, |memory| js::copy_into(array, memory))
}
