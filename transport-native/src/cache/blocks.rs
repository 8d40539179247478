//! The form of a body's file: blocks of 64 KiB, the last one shorter, each after the sum of its bytes.

use bytes::{Bytes, BytesMut};
use twox_hash::XxHash3_64;

/// How many bytes of a body stand in a block, at most.
pub(super) const BLOCK: usize = 64 * 1024;

/// The bytes of a block's sum, before its data, the lowest first.
const SUM: usize = size_of::<u64>();

/// A whole block with its sum.
const STRIDE: u64 = (SUM + BLOCK) as u64;

/// How long the file of a body of `length` bytes is. Saturates: no file is so long.
pub(super) fn file_length(length: u64) -> u64 {
    let blocks = length.div_ceil(BLOCK as u64);
    length.saturating_add(blocks.saturating_mul(SUM as u64))
}

/// Where block number `block` begins. Saturates likewise.
pub(super) fn position(block: u64) -> u64 {
    block.saturating_mul(STRIDE)
}

/// A block as it is filled.
#[derive(Debug)]
pub(super) struct BlockInProgress(BytesMut);

impl BlockInProgress {
    /// An empty one, with room for `expected` bytes at first.
    pub(super) fn new(expected: u64) -> Self {
        let expected = usize::try_from(expected).map_or(BLOCK, |bytes| bytes.min(BLOCK));
        let mut bytes = BytesMut::with_capacity(SUM + expected);
        bytes.resize(SUM, 0);
        Self(bytes)
    }

    /// Takes what fits of `chunk`, off its front.
    pub(super) fn fill(&mut self, chunk: &mut Bytes) {
        let taken = chunk.split_to(chunk.len().min(BLOCK - self.len()));
        self.0.extend_from_slice(&taken);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len() - SUM
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() == BLOCK
    }

    /// The block as it stands in the file of record `id`, as its number `block`.
    pub(super) fn sealed(mut self, id: i64, block: u64) -> Bytes {
        let sum = sum(id, block, &self.0[SUM..]);
        self.0[..SUM].copy_from_slice(&sum.to_le_bytes());
        self.0.freeze()
    }

    /// The data alone.
    pub(super) fn into_data(self) -> Bytes {
        self.0.freeze().slice(SUM..)
    }
}

/// The data of the block at the front of `bytes`, number `block` of record `id`, with `length` bytes of data; `None` where they are not
/// those that were written.
pub(super) fn opened(bytes: &mut Bytes, id: i64, block: u64, length: usize) -> Option<Bytes> {
    if bytes.len() < SUM + length {
        return None;
    }
    let mut data = bytes.split_to(SUM + length);
    let written = data.split_to(SUM);
    (written[..] == sum(id, block, &data).to_le_bytes()).then_some(data)
}

fn sum(id: i64, block: u64, data: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(id.cast_unsigned() ^ block, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(data: &[u8]) -> Bytes {
        let mut block = BlockInProgress::new(4);
        block.fill(&mut Bytes::copy_from_slice(data));
        block.sealed(7, 3)
    }

    #[test]
    fn a_block_opens_as_it_was_sealed() {
        let mut bytes = block(b"data");
        assert_eq!(opened(&mut bytes, 7, 3, 4).unwrap(), "data");
        assert!(bytes.is_empty());
    }

    #[test]
    fn a_block_of_another_place_length_or_file_does_not_open() {
        for (id, number, length) in [(8, 3, 4), (7, 2, 4), (7, 3, 3), (7, 3, 5)] {
            assert_eq!(opened(&mut block(b"data"), id, number, length), None);
        }
    }

    #[test]
    fn a_file_is_as_long_as_its_blocks() {
        assert_eq!(file_length(0), 0);
        assert_eq!(file_length(1), 9);
        assert_eq!(file_length(BLOCK as u64), STRIDE);
        assert_eq!(file_length(BLOCK as u64 + 1), STRIDE + 9);
        assert_eq!(file_length(u64::MAX), u64::MAX);
    }
}
