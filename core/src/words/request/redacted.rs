//! Header fields as logs may show them.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

/// Header fields as logs may show them: credentials and cookies by name only.
pub(crate) struct Redacted<'a>(pub(crate) &'a HeaderMap);

const SECRET: [HeaderName; 4] = [
    http::header::AUTHORIZATION,
    http::header::PROXY_AUTHORIZATION,
    http::header::COOKIE,
    http::header::SET_COOKIE,
];

/// True for a field that logs must not show.
pub(crate) fn is_secret(name: &HeaderName, value: &HeaderValue) -> bool {
    SECRET.contains(name) || value.is_sensitive()
}

/// Words in the names of fields that may hold a secret.
#[cfg(any(feature = "download", feature = "upload"))]
const SOUND_SECRET: [&str; 8] = [
    "auth",
    "cookie",
    "credential",
    "key",
    "password",
    "secret",
    "session",
    "token",
];

/// True for a field that is not for a file: a secret, and what sounds like one.
#[cfg(any(feature = "download", feature = "upload"))]
pub(crate) fn may_be_secret(name: &HeaderName, value: &HeaderValue) -> bool {
    // Byte by byte: the library's search for text is 1.5 KB of a module for browsers.
    let name_has = |word: &str| {
        let mut parts = name.as_str().as_bytes().windows(word.len());
        parts.any(|part| part == word.as_bytes())
    };
    let sounds_secret = || SOUND_SECRET.iter().any(|word| name_has(word));
    is_secret(name, value) || value.to_str().is_err() || sounds_secret()
}

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self.0 {
            if is_secret(name, value) {
                map.entry(name, &"redacted");
            } else {
                map.entry(name, value);
            }
        }
        map.finish()
    }
}
