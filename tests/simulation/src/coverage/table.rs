//! Rows and columns: plain enumerations with a text each.

/// An enumeration of everything that can be counted.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($variant,)* }

        impl $name {
            /// All of them, in order.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As the table prints it.
            pub(crate) const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

pub(crate) use table;

/// A count for each pair.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    columns: usize,
    counts: Vec<u64>,
}

impl Counts {
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        Self {
            columns,
            counts: vec![0; rows * columns],
        }
    }

    pub(super) fn add(&mut self, row: usize, column: usize) {
        self.counts[row * self.columns + column] += 1;
    }

    pub(super) fn at(&self, row: usize, column: usize) -> u64 {
        self.counts[row * self.columns + column]
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }
}
