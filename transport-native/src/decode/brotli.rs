//! br, by brotli-decompressor.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::{Buf, Bytes};
use urlsession_core::{Cause, Decoded, Decoding};

use super::cause;

type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// A brotli stream (RFC 7932) with a window of at most 16 MiB.
pub(super) struct Brotli {
    state: Box<State>,
    has_ended: bool,
}

impl Brotli {
    pub(super) fn new() -> Self {
        let allocator = StandardAlloc::default;
        Self {
            state: Box::new(State::new_strict(allocator(), allocator(), allocator())),
            has_ended: false,
        }
    }
}

impl Decoding for Brotli {
    fn decode(&mut self, input: &mut Bytes, output: &mut Vec<u8>) -> Result<Decoded, Cause> {
        let (mut taken, mut written) = (0, output.len());
        output.resize(output.capacity(), 0);
        let result = BrotliDecompressStream(
            &mut input.len(),
            &mut taken,
            input,
            &mut (output.len() - written),
            &mut written,
            output,
            &mut 0,
            &mut self.state,
        );
        output.truncate(written);
        input.advance(taken);
        match result {
            BrotliResult::ResultSuccess => {
                self.has_ended = true;
                Ok(Decoded::Ended)
            }
            BrotliResult::NeedsMoreInput => Ok(Decoded::NeedsInput),
            BrotliResult::NeedsMoreOutput => Ok(Decoded::NeedsRoom),
            BrotliResult::ResultFailure => Err(cause(format!("{:?}", self.state.error_code))),
        }
    }

    fn may_end(&self) -> bool {
        self.has_ended
    }
}
