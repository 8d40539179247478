//! Coded data that is several members one after the other.

use bytes::Bytes;
use urlsession_core::{Cause, Decoded, Decoding};

/// How one member is decoded.
pub(super) trait Member: Send + 'static {
    /// As [`Decoding::decode`]; the end is the member's.
    fn decode(&mut self, input: &mut Bytes, output: &mut Vec<u8>) -> Result<Decoded, Cause>;

    /// Gets ready for another member.
    fn restart(&mut self);

    /// Is this how a member begins?
    fn front(first: &[u8]) -> Front;
}

/// What the first bytes after a member are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Front {
    /// Too few to say.
    Short,
    /// Another member's.
    Sound,
    /// Something else's.
    Foreign,
}

impl Front {
    /// Whether `first` begins with `magic`, as far as it goes.
    pub(super) fn of(first: &[u8], magic: &[u8]) -> Self {
        match first.len() < magic.len() {
            true if magic.starts_with(first) => Self::Short,
            false if first.starts_with(magic) => Self::Sound,
            true | false => Self::Foreign,
        }
    }
}

/// Members one after the other; what does not begin as one ends the data.
pub(super) struct Members<M> {
    member: M,
    place: Place,
}

enum Place {
    /// In a member. The first is taken for one whatever it begins with, so that what is none is an error.
    Within,
    /// Behind one; these bytes came, and may begin another.
    Behind(Vec<u8>),
}

impl<M: Member> Members<M> {
    pub(super) fn new(member: M) -> Self {
        Self {
            member,
            place: Place::Within,
        }
    }

    /// Takes what may be the front of another member; `Foreign` when it is none.
    fn look(&mut self, input: &mut Bytes) -> Result<Front, Cause> {
        let Place::Behind(front) = &mut self.place else {
            return Ok(Front::Sound);
        };
        while !input.is_empty() {
            front.extend_from_slice(&input.split_to(1));
            match M::front(front) {
                Front::Short => {}
                Front::Foreign => return Ok(Front::Foreign),
                Front::Sound => {
                    let mut front = std::mem::take(front).into();
                    self.place = Place::Within;
                    self.member.restart();
                    self.member.decode(&mut front, &mut Vec::new())?;
                    return Ok(Front::Sound);
                }
            }
        }
        Ok(Front::Short)
    }
}

impl<M: Member> Decoding for Members<M> {
    fn decode(&mut self, input: &mut Bytes, output: &mut Vec<u8>) -> Result<Decoded, Cause> {
        loop {
            match self.look(input)? {
                Front::Short => return Ok(Decoded::NeedsInput),
                Front::Foreign => return Ok(Decoded::Ended),
                Front::Sound => {}
            }
            match self.member.decode(input, output)? {
                Decoded::Ended => self.place = Place::Behind(Vec::new()),
                decoded @ (Decoded::NeedsInput | Decoded::NeedsRoom) => return Ok(decoded),
            }
        }
    }

    fn may_end(&self) -> bool {
        matches!(&self.place, Place::Behind(front) if front.is_empty())
    }
}
