//! A list that has one entry as a rule, and allocates for none but the others.

/// As many as there are, the first without an allocation.
pub(crate) struct Few<T> {
    first: Option<T>,
    others: Vec<T>,
}

impl<T> Few<T> {
    /// None.
    pub(crate) const fn new() -> Self {
        Self {
            first: None,
            others: Vec::new(),
        }
    }

    /// One more, after the others.
    pub(crate) fn push(&mut self, entry: T) {
        match self.first {
            None => self.first = Some(entry),
            Some(_) => self.others.push(entry),
        }
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<std::option::IntoIter<T>, std::vec::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn they_come_in_the_order_of_their_coming() {
        let mut few = Few::new();
        assert_eq!(Few::<u8>::new().into_iter().next(), None);
        (0..5).for_each(|number| few.push(number));
        assert_eq!(few.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }
}
