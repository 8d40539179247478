//! Header fields behind a pointer to their code: a program that puts none in has none of a map's linked.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::words::error::Error;
#[cfg(feature = "url-parser")]
use crate::words::error::InvalidHeader;
use crate::words::hop_fields;
use crate::words::request::Request;
#[cfg(any(test, not(feature = "url-parser")))]
use crate::words::written_fields::Written;

/// Header fields: a [`HeaderMap`] that is shared until it is changed, and to a program that changes none costs nothing.
///
/// It is used as the map that it derefs to.
///
/// ```
/// # use urlsession_core::{Configuration, http::HeaderValue};
/// let mut configuration = Configuration::default();
/// configuration.http_additional_headers.insert("x-app", HeaderValue::from_static("1"));
/// assert_eq!(configuration.http_additional_headers.len(), 1);
/// ```
#[derive(Clone, Default)]
pub struct HeaderFields(Option<Arc<dyn Map>>);

/// A [`HeaderMap`], or what one can be made of, and what is made of it. Its code is linked where it is put in, and nowhere else.
pub(super) trait Map: Send + Sync {
    fn map(&self) -> &HeaderMap;

    fn is_empty(&self) -> bool;

    fn tell(&self, each: &mut dyn FnMut(&str, &[u8]));

    /// Where it is a map itself.
    fn to_change(&mut self) -> Option<&mut HeaderMap>;

    fn shared(self: Arc<Self>) -> Arc<HeaderMap>;

    fn filled(&self, gaps: &Gaps<'_>) -> HeaderFields;

    /// A request's own fields, filled up from these of its session.
    #[cfg(any(test, not(feature = "url-parser")))]
    fn fill(&self, own: &Written, gaps: &Gaps<'_>) -> HeaderFields;

    fn apps_own(&self) -> HeaderFields;
}

/// What a request's own fields are filled up from.
pub(crate) struct Gaps<'a> {
    /// Whose they are.
    pub(crate) request: &'a Request,
    /// The session's, which come in where the request has none of their name.
    pub(crate) session: &'a HeaderFields,
    /// Their Accept-Encoding is not the app's.
    pub(crate) offers_codings: bool,
}

impl HeaderFields {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|fields| fields.is_empty())
    }

    /// The fields in `parts`, names and values in turn: a character of a value stands for a byte (Infra, isomorphic encode). Where the platform parses URLs they stay the
    /// text that they are until somebody uses them as a map.
    ///
    /// # Errors
    /// [`ErrorCode::BadUrl`](crate::ErrorCode::BadUrl) at the first one that cannot be sent, and where there are more than a map takes.
    pub fn written(parts: &mut dyn Iterator<Item = &str>) -> Result<Self, Error> {
        by::written(parts)
    }

    /// Calls `each` with the name, in lower case, and the value of every field.
    pub fn tell(&self, each: &mut dyn FnMut(&str, &[u8])) {
        if let Some(fields) = &self.0 {
            fields.tell(each);
        }
    }

    /// The map, shared.
    #[must_use]
    pub fn into_map(self) -> Arc<HeaderMap> {
        match self.0 {
            Some(fields) => fields.shared(),
            None => Arc::new(HeaderMap::new()),
        }
    }

    /// Has the code of fields linked from here on: whoever does something that adds fields later.
    pub(crate) fn open(&mut self) {
        if self.0.is_none() {
            *self = by::opened();
        }
    }

    /// True where nobody has put anything in, nor will, as far as it is known.
    #[cfg(feature = "cache")]
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    #[cfg(any(test, not(feature = "url-parser")))]
    pub(super) fn map_of(&self) -> Option<&dyn Map> {
        self.0.as_deref()
    }

    /// These, filled up for a hop; where nobody has opened them, the session's as they are.
    pub(crate) fn filled(&self, gaps: &Gaps<'_>) -> Self {
        match &self.0 {
            Some(fields) => fields.filled(gaps),
            None => gaps.session.clone(),
        }
    }

    /// Of these what the app may say.
    pub(crate) fn apps_own(&self) -> Self {
        match &self.0 {
            Some(fields) => fields.apps_own(),
            None => Self::new(),
        }
    }
}

impl Map for HeaderMap {
    fn map(&self) -> &HeaderMap {
        self
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    fn tell(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            each(name.as_str(), value.as_bytes());
        }
    }

    fn to_change(&mut self) -> Option<&mut HeaderMap> {
        Some(self)
    }

    fn shared(self: Arc<Self>) -> Arc<HeaderMap> {
        self
    }

    fn filled(&self, gaps: &Gaps<'_>) -> HeaderFields {
        hop_fields::filled(self, gaps)
    }

    /// Where one is a map, it is all done with maps: they know which values are sensitive.
    #[cfg(any(test, not(feature = "url-parser")))]
    fn fill(&self, own: &Written, gaps: &Gaps<'_>) -> HeaderFields {
        hop_fields::filled(own.map(), gaps)
    }

    fn apps_own(&self) -> HeaderFields {
        hop_fields::apps_own(self)
    }
}

impl From<HeaderMap> for HeaderFields {
    fn from(map: HeaderMap) -> Self {
        Self(Some(Arc::new(map)))
    }
}

