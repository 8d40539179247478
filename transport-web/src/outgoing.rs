//! The way out: a hop's body as the browser takes it.

use bytes::Bytes;
use urlsession_core::HopBody;
#[cfg(feature = "native-objects")]
use urlsession_core::{Error, ExchangeEvents};
use wasm_bindgen::prelude::*;

use crate::feed::Feed;
#[cfg(feature = "native-objects")]
use crate::files::WebFiles;
use crate::js;
#[cfg(feature = "native-objects")]
use crate::streamed;

/// The browser's own object: a Blob, or a stream.
#[cfg(feature = "native-objects")]
pub(crate) type Object = JsValue;

#[cfg(feature = "native-objects")]
fn told(object: Object) -> JsValue {
    object
}

/// There is none.
#[cfg(not(feature = "native-objects"))]
pub(crate) enum Object {}

#[cfg(not(feature = "native-objects"))]
fn told(object: Object) -> JsValue {
    match object {}
}

/// A body as the browser takes it.
#[cfg_attr(
    not(feature = "body-streams"),
    expect(dead_code, reason = "there are no streams, nor objects")
)]
pub(crate) enum Outgoing {
    Nothing,
    Bytes(Bytes),
    /// A Blob, and how long it is.
    Whole(Object, u64),
    /// A stream, and what feeds it where that is this program.
    Stream(Object, Option<Feed>),
}

impl Outgoing {
    /// Makes it of a hop's body, or gives that back where it takes time.
    pub(crate) fn at_once(body: HopBody) -> Result<Self, HopBody> {
        match body {
            HopBody::Empty => Ok(Self::Nothing),
            HopBody::Bytes(bytes) if bytes.is_empty() => Ok(Self::Nothing),
            HopBody::Bytes(bytes) => Ok(Self::Bytes(bytes)),
            HopBody::File(..) | HopBody::Stream(..) => Err(body),
        }
    }

    /// Makes it of a hop's body: a stream stays one where the server `takes_streams`, and is gathered where it does not.
    ///
    /// # Errors
    /// The body's own error; [`RequestBodyStreamExhausted`](urlsession_core::ErrorCode::RequestBodyStreamExhausted) when it is not as long as it said.
    #[cfg(feature = "native-objects")]
    pub(crate) async fn of(
        body: HopBody,
        takes_streams: impl Fn() -> bool,
        events: &ExchangeEvents,
    ) -> Result<Self, Error> {
        match Self::at_once(body) {
            Ok(body) => Ok(body),
            Err(HopBody::File(file, version)) => {
                let blob = WebFiles::new().blob(&file, *version).await?;
                Ok(Self::Whole(blob, version.length()))
            }
            Err(HopBody::Stream(body, expected)) => {
                streamed::of(body, expected, takes_streams, events).await
            }
            Err(HopBody::Empty | HopBody::Bytes(_)) => Ok(Self::Nothing),
        }
    }

    /// How long it is, where that is known.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Whole(_, length) => *length,
            Self::Nothing | Self::Stream(..) => 0,
        }
    }

    /// What JavaScript is given, and what feeds it.
    pub(crate) fn parts(self) -> (JsValue, Option<Feed>) {
        match self {
            Self::Nothing => (JsValue::UNDEFINED, None),
            Self::Bytes(bytes) => (js::array_of(&bytes), None),
            Self::Whole(object, _) => (told(object), None),
            Self::Stream(object, feed) => (told(object), feed),
        }
    }
}
