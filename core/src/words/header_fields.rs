//! Header fields behind a pointer to their code: a program that puts none in has none of a map's linked.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock};

use http::{HeaderMap, HeaderName, HeaderValue};

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

/// A [`HeaderMap`], and what is made of it. Its code is linked where a map is put in, and nowhere else.
trait Map: Send + Sync {
    fn map(&self) -> &HeaderMap;

    fn tell(&self, each: &mut dyn FnMut(&str, &[u8]));

    fn map_mut(&mut self) -> &mut HeaderMap;

    fn shared(self: Arc<Self>) -> Arc<HeaderMap>;

    fn filled(&self, gaps: &Gaps<'_>) -> HeaderFields;
}

/// How fields are filled up from others.
pub(crate) struct Gaps<'a> {
    /// Those that stay.
    pub(crate) keeps: &'a dyn Fn(&str) -> bool,
    /// Those that come in where none of their name stays.
    pub(crate) others: &'a HeaderFields,
    /// Which of those do not.
    pub(crate) leaves_out: &'a dyn Fn(&str) -> bool,
    /// What comes in at last, where there is none of its name.
    pub(crate) last: &'a [(HeaderName, HeaderValue)],
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
        self.0.as_ref().is_none_or(|fields| fields.map().is_empty())
    }

    /// Calls `each` with the name and the value of every field.
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
            *self = HeaderMap::new().into();
        }
    }

    /// These, filled up; where nobody has opened them, the others as they are.
    pub(crate) fn filled(&self, gaps: &Gaps<'_>) -> Self {
        match &self.0 {
            Some(fields) => fields.filled(gaps),
            None => gaps.others.clone(),
        }
    }
}

impl Map for HeaderMap {
    fn map(&self) -> &HeaderMap {
        self
    }

    fn tell(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            each(name.as_str(), value.as_bytes());
        }
    }

    fn map_mut(&mut self) -> &mut HeaderMap {
        self
    }

    fn shared(self: Arc<Self>) -> Arc<HeaderMap> {
        self
    }

    fn filled(&self, gaps: &Gaps<'_>) -> HeaderFields {
        let others = &**gaps.others;
        let mut filled = Self::with_capacity(self.keys_len() + others.keys_len());
        let kept = |(name, _): &(&HeaderName, _)| (gaps.keeps)(name.as_str());
        for (name, value) in self.iter().filter(kept) {
            filled.append(name.clone(), value.clone());
        }
        for (name, value) in others {
            let text = name.as_str();
            let is_there = self.contains_key(name) && (gaps.keeps)(text);
            if !is_there && !(gaps.leaves_out)(text) {
                filled.append(name.clone(), value.clone());
            }
        }
        for (name, value) in gaps.last {
            if !filled.contains_key(name) {
                filled.append(name.clone(), value.clone());
            }
        }
        filled.into()
    }
}

impl From<HeaderMap> for HeaderFields {
    fn from(map: HeaderMap) -> Self {
        Self(Some(Arc::new(map)))
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
        let is_own = self.0.as_mut().and_then(Arc::get_mut).is_some();
        if !is_own {
            let own: HeaderMap = std::mem::take(self).into();
            *self = own.into();
        }
        let own = self.0.as_mut().and_then(Arc::get_mut);
        own.expect("nobody else has it").map_mut()
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
        let own = fields(&[("x-a", "1"), ("x-a", "2"), ("x-gone", "1")]);
        let others = fields(&[("x-a", "3"), ("x-b", "1"), ("x-b", "2"), ("x-not", "1")]);
        let last = fields(&[("x-b", "3"), ("x-c", "1")]);
        let last: Vec<_> = last
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let filled = own.filled(&Gaps {
            keeps: &|name| name != "x-gone",
            others: &others,
            leaves_out: &|name| name == "x-not",
            last: &last,
        });
        let expected = [
            ("x-a", "1"),
            ("x-a", "2"),
            ("x-b", "1"),
            ("x-b", "2"),
            ("x-c", "1"),
        ];
        assert_eq!(filled, fields(&expected));
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
