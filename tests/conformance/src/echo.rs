//! What the server says that it received, as its mirror routes tell it in JSON.

use serde_json::Value;
use urlsession_core::Bytes;

use crate::Failure;

/// A request as the server saw it.
#[derive(Debug)]
pub(crate) struct Echo(Value);

impl Echo {
    pub(crate) fn of(body: &Bytes) -> Result<Self, Failure> {
        let parsed = serde_json::from_slice(body);
        let text = || String::from_utf8_lossy(body).into_owned();
        parsed
            .map(Self)
            .map_err(|error| Failure::new(format!("{error} in {:?}", text())))
    }

    pub(crate) fn method(&self) -> &str {
        self.0["method"].as_str().unwrap_or_default()
    }

    pub(crate) fn target(&self) -> &str {
        self.0["target"].as_str().unwrap_or_default()
    }

    /// A field's values, joined; the name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.0["headers"][name].as_str()
    }

    pub(crate) fn body_length(&self) -> u64 {
        self.0["body_length"].as_u64().unwrap_or(u64::MAX)
    }

    pub(crate) fn body_base64(&self) -> &str {
        self.0["body_base64"].as_str().unwrap_or_default()
    }
}
