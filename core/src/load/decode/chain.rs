//! Several codings undone one after the other, the last one applied first.

use std::sync::Arc;

use bytes::Bytes;

use crate::policy::coding::Bounds;
use crate::seams::decoder::{Decoded, Decoder, Decoding};
use crate::words::decoding::DecodingError;
use crate::words::error::Cause;

/// The most that is decoded in one step, in bytes.
const MOST_ROOM: usize = 64 * 1024;

/// The room for the first step: short bodies get short buffers.
const LEAST_ROOM: usize = 256;

/// What may follow the end of coded data and is ignored, as browsers do.
const MOST_SURPLUS: u64 = 64 * 1024;

/// What a pull gave.
#[derive(Debug)]
pub(super) enum Pulled {
    /// Decoded bytes.
    Chunk(Bytes),
    /// Nothing, without more of the body.
    Hungry,
    /// Nothing, after many steps.
    Tired,
    /// Nothing any more.
    Ended,
}

pub(super) struct Chain {
    /// The first takes the body's bytes, the last gives the app's.
    links: Vec<Link>,
    decoder: Arc<dyn Decoder>,
    bounds: Bounds,
    received: u64,
}

impl Chain {
    /// A chain that undoes `codings`, given in the order in which they were applied; at least one.
    pub(super) fn new(codings: Vec<String>, decoder: Arc<dyn Decoder>, bounds: Bounds) -> Self {
        Self {
            links: codings.into_iter().rev().map(Link::new).collect(),
            decoder,
            bounds,
            received: 0,
        }
    }

    /// Gives the next bytes of the body, once it is hungry.
    pub(super) fn feed(&mut self, chunk: Bytes) {
        self.received += chunk.len() as u64;
        self.links[0].input = chunk;
    }

    /// The body is over.
    pub(super) fn end(&mut self) {
        self.links[0].is_fed = true;
    }

    /// The next decoded bytes; each step costs one of `steps`.
    pub(super) fn pull(&mut self, steps: &mut u32) -> Result<Pulled, DecodingError> {
        self.pull_from(self.links.len() - 1, steps)
    }

    fn pull_from(&mut self, index: usize, steps: &mut u32) -> Result<Pulled, DecodingError> {
        while let Some(left) = steps.checked_sub(1) {
            *steps = left;
            let link = &mut self.links[index];
            match link.step(&*self.decoder)? {
                Step::Gave(chunk) => {
                    self.bounds.check(self.received, link.given)?;
                    return Ok(Pulled::Chunk(chunk));
                }
                Step::Took => {}
                Step::Ended => return Ok(Pulled::Ended),
                Step::Hungry if index == 0 => return Ok(Pulled::Hungry),
                Step::Hungry => match self.pull_from(index - 1, steps)? {
                    Pulled::Chunk(chunk) => self.links[index].input = chunk,
                    Pulled::Ended => self.links[index].is_fed = true,
                    pulled @ (Pulled::Hungry | Pulled::Tired) => return Ok(pulled),
                },
            }
        }
        Ok(Pulled::Tired)
    }
}

/// One coding being undone.
struct Link {
    coding: String,
    /// Made when the first byte comes: a body without bytes is under no coding.
    decoding: Option<Box<dyn Decoding>>,
    input: Bytes,
    output: Vec<u8>,
    room: usize,
    /// It filled its output, and may have more without more input.
    has_more: bool,
    /// No more input will come.
    is_fed: bool,
    /// Its data has ended: what comes now is surplus.
    is_done: bool,
    surplus: u64,
    given: u64,
}

enum Step {
    Gave(Bytes),
    Took,
    Hungry,
    Ended,
}

impl Link {
    fn new(coding: String) -> Self {
        Self {
            coding,
            decoding: None,
            input: Bytes::new(),
            output: Vec::new(),
            room: 0,
            has_more: false,
            is_fed: false,
            is_done: false,
            surplus: 0,
            given: 0,
        }
    }

    fn step(&mut self, decoder: &dyn Decoder) -> Result<Step, DecodingError> {
        if self.is_done {
            self.ignore_surplus()?;
        }
        if self.input.is_empty() && !self.has_more {
            return match self.is_fed {
                true => self.end(),
                false => Ok(Step::Hungry),
            };
        }
        self.decode(decoder)?;
        if self.output.is_empty() {
            return Ok(Step::Took);
        }
        self.given += self.output.len() as u64;
        Ok(Step::Gave(std::mem::take(&mut self.output).into()))
    }

    fn decode(&mut self, decoder: &dyn Decoder) -> Result<(), DecodingError> {
        let coding = &self.coding;
        let decoding = self
            .decoding
            .get_or_insert_with(|| decoder.decoding(coding));
        if self.room == 0 {
            self.room = (4 * self.input.len()).clamp(LEAST_ROOM, MOST_ROOM);
        }
        self.output.reserve_exact(self.room);
        let before = self.input.len();
        let decoded = decoding
            .decode(&mut self.input, &mut self.output)
            .map_err(|cause| malformed(coding, cause))?;
        let is_stuck = self.input.len() == before && self.output.is_empty();
        self.has_more = decoded == Decoded::NeedsRoom;
        match decoded {
            Decoded::NeedsInput if self.input.is_empty() => {}
            Decoded::NeedsRoom if !is_stuck => self.room = MOST_ROOM,
            Decoded::Ended => self.is_done = true,
            Decoded::NeedsInput | Decoded::NeedsRoom => return Err(malformed(coding, stuck())),
        }
        Ok(())
    }

    fn ignore_surplus(&mut self) -> Result<(), DecodingError> {
        self.surplus += std::mem::take(&mut self.input).len() as u64;
        match self.surplus > MOST_SURPLUS {
            true => Err(DecodingError::Surplus {
                coding: self.coding.clone(),
            }),
            false => Ok(()),
        }
    }

    fn end(&self) -> Result<Step, DecodingError> {
        match &self.decoding {
            Some(decoding) if !self.is_done && !decoding.may_end() => {
                Err(DecodingError::Truncated {
                    coding: self.coding.clone(),
                })
            }
            Some(_) | None => Ok(Step::Ended),
        }
    }
}

fn malformed(coding: &str, source: Cause) -> DecodingError {
    DecodingError::Malformed {
        coding: coding.to_owned(),
        source,
    }
}

fn stuck() -> Cause {
    Arc::from(Box::from("the decoder does not go on"))
}
