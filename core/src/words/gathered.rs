//! A body's chunks, put together.

use bytes::Bytes;

/// A body that promises its length is given room for at most this many bytes in advance.
const ROOM_IN_ADVANCE: u64 = 1024 * 1024;

/// A body in one buffer; a single chunk is kept as it came.
#[derive(Default)]
pub(crate) struct Gathered {
    first: Bytes,
    all: Vec<u8>,
    expected: Option<u64>,
}

impl Gathered {
    /// Nothing so far, of so many bytes as are `expected`.
    pub(crate) fn new(expected: Option<u64>) -> Self {
        Self {
            first: Bytes::new(),
            all: Vec::new(),
            expected,
        }
    }

    pub(crate) fn add(&mut self, chunk: Bytes) {
        if self.first.is_empty() {
            self.first = chunk;
            return;
        }
        if self.all.is_empty() {
            let room = usize::try_from(self.expected.unwrap_or(0).min(ROOM_IN_ADVANCE));
            self.all
                .reserve(room.unwrap_or(0).max(self.first.len() + chunk.len()));
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&chunk);
    }

    pub(crate) fn finish(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn a_single_chunk_is_kept_as_it_came() {
        let chunk = Bytes::from_static(b"abc");
        let mut gathered = Gathered::new(Some(3));
        gathered.add(chunk.clone());
        let all = gathered.finish();
        assert_eq!((all.as_ptr(), &*all), (chunk.as_ptr(), &b"abc"[..]));
    }

    #[test]
    fn chunks_come_one_after_another_whatever_was_expected() {
        for expected in [None, Some(0), Some(7), Some(u64::MAX)] {
            let mut gathered = Gathered::new(expected);
            for chunk in ["ab", "c", "defg"] {
                gathered.add(chunk.into());
            }
            assert_eq!(&*gathered.finish(), b"abcdefg", "{expected:?}");
        }
        assert!(Gathered::new(None).finish().is_empty());
    }
}
