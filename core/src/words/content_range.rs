//! Which part of a representation a message carries (RFC 9110 section 14.4).

/// A Content-Range in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// The first and the last byte; `None` when the range could not be had.
    pub(crate) bytes: Option<(u64, u64)>,
    /// The length of the whole; `None` when the server does not know.
    pub(crate) total: Option<u64>,
}

impl ContentRange {
    /// Reads the field's value; `None` for what is not in bytes or contradicts itself.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (unit, range) = value.trim().split_once(' ')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (bytes, total) = range.trim().split_once('/')?;
        let total = match total {
            "*" => None,
            digits => Some(number(digits)?),
        };
        let bytes = match bytes {
            "*" => None,
            bytes => {
                let (first, last) = bytes.split_once('-')?;
                Some((number(first)?, number(last)?))
            }
        };
        let is_sound = match (bytes, total) {
            (Some((first, last)), Some(total)) => first <= last && last < total,
            (Some((first, last)), None) => first <= last && last < u64::MAX,
            (None, Some(_)) => true,
            (None, None) => false,
        };
        is_sound.then_some(Self { bytes, total })
    }
}

/// Digits and nothing else: no sign, no space.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn what_is_sound_is_read() {
        let range = |bytes, total| Some(ContentRange { bytes, total });
        let parse = ContentRange::parse;
        assert_eq!(parse("bytes 0-9/10"), range(Some((0, 9)), Some(10)));
        assert_eq!(parse("BYTES 5-5/*"), range(Some((5, 5)), None));
        assert_eq!(parse("bytes */7"), range(None, Some(7)));
    }

    #[test]
    fn what_contradicts_itself_is_not() {
        for wrong in [
            "",
            "bytes",
            "bytes ",
            "bytes 0-9",
            "bytes 9-0/10",
            "bytes 0-10/10",
            "bytes */*",
            "bytes -5-9/10",
            "bytes +1-2/3",
            "bytes 1-/3",
            "bytes 0-9/18446744073709551616",
            "bytes 0-18446744073709551615/*",
            "lines 0-9/10",
            "bytes 0x1-2/3",
            "bytes 0-9/ 10",
        ] {
            assert_eq!(ContentRange::parse(wrong), None, "{wrong}");
        }
    }
}
