//! A body whose every byte is known from its place, so that tests can check any range of it.

use std::ops::Range;
use std::sync::LazyLock;

use bytes::Bytes;

/// The pattern repeats after this many bytes: a prime, so that no buffer size hides a shift.
pub const PATTERN_PERIOD: u64 = 251;

/// How many bytes of the pattern go in one frame of a body.
pub const PATTERN_FRAME: usize = 64 * 1024;

/// The byte at this place: the place modulo [`PATTERN_PERIOD`].
#[must_use]
pub fn pattern_byte(place: u64) -> u8 {
    (place % PATTERN_PERIOD) as u8
}

/// The pattern's bytes at these places.
#[must_use]
pub fn pattern(places: Range<u64>) -> Vec<u8> {
    places.map(pattern_byte).collect()
}

/// At most a frame of the pattern, from `start` and not beyond `end`, without copying.
pub(crate) fn frame(start: u64, end: u64) -> Bytes {
    static FRAMES: LazyLock<Bytes> =
        LazyLock::new(|| pattern(0..PATTERN_FRAME as u64 + PATTERN_PERIOD).into());
    let first = usize::from(pattern_byte(start));
    let length = end.saturating_sub(start).min(PATTERN_FRAME as u64) as usize;
    FRAMES.slice(first..first + length)
}
