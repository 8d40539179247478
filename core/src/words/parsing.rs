//! From text to a [`Url`]: by the crate `url` with the feature `url-parser`, else by the platform.

#[cfg(feature = "url-parser")]
mod at_once;
#[cfg(any(test, not(feature = "url-parser")))]
#[cfg_attr(
    feature = "url-parser",
    expect(unreachable_pub, reason = "it is there for its tests")
)]
mod late;
#[cfg(any(test, not(feature = "url-parser")))]
mod places;
#[cfg(any(test, not(feature = "url-parser")))]
mod serialised;

use url::Url;

use crate::words::error::{Error, ErrorCode};

#[cfg(feature = "url-parser")]
pub use at_once::ParsedUrl;
#[cfg(not(feature = "url-parser"))]
pub(crate) use by::host_and_port;
pub(crate) use by::origin;
#[cfg(not(feature = "url-parser"))]
pub use late::ParsedUrl;

/// Scheme, host and port, the scheme's default where there is none, 0 where it has none.
#[cfg(feature = "url-parser")]
pub(crate) type SchemeHostPort<'u> = (&'u str, url::Host<&'u str>, u16);

/// The scheme, and the host with the port where it is not the scheme's default.
#[cfg(not(feature = "url-parser"))]
pub(crate) type SchemeHostPort<'u> = (&'u str, &'u str);

/// Parses as the URL standard has it.
///
/// # Errors
/// [`BadUrl`](crate::ErrorCode::BadUrl) when it is no URL.
pub(crate) fn parse(text: &str) -> Result<Url, Error> {
    by::parse(text, None)
}

/// The URL that `text` is in a resource of `base`, as [`Url::join`] has it, by the parser that this crate was built with.
///
/// # Errors
/// [`BadUrl`](crate::ErrorCode::BadUrl) when it is none.
pub fn join_url(base: &Url, text: &str) -> Result<Url, Error> {
    by::parse(text, Some(base))
}

/// The URL that the platform's parser wrote as `text` (a browser's `URL.href`), which it is not asked for a second time. What it did not write may be
/// taken for a URL that it would read otherwise.
///
/// # Errors
/// [`BadUrl`](crate::ErrorCode::BadUrl) when it cannot have written that.
pub fn written_url(text: &str) -> Result<ParsedUrl, Error> {
    let url = ParsedUrl::of_serialised(text.to_owned());
    url.ok_or_else(|| Error::new(ErrorCode::BadUrl).because("no platform writes such a URL"))
}

#[cfg(feature = "url-parser")]
mod by {
    use super::{Error, ErrorCode, SchemeHostPort, Url};

    pub(crate) fn origin(url: &Url) -> Option<SchemeHostPort<'_>> {
        let port = url.port_or_known_default().unwrap_or(0);
        Some((url.scheme(), url.host()?, port))
    }

    pub(super) fn parse(text: &str, base: Option<&Url>) -> Result<Url, Error> {
        let parsed = Url::options().base_url(base).parse(text);
        parsed.map_err(|cause| Error::new(ErrorCode::BadUrl).with_cause(cause))
    }
}

#[cfg(not(feature = "url-parser"))]
mod by {
    use super::places::Places;
    use super::serialised::serialised;
    use super::{Error, ErrorCode, SchemeHostPort, Url, platform};

    /// Where it goes; `None` without a host.
    pub(crate) fn origin(url: &Url) -> Option<SchemeHostPort<'_>> {
        Places::origin(url.as_str())
    }

    /// The host and the port of such an origin; `None` where it is none.
    pub(crate) fn host_and_port(
        (scheme, place): SchemeHostPort<'_>,
    ) -> Option<(url::Host<String>, u16)> {
        let text = [scheme, "://", place].concat();
        let places = Places::of(&text)?;
        let host = places.host_of(&text).ok()??.to_owned();
        let known = match scheme {
            "http" | "ws" => 80,
            "https" | "wss" => 443,
            "ftp" => 21,
            _ => 0,
        };
        Some((host, places.port.unwrap_or(known)))
    }

    pub(super) fn parse(text: &str, base: Option<&Url>) -> Result<Url, Error> {
        parsed(text, base, serialised)
    }

    /// What `take` makes of the URL that the platform says the text is.
    pub(super) fn parsed<T>(
        text: &str,
        base: Option<&Url>,
        take: impl FnOnce(String) -> Option<T>,
    ) -> Result<T, Error> {
        let bad = |why: &'static str| Error::new(ErrorCode::BadUrl).because(why);
        let parser = platform::parser()
            .ok_or_else(|| bad("no platform is there yet, and the feature `url-parser` is off"))?;
        parser(text, base)
            .and_then(take)
            .ok_or_else(|| bad("the platform knows no such URL"))
    }
}

/// What comes before a user's name and password in a serialised URL, and what after; `None` without such a thing.
pub(crate) fn around_user(text: &str) -> Option<(&str, &str)> {
    let find = |from: usize, any: &[u8]| {
        let rest = text.as_bytes().get(from..)?;
        let at = rest.iter().position(|byte| any.contains(byte))?;
        Some(from + at)
    };
    let start = find(0, b":")? + 3;
    if text.get(start - 2..start) != Some("//") {
        return None;
    }
    let end = find(start, b"@/?#")?;
    match text.as_bytes().get(end) {
        Some(b'@') => Some((text.get(..start)?, text.get(end + 1..)?)),
        Some(_) | None => None,
    }
}

/// How a platform parses: text, and the URL it is relative to, into the URL serialised; `None` when it is none.
pub type UrlParser = fn(text: &str, base: Option<&Url>) -> Option<String>;

/// Has URLs parsed by the platform, where this crate is built without the feature `url-parser`: a browser has a parser and the tables of
/// international names, and need not load them a second time. The first call counts. A [`Request`](crate::Request) that is made of text before it
/// fails with [`BadUrl`](crate::ErrorCode::BadUrl).
pub fn parse_urls_by(parser: UrlParser) {
    platform::install(parser);
}

#[cfg(feature = "url-parser")]
mod platform {
    pub(super) fn install(_: super::UrlParser) {}
}

#[cfg(not(feature = "url-parser"))]
mod platform {
    use std::sync::OnceLock;

    use super::UrlParser;

    static PARSER: OnceLock<UrlParser> = OnceLock::new();

    pub(super) fn install(parser: UrlParser) {
        PARSER.get_or_init(|| parser);
    }

    pub(super) fn parser() -> Option<UrlParser> {
        PARSER.get().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn what_a_platform_wrote_is_taken_as_it_stands() {
        for text in ["https://a.example/b?c#d", "http://[::1]:1/", "data:,a"] {
            assert_eq!(written_url(text).unwrap().as_str(), text);
        }
        for text in ["", "a.example", "http://"] {
            let error = written_url(text).unwrap_err();
            assert_eq!(error.code(), ErrorCode::BadUrl, "{text}");
        }
    }

    #[test]
    fn a_user_is_cut_out() {
        let around = |text| around_user(text).map(|(before, after)| [before, after].concat());
        for text in [
            "https://me:secret@a.example:1/b",
            "https://me@a.example:1/b",
            "https://:@a.example:1/b",
        ] {
            assert_eq!(
                around(text).as_deref(),
                Some("https://a.example:1/b"),
                "{text}"
            );
        }
        for text in [
            "https://a.example/b@c",
            "https://a.example?b@c",
            "https://a.example#b@c",
            "https://a.example",
            "mailto:me@a.example",
            "mailto:a//me@a.example",
            "file:///a@b",
            "a:",
            "",
        ] {
            assert_eq!(around(text), None, "{text}");
        }
    }
}
