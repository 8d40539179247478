//! What `fetch` can be told and core has no word for, from a text.

use urlsession_transport_web::{Credentials, FetchOptions, Redirects, ReferrerPolicy};

/// The options in a text's words: credentials, redirects, referrer policy, and whether the request outlives the page, streams its body, counts what it sends. What
/// is empty is not said.
pub(crate) fn options(text: &str) -> FetchOptions {
    let mut words = text.split(' ');
    let mut next = || words.next().unwrap_or_default();
    let mut options = FetchOptions::new();
    options.credentials = Credentials::from_word(next());
    options.redirects = Redirects::from_word(next());
    options.referrer_policy = ReferrerPolicy::from_word(next());
    let mut flag = || match next() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    options.keepalive = flag();
    options.streams_uploads = flag();
    options.counts_uploads = flag();
    options
}
