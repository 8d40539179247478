//! What a case says of itself: fine, or what was wrong where.

use std::error::Error;
use std::fmt;

/// A case's result.
pub type Verdict = Result<(), Failure>;

/// What was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    /// A failure that says this.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: Error> From<E> for Failure {
    /// The error and all its causes.
    #[track_caller]
    fn from(error: E) -> Self {
        let place = std::panic::Location::caller();
        let mut text = format!("{place}: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        Self(text)
    }
}

/// Fails the case unless the condition holds.
macro_rules! check {
    ($condition:expr) => {
        check!($condition, "{}", stringify!($condition))
    };
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            let text = format!($($text)+);
            return Err($crate::Failure::new(format!("{}:{}: {text}", file!(), line!())));
        }
    };
}

/// Fails the case unless both are equal.
macro_rules! check_eq {
    ($got:expr, $expected:expr) => {
        check_eq!($got, $expected, "{}", stringify!($got))
    };
    ($got:expr, $expected:expr, $($what:tt)+) => {
        match (&$got, &$expected) {
            (got, expected) => {
                check!(got == expected, "{}: {got:?}, not {expected:?}", format_args!($($what)+));
            }
        }
    };
}

/// The error of what had to fail.
macro_rules! fails {
    ($result:expr) => {
        match $result {
            Err(error) => error,
            Ok(_) => {
                let text = concat!(stringify!($result), " succeeded");
                return Err($crate::Failure::new(format!(
                    "{}:{}: {text}",
                    file!(),
                    line!()
                )));
            }
        }
    };
}
