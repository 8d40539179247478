//! Whether a transfer can go on where it stopped, and whether an answer is the rest that was asked for (RFC 9110 sections 13.1.5, 14).

use std::ops::Range;

use http::{HeaderValue, Method, StatusCode, header};

use crate::policy::date;
use crate::words::content_range::ContentRange;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::resume_data::Validator;

/// What names exactly the representation that `response` carries; `None` where a part of it could not be told from a part of another.
///
/// A strong ETag; else a Last-Modified that is strong: at least a second before Date (RFC 9110 section 8.8.2.2).
pub(crate) fn validator(response: &Response) -> Option<Validator> {
    let fields = response.headers();
    if let Some(tag) = fields.get(header::ETAG) {
        let text = tag.to_str().ok()?;
        return is_strong(text).then(|| Validator::EntityTag(text.to_owned()));
    }
    let dated = |name| {
        let text = fields.get(name)?.to_str().ok()?;
        Some((text, date::parse_alone(text)?))
    };
    let ((text, modified), (_, sent)) = (dated(header::LAST_MODIFIED)?, dated(header::DATE)?);
    let age = sent.duration_since(modified).ok()?;
    (age.as_secs() >= 1).then(|| Validator::LastModified(text.to_owned()))
}

/// An opaque tag in quotes, and nothing of what would end its field or another.
fn is_strong(tag: &str) -> bool {
    let opaque = tag
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    opaque.is_some_and(|opaque| {
        let is_etagc = |byte: u8| byte == 0x21 || (0x23..=0x7e).contains(&byte);
        opaque.bytes().all(is_etagc)
    })
}

/// True when the rest of what `request` asks for can be asked for: a GET of a whole.
pub(crate) fn asks_for_a_whole(request: &Request) -> bool {
    request.method() == Method::GET && !request.headers().contains_key(header::RANGE)
}

/// True when `response` is the start of a whole whose rest the server may give.
pub(crate) fn takes_ranges(response: &Response) -> bool {
    let refuses = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"none");
    let mut units = response.headers().get_all(header::ACCEPT_RANGES).iter();
    matches!(
        response.status(),
        StatusCode::OK | StatusCode::PARTIAL_CONTENT
    ) && !units.any(refuses)
}

/// The request for the rest of what has `offset` bytes, as they are.
pub(crate) fn ask_for_rest(request: Request, offset: u64, validator: &Validator) -> Request {
    ask_for(request, &format!("bytes={offset}-"), validator)
}

/// The request for the bytes of `part`, as they are.
pub(crate) fn ask_for_part(request: Request, part: &Range<u64>, validator: &Validator) -> Request {
    let range = format!("bytes={}-{}", part.start, part.end.saturating_sub(1));
    ask_for(request, &range, validator)
}

fn ask_for(request: Request, range: &str, validator: &Validator) -> Request {
    let mut request = request.with_content_decoding(false);
    let fields = request.headers_mut();
    if let Ok(range) = HeaderValue::from_str(range) {
        fields.insert(header::RANGE, range);
    }
    if let Ok(validator) = HeaderValue::from_str(validator.text()) {
        fields.insert(header::IF_RANGE, validator);
    }
    fields.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    request
}

/// What an answer to [`ask_for_rest`] is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// The rest, or as much of it as this message carries, to the length of the whole.
    Follows {
        /// The length of the whole, where it is known.
        total: Option<u64>,
    },
    /// The whole from its start: it has changed, or the server gives no parts.
    Whole,
    /// No part of what was begun: it is to be asked for anew.
    Anew,
    /// An answer of another kind, such as an error: what was begun is still good.
    Other,
    /// There is no such thing any more.
    Gone,
}

/// What `response` is to whoever has `offset` bytes of the `total` that `validator` names.
pub(crate) fn rest(
    response: &Response,
    offset: u64,
    total: Option<u64>,
    validator: &Validator,
) -> Rest {
    match response.status() {
        StatusCode::OK => Rest::Whole,
        StatusCode::RANGE_NOT_SATISFIABLE => Rest::Anew,
        StatusCode::PARTIAL_CONTENT => match follows(response, offset, total, validator) {
            Some(total) => Rest::Follows { total },
            None => Rest::Anew,
        },
        StatusCode::NOT_FOUND | StatusCode::GONE => Rest::Gone,
        _ => Rest::Other,
    }
}

/// True when `response` carries `part`, all of it, of the `total` bytes that `validator` names.
pub(crate) fn is_part(
    response: &Response,
    part: &Range<u64>,
    total: u64,
    validator: &Validator,
) -> bool {
    let follows = follows(response, part.start, Some(total), validator);
    let range = response.headers().get(header::CONTENT_RANGE);
    let range = range.and_then(|range| ContentRange::parse(range.to_str().ok()?)?.bytes);
    response.status() == StatusCode::PARTIAL_CONTENT
        && follows == Some(Some(total))
        && range.is_some_and(|(_, last)| Some(last) == part.end.checked_sub(1))
}

/// True when the server says, or shows, that it gives parts of what `response` is of.
pub(crate) fn offers_ranges(response: &Response) -> bool {
    let offers = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"bytes");
    let mut units = response.headers().get_all(header::ACCEPT_RANGES).iter();
    let shows = response.status() == StatusCode::PARTIAL_CONTENT;
    (shows || units.any(offers)) && takes_ranges(response)
}

/// The length of the whole, when the answer is a part of the same representation that begins at `offset`.
fn follows(
    response: &Response,
    offset: u64,
    total: Option<u64>,
    validator: &Validator,
) -> Option<Option<u64>> {
    let fields = response.headers();
    // A part of a coded representation is no part of what was begun.
    let is_coded = fields
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_coded || !is_of(response, validator) {
        return None;
    }
    let mut ranges = fields.get_all(header::CONTENT_RANGE).iter();
    let range = ContentRange::parse(ranges.next()?.to_str().ok()?)?;
    let (first, last) = range.bytes?;
    if ranges.next().is_some() || first != offset {
        return None;
    }
    let said = range.total.or(total);
    if total.is_some() && said != total {
        return None;
    }
    let length = response.expected_content_length();
    let carries = last - first + 1;
    if length.is_some_and(|length| length != carries) || said.is_some_and(|said| last >= said) {
        return None;
    }
    Some(said)
}

/// True when the answer's own validator is the same, or it names none (RFC 9110 section 15.3.7 has a 206 name its ETag).
fn is_of(response: &Response, validator: &Validator) -> bool {
    let text = |name| response.headers().get(name);
    match validator {
        Validator::EntityTag(tag) => {
            text(header::ETAG).is_some_and(|found| found.as_bytes() == tag.as_bytes())
        }
        Validator::LastModified(date) => match text(header::LAST_MODIFIED) {
            None => true,
            Some(found) => found.as_bytes() == date.as_bytes(),
        },
    }
}
