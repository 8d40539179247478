//! The way out: a hop's body as the browser takes it.

use std::any::Any;
use std::future::poll_fn;

use js_sys::{Array, Uint8Array};
use urlsession_core::{Body, Error, ErrorCode, ExchangeEvents, HopBody};
use wasm_bindgen::prelude::*;

#[cfg(any(feature = "download", feature = "upload"))]
use crate::files::WebFiles;
use crate::js::{Blob, Foreign};
use crate::object_body::unsendable;
use crate::reader::{Reader, length};

/// The body as `fetch` takes it, whole. `None` where there is nothing to send.
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
        #[cfg(not(any(feature = "download", feature = "upload")))]
        HopBody::File(..) => Err(ErrorCode::FileDoesNotExist.into()),
        #[cfg(any(feature = "download", feature = "upload"))]
        HopBody::File(file, version) => Ok(Some(WebFiles::new().blob(&file, *version).await?)),
        HopBody::Stream(mut body, length) => match native(&mut *body) {
            Some(Native::Blob(blob)) => Ok(Some(blob)),
            Some(Native::Stream(stream)) => gather_object(&stream, length, events).await,
            None => gather_stream(body, length, events).await,
        },
    }
}

/// What the browser takes as it is.
pub(crate) enum Native {
    Blob(JsValue),
    Stream(Foreign),
}

/// The browser's own object behind a body.
fn native(body: &mut dyn Body) -> Option<Native> {
    let object: Box<dyn Any> = body.take_native()?;
    let object = match object.downcast::<web_sys::Blob>() {
        Ok(blob) => return Some(Native::Blob((*blob).into())),
        Err(object) => object,
    };
    let stream = object.downcast::<web_sys::ReadableStream>().ok()?;
    Some(Native::Stream(JsValue::from(*stream).unchecked_into()))
}

/// Chunk by chunk into a Blob, which the browser keeps outside of this program's memory.
async fn gather_stream(
    mut body: Box<dyn Body>,
    expected: Option<u64>,
    events: &ExchangeEvents,
) -> Result<Option<JsValue>, Error> {
    let mut gathered = Gathered::new(expected);
    while let Some(chunk) = body.next_chunk().await? {
        events.touched();
        gathered.add(&Uint8Array::from(&*chunk).into(), chunk.len())?;
    }
    gathered.blob()
}

/// The same with chunks that are the browser's already.
async fn gather_object(
    stream: &Foreign,
    expected: Option<u64>,
    events: &ExchangeEvents,
) -> Result<Option<JsValue>, Error> {
    let failed = |failure| unsendable(&failure);
    let mut reader = Reader::of(stream).map_err(|thrown| failed(thrown.into()))?;
    let mut gathered = Gathered::new(expected);
    while let Some(chunk) = poll_fn(|context| reader.poll_chunk(context))
        .await
        .map_err(failed)?
    {
        events.touched();
        gathered.add(&chunk, length(&chunk))?;
    }
    gathered.blob()
}

/// The parts of a body so far.
struct Gathered {
    parts: Array,
    length: Length,
}

impl Gathered {
    fn new(expected: Option<u64>) -> Self {
        Self {
            parts: Array::new(),
            length: Length::new(expected),
        }
    }

    fn add(&mut self, chunk: &JsValue, length: usize) -> Result<(), Error> {
        self.length.add(length)?;
        self.parts.push(chunk);
        Ok(())
    }

    fn blob(self) -> Result<Option<JsValue>, Error> {
        if self.length.whole()? == 0 {
            return Ok(None);
        }
        let blob = Blob::new(&self.parts).map_err(|_| ErrorCode::ResourceUnavailable)?;
        Ok(Some(blob.into()))
    }
}

/// Holds a body to the length that it said.
pub(crate) struct Length {
    so_far: u64,
    expected: Option<u64>,
}

impl Length {
    pub(crate) fn new(expected: Option<u64>) -> Self {
        Self {
            so_far: 0,
            expected,
        }
    }

    /// So many more bytes.
    ///
    /// # Errors
    /// [`ErrorCode::RequestBodyStreamExhausted`] when these are too many.
    pub(crate) fn add(&mut self, count: usize) -> Result<(), Error> {
        self.so_far += count as u64;
        match self.expected.is_some_and(|expected| self.so_far > expected) {
            true => Err(ErrorCode::RequestBodyStreamExhausted.into()),
            false => Ok(()),
        }
    }

    /// The length of the body, which has ended.
    ///
    /// # Errors
    /// [`ErrorCode::RequestBodyStreamExhausted`] when bytes are missing.
    pub(crate) fn whole(&self) -> Result<u64, Error> {
        match self.expected.is_some_and(|expected| self.so_far < expected) {
            true => Err(ErrorCode::RequestBodyStreamExhausted.into()),
            false => Ok(self.so_far),
        }
    }
}
