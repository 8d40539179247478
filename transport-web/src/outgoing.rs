//! The way out: a hop's body as the browser takes it.

use js_sys::Uint8Array;
#[cfg(not(any(feature = "download", feature = "upload")))]
use urlsession_core::ErrorCode;
use urlsession_core::{Error, ExchangeEvents, HopBody};
use wasm_bindgen::prelude::*;

use crate::feed::Feed;
#[cfg(any(feature = "download", feature = "upload"))]
use crate::files::WebFiles;
use crate::streamed;

/// A body as the browser takes it.
pub(crate) enum Outgoing {
    Nothing,
    /// Bytes or a Blob, and how long it is.
    Whole(JsValue, u64),
    /// A stream, and what feeds it where that is this program.
    #[cfg_attr(
        not(feature = "body-streams"),
        expect(dead_code, reason = "there are none")
    )]
    Stream(JsValue, Option<Feed>),
}

impl Outgoing {
    /// Makes it of a hop's body: a stream stays one where the server `takes_streams`, and is gathered where it does not.
    ///
    /// # Errors
    /// The body's own error; [`ErrorCode::RequestBodyStreamExhausted`] when it is not as long as it said.
    pub(crate) async fn of(
        body: HopBody,
        takes_streams: impl Fn() -> bool,
        events: &ExchangeEvents,
    ) -> Result<Self, Error> {
        match body {
            HopBody::Empty => Ok(Self::Nothing),
            HopBody::Bytes(bytes) if bytes.is_empty() => Ok(Self::Nothing),
            HopBody::Bytes(bytes) => {
                let length = bytes.len() as u64;
                Ok(Self::Whole(Uint8Array::from(&*bytes).into(), length))
            }
            #[cfg(not(any(feature = "download", feature = "upload")))]
            HopBody::File(..) => Err(ErrorCode::FileDoesNotExist.into()),
            #[cfg(any(feature = "download", feature = "upload"))]
            HopBody::File(file, version) => {
                let blob = WebFiles::new().blob(&file, *version).await?;
                Ok(Self::Whole(blob, version.length()))
            }
            HopBody::Stream(body, expected) => {
                streamed::of(body, expected, takes_streams, events).await
            }
        }
    }

    /// How long it is, where that is known.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Whole(_, length) => *length,
            Self::Nothing | Self::Stream(..) => 0,
        }
    }
}
