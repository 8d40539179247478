//! The header fields of a response: a map, or what tells them, and the map once somebody asks for one.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use http::{HeaderMap, header};

#[cfg(any(test, not(feature = "decode")))]
use super::source::is_a_coding;
use super::source::{FieldSource, number};
use crate::words::field_lines::gathered;

#[cfg_attr(feature = "cache", derive(Clone))]
pub(super) enum Fields {
    Map(HeaderMap),
    Told(Box<Told>),
}

#[cfg_attr(feature = "cache", derive(Clone))]
pub(super) struct Told {
    source: Arc<dyn FieldSource>,
    made: OnceLock<HeaderMap>,
}

impl Fields {
    pub(super) fn told_by(source: Arc<dyn FieldSource>) -> Self {
        let made = OnceLock::new();
        Self::Told(Box::new(Told { source, made }))
    }

    pub(super) fn map(&self) -> &HeaderMap {
        match self {
            Self::Map(map) => map,
            Self::Told(told) => told.made.get_or_init(|| gathered(&told.source.lines())),
        }
    }

    /// Calls `each` with the name and the value of every field.
    pub(super) fn tell(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self.map() {
            each(name.as_str(), value.as_bytes());
        }
    }

    #[cfg(feature = "cache")]
    pub(super) fn map_mut(&mut self) -> &mut HeaderMap {
        self.map();
        match self {
            Self::Map(map) => map,
            Self::Told(told) => told.made.get_mut().expect("the map was made just now"),
        }
    }

    /// What tells them, as long as there is no map that may have been changed.
    pub(super) fn native(&self) -> Option<&dyn Any> {
        match self {
            Self::Told(told) if told.made.get().is_none() => told.source.native(),
            Self::Map(_) | Self::Told(_) => None,
        }
    }

    /// Content-Length.
    pub(super) fn content_length(&self) -> Option<u64> {
        match self {
            Self::Map(map) => number(map.get(&header::CONTENT_LENGTH)?.as_bytes()),
            Self::Told(told) => told.source.content_length(),
        }
    }

    /// True when Content-Encoding says that the body was coded.
    #[cfg(any(test, not(feature = "decode")))]
    pub(super) fn is_coded(&self) -> bool {
        match self {
            Self::Map(map) => {
                let coding = map.get(&header::CONTENT_ENCODING);
                coding.is_some_and(|coding| is_a_coding(coding.as_bytes()))
            }
            Self::Told(told) => told.source.is_coded(),
        }
    }
}

impl From<HeaderMap> for Fields {
    fn from(map: HeaderMap) -> Self {
        Self::Map(map)
    }
}
