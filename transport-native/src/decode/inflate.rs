//! gzip and deflate, by flate2.

use bytes::{Buf, Bytes};
use flate2::{Decompress, FlushDecompress, Status};
use urlsession_core::{Cause, Decoded, Decoding};

use super::members::{Front, Member, Members};
use super::{cause, unfinished};

/// The window of every deflate stream: 32 KiB (RFC 1951).
const WINDOW_BITS: u8 = 15;

fn inflate(
    decompress: &mut Decompress,
    input: &mut Bytes,
    output: &mut Vec<u8>,
) -> Result<Decoded, Cause> {
    let before = decompress.total_in();
    let status = decompress
        .decompress_vec(input, output, FlushDecompress::None)
        .map_err(cause)?;
    let taken = decompress.total_in() - before;
    input.advance(usize::try_from(taken).map_err(cause)?);
    Ok(match status {
        Status::StreamEnd => Decoded::Ended,
        Status::Ok | Status::BufError => unfinished(output),
    })
}

/// A member of gzip data, its checksum and length checked (RFC 1952).
pub(super) struct Gzip(Decompress);

/// gzip data.
pub(super) fn gzip() -> Members<Gzip> {
    Members::new(Gzip(Decompress::new_gzip(WINDOW_BITS)))
}

impl Member for Gzip {
    fn decode(&mut self, input: &mut Bytes, output: &mut Vec<u8>) -> Result<Decoded, Cause> {
        inflate(&mut self.0, input, output)
    }

    fn restart(&mut self) {
        self.0.reset(true);
    }

    fn front(first: &[u8]) -> Front {
        Front::of(first, &[0x1f, 0x8b])
    }
}

/// deflate data, with a zlib header (RFC 1950) or without (RFC 1951).
pub(super) struct Deflate {
    /// The first byte, while only that is there.
    first: Option<u8>,
    decompress: Option<Decompress>,
    has_ended: bool,
}

impl Deflate {
    pub(super) fn new() -> Self {
        Self {
            first: None,
            decompress: None,
            has_ended: false,
        }
    }

    /// Makes the decoder that fits the first two bytes, and gives it those of them that are no longer in `input`.
    fn begin(&mut self, input: &mut Bytes) -> Result<Option<&mut Decompress>, Cause> {
        if self.decompress.is_none() {
            let Some((first, second)) = self.first_two(input) else {
                return Ok(None);
            };
            let mut decompress = Decompress::new(has_zlib_header(first, second));
            if let Some(first) = self.first {
                inflate(
                    &mut decompress,
                    &mut Bytes::from(vec![first]),
                    &mut Vec::new(),
                )?;
            }
            self.decompress = Some(decompress);
        }
        Ok(self.decompress.as_mut())
    }

    fn first_two(&mut self, input: &mut Bytes) -> Option<(u8, u8)> {
        match (self.first, &input[..]) {
            (Some(first), &[second, ..]) | (None, &[first, second, ..]) => Some((first, second)),
            (None, &[first]) => {
                input.clear();
                self.first = Some(first);
                None
            }
            (_, []) => None,
        }
    }
}

impl Decoding for Deflate {
    fn decode(&mut self, input: &mut Bytes, output: &mut Vec<u8>) -> Result<Decoded, Cause> {
        let Some(decompress) = self.begin(input)? else {
            return Ok(Decoded::NeedsInput);
        };
        let decoded = inflate(decompress, input, output)?;
        self.has_ended = decoded == Decoded::Ended;
        Ok(decoded)
    }

    fn may_end(&self) -> bool {
        self.has_ended
    }
}

/// RFC 1950 section 2.2: method 8, and a check value. No raw data that is made by a compressor begins so.
fn has_zlib_header(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31)
}
