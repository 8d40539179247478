//! How a form is written down (RFC 7578; HTML, multipart/form-data encoding algorithm).

use bytes::Bytes;
use http::HeaderValue;

use crate::words::multipart::{FormPart, with_crlf};

/// What parts the parts: unlikely enough that no part holds it.
#[derive(Clone, Debug)]
pub(crate) struct Boundary(String);

impl Boundary {
    /// One of 128 random bits.
    pub(crate) fn new(random: [u64; 2]) -> Self {
        let mut text = String::from("urlsession-");
        for number in random {
            for place in (0..16).rev() {
                let digit = (number >> (4 * place)) as usize % 16;
                text.push(char::from(b"0123456789abcdef"[digit]));
            }
        }
        Self(text)
    }

    /// The Content-Type of the form.
    pub(crate) fn content_type(&self) -> HeaderValue {
        let text = "multipart/form-data; boundary=".to_owned() + &self.0;
        HeaderValue::try_from(text).expect("a boundary is letters, digits and dashes")
    }

    /// What comes before the content of `part`, the first one or a later one.
    pub(crate) fn before(&self, part: &FormPart, is_first: bool) -> Bytes {
        let mut head = String::from(if is_first { "" } else { "\r\n" });
        head.push_str("--");
        head.push_str(&self.0);
        head.push_str("\r\nContent-Disposition: form-data; name=\"");
        push_escaped(&mut head, &with_crlf(part.name()));
        head.push('"');
        if let Some(filename) = part.filename() {
            head.push_str("; filename=\"");
            push_escaped(&mut head, filename);
            head.push('"');
        }
        let mut head = head.into_bytes();
        if let Some(content_type) = part.content_type() {
            head.extend_from_slice(b"\r\nContent-Type: ");
            head.extend_from_slice(content_type.as_bytes());
        }
        head.extend_from_slice(b"\r\n\r\n");
        head.into()
    }

    /// What comes after the last of so many parts.
    pub(crate) fn end(&self, has_parts: bool) -> Bytes {
        let line_break = if has_parts { "\r\n" } else { "" };
        format!("{line_break}--{}--\r\n", self.0).into()
    }
}

/// A name or file name within quotes: what would end them is percent-encoded, and nothing else.
fn push_escaped(head: &mut String, name: &str) {
    for c in name.chars() {
        match c {
            '\n' => head.push_str("%0A"),
            '\r' => head.push_str("%0D"),
            '"' => head.push_str("%22"),
            c => head.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn before(part: &FormPart) -> String {
        let head = Boundary::new([0, 1]).before(part, true);
        String::from_utf8(head.to_vec()).unwrap()
    }

    #[test]
    fn a_boundary_is_one_that_mail_takes_without_quotes() {
        let typed = Boundary::new([u64::MAX, 0]).content_type();
        let boundary = "urlsession-ffffffffffffffff0000000000000000";
        assert_eq!(typed, format!("multipart/form-data; boundary={boundary}"));
        assert!(boundary.len() <= 70);
    }

    #[test]
    fn names_cannot_break_out() {
        let part = FormPart::bytes("a\"\r\nX: y\n", "").with_filename("\"\n\r%22\u{e9}");
        assert_eq!(
            before(&part),
            "--urlsession-00000000000000000000000000000001\r\n\
             Content-Disposition: form-data; name=\"a%22%0D%0AX: y%0D%0A\"; filename=\"%22%0A%0D%22\u{e9}\"\r\n\r\n"
        );
    }

    #[test]
    fn a_type_has_a_line_of_its_own() {
        let part = FormPart::bytes("a", "")
            .with_content_type("text/x")
            .unwrap();
        assert!(before(&part).ends_with("name=\"a\"\r\nContent-Type: text/x\r\n\r\n"));
    }

    #[test]
    fn a_form_without_parts_is_its_end() {
        let end = Boundary::new([0, 1]).end(false);
        assert_eq!(end, "--urlsession-00000000000000000000000000000001--\r\n");
    }
}
