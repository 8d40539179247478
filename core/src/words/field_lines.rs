//! Header fields as a text: a line each, the name, a comma, which no name has, and the value, which has no line break. A character of a value is a byte (Infra, isomorphic
//! decode).

use http::{HeaderMap, HeaderName, HeaderValue};

/// Calls `each` with the name and the value of every field.
pub(super) fn tell(lines: &str, each: &mut dyn FnMut(&str, &[u8])) {
    for line in lines.split('\n') {
        let Some((name, value)) = line.split_once(',') else {
            continue;
        };
        let bytes: Option<Vec<u8>> = value.chars().map(|it| u8::try_from(it).ok()).collect();
        if let Some(bytes) = bytes {
            each(name, &bytes);
        }
    }
}

/// All that can be a field.
pub(super) fn gathered(lines: &str) -> HeaderMap {
    let mut fields = HeaderMap::new();
    tell(lines, &mut |name, value| {
        let name = HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
            // More fields than a map holds: the rest is left out.
            let _ = fields.try_append(name, value);
        }
    });
    fields
}

/// True for the name of a field: a token (RFC 9110 section 5.1), and no longer than `http` takes. What the crate does by a table of all names that it knows.
#[cfg(any(test, not(feature = "url-parser")))]
pub(super) fn is_name(name: &str) -> bool {
    const LONGEST: usize = (1 << 16) - 1;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.len() <= LONGEST && name.bytes().all(is_token)
}

/// True for a byte that a field's value may have (RFC 9110 section 5.5).
#[cfg(any(test, not(feature = "url-parser")))]
pub(super) fn is_of_value(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7f || byte == b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn names_and_values_are_those_of_http() {
        for byte in 0..=255_u8 {
            let value = [b'a', byte, b'a'];
            let can_be = HeaderValue::from_bytes(&value).is_ok();
            assert_eq!(is_of_value(byte), can_be, "{byte}");
            for name in [vec![byte], vec![b'x', byte], vec![byte, b'-', b'x']] {
                let can_be = HeaderName::from_bytes(&name).is_ok();
                let is_one = std::str::from_utf8(&name).is_ok_and(is_name);
                assert_eq!(is_one, can_be, "{name:?}");
            }
        }
        for name in ["\u{e9}", "x\u{20ac}", ""] {
            assert!(!is_name(name) && HeaderName::try_from(name).is_err());
        }
        for length in [65_534, 65_535, 65_536] {
            let name = "x".repeat(length);
            assert_eq!(
                is_name(&name),
                HeaderName::try_from(&name).is_ok(),
                "{length}"
            );
        }
    }
}
