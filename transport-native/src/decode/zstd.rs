//! zstd, by the reference library.

use bytes::{Buf, Bytes};
use urlsession_core::{Cause, Decoded};
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, get_error_name};

use super::members::{Front, Member, Members};
use super::{cause, unfinished};

/// 8 MiB (RFC 9659 section 3).
const WINDOW_BITS: u32 = 23;

/// A frame of zstd data (RFC 8878).
pub(super) struct Zstd(Option<DCtx<'static>>);

/// zstd data.
pub(super) fn zstd() -> Members<Zstd> {
    Members::new(Zstd(context()))
}

/// `None` without memory for it.
fn context() -> Option<DCtx<'static>> {
    let mut context = DCtx::try_create()?;
    let set = context.set_parameter(DParameter::WindowLogMax(WINDOW_BITS));
    set.is_ok().then_some(context)
}

fn named(code: usize) -> Cause {
    cause(get_error_name(code))
}

impl Member for Zstd {
    fn decode(&mut self, input: &mut Bytes, output: &mut Vec<u8>) -> Result<Decoded, Cause> {
        let Some(context) = &mut self.0 else {
            return Err(cause("there is no memory to decode in"));
        };
        let written = output.len();
        let mut from = InBuffer::around(input);
        let mut to = OutBuffer::around_pos(output, written);
        let left = context
            .decompress_stream(&mut to, &mut from)
            .map_err(named)?;
        let taken = from.pos();
        input.advance(taken);
        Ok(match left {
            0 => Decoded::Ended,
            _ => unfinished(output),
        })
    }

    /// The context begins the next frame by itself.
    fn restart(&mut self) {}

    fn front(first: &[u8]) -> Front {
        match first {
            [0x50..=0x5f, rest @ ..] => Front::of(rest, &[0x2a, 0x4d, 0x18]),
            _ => Front::of(first, &[0x28, 0xb5, 0x2f, 0xfd]),
        }
    }
}
