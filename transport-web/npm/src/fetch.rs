//! What `fetch` can be told and core has no word for, from a number.

use urlsession_transport_web::{Credentials, FetchOptions, Redirects, ReferrerPolicy};

/// The options in a number's bits, the lowest first, each from 1 in the order of `ts/fetch.ts` and 0 where it is not said: two of credentials, two of redirects, four of
/// the referrer policy; then two each, 1 for no and 2 for yes, of whether the request outlives the page, streams its body, counts what it sends.
pub(crate) fn options(bits: u32) -> FetchOptions {
    let mut options = FetchOptions::new();
    options.credentials = match bits & 3 {
        1 => Some(Credentials::Omit),
        2 => Some(Credentials::SameOrigin),
        3 => Some(Credentials::Include),
        _ => None,
    };
    options.redirects = match bits >> 2 & 3 {
        1 => Some(Redirects::Follow),
        2 => Some(Redirects::Refuse),
        _ => None,
    };
    options.referrer_policy = match bits >> 4 & 15 {
        1 => Some(ReferrerPolicy::NoReferrer),
        2 => Some(ReferrerPolicy::NoReferrerWhenDowngrade),
        3 => Some(ReferrerPolicy::OriginWhenCrossOrigin),
        4 => Some(ReferrerPolicy::SameOrigin),
        5 => Some(ReferrerPolicy::Origin),
        6 => Some(ReferrerPolicy::StrictOrigin),
        7 => Some(ReferrerPolicy::StrictOriginWhenCrossOrigin),
        8 => Some(ReferrerPolicy::UnsafeUrl),
        _ => None,
    };
    let flag = |bits| match bits & 3 {
        1 => Some(false),
        2 => Some(true),
        _ => None,
    };
    options.keepalive = flag(bits >> 8);
    options.streams_uploads = flag(bits >> 10);
    options.counts_uploads = flag(bits >> 12);
    options
}
