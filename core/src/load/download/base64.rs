//! Base64 with padding (RFC 4648 section 4), as digests have it: a few lines, where a library's is 4 KB of a module for browsers.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let at = |index: usize| u32::from(part.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * place)) as usize % 64];
            let is_padding = place > part.len();
            text.push(if is_padding { '=' } else { char::from(letter) });
        }
    }
    text
}

/// `None` for what [`encode`] would not have written.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|&known| known == letter)?;
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    (encode(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::testing::test;

    #[test]
    fn bytes_are_written_as_a_library_writes_them_and_come_back() {
        let bytes: Vec<u8> = (0..=255).rev().collect();
        for length in 0..=bytes.len() {
            let bytes = &bytes[length / 3..length];
            let text = encode(bytes);
            assert_eq!(text, STANDARD.encode(bytes));
            assert_eq!(decode(&text).as_deref(), Some(bytes));
        }
    }

    #[test]
    fn what_a_library_does_not_take_is_none() {
        for text in [
            "", "=", "A", "A=", "AA", "AA=", "AA==", "AB==", "AAA", "AAA=", "AAB=", "AAAA",
            "AAAA=", "AA==AA==", "A A=", "AA=A", "AA\n==", "A-__", "ä===", "aGk=", "aGl=",
        ] {
            assert_eq!(decode(text), STANDARD.decode(text).ok(), "{text:?}");
        }
    }
}
