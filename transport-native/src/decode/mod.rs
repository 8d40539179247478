//! Content codings: core's seam over the codecs.

mod brotli;
mod inflate;
mod members;
mod zstd;

use bytes::Bytes;
use urlsession_core::{Cause, Decoded, Decoder, Decoding};

use self::brotli::Brotli;
use self::inflate::{Deflate, gzip};
use self::zstd::zstd;

/// Undoes gzip, deflate, br and zstd.
///
/// gzip (RFC 1952) and zstd (RFC 8878) data may be several members or frames one after the other. deflate is taken with the zlib header
/// that RFC 9110 section 8.4.1.2 asks for and without, as many servers send it. br (RFC 7932) has no large windows, and zstd a window of at
/// most 8 MiB (RFC 9659 section 3): a body costs 17 MiB of memory at most.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeDecoder;

impl NativeDecoder {
    /// The decoder.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Decoder for NativeDecoder {
    fn codings(&self) -> &[&'static str] {
        &["gzip", "deflate", "br", "zstd"]
    }

    fn decoding(&self, coding: &str) -> Box<dyn Decoding> {
        match coding {
            "gzip" => Box::new(gzip()),
            "deflate" => Box::new(Deflate::new()),
            "br" => Box::new(Brotli::new()),
            "zstd" => Box::new(zstd()),
            _ => Box::new(Unknown),
        }
    }
}

/// What nobody should ask for.
struct Unknown;

impl Decoding for Unknown {
    fn decode(&mut self, _: &mut Bytes, _: &mut Vec<u8>) -> Result<Decoded, Cause> {
        Err(cause("the coding is not known"))
    }

    fn may_end(&self) -> bool {
        false
    }
}

fn cause(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Cause {
    Cause::from(error.into())
}

/// What a step came to that did not end the data.
fn unfinished(output: &Vec<u8>) -> Decoded {
    match output.len() == output.capacity() {
        true => Decoded::NeedsRoom,
        false => Decoded::NeedsInput,
    }
}

#[cfg(test)]
mod tests;
