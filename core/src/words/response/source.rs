//! Header fields that are told when somebody asks for them.

use std::any::Any;

use crate::words::field_lines::tell;

/// Tells the header fields of a response when they are asked for, each time the same: see
/// [`Response::told_by`](crate::Response::told_by).
///
/// A transport for browsers has them in the browser's hands, and many a program looks at none: it then neither moves them nor has the code of a
/// [`HeaderMap`](http::HeaderMap), nor what takes their text apart.
pub trait FieldSource: Send + Sync + 'static {
    /// All fields in order, a line each: the name, a comma, which no name has, and the value, which has no line break. A character of a value is a byte
    /// (Infra, isomorphic decode). What cannot be a field's name or value is left out by whoever reads it.
    fn lines(&self) -> String;

    /// Content-Length, where it is a number. By default it is looked for among all; a transport that knows it can save that.
    fn content_length(&self) -> Option<u64> {
        first(&self.lines(), "content-length", number).flatten()
    }

    /// True when Content-Encoding says that the body was coded. By default it is looked for among all.
    fn is_coded(&self) -> bool {
        first(&self.lines(), "content-encoding", is_a_coding).unwrap_or(false)
    }

    /// The platform's own object that has the fields: for who speaks to the platform, and knows what it is.
    fn native(&self) -> Option<&dyn Any> {
        None
    }
}

/// What `look` sees in the first value of the field of this name, which is in lower case.
fn first<T>(lines: &str, name: &str, look: impl Fn(&[u8]) -> T) -> Option<T> {
    let mut seen = None;
    tell(lines, &mut |other, value| {
        if seen.is_none() && other.eq_ignore_ascii_case(name) {
            seen = Some(look(value));
        }
    });
    seen
}

/// A number of bytes as Content-Length has it (RFC 9110 section 8.6).
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// True for every value of Content-Encoding but the one that says nothing.
pub(super) fn is_a_coding(value: &[u8]) -> bool {
    value != b"identity"
}

#[cfg(test)]
pub(super) mod testing {
    use std::any::Any;
    use std::sync::Arc;

    use super::FieldSource;

    /// Tells fields of a list.
    pub(in crate::words::response) struct Told(Vec<(&'static str, &'static str)>);

    impl Told {
        pub(in crate::words::response) fn new(list: &[(&'static str, &'static str)]) -> Arc<Self> {
            Arc::new(Self(list.to_vec()))
        }
    }

    impl FieldSource for Told {
        fn lines(&self) -> String {
            let line = |(name, value): &(&str, &str)| format!("{name},{value}");
            self.0.iter().map(line).collect::<Vec<_>>().join("\n")
        }

        fn native(&self) -> Option<&dyn Any> {
            Some(&self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::Told;
    use super::*;
    use crate::testing::test;
    use crate::words::field_lines::gathered;

    #[test]
    fn a_length_is_a_number_of_64_bits() {
        for (value, length) in [
            ("0", Some(0)),
            ("0012", Some(12)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("+1", None),
            ("1, 1", None),
        ] {
            assert_eq!(number(value.as_bytes()), length, "{value}");
        }
    }

    #[test]
    fn of_several_values_the_first_is_looked_at() {
        let told = Told::new(&[("content-length", "x"), ("content-length", "1")]);
        assert_eq!(told.content_length(), None);
        let told = Told::new(&[("content-encoding", "br"), ("content-encoding", "identity")]);
        assert!(told.is_coded());
    }

    #[test]
    fn what_can_be_no_field_is_left_out() {
        let told = Told::new(&[
            ("x-a", "\u{e9}"),
            ("x\r", "1"),
            ("", "1"),
            ("x-b", "a\rb"),
            ("x-c", "\u{20ac}"),
            ("x-d\n", "1"),
            ("x-e", "a, b"),
        ]);
        let fields = gathered(&told.lines());
        assert_eq!(fields.len(), 2);
        assert_eq!(fields["x-a"].as_bytes(), b"\xe9");
        assert_eq!(fields["x-e"], "a, b");
    }
}
