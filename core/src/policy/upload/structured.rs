//! Structured fields (RFC 9651), as far as resumable uploads need them.

/// The largest integer that a structured field holds (section 3.3.1).
const LARGEST: u64 = 999_999_999_999_999;

/// An item that is an integer, not negative; its parameters are ignored.
pub(crate) fn integer(text: &str) -> Option<u64> {
    let bare = without_parameters(text.trim_matches(' '));
    let is_number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    let number = bare.parse().ok().filter(|_| is_number)?;
    (number <= LARGEST).then_some(number)
}

/// An item that is a boolean; its parameters are ignored.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match without_parameters(text.trim_matches(' ')) {
        "?1" => Some(true),
        "?0" => Some(false),
        _ => None,
    }
}

fn without_parameters(item: &str) -> &str {
    item.split(';').next().unwrap_or_default()
}

/// The members of a dictionary, each with its value as it is written, the last of a key alone; `None` when it is none.
pub(crate) fn dictionary(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut members: Vec<(&str, &str)> = Vec::new();
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return Some(members);
    }
    for member in split(text)? {
        let member = member.trim_matches([' ', '\t']);
        let end = member.find(['=', ';']).unwrap_or(member.len());
        let (key, rest) = member.split_at(end);
        if !is_key(key) {
            return None;
        }
        // Without a value it is true (section 3.2).
        let value = rest.strip_prefix('=').unwrap_or("?1");
        members.retain(|(known, _)| *known != key);
        members.push((key, value));
    }
    Some(members)
}

/// The text between commas that stand in no string.
fn split(text: &str) -> Option<Vec<&str>> {
    let (mut parts, mut from, mut is_string, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            b',' if !is_string => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    (!is_string).then_some(parts)
}

fn is_key(key: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_lowercase() || byte == b'*';
    let is_next = |byte: u8| is_first(byte) || byte.is_ascii_digit() || b"_-.".contains(&byte);
    key.bytes().next().is_some_and(is_first) && key.bytes().all(is_next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn integers_are_digits_up_to_fifteen() {
        let table = [
            ("0", Some(0)),
            (" 42 ", Some(42)),
            ("42;a=b", Some(42)),
            ("007", Some(7)),
            ("999999999999999", Some(LARGEST)),
            ("1000000000000000", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            ("\"1\"", None),
            ("", None),
            ("1, 2", None),
        ];
        for (text, number) in table {
            assert_eq!(integer(text), number, "{text:?}");
        }
    }

    #[test]
    fn booleans_have_a_question_mark() {
        let table = [
            ("?1", Some(true)),
            ("?0;x", Some(false)),
            ("1", None),
            ("true", None),
            ("?2", None),
        ];
        for (text, value) in table {
            assert_eq!(boolean(text), value, "{text:?}");
        }
    }

    #[test]
    fn dictionaries_keep_the_last_of_a_key() {
        let read = dictionary("a=1, b;x, c=\"x, y=2\",a=3").unwrap();
        assert_eq!(read, [("b", "?1"), ("c", "\"x, y=2\""), ("a", "3")]);
        assert_eq!(dictionary("").unwrap(), []);
        for none in ["A=1", "a=1,,b=2", "a=1,", "a=\"x", "=1"] {
            assert_eq!(dictionary(none), None, "{none}");
        }
    }
}
