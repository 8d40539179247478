//! Virtual codings, easy to read in a test.

use bytes::{Buf, Bytes};
use urlsession_core::{Cause, Decoded, Decoder, Decoding};

/// * `runs`: pairs of a count and a byte, and a count of 0 at the end.
/// * `next`: each byte one higher than it was; it may end anywhere.
/// * `nothing`: any bytes, which decode to none.
/// * `stuck`: a decoder that does not go on.
pub(crate) struct Virtual;

impl Decoder for Virtual {
    fn codings(&self) -> &[&'static str] {
        &["runs", "next", "nothing", "stuck"]
    }

    fn decoding(&self, coding: &str) -> Box<dyn Decoding> {
        match coding {
            "runs" => Box::new(Runs::default()),
            "next" => Box::new(Next),
            "nothing" => Box::new(Nothing),
            _ => Box::new(Stuck),
        }
    }
}

/// `bytes` under `runs`, each byte a run.
pub(crate) fn runs(bytes: &[u8]) -> Bytes {
    let runs = bytes.iter().flat_map(|&byte| [1, byte]);
    runs.chain([0]).collect()
}

/// `bytes` under `next`.
pub(crate) fn next(bytes: &[u8]) -> Bytes {
    bytes.iter().map(|byte| byte.wrapping_add(1)).collect()
}

#[derive(Default)]
struct Runs {
    count: Option<u8>,
    left: u8,
    byte: u8,
    has_ended: bool,
}

impl Decoding for Runs {
    fn decode(&mut self, input: &mut Bytes, output: &mut Vec<u8>) -> Result<Decoded, Cause> {
        loop {
            while self.left > 0 {
                if output.len() == output.capacity() {
                    return Ok(Decoded::NeedsRoom);
                }
                output.push(self.byte);
                self.left -= 1;
            }
            if input.is_empty() {
                return Ok(Decoded::NeedsInput);
            }
            match (self.count.take(), input.get_u8()) {
                (None, 0) => {
                    self.has_ended = true;
                    return Ok(Decoded::Ended);
                }
                (None, 255) => {
                    return Err(Box::<dyn std::error::Error + Send + Sync>::from("255").into());
                }
                (None, count) => self.count = Some(count),
                (Some(count), byte) => (self.left, self.byte) = (count, byte),
            }
        }
    }

    fn may_end(&self) -> bool {
        self.has_ended
    }
}

struct Next;

impl Decoding for Next {
    fn decode(&mut self, input: &mut Bytes, output: &mut Vec<u8>) -> Result<Decoded, Cause> {
        let room = output.capacity() - output.len();
        let taken = input.split_to(input.len().min(room));
        output.extend(taken.iter().map(|byte| byte.wrapping_sub(1)));
        Ok(match input.is_empty() {
            true => Decoded::NeedsInput,
            false => Decoded::NeedsRoom,
        })
    }

    fn may_end(&self) -> bool {
        true
    }
}

struct Nothing;

impl Decoding for Nothing {
    fn decode(&mut self, input: &mut Bytes, _: &mut Vec<u8>) -> Result<Decoded, Cause> {
        input.clear();
        Ok(Decoded::NeedsInput)
    }

    fn may_end(&self) -> bool {
        true
    }
}

struct Stuck;

impl Decoding for Stuck {
    fn decode(&mut self, _: &mut Bytes, _: &mut Vec<u8>) -> Result<Decoded, Cause> {
        Ok(Decoded::NeedsRoom)
    }

    fn may_end(&self) -> bool {
        true
    }
}
