//! URLs, parsed by the browser.

use urlsession_core::Url;

use crate::js;

/// The URL as the browser writes it; `None` when it knows no such URL.
pub(crate) fn parse(text: &str, base: Option<&Url>) -> Option<String> {
    let parsed = js::parse(text, base.map_or("", Url::as_str));
    (!parsed.is_empty()).then_some(parsed)
}
