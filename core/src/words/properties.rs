//! What was noted on a request, behind a pointer to its code: a program that notes nothing has none of a table's linked.

use std::fmt;
use std::sync::Arc;

use http::Extensions;

/// What was noted on a request, by its type: [`Request::with_property`](crate::Request::with_property). A clone is one reference count.
#[derive(Clone, Default)]
pub struct Properties(Option<Arc<dyn Table>>);

/// The table. Its code is linked where one is put in.
trait Table: Send + Sync {
    fn table(&self) -> &Extensions;

    fn table_mut(&mut self) -> &mut Extensions;
}

impl Table for Extensions {
    fn table(&self) -> &Extensions {
        self
    }

    fn table_mut(&mut self) -> &mut Extensions {
        self
    }
}

impl Properties {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// What was noted of this type.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.as_ref()?.table().get()
    }

    /// Notes this, in place of what there was of its type.
    pub fn insert<T: Clone + Send + Sync + 'static>(&mut self, property: T) {
        self.change(|table| table.insert(property));
    }

    /// Strikes out what was noted of this type.
    pub fn remove<T: Send + Sync + 'static>(&mut self) {
        if self.get::<T>().is_some() {
            self.change(Extensions::remove::<T>);
        }
    }

    /// Changes them for this one alone.
    fn change<R>(&mut self, work: impl FnOnce(&mut Extensions) -> R) {
        if let Some(own) = self.0.as_mut().and_then(Arc::get_mut) {
            work(own.table_mut());
            return;
        }
        let shared = self.0.as_ref().map(|table| table.table().clone());
        let mut own = shared.unwrap_or_default();
        work(&mut own);
        *self = own.into();
    }
}

impl From<Extensions> for Properties {
    fn from(table: Extensions) -> Self {
        match table.is_empty() {
            true => Self::new(),
            false => Self(Some(Arc::new(table))),
        }
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
}
