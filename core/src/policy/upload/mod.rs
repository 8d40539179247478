//! How an upload that was broken off goes on (draft-ietf-httpbis-resumable-upload): the fields, the requests, and what answers mean.

mod structured;

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use url::Url;

use crate::policy::fields;
use crate::words::body::RequestBody;
use crate::words::error::{Error, ErrorCode};
use crate::words::parsing::join_url;
use crate::words::request::Request;
use crate::words::target::{Target, without_user};
use crate::words::upload_draft::UploadDraft;

pub(crate) const COMPLETE: HeaderName = HeaderName::from_static("upload-complete");
pub(crate) const INTEROP: HeaderName = HeaderName::from_static("upload-draft-interop-version");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const LIMIT: HeaderName = HeaderName::from_static("upload-limit");

const YES: HeaderValue = HeaderValue::from_static("?1");
const NO: HeaderValue = HeaderValue::from_static("?0");
const PARTIAL: HeaderValue = HeaderValue::from_static("application/partial-upload");

/// Why an upload cannot go on: the cause of its failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UploadFailure {
    /// The body is longer than the server takes.
    #[error("the server takes no more than {0} bytes")]
    TooLarge(u64),
    /// The server does not know the upload any more (404 or 410): it has to begin anew.
    #[error("the server has given the upload up: {0}")]
    Gone(StatusCode),
    /// The server does not say how far it is.
    #[error("the server does not tell how much of the upload it has: {0}")]
    Refused(StatusCode),
    /// The server says that it has more than there is.
    #[error("the server has {0} bytes, and there are not so many")]
    BeyondEnd(u64),
    /// The server takes nothing more, and does not say why.
    #[error("the upload does not get on")]
    Stuck,
    /// The server had the whole upload, and what it answered to it is not to be had.
    #[error("the upload was complete, and the answer to it is lost")]
    AnswerLost,
}

impl From<UploadFailure> for Error {
    fn from(cause: UploadFailure) -> Self {
        let code = match cause {
            UploadFailure::TooLarge(_) => ErrorCode::DataLengthExceedsMaximum,
            UploadFailure::Gone(_) => ErrorCode::ResourceUnavailable,
            UploadFailure::Refused(_)
            | UploadFailure::BeyondEnd(_)
            | UploadFailure::Stuck
            | UploadFailure::AnswerLost => ErrorCode::BadServerResponse,
        };
        Self::new(code).with_cause(cause)
    }
}

/// What the server limits uploads to, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UploadLimit {
    pub(crate) max_size: Option<u64>,
    pub(crate) max_append_size: Option<u64>,
}

impl UploadLimit {
    /// What the fields say; a field that is not understood says nothing (section 4.1.4).
    fn of(headers: &HeaderMap) -> Option<Self> {
        let members = structured::dictionary(text(headers, &LIMIT)?)?;
        let mut limit = Self::default();
        for (key, value) in members {
            let number = || structured::integer(value);
            match key {
                "max-size" => limit.max_size = Some(number()?),
                "max-append-size" => {
                    limit.max_append_size = Some(number()?).filter(|&size| size > 0)
                }
                "min-size" | "min-append-size" | "max-age" | "expires" => drop(number()?),
                _ => {}
            }
        }
        Some(limit)
    }
}

/// What an answer says about the upload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) offset: Option<u64>,
    pub(crate) is_complete: Option<bool>,
    pub(crate) limit: Option<UploadLimit>,
}

impl Said {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self {
            offset: text(headers, &OFFSET).and_then(structured::integer),
            is_complete: text(headers, &COMPLETE).and_then(structured::boolean),
            limit: UploadLimit::of(headers),
        }
    }
}

/// The one value of a field; several values are none.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// True when an interim response is in the draft that is spoken; others are ignored.
pub(crate) fn speaks(headers: &HeaderMap, draft: UploadDraft) -> bool {
    text(headers, &INTEROP).and_then(structured::integer) == Some(draft.version())
}

/// Where the upload is, as an answer to a request for `base` says it: at an http(s) URL, and not at a less secure one than `base`.
pub(crate) fn resource(headers: &HeaderMap, base: &Url) -> Option<Url> {
    let location = text(headers, &header::LOCATION)?;
    let mut url = join_url(base, location).ok()?;
    let is_as_secure =
        url.scheme() == "https" || (url.scheme() == "http" && base.scheme() == "http");
    if !is_as_secure || Target::from_url(url.clone()).is_err() {
        return None;
    }
    url.set_fragment(None);
    Some(without_user(url))
}

/// True for a request whose upload can be made so that it may go on: it has a body, and does not speak for itself.
pub(crate) fn is_fit(request: &Request) -> bool {
    !request.body().is_empty() && !request.headers().contains_key(COMPLETE)
}

/// The request, with the offer to go on.
pub(crate) fn creating(request: &Request, draft: UploadDraft) -> Request {
    let mut creating = request.clone();
    let length = request.body().length();
    let headers = creating.headers_mut();
    headers.insert(COMPLETE, YES);
    headers.insert(INTEROP, HeaderValue::from(draft.version()));
    if let (UploadDraft::Interop8, Some(length)) = (draft, length) {
        headers.insert(LENGTH, HeaderValue::from(length));
    }
    creating
}

