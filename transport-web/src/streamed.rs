//! Bodies of requests that are streams: as they are where the server takes them so, else gathered in a Blob.

use std::future::poll_fn;

use js_sys::Uint8Array;
use urlsession_core::{Body, Error, ErrorCode, ExchangeEvents};
use wasm_bindgen::prelude::*;

use crate::exchange::Exchange;
use crate::feed::Feed;
use crate::js;
use crate::object_body::unsendable;
use crate::promised::outcome;
use crate::script_error::Step;
use crate::sending::Content;

/// The body as the browser takes it, where the server `takes_streams` or does not.
///
/// # Errors
/// As of [`Content::of`].
pub(crate) async fn of(
    mut body: Box<dyn Body>,
    expected: Option<u64>,
    takes_streams: impl Fn() -> bool,
    events: &ExchangeEvents,
) -> Result<Content, Error> {
    match native(&mut *body) {
        Some(Native::Blob(blob)) => Ok(Content::Whole(blob, expected.unwrap_or_default())),
        Some(Native::Stream(stream)) if takes_streams() => Ok(Content::Stream(stream, None)),
        Some(Native::Stream(stream)) => gather_object(&stream, expected, events).await,
        // What is of known length says it, and a stream has no way to.
        None if expected.is_none() && takes_streams() => {
            let fed = Feed::new(body, expected);
            let (stream, feed) = fed.map_err(|thrown| Step::Sending.error(&thrown))?;
            Ok(Content::Stream(stream, Some(feed)))
        }
        None => gather_stream(body, expected, events).await,
    }
}

/// What the browser takes as it is.
enum Native {
    Blob(JsValue),
    Stream(JsValue),
}

/// The browser's own object behind a body.
fn native(body: &mut dyn Body) -> Option<Native> {
    let object = match body.take_native()?.downcast::<web_sys::Blob>() {
        Ok(blob) => return Some(Native::Blob((*blob).into())),
        Err(object) => object,
    };
    let stream = object.downcast::<web_sys::ReadableStream>().ok()?;
    Some(Native::Stream((*stream).into()))
}

/// Chunk by chunk into a Blob, which the browser keeps outside of this program's memory.
async fn gather_stream(
    mut body: Box<dyn Body>,
    expected: Option<u64>,
    events: &ExchangeEvents,
) -> Result<Content, Error> {
    let mut gathered = Gathered::new(expected);
    while let Some(chunk) = body.next_chunk().await? {
        events.touched();
        gathered.add(&Uint8Array::from(&*chunk).into(), chunk.len())?;
    }
    gathered.blob()
}

/// The same with chunks that are the browser's already.
async fn gather_object(
    stream: &JsValue,
    expected: Option<u64>,
    events: &ExchangeEvents,
) -> Result<Content, Error> {
    let mut stream = Exchange::of_stream(stream);
    let mut gathered = Gathered::new(expected);
    loop {
        let read = poll_fn(|context| stream.poll_chunk(context)).await;
        let length = read.map_err(|lack| unsendable(&stream, lack))?;
        if length == 0 {
            stream.is_over();
            return gathered.blob();
        }
        events.touched();
        gathered.add(&js::chunk_of(&stream.object), length)?;
    }
}

/// The parts of a body so far.
struct Gathered {
    parts: JsValue,
    length: Length,
}

impl Gathered {
    fn new(expected: Option<u64>) -> Self {
        Self {
            parts: JsValue::UNDEFINED,
            length: Length::new(expected),
        }
    }

    fn add(&mut self, chunk: &JsValue, length: usize) -> Result<(), Error> {
        self.length.add(length)?;
        self.parts = js::gather(&self.parts, chunk);
        Ok(())
    }

    fn blob(self) -> Result<Content, Error> {
        let length = self.length.whole()?;
        if length == 0 {
            return Ok(Content::Nothing);
        }
        let blob = outcome(&js::blob_of(&self.parts));
        let blob = blob.map_err(|thrown| Step::Sending.error(&thrown))?;
        Ok(Content::Whole(blob, length))
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
