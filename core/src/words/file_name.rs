//! A name for a file out of what a server says, safe to be joined to any folder.

use percent_encoding::percent_decode;

/// The longest name, in bytes: what file systems take.
const LONGEST: usize = 255;

/// Names that stand for devices on Windows, whatever their extension.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The base name that `name` suggests; `None` when nothing of it is left.
///
/// One component of a path, never `.` or `..`: separators, control characters and most of what Windows forbids become `_`; dots and spaces neither lead nor
/// end; what would stand for a device is prefixed by `_`; it is cut to 255 bytes, its extension kept. Invisible marks that change the direction of
/// text, which hide an extension, are left out.
pub(crate) fn base_name(name: &str) -> Option<String> {
    let clean: String = name
        .chars()
        .filter(|&c| !changes_direction(c))
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '<' | '>' | '|' => '_',
            c if c.is_control() => '_',
            c => c,
        })
        .collect();
    let is_edge = |c: char| c == '.' || c.is_whitespace();
    let clean = cut(clean.trim_matches(is_edge)).trim_end_matches(is_edge);
    if clean.is_empty() {
        return None;
    }
    Some(match is_reserved(clean) {
        true => cut(&("_".to_owned() + clean)).to_owned(),
        false => clean.to_owned(),
    })
}

fn changes_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_lowercase();
    let is_port = ["com", "lpt"].iter().any(|port| {
        let number = stem.strip_prefix(port);
        number.is_some_and(|number| {
            matches!(
                number,
                "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "0" | "¹" | "²" | "³"
            )
        })
    });
    is_port || RESERVED.contains(&stem.as_str())
}

fn cut(name: &str) -> &str {
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

/// The value of an extended parameter (RFC 8187): `UTF-8'language'percent-encoded`, ISO-8859-1 too; `None` for what is none.
pub(crate) fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    let is_well_formed = |bytes: &[u8]| {
        let mut bytes = bytes.iter();
        while let Some(byte) = bytes.next() {
            let mut digit = || bytes.next().is_some_and(u8::is_ascii_hexdigit);
            if *byte == b'%' && !(digit() && digit()) {
                return false;
            }
        }
        true
    };
    if !encoded.is_ascii() || !is_well_formed(encoded.as_bytes()) {
        return None;
    }
    let decoded = percent_decode(encoded.as_bytes());
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" => decoded.decode_utf8().ok().map(Into::into),
        "iso-8859-1" => Some(decoded.map(char::from).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn security_40_no_name_leads_elsewhere() {
        for (name, safe) in [
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..\\..\\boot.ini", "_.._boot.ini"),
            ("/etc/passwd", "_etc_passwd"),
            (".bashrc", "bashrc"),
            ("...", ""),
            ("", ""),
            (" . ", ""),
            ("a\0b\r\nc", "a_b__c"),
            ("C:\\x", "C__x"),
            ("CON", "_CON"),
            ("con.txt", "_con.txt"),
            ("lpt1", "_lpt1"),
            ("COM9 .tar", "_COM9 .tar"),
            ("console", "console"),
            ("file.txt. .", "file.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("naïve café.txt", "naïve café.txt"),
        ] {
            assert_eq!(base_name(name).unwrap_or_default(), safe, "{name:?}");
        }
    }

    #[test]
    fn security_40_no_name_is_too_long() {
        let long = base_name(&"é".repeat(400)).unwrap();
        assert_eq!(long.len(), 254);
        assert!(base_name(&format!("con{}", ".".repeat(400))).unwrap().len() <= LONGEST);
    }

    #[test]
    fn extended_values_are_decoded() {
        for (value, name) in [
            ("UTF-8''%e2%82%ac%20rates", Some("€ rates")),
            ("utf-8'en'%C2%A3", Some("£")),
            ("iso-8859-1'en'%A3%20rates", Some("£ rates")),
            ("UTF-8''%ff", None),
            ("UTF-8''%2", None),
            ("UTF-8''%zz", None),
            ("koi8-r''x", None),
            ("plain", None),
            ("UTF-8''..%2f..%2fetc", Some("../../etc")),
        ] {
            assert_eq!(extended(value).as_deref(), name, "{value}");
        }
    }
}
