//! The browser's own objects as bodies of requests: a Blob, a File, a stream.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use urlsession_core::{Body, BodyStream, Error, ErrorCode, NativeObject};
use wasm_bindgen::prelude::*;

use crate::exchange::{Exchange, Lack};
use crate::js::{self, Foreign};
use crate::script_error::Step;

/// A Blob, or a File, as a request's body: its bytes never pass this program's memory, and it can be sent again.
///
/// Its `type` is not sent by itself where the request has a Content-Type, as a POST always has.
///
/// A file that has changed since the user chose it fails the task.
#[must_use]
pub fn blob_body(blob: web_sys::Blob) -> BodyStream {
    let blob: Foreign = JsValue::from(blob).unchecked_into();
    let length = size(&blob);
    let stream = BodyStream::replayable(move || Box::new(ObjectBody(Stage::Blob(blob.clone()))));
    match length {
        Some(length) => stream.with_length(length),
        None => stream,
    }
}

/// A stream of `Uint8Array`s as a request's body, read once, as fast as the server takes it.
///
/// It goes out as it comes where the browser sends streams to that server, and is gathered in a Blob first where it does not: see
/// [`FetchOptions::streams_uploads`](crate::FetchOptions::streams_uploads). A stream that has a reader already fails the task.
#[must_use]
pub fn stream_body(stream: web_sys::ReadableStream) -> BodyStream {
    let stream: Foreign = JsValue::from(stream).unchecked_into();
    BodyStream::once(ObjectBody(Stage::Stream(stream)))
}

/// Read chunk by chunk by whoever does not take the object itself.
struct ObjectBody(Stage);

enum Stage {
    Blob(Foreign),
    Stream(Foreign),
    Reading(Exchange),
    Ended,
}

impl ObjectBody {
    fn poll_read(&mut self, context: &Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        let begun = match &self.0 {
            Stage::Blob(blob) => Some(Exchange::begun(|wake, number| {
                js::read_blob(blob, wake, number)
            })),
            Stage::Stream(stream) => Some(Exchange::of_stream(stream)),
            Stage::Reading(_) | Stage::Ended => None,
        };
        if let Some(begun) = begun {
            self.0 = Stage::Reading(begun);
        }
        let Stage::Reading(stream) = &mut self.0 else {
            return Poll::Ready(Ok(None));
        };
        Poll::Ready(match ready!(stream.poll_chunk(context)) {
            Ok(0) => {
                stream.is_over();
                Ok(None)
            }
            Ok(length) => {
                let bytes = stream.bytes(length);
                bytes.map(Some).ok_or_else(no_chunk)
            }
            Err(lack) => Err(unsendable(stream, lack)),
        })
    }
}

impl Body for ObjectBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let read = ready!(self.poll_read(context));
        if !matches!(read, Ok(Some(_))) {
            self.0 = Stage::Ended;
        }
        Poll::Ready(read.transpose())
    }

    fn remaining(&self) -> Option<u64> {
        match &self.0 {
            Stage::Blob(blob) => size(blob),
            Stage::Ended => Some(0),
            Stage::Stream(_) | Stage::Reading(_) => None,
        }
    }

    /// The Blob (`web_sys::Blob`) or the stream (`web_sys::ReadableStream`), as long as nothing was read.
    fn take_native(&mut self) -> Option<NativeObject> {
        let native: NativeObject = match &self.0 {
            Stage::Blob(blob) => Box::new(real::<web_sys::Blob>(blob)?),
            Stage::Stream(stream) => Box::new(real::<web_sys::ReadableStream>(stream)?),
            Stage::Reading(_) | Stage::Ended => return None,
        };
        self.0 = Stage::Ended;
        Some(native)
    }
}

/// The failure of a body that could not be read to be sent.
pub(crate) fn unsendable(stream: &Exchange, lack: Lack) -> Error {
    match lack {
        Lack::Malformed => no_chunk(),
        Lack::Thrown | Lack::Unmade | Lack::Refused => Step::Sending.error(&stream.thrown()),
    }
}

fn no_chunk() -> Error {
    Error::new(ErrorCode::ResourceUnavailable)
        .because("the stream gave something that is no Uint8Array")
}

fn real<T: JsCast>(object: &Foreign) -> Option<T> {
    JsValue::from(object.clone()).dyn_into().ok()
}

/// The size of a Blob; `None` when it is no number of bytes.
fn size(blob: &Foreign) -> Option<u64> {
    let size = blob.size().ok()?.as_f64()?;
    (size >= 0.0).then_some(size as u64)
}
