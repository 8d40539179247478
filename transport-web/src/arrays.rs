//! Chunks on their way through: whoever hands a body on to JavaScript has the browser's own arrays, and makes no second copy.

use std::cell::RefCell;

use bytes::Bytes;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::exchange::Exchange;
use crate::js;

thread_local! {
    /// The last chunk that came, and its array. The bytes are kept too, so that nothing else comes to be where they are.
    static LAST: RefCell<Option<(Bytes, JsValue)>> = const { RefCell::new(None) };
}

/// The array that the browser gave, of which `bytes` are the copy: for the chunk of a response that came last, and once.
///
/// Its bytes are the caller's: a change of them is not seen in `bytes`.
#[must_use]
pub fn array_of(bytes: &Bytes) -> Option<Uint8Array> {
    LAST.with_borrow_mut(|last| {
        let (_, array) =
            last.take_if(|(copy, _)| copy.as_ptr() == bytes.as_ptr() && copy.len() == bytes.len())?;
        array.dyn_into().ok()
    })
}

/// A chunk has come.
pub(crate) fn came(bytes: &Bytes, exchange: &Exchange) {
    LAST.set(Some((bytes.clone(), js::chunk_of(&exchange.object))));
}

/// What came last is nobody's any more.
pub(crate) fn forget() {
    LAST.set(None);
}
