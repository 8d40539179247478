//! In place of `fields` where the platform parses: the map is behind a pointer to its own code, so that a program that asks for none has none of it
//! linked, not even what drops it.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use http::{HeaderMap, header};

use super::source::{FieldSource, is_a_coding, number};
use crate::words::field_lines::{self, gathered, is_name, is_of_value};

pub(super) struct Fields {
    source: Option<Arc<dyn FieldSource>>,
    made: OnceLock<Box<dyn Made>>,
}

/// A map of header fields.
trait Made: Send + Sync {
    fn map(&self) -> &HeaderMap;

    fn tell(&self, each: &mut dyn FnMut(&str, &[u8]));

    fn content_length(&self) -> Option<u64>;

    fn is_coded(&self) -> bool;

    #[cfg(feature = "cache")]
    fn map_mut(&mut self) -> &mut HeaderMap;

    #[cfg(feature = "cache")]
    fn cloned(&self) -> Box<dyn Made>;
}

impl Made for HeaderMap {
    fn map(&self) -> &HeaderMap {
        self
    }

    fn tell(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            each(name.as_str(), value.as_bytes());
        }
    }

    fn content_length(&self) -> Option<u64> {
        number(self.get(&header::CONTENT_LENGTH)?.as_bytes())
    }

    fn is_coded(&self) -> bool {
        let coding = self.get(&header::CONTENT_ENCODING);
        coding.is_some_and(|coding| is_a_coding(coding.as_bytes()))
    }

    #[cfg(feature = "cache")]
    fn map_mut(&mut self) -> &mut HeaderMap {
        self
    }

    #[cfg(feature = "cache")]
    fn cloned(&self) -> Box<dyn Made> {
        Box::new(self.clone())
    }
}

impl Fields {
    pub(super) fn told_by(source: Arc<dyn FieldSource>) -> Self {
        Self {
            source: Some(source),
            made: OnceLock::new(),
        }
    }

    pub(super) fn map(&self) -> &HeaderMap {
        let made = self.made.get_or_init(|| {
            let source = self.source.as_deref();
            let lines = source.map(FieldSource::lines).unwrap_or_default();
            Box::new(gathered(&lines))
        });
        made.map()
    }

    /// Calls `each` with the name and the value of every field, for which no map is made.
    pub(super) fn tell(&self, each: &mut dyn FnMut(&str, &[u8])) {
        match (self.made.get(), &self.source) {
            (Some(made), _) => made.tell(each),
            (None, Some(source)) => field_lines::tell(&source.lines(), &mut |name, value| {
                if is_name(name) && value.iter().copied().all(is_of_value) {
                    each(&name.to_ascii_lowercase(), value);
                }
            }),
            (None, None) => {}
        }
    }

    #[cfg(feature = "cache")]
    pub(super) fn map_mut(&mut self) -> &mut HeaderMap {
        self.map();
        let made = self.made.get_mut().expect("the map was made just now");
        made.map_mut()
    }

    /// What tells them, as long as there is no map that may have been changed.
    pub(super) fn native(&self) -> Option<&dyn Any> {
        match self.made.get() {
            Some(_) => None,
            None => self.source.as_ref()?.native(),
        }
    }

    /// Content-Length.
    pub(super) fn content_length(&self) -> Option<u64> {
        match self.made.get() {
            Some(made) => made.content_length(),
            None => self.source.as_ref()?.content_length(),
        }
    }

    /// True when Content-Encoding says that the body was coded.
    #[cfg(any(test, not(feature = "decode")))]
    pub(super) fn is_coded(&self) -> bool {
        match self.made.get() {
            Some(made) => made.is_coded(),
            None => self.source.as_ref().is_some_and(|source| source.is_coded()),
        }
    }
}

#[cfg(feature = "cache")]
impl Clone for Fields {
    fn clone(&self) -> Self {
        let made = self.made.get().map(|made| made.cloned());
        Self {
            source: self.source.clone(),
            made: made.map(OnceLock::from).unwrap_or_default(),
        }
    }
}

impl From<HeaderMap> for Fields {
    fn from(map: HeaderMap) -> Self {
        let made: Box<dyn Made> = Box::new(map);
        Self {
            source: None,
            made: made.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use crate::words::response::source::testing::Told;

    #[test]
    fn what_is_told_is_a_map_when_somebody_asks() {
        let fields = Fields::told_by(Told::new(&[("X-A", "1"), ("x-a", "2"), ("b ad", "3")]));
        assert!(fields.native().is_some());
        assert_eq!(fields.map().get_all("x-a").iter().count(), 2);
        assert_eq!(fields.map().len(), 2);
        assert!(fields.native().is_none());
    }

    #[test]
    fn fields_are_told_without_a_map_as_with_one() {
        let list = [
            ("X-A", "1"),
            ("x-a", "\u{e9}"),
            ("b ad", "3"),
            ("x-b", "a\rb"),
        ];
        let fields = Fields::told_by(Told::new(&list));
        let told = |fields: &Fields| {
            let mut told = Vec::new();
            fields.tell(&mut |name, value| told.push((name.to_owned(), value.to_owned())));
            told
        };
        let before = told(&fields);
        assert!(fields.made.get().is_none());
        assert_eq!(before.len(), 2);
        fields.map();
        assert_eq!(before, told(&fields));
    }

    #[test]
    fn the_body_is_told_of_without_a_map() {
        let fields = Fields::told_by(Told::new(&[("Content-Length", "12")]));
        assert_eq!(
            (fields.content_length(), fields.is_coded()),
            (Some(12), false)
        );
        assert!(fields.made.get().is_none());
        let fields = Fields::told_by(Told::new(&[("content-encoding", "gzip")]));
        assert_eq!((fields.content_length(), fields.is_coded()), (None, true));
    }

    #[test]
    fn a_map_tells_of_the_body_too() {
        let map = Told::new(&[("content-length", "12"), ("content-encoding", "identity")]);
        let fields = Fields::from(gathered(&map.lines()));
        assert_eq!(
            (fields.content_length(), fields.is_coded()),
            (Some(12), false)
        );
    }

    #[cfg(feature = "cache")]
    #[test]
    fn a_change_stays_with_the_one_that_was_changed() {
        let fields = Fields::told_by(Told::new(&[("x-a", "1")]));
        let mut changed = fields.clone();
        changed
            .map_mut()
            .insert("x-b", http::HeaderValue::from_static("2"));
        let again = changed.clone();
        assert_eq!(fields.map().len(), 1);
        assert_eq!(again.map(), changed.map());
        assert_eq!(again.map().len(), 2);
    }
}
