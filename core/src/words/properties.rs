//! What was noted on a request: few values, in a list. A table of the library's brings ten times the code.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use http::Extensions;

/// What was noted on a request, by its type: [`Request::with_property`](crate::Request::with_property). A clone is one reference count.
#[derive(Clone, Default)]
pub struct Properties(Option<Arc<Vec<Value>>>);

type Value = Arc<dyn Any + Send + Sync>;

/// One of them: those that came with an [`http::Request`]. They count where there is none of their type beside them.
#[derive(Clone)]
struct Came(Extensions);

impl Properties {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// What was noted of this type.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.find().or_else(|| self.find::<Came>()?.0.get())
    }

    fn find<T: 'static>(&self) -> Option<&T> {
        let mut values = self.0.as_deref()?.iter();
        values.find_map(|value| value.downcast_ref())
    }

    /// Notes this, in place of what there was of its type.
    pub fn insert<T: Clone + Send + Sync + 'static>(&mut self, property: T) {
        self.put(Arc::new(property));
    }

    fn put(&mut self, property: Value) {
        let kind = (*property).type_id();
        let values = self.values();
        values.retain(|value| (**value).type_id() != kind);
        values.push(property);
    }

    /// Strikes out what was noted of this type.
    pub fn remove<T: Send + Sync + 'static>(&mut self) {
        if self.find::<T>().is_some() {
            self.values().retain(|value| !value.is::<T>());
        }
        if let Some(Came(came)) = self.find()
            && came.get::<T>().is_some()
        {
            let mut came = came.clone();
            came.remove::<T>();
            self.insert(Came(came));
        }
    }

    /// The list, of this one alone.
    fn values(&mut self) -> &mut Vec<Value> {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl From<Extensions> for Properties {
    fn from(table: Extensions) -> Self {
        let mut properties = Self::new();
        if !table.is_empty() {
            properties.insert(Came(table));
        }
        properties
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Properties")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn what_is_noted_on_a_copy_is_not_on_the_other() {
        let mut first = Properties::new();
        first.insert(1_u8);
        let mut second = first.clone();
        second.insert(2_u8);
        second.insert("text");
        assert_eq!((first.get(), first.get::<&str>()), (Some(&1_u8), None));
        assert_eq!((second.get(), second.get()), (Some(&2_u8), Some(&"text")));
        second.remove::<u8>();
        assert_eq!((second.get::<u8>(), second.get()), (None, Some(&"text")));
        assert_eq!(first.get(), Some(&1_u8));
    }

    #[test]
    fn what_came_in_a_table_is_there_until_it_is_noted_anew_or_struck_out() {
        let mut table = Extensions::new();
        table.insert(1_u8);
        table.insert("text");
        let came = Properties::from(table);
        let mut changed = came.clone();
        changed.insert(2_u8);
        assert_eq!((changed.get(), changed.get()), (Some(&2_u8), Some(&"text")));
        changed.remove::<u8>();
        changed.remove::<u16>();
        assert_eq!((changed.get::<u8>(), changed.get()), (None, Some(&"text")));
        assert_eq!((came.get(), came.get()), (Some(&1_u8), Some(&"text")));
    }
}
