//! The way out: a hop's request as the browser takes it.

use js_sys::{Array, Uint8Array};
use urlsession_core::{Body, Error, ErrorCode, ExchangeEvents, HopBody};
use wasm_bindgen::prelude::*;

use crate::files::no_files;
use crate::js::Blob;

/// A request's body as `fetch` takes it, and its length in bytes.
pub(crate) struct Payload {
    pub(crate) value: Option<JsValue>,
    pub(crate) length: u64,
}

impl Payload {
    /// Gathers the body: `fetch` cannot be relied on to take a stream.
    ///
    /// # Errors
    /// The body's own error; [`ErrorCode::RequestBodyStreamExhausted`] when it is not as long as it said.
    pub(crate) async fn gather(body: HopBody, events: &ExchangeEvents) -> Result<Self, Error> {
        match body {
            HopBody::Empty => Ok(Self {
                value: None,
                length: 0,
            }),
            HopBody::Bytes(bytes) => Ok(Self {
                value: (!bytes.is_empty()).then(|| Uint8Array::from(&*bytes).into()),
                length: bytes.len() as u64,
            }),
            HopBody::File(_) => Err(no_files(ErrorCode::FileDoesNotExist)),
            HopBody::Stream(body, length) => gather_stream(body, length, events).await,
        }
    }
}

/// Chunk by chunk into a Blob, which the browser keeps outside of this program's memory.
async fn gather_stream(
    mut body: Box<dyn Body>,
    expected: Option<u64>,
    events: &ExchangeEvents,
) -> Result<Payload, Error> {
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
    let value = match length {
        0 => None,
        _ => Some(
            Blob::new(&parts)
                .map_err(|_| ErrorCode::ResourceUnavailable)?
                .into(),
        ),
    };
    Ok(Payload { value, length })
}
