//! Whether the platform shows all that the cache has to know.

use http::header;

use crate::cache::asked::Asked;
use crate::policy::cache::varies_by_hidden_fields;
use crate::seams::transport::{Capabilities, Transport};
use crate::words::cache_key::CacheKey;
use crate::words::response::Response;

/// True when `response`, the answer to `asked` as this transport shows it, can be told from others that look like it.
pub(super) fn may_be_kept(transport: &dyn Transport, asked: &Asked, response: &Response) -> bool {
    let able = transport.capabilities();
    is_seen_whole(&able, response) && is_of_this_url(&able, asked, response)
}

/// A platform that hides fields may hide Vary or Age: it shows Date only where it shows all. One that sets fields by itself knows by
/// which of them the server chose.
fn is_seen_whole(able: &Capabilities, response: &Response) -> bool {
    (able.all_response_headers || response.headers().contains_key(header::DATE))
        && (able.all_request_headers || !varies_by_hidden_fields(response))
}

/// A platform that follows redirects by itself gives what another URL gave.
pub(super) fn is_of_this_url(able: &Capabilities, asked: &Asked, response: &Response) -> bool {
    able.redirects || CacheKey::of(response.url()) == *asked.key()
}