#[cfg(any(test, not(feature = "url-parser")))]
impl From<Written> for HeaderFields {
    fn from(written: Written) -> Self {
        Self(Some(Arc::new(written)))
    }
}

impl From<Arc<HeaderMap>> for HeaderFields {
    fn from(map: Arc<HeaderMap>) -> Self {
        Self(Some(map))
    }
}

impl From<HeaderFields> for HeaderMap {
    fn from(fields: HeaderFields) -> Self {
        Arc::unwrap_or_clone(fields.into_map())
    }
}

impl Deref for HeaderFields {
    type Target = HeaderMap;

    fn deref(&self) -> &HeaderMap {
        static NONE: LazyLock<HeaderMap> = LazyLock::new(HeaderMap::new);
        match &self.0 {
            Some(fields) => fields.map(),
            None => &NONE,
        }
    }
}

impl DerefMut for HeaderFields {
    fn deref_mut(&mut self) -> &mut HeaderMap {
        let is_own = match self.0.as_mut().and_then(Arc::get_mut) {
            Some(own) => cfg!(all(feature = "url-parser", not(test))) || own.to_change().is_some(),
            None => false,
        };
        if !is_own {
            let own: HeaderMap = std::mem::take(self).into();
            *self = own.into();
        }
        let own = self.0.as_mut().and_then(Arc::get_mut);
        let own = own.and_then(|own| own.to_change());
        own.expect("it is a map, and nobody else has it")
    }
}

impl<'a> IntoIterator for &'a HeaderFields {
    type Item = (&'a HeaderName, &'a HeaderValue);
    type IntoIter = http::header::Iter<'a, HeaderValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for HeaderFields {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for HeaderFields {}

impl fmt::Debug for HeaderFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::words::request::Redacted(self).fmt(f)
    }
}

#[cfg(feature = "url-parser")]
mod by {
    use super::{Error, HeaderFields, HeaderMap, HeaderName, HeaderValue, InvalidHeader};

    pub(super) fn written(parts: &mut dyn Iterator<Item = &str>) -> Result<HeaderFields, Error> {
        let mut fields = HeaderMap::new();
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            let name = HeaderName::try_from(name).map_err(|_| InvalidHeader::Name)?;
            let bytes: Option<Vec<u8>> = value.chars().map(|it| u8::try_from(it).ok()).collect();
            let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
            let value = value.ok_or_else(|| InvalidHeader::Value(name.clone()))?;
            let is_taken = fields.try_append(name, value);
            is_taken.map_err(|_| InvalidHeader::Name)?;
        }
        Ok(fields.into())
    }

    pub(super) fn opened() -> HeaderFields {
        HeaderMap::new().into()
    }
}

#[cfg(not(feature = "url-parser"))]
mod by {
    use super::{Error, HeaderFields, Written};

    pub(super) fn written(parts: &mut dyn Iterator<Item = &str>) -> Result<HeaderFields, Error> {
        Written::read(parts).map(HeaderFields::from)
    }

    pub(super) fn opened() -> HeaderFields {
        Written::default().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn fields(list: &[(&'static str, &'static str)]) -> HeaderFields {
        let mut fields = HeaderFields::new();
        for (name, value) in list {
            fields.append(*name, HeaderValue::from_static(value));
        }
        fields
    }

    #[test]
    fn a_change_stays_with_the_one_that_was_changed() {
        let first = fields(&[("x-a", "1")]);
        let mut second = first.clone();
        second.insert("x-b", HeaderValue::from_static("2"));
        assert_eq!((first.len(), second.len()), (1, 2));
        assert_eq!(HeaderMap::from(second.clone()), *second);
    }

    #[test]
    fn none_are_equal_to_none_however_made() {
        let mut open = HeaderFields::new();
        open.open();
        assert!(open.is_empty());
        assert_eq!(open, HeaderFields::new());
        assert_eq!(HeaderFields::new().into_map().len(), 0);
    }

    #[test]
    fn gaps_are_filled_and_nothing_else_is_changed() {
        let session = fields(&[
            ("x-a", "3"),
            ("x-b", "1"),
            ("x-b", "2"),
            ("accept-encoding", "br"),
        ]);
        let mut request = Request::post("http://a.example/").unwrap().with_body("a=1");
        let own = fields(&[("x-a", "1"), ("x-a", "2"), ("connection", "close")]);
        *request.headers_mut() = own.into();
        let filled = |request: &Request| {
            request.header_fields().filled(&Gaps {
                request,
                session: &session,
                offers_codings: true,
            })
        };
        let mut expected = fields(&[("x-a", "1"), ("x-a", "2"), ("x-b", "1"), ("x-b", "2")]);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        expected.append("content-type", form);
        assert_eq!(
            filled(&request.clone().with_content_decoding(false)),
            expected
        );
        expected.append("accept-encoding", HeaderValue::from_static("br"));
        assert_eq!(filled(&request), expected);
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!(
            "{:?}",
            fields(&[("authorization", "s3cret"), ("x-a", "plain")])
        );
        assert!(
            !shown.contains("s3cret") && shown.contains("plain"),
            "{shown}"
        );
    }
}
