//! Where a request goes, and a response comes from.

use std::sync::Arc;

use url::Url;

use crate::words::error::Error;
use crate::words::parsing::ParsedUrl;
use crate::words::target::Target;

/// A URL, in the form that it was come by.
#[derive(Clone)]
pub(crate) enum Place {
    /// Of a server.
    Target(Arc<Target>),
    /// Any.
    Other(Arc<ParsedUrl>),
}

impl Place {
    /// Where a request for `url` goes: to a server, or, by `data:`, `file:` or a scheme of the app's own, anywhere else.
    pub(crate) fn of(url: ParsedUrl) -> Result<Self, Error> {
        Ok(if Target::has_scheme_of(url.as_str()) {
            Self::Target(Arc::new(Target::of(url)?))
        } else {
            Self::Other(Arc::new(url))
        })
    }

    pub(crate) fn url(&self) -> &Url {
        match self {
            Self::Target(target) => target.url(),
            Self::Other(url) => url.url(),
        }
    }

    #[cfg(feature = "protocols")]
    pub(crate) fn has_scheme(&self, scheme: &str) -> bool {
        let rest = self.as_str().strip_prefix(scheme);
        rest.is_some_and(|rest| rest.starts_with(':'))
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Target(target) => target.as_str(),
            Self::Other(url) => url.as_str(),
        }
    }
}

impl From<Url> for Place {
    fn from(url: Url) -> Self {
        Self::Other(Arc::new(url.into()))
    }
}
