//! Names of files.

use urlsession_core::{FileRef, Runtime as _};

use crate::runtime::WebRuntime;

/// Where files are that are on their way.
const TEMPORARY: &str = ".urlsession";

/// What their names begin with.
const PREFIX: &str = "urlsession-";

/// How long what follows is: 128 bits in hexadecimal digits.
const DIGITS: usize = 32;

/// A file's place from the root on, in one spelling: `folder/file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(String);

impl Name {
    /// `None` for what names no file below the root.
    pub(super) fn of(file: &FileRef) -> Option<Self> {
        let mut name = String::new();
        for part in file.path().to_str()?.split('/') {
            match part {
                "" | "." => {}
                ".." => return None,
                part => {
                    if !name.is_empty() {
                        name.push('/');
                    }
                    name.push_str(part);
                }
            }
        }
        (!name.is_empty()).then_some(Self(name))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The folder, empty at the root, and the name in it.
    pub(super) fn split(&self) -> (&str, &str) {
        self.0.rsplit_once('/').unwrap_or(("", &self.0))
    }
}

/// A file that nobody else has.
pub(super) fn temporary() -> FileRef {
    let name = random(PREFIX);
    temporary_file(&name)
}

/// The temporary file of this name; `None` for one that [`temporary`] never gives.
pub(super) fn temporary_at(name: &str) -> Option<FileRef> {
    let digits = name.strip_prefix(PREFIX)?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_one = digits.len() == DIGITS && digits.bytes().all(is_digit);
    is_one.then(|| temporary_file(name))
}

fn temporary_file(name: &str) -> FileRef {
    FileRef::new([TEMPORARY, name].join("/"))
}

/// `prefix`, and digits that nobody else has.
pub(super) fn random(prefix: &str) -> String {
    let mut name = prefix.to_owned();
    for number in [WebRuntime::new().random(), WebRuntime::new().random()] {
        for byte in number.to_be_bytes() {
            for digit in [byte >> 4, byte & 15] {
                name.extend(char::from_digit(digit.into(), 16));
            }
        }
    }
    name
}
