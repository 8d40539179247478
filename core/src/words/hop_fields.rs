//! The fields of one hop, out of the request's own and the session's. It is linked with a map of fields ([`HeaderFields`]), and a program that sets none
//! has none of it.

use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::words::header_fields::{Gaps, HeaderFields};

/// Fields that belong to the transport, beside TE: the app's values are left out.
const TRANSPORT_OWN: [&str; 7] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "trailer",
    "upgrade",
    "keep-alive",
];

/// What is added where nobody says it: of a form, and of a part of a body that would else be coded.
static LAST: [(HeaderName, HeaderValue); 2] = [
    (
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    ),
    (
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    ),
];

/// The request's own fields, and the session's where there are gaps.
pub(super) fn filled(own: &HeaderMap, gaps: &Gaps<'_>) -> HeaderFields {
    let (request, session) = (gaps.request, gaps.session);
    let decodes = request.decodes_content();
    let posts_form = request.method() == Method::POST && !request.body().is_empty();
    if own.is_empty() && !posts_form && decodes {
        return session.clone();
    }
    // Nothing is offered for a body that is not decoded; and a part of a coded body could not be (Fetch, HTTP-network-or-cache fetch).
    let offers = gaps.offers_codings && !own.contains_key(&header::ACCEPT_ENCODING);
    let is_part = || own.contains_key(&header::RANGE) || session.contains_key(&header::RANGE);
    let is_part = offers && is_part();
    let offers_less = offers && (is_part || !decodes);
    let last = match (posts_form, is_part && decodes) {
        (true, true) => &LAST,
        (true, false) => &LAST[..1],
        (false, true) => &LAST[1..],
        (false, false) => &[],
    };
    let mut filled = HeaderMap::with_capacity(own.keys_len() + session.keys_len());
    for (name, value) in own
        .iter()
        .filter(|(name, _)| is_apps(name.as_str(), || takes_trailers(own)))
    {
        filled.append(name.clone(), value.clone());
    }
    for (name, value) in session {
        let text = name.as_str();
        let is_there = own.contains_key(name) && is_apps(text, || takes_trailers(own));
        let is_left_out = offers_less && text == "accept-encoding";
        if !is_there && !is_left_out {
            filled.append(name.clone(), value.clone());
        }
    }
    for (name, value) in last {
        if !filled.contains_key(name) {
            filled.append(name.clone(), value.clone());
        }
    }
    filled.into()
}

/// Of these fields what the app may say.
pub(super) fn apps_own(fields: &HeaderMap) -> HeaderFields {
    let mut own = HeaderMap::with_capacity(fields.keys_len());
    for (name, value) in fields
        .iter()
        .filter(|(name, _)| is_apps(name.as_str(), || takes_trailers(fields)))
    {
        own.append(name.clone(), value.clone());
    }
    own.into()
}

/// True when TE says that trailers are taken, and nothing else (RFC 9110 section 10.1.4): that is the app's to say.
fn takes_trailers(fields: &HeaderMap) -> bool {
    let (mut values, mut takes) = (0, false);
    for value in fields.get_all(header::TE) {
        values += 1;
        takes = value.as_bytes() == b"trailers";
    }
    takes && values == 1
}

/// True for what the app may say, by its name.
pub(super) fn is_apps(name: &str, takes_trailers: impl FnOnce() -> bool) -> bool {
    match name {
        "te" => takes_trailers(),
        "expect" => cfg!(feature = "informational"),
        _ => !TRANSPORT_OWN.contains(&name) && !name.starts_with("proxy-"),
    }
}
