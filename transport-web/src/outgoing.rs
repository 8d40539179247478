//! The way out: a hop's body as the browser takes it.

use bytes::Bytes;
use urlsession_core::HopBody;
use wasm_bindgen::prelude::*;

use crate::js;
use crate::options::FetchOptions;
use crate::sending::Long;
use crate::wakers::Wake;

/// From so many bytes on a body is more than given to `fetch`: what a slow network takes in half a second, at 32 KiB/s.
pub(crate) const LONG: usize = 16 * 1024;

/// A body as the browser takes it.
pub(crate) enum Outgoing {
    Nothing,
    /// Short enough to leave at once.
    Short(Bytes),
    #[cfg_attr(
        not(feature = "native-objects"),
        expect(dead_code, reason = "there are no streams, nor objects")
    )]
    Long(Long),
}

impl Outgoing {
    /// Makes it of a hop's body, or gives that back where it takes time.
    pub(crate) fn at_once(body: HopBody, options: &FetchOptions) -> Result<Self, HopBody> {
        let is_plain = |length| {
            cfg!(not(feature = "upload")) || length < LONG && options.counts_uploads != Some(true)
        };
        match body {
            HopBody::Empty => Ok(Self::Nothing),
            HopBody::Bytes(bytes) if bytes.is_empty() => Ok(Self::Nothing),
            HopBody::Bytes(bytes) if is_plain(bytes.len()) => Ok(Self::Short(bytes)),
            HopBody::Bytes(_) | HopBody::File(..) | HopBody::Stream(..) => Err(body),
        }
    }

    /// How long it is in bytes, where that is known.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Short(bytes) => bytes.len() as u64,
            Self::Long(sending) => sending.length(),
        }
    }

    /// Its bytes are counted as they leave.
    pub(crate) fn is_counted(&self) -> bool {
        matches!(self, Self::Long(sending) if sending.is_counted())
    }

    /// Begins an exchange that carries it.
    pub(crate) fn begin(
        &self,
        request: &str,
        traits: u32,
        wake: &Wake,
        number: u32,
    ) -> js::Exchange {
        let object = match self {
            Self::Nothing => JsValue::UNDEFINED,
            Self::Short(bytes) => js::array_of(bytes),
            Self::Long(sending) => return sending.begin(request, traits, wake, number),
        };
        js::begin(request, traits, &object, wake, number)
    }
}