/// A request to the upload's own resource: what the app set on its own, but for what is about the body; at another origin nothing secret.
fn to_resource(
    request: &Request,
    (method, target): (Method, Arc<Target>),
    draft: UploadDraft,
    safe: &[HeaderName],
) -> Request {
    let crosses = Some(target.origin().id()) != request.origin().map(|origin| origin.id());
    let mut made = request
        .clone()
        .with_target(target)
        .with_method(method)
        .with_body(RequestBody::Empty);
    let headers = made.headers_mut();
    fields::keep_beside_body(headers);
    if crosses {
        fields::keep_safe(headers, safe);
    }
    headers.insert(INTEROP, HeaderValue::from(draft.version()));
    made
}

/// Asks how far the server is.
pub(crate) fn probing(
    request: &Request,
    target: Arc<Target>,
    draft: UploadDraft,
    safe: &[HeaderName],
) -> Request {
    to_resource(request, (Method::HEAD, target), draft, safe)
}

/// Sends on from `offset`, to the end or not; still without the body.
pub(crate) fn appending(
    request: &Request,
    target: Arc<Target>,
    draft: UploadDraft,
    (offset, is_last): (u64, bool),
    safe: &[HeaderName],
) -> Request {
    let mut made = to_resource(request, (Method::PATCH, target), draft, safe);
    let headers = made.headers_mut();
    headers.insert(OFFSET, HeaderValue::from(offset));
    headers.insert(COMPLETE, if is_last { YES } else { NO });
    headers.insert(header::CONTENT_TYPE, PARTIAL);
    made
}

/// Tells the server that nobody will go on.
pub(crate) fn cancelling(
    request: &Request,
    target: Arc<Target>,
    draft: UploadDraft,
    safe: &[HeaderName],
) -> Request {
    to_resource(request, (Method::DELETE, target), draft, safe)
}

/// What follows from the answer to the request that the upload began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the app's.
    Final,
    /// The server has not the whole, and takes more.
    Incomplete,
    /// The server had a mishap: what it has may be sent on later.
    Mishap,
}

/// Judges the answer to the request that the upload began with. `limit` is what is known of the server's.
pub(crate) fn after_creation(status: StatusCode, said: Said, limit: UploadLimit) -> Verdict {
    match said.is_complete {
        Some(true) => Verdict::Final,
        _ if status.is_server_error() => Verdict::Mishap,
        Some(false) if status.is_success() => Verdict::Incomplete,
        _ if status == StatusCode::PAYLOAD_TOO_LARGE && limit.max_append_size.is_some() => {
            Verdict::Incomplete
        }
        Some(false) | None => Verdict::Final,
    }
}

/// What follows from the answer to the question how far the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The server has so much.
    At(u64),
    /// The server has all, so much.
    Whole(u64),
    /// The server had a mishap.
    Mishap,
    /// It cannot go on.
    Failed(UploadFailure),
}

/// Judges the answer to the question how far the server is.
pub(crate) fn after_probe(status: StatusCode, said: Said) -> Found {
    match (status.is_success(), said.offset) {
        (true, Some(offset)) if said.is_complete == Some(true) => Found::Whole(offset),
        (true, Some(offset)) => Found::At(offset),
        _ if status.is_server_error() => Found::Mishap,
        _ if is_gone(status) => Found::Failed(UploadFailure::Gone(status)),
        _ => Found::Failed(UploadFailure::Refused(status)),
    }
}

fn is_gone(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE)
}

/// What follows from the answer to a part that was sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// It is the app's.
    Final,
    /// The server has so much, and takes more.
    At(u64),
    /// The server took less than it was sent, or has another idea of how far it is: it is asked again.
    Unclear,
    /// The server had a mishap.
    Mishap,
    /// It cannot go on.
    Failed(UploadFailure),
}

/// Judges the answer to a part that ends at `end`, where that is known, and was said to be the last or not.
pub(crate) fn after_append(
    status: StatusCode,
    said: Said,
    (end, is_last): (Option<u64>, bool),
) -> Appended {
    match said.is_complete {
        Some(true) => Appended::Final,
        _ if status.is_server_error() => Appended::Mishap,
        _ if status == StatusCode::CONFLICT => said.offset.map_or(Appended::Unclear, Appended::At),
        _ if is_gone(status) => Appended::Failed(UploadFailure::Gone(status)),
        _ if status == StatusCode::PAYLOAD_TOO_LARGE && said.limit.is_some() => Appended::Unclear,
        // A server of an older draft does not say that this is the answer to the whole.
        None if is_last => Appended::Final,
        Some(false) | None if status.is_success() => {
            said.offset.or(end).map_or(Appended::Unclear, Appended::At)
        }
        Some(false) | None => Appended::Final,
    }
}

#[cfg(test)]
mod tests;
