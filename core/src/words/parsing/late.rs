//! A URL as the platform has parsed it: its text, and a [`Url`] once somebody asks. A program that asks for none has none of what makes one linked.

use std::sync::OnceLock;

use url::Url;

#[cfg(not(feature = "url-parser"))]
use crate::words::error::Error;
#[cfg(not(feature = "url-parser"))]
use crate::words::parsing::SchemeHostPort;
use crate::words::parsing::serialised::serialised;

/// A URL that was parsed, as text and, for who asks, as a [`Url`].
#[derive(Clone, Debug)]
pub struct ParsedUrl {
    text: String,
    url: OnceLock<Url>,
}

/// What text is a [`Url`] as that the platform took for one and `url` does not.
const NOWHERE: &str = "about:invalid";

impl ParsedUrl {
    #[cfg(not(feature = "url-parser"))]
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        super::by::parsed(text, None, Self::of_serialised)
    }

    /// What somebody else has parsed; `None` when it is clear that it is no URL. What is not clear at once is `about:invalid` to who asks for a [`Url`]:
    /// never another host than the text's own.
    pub(crate) fn of_serialised(text: String) -> Option<Self> {
        let url = OnceLock::new();
        is_plausible(text.as_bytes()).then_some(Self { text, url })
    }

    /// Where it goes; `None` without a host.
    #[cfg(not(feature = "url-parser"))]
    pub(crate) fn origin(&self) -> Option<SchemeHostPort<'_>> {
        super::places::Places::origin(&self.text)
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.url.get_or_init(|| {
            let url = serialised(self.text.clone());
            url.or_else(|| serialised(NOWHERE.to_owned()))
                .expect("that is a URL")
        })
    }

    /// Its text, serialised as the URL standard has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl From<Url> for ParsedUrl {
    fn from(url: Url) -> Self {
        Self {
            text: url.as_str().to_owned(),
            url: url.into(),
        }
    }
}

/// True for a scheme and a colon, and, where it goes to a server, a host, in characters that can be shown: nothing else was parsed.
fn is_plausible(text: &[u8]) -> bool {
    let is_part = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.');
    let Some(end) = text.iter().position(|byte| !is_part(byte)) else {
        return false;
    };
    let (scheme, rest) = text.split_at(end);
    let is_shown = |byte: &u8| matches!(byte, b' '..=b'~');
    let leads_somewhere = match (scheme, rest) {
        (b"http" | b"https", [b':', b'/', b'/', first, ..]) => {
            !matches!(first, b' ' | b'/' | b'?' | b'#' | b'\\')
        }
        (b"http" | b"https", _) => false,
        (_, rest) => rest.first() == Some(&b':'),
    };
    leads_somewhere
        && scheme.first().is_some_and(u8::is_ascii_lowercase)
        && rest.iter().all(is_shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn a_url_is_made_when_somebody_asks() {
        let late = ParsedUrl::of_serialised("https://me@a.example/b?c#d".to_owned()).unwrap();
        assert!(late.url.get().is_none());
        assert_eq!(late.url(), &Url::parse(late.as_str()).unwrap());
        assert_eq!(ParsedUrl::from(late.url().clone()).as_str(), late.as_str());
    }

    #[test]
    fn text_that_is_clearly_none_is_none() {
        for text in [
            "",
            "a",
            ":",
            "1:",
            "A:b",
            "a b:",
            "http:",
            "http:/a",
            "http://",
            "https:///a",
            "http://a/\n",
            "http://b\u{fc}cher.example/",
        ] {
            assert!(
                ParsedUrl::of_serialised(text.to_owned()).is_none(),
                "{text}"
            );
        }
    }

    #[test]
    fn text_that_is_none_leads_nowhere() {
        for text in [
            "http://a b/",
            "http://a.example\\@b.example/",
            "http://[::1/",
            "a://b:c",
        ] {
            let late = ParsedUrl::of_serialised(text.to_owned()).unwrap();
            assert_eq!(late.url().as_str(), NOWHERE, "{text}");
        }
    }
}
