//! A row of the index, and its seal.

use std::hash::Hasher as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use twox_hash::XxHash3_64;

/// Begins every sum, so that one of another form is none of this one.
const SEED: u64 = 0x7572_6c73_6573_7301;

/// A record as it stands in the index, but for its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) id: i64,
    pub(super) key: &'a str,
    pub(super) head: &'a [u8],
    /// The body's, in bytes.
    pub(super) length: u64,
    /// The body is not in the index but in a file, named for the record.
    pub(super) in_file: bool,
    /// The sum of a body in the index; 0 for one in a file, which has its own.
    pub(super) body_sum: i64,
    /// In microseconds since 1970.
    pub(super) stored_at: i64,
}

impl Row<'_> {
    /// The sum of all that is in the row.
    pub(super) fn seal(&self) -> i64 {
        let mut sum = XxHash3_64::with_seed(SEED);
        sum.write(&self.id.to_le_bytes());
        for bytes in [self.key.as_bytes(), self.head] {
            sum.write(&(bytes.len() as u64).to_le_bytes());
            sum.write(bytes);
        }
        sum.write(&self.length.to_le_bytes());
        sum.write(&[u8::from(self.in_file)]);
        sum.write(&self.body_sum.to_le_bytes());
        sum.write(&self.stored_at.to_le_bytes());
        sum.finish().cast_signed()
    }

    /// How much it counts for, in bytes.
    pub(super) fn size(&self) -> u64 {
        size(self.key, self.head.len(), self.length)
    }
}

/// How much a record counts for, in bytes.
pub(super) fn size(key: &str, head: usize, length: u64) -> u64 {
    length.saturating_add((key.len() + head) as u64)
}

/// The sum of a body that stands in the index, as that of record `id`.
pub(super) fn body_sum(id: i64, body: &[u8]) -> i64 {
    XxHash3_64::oneshot_with_seed(SEED ^ id.cast_unsigned(), body).cast_signed()
}

/// What the index finds a key by.
pub(super) fn key_hash(key: &str) -> i64 {
    XxHash3_64::oneshot_with_seed(SEED, key.as_bytes()).cast_signed()
}

/// Microseconds since 1970; negative before.
pub(super) fn micros(time: SystemTime) -> i64 {
    let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => micros(since),
        Err(error) => -micros(error.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: Row<'static> = Row {
        id: 1,
        key: "key",
        head: b"head",
        length: 4,
        in_file: false,
        body_sum: 5,
        stored_at: 6,
    };

    #[test]
    fn every_part_of_a_row_is_under_its_seal() {
        let others = [
            Row { id: 2, ..ROW },
            Row {
                key: "keyh",
                head: b"ead",
                ..ROW
            },
            Row {
                head: b"heat",
                ..ROW
            },
            Row { length: 5, ..ROW },
            Row {
                in_file: true,
                ..ROW
            },
            Row { body_sum: 6, ..ROW },
            Row {
                stored_at: 5,
                ..ROW
            },
        ];
        for other in others {
            assert_ne!(other.seal(), ROW.seal(), "{other:?}");
        }
    }

    #[test]
    fn times_before_1970_are_negative() {
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(micros(before), -1_000_000);
        assert_eq!(micros(UNIX_EPOCH + Duration::from_micros(3)), 3);
    }
}
