//! A URL as it was parsed: a [`Url`] at once.

use url::Url;

use crate::words::error::Error;
use crate::words::parsing::{SchemeHostPort, origin, parse};

/// A URL that was parsed, as text and, for who asks, as a [`Url`].
#[derive(Clone, Debug)]
pub struct ParsedUrl(Url);

impl ParsedUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        parse(text).map(Self)
    }

    /// What somebody else has parsed; `None` when it is no URL.
    pub(crate) fn of_serialised(text: String) -> Option<Self> {
        parse(&text).map(Self).ok()
    }

    /// Where it goes; `None` without a host.
    pub(crate) fn origin(&self) -> Option<SchemeHostPort<'_>> {
        origin(&self.0)
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Its text, serialised as the URL standard has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl From<Url> for ParsedUrl {
    fn from(url: Url) -> Self {
        Self(url)
    }
}
