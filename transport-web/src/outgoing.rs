//! The way out: a hop's body as the browser takes it.

use js_sys::{Array, Uint8Array};
use urlsession_core::{Body, Error, ErrorCode, ExchangeEvents, HopBody};
use wasm_bindgen::prelude::*;

use crate::files::no_files;
use crate::js::Blob;

/// The body as `fetch` takes it, gathered: `fetch` cannot be relied on to take a stream. `None` where there is nothing to send.
///
/// # Errors
/// The body's own error; [`ErrorCode::RequestBodyStreamExhausted`] when it is not as long as it said.
pub(crate) async fn gather(
    body: HopBody,
    events: &ExchangeEvents,
) -> Result<Option<JsValue>, Error> {
    match body {
        HopBody::Empty => Ok(None),
        HopBody::Bytes(bytes) if bytes.is_empty() => Ok(None),
        HopBody::Bytes(bytes) => Ok(Some(Uint8Array::from(&*bytes).into())),
        HopBody::File(..) => Err(no_files(ErrorCode::FileDoesNotExist)),
        HopBody::Stream(body, length) => gather_stream(body, length, events).await,
    }
}

/// Chunk by chunk into a Blob, which the browser keeps outside of this program's memory.
async fn gather_stream(
    mut body: Box<dyn Body>,
    expected: Option<u64>,
    events: &ExchangeEvents,
) -> Result<Option<JsValue>, Error> {
    let parts = Array::new();
    let mut length = 0;
    while let Some(chunk) = body.next_chunk().await? {
        events.touched();
        length += chunk.len() as u64;
        if expected.is_some_and(|expected| length > expected) {
            return Err(ErrorCode::RequestBodyStreamExhausted.into());
        }
        parts.push(&Uint8Array::from(&*chunk));
    }
    if expected.is_some_and(|expected| length < expected) {
        return Err(ErrorCode::RequestBodyStreamExhausted.into());
    }
    if length == 0 {
        return Ok(None);
    }
    let blob = Blob::new(&parts).map_err(|_| ErrorCode::ResourceUnavailable)?;
    Ok(Some(blob.into()))
}
