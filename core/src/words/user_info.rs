//! What the app keeps with a cached response.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Text by name, in the order of the names; Apple's `CachedURLResponse.userInfo`. A map of the library's brings ten times the code, and
/// modules for browsers are weighed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct UserInfo(Vec<(String, String)>);

impl UserInfo {
    /// Without any entry.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True where there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value under `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = &self.0[self.place(name).ok()?];
        Some(value)
    }

    /// Puts `value` under `name`; gives the one that was there.
    pub fn insert(&mut self, name: String, value: String) -> Option<String> {
        match self.place(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// Takes out what is under `name`.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let at = self.place(name).ok()?;
        let (_, value) = self.0.remove(at);
        Some(value)
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Where the entry of this name is, or belongs.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(name))
    }
}

impl fmt::Debug for UserInfo {
    /// The names alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl FromIterator<(String, String)> for UserInfo {
    /// Of entries under one name the last counts.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(entries: I) -> Self {
        let mut info = Self::new();
        for (name, value) in entries {
            info.insert(name, value);
        }
        info
    }
}

impl From<BTreeMap<String, String>> for UserInfo {
    fn from(entries: BTreeMap<String, String>) -> Self {
        entries.into_iter().collect()
    }
}

impl From<UserInfo> for BTreeMap<String, String> {
    fn from(info: UserInfo) -> Self {
        info.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn info(entries: &[(&str, &str)]) -> UserInfo {
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        entries.iter().map(own).collect()
    }

    #[test]
    fn it_is_as_a_map_of_the_librarys() {
        let mut info = info(&[("b", "1"), ("a", "2"), ("c", "3"), ("b", "4")]);
        let entries: Vec<_> = info.iter().collect();
        assert_eq!(entries, [("a", "2"), ("b", "4"), ("c", "3")]);
        assert_eq!((info.get("b"), info.get("d")), (Some("4"), None));
        assert_eq!(info.insert("c".into(), "5".into()).as_deref(), Some("3"));
        assert_eq!(info.insert("0".into(), "6".into()), None);
        assert_eq!((info.get("0"), info.get("c")), (Some("6"), Some("5")));
        assert_eq!(
            (info.remove("a").as_deref(), info.remove("a")),
            (Some("2"), None)
        );
        assert_eq!((info.len(), info.is_empty()), (3, false));
        let map = BTreeMap::from(info.clone());
        assert_eq!(UserInfo::from(map), info);
        assert!(UserInfo::new().is_empty());
    }

    #[test]
    fn it_is_stored_as_a_map_is() {
        let info = info(&[("b", "1"), ("a", "2")]);
        let text = serde_json::to_string(&info).unwrap();
        assert_eq!(text, r#"{"a":"2","b":"1"}"#);
        assert_eq!(serde_json::from_str::<UserInfo>(&text).unwrap(), info);
    }
}
