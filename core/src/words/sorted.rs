//! Lists in order, with little code.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use http::HeaderName;

/// `items` in order, each once. By a heap: a sort of the library's brings ten times the code, and modules for browsers are weighed.
pub(crate) fn sorted<T: Ord>(items: Vec<T>) -> Vec<T> {
    let mut items = BinaryHeap::from(items).into_sorted_vec();
    items.dedup();
    items
}

/// `names` in alphabetical order, each once.
pub(crate) fn sorted_names(names: Vec<HeaderName>) -> Vec<HeaderName> {
    let names = sorted(names.into_iter().map(Name).collect());
    names.into_iter().map(|Name(name)| name).collect()
}

#[derive(PartialEq, Eq)]
struct Name(HeaderName);

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_str().cmp(other.0.as_str())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use http::header;

    #[test]
    fn each_is_there_once_and_in_its_place() {
        assert_eq!(sorted(vec![3, 1, 2, 1, 3]), [1, 2, 3]);
        assert!(sorted(Vec::<u8>::new()).is_empty());
        let own = HeaderName::from_static("b-own");
        assert_eq!(
            sorted_names(vec![header::TE, own.clone(), header::AGE, own.clone()]),
            [header::AGE, own, header::TE]
        );
    }
}
