//! URLs, parsed by the browser.

use urlsession_core::Url;

use crate::js;

/// The URL as the browser writes it; `None` when it knows no such URL.
pub(crate) fn parse(text: &str, base: Option<&Url>) -> Option<String> {
    js::parse(text, base.map(Url::as_str))
}
