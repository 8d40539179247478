//! Cases in the JSON of the public HTTP cache suite, as far as the client plays them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use urlsession_origin::cache_suite::{Field, FieldValue};

/// A file of cases.
#[derive(Debug, Deserialize)]
pub(crate) struct Cases {
    pub(crate) tests: Vec<Case>,
}

impl Cases {
    /// Reads the file, or fails the test.
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(&text)
    }

    /// The same of a file's text.
    pub(crate) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("no cases: {error}"))
    }
}

/// One case: exchanges in order, and whose result it builds on.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) suite: String,
    pub(crate) kind: Kind,
    pub(crate) applies: Applies,
    #[serde(default)]
    pub(crate) depends_on: Vec<String>,
    pub(crate) requests: Vec<Value>,
    /// What others came to, by who it was.
    #[serde(default)]
    pub(crate) measured: BTreeMap<String, String>,
}

impl Case {
    /// The exchanges, or a failed test.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        let parse = |request: &Value| {
            Exchange::deserialize(request).unwrap_or_else(|error| panic!("{}: {error}", self.id))
        };
        self.requests.iter().map(parse).collect()
    }
}

/// How much a case matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A cache that fails it breaks the RFC.
    Required,
    /// A better cache passes it.
    Optimal,
    /// Neither answer is wrong.
    Check,
}

/// Which caches a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Applies {
    /// Private caches.
    Browser,
    /// Private caches of programs that see more than a browser's scripts do.
    NativeExtra,
    /// Caches that several users share.
    SharedOnly,
    /// Caches in front of one origin.
    CdnOnly,
}

/// One request, its answer, and what is expected of both.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Exchange {
    pub(crate) request_method: Option<String>,
    pub(crate) request_headers: Vec<Field>,
    pub(crate) request_body: Option<String>,
    pub(crate) magic_ims: bool,
    pub(crate) cache: Option<String>,
    pub(crate) redirect: Option<String>,
    pub(crate) filename: Option<String>,
    pub(crate) query_arg: Option<String>,
    pub(crate) pause_after: bool,
    pub(crate) disconnect: bool,

    pub(crate) response_status: Option<(u16, String)>,
    pub(crate) response_body: Option<String>,
    pub(crate) rfc850date: Vec<String>,

    pub(crate) setup: bool,
    pub(crate) setup_tests: BTreeSet<String>,
    pub(crate) expected_type: Option<String>,
    #[serde(deserialize_with = "given")]
    pub(crate) expected_status: Given<u16>,
    pub(crate) expected_response_headers: Vec<Expected>,
    pub(crate) expected_response_headers_missing: Vec<Expected>,
    #[serde(deserialize_with = "given")]
    pub(crate) expected_response_text: Given<String>,
    pub(crate) check_body: Option<bool>,
    pub(crate) expected_interim_responses: Option<Vec<Interim>>,
    pub(crate) expected_method: Option<String>,
    pub(crate) expected_request_headers: Vec<Expected>,
    pub(crate) expected_request_headers_missing: Vec<Expected>,
}

impl Exchange {
    /// True when a failure of this check is one of the case's own making.
    pub(crate) fn is_setup(&self, check: &str) -> bool {
        self.setup || self.setup_tests.contains(check)
    }

    pub(crate) fn expects(&self, kind: &str) -> bool {
        self.expected_type.as_deref() == Some(kind)
    }
}

/// A member that may be absent, null, or a value: each means something else.
pub(crate) type Given<T> = Option<Option<T>>;

fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Given<T>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// What is expected of a field.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Expected {
    /// It is there (or not).
    Name(String),
    /// It has this value.
    Value(String, FieldValue),
    /// `=`: it has the value of another field; `>`: it is above a number.
    Compared(String, String, FieldValue),
}

/// An interim response: its status, and its fields if any are expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Interim {
    With(u16, Vec<(String, String)>),
    Bare((u16,)),
}

impl Interim {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::With(status, _) | Self::Bare((status,)) => *status,
        }
    }

    pub(crate) fn fields(&self) -> &[(String, String)] {
        match self {
            Self::With(_, fields) => fields,
            Self::Bare(_) => &[],
        }
    }
}
