//! What is answered, as a value and as bytes.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;

use crate::script::{Script, Step};

/// An answer, field by field in the order and the case in which it goes out.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// How long the server waits before anything of it goes out.
    pub pause: Duration,
    /// The interim responses: status and fields.
    pub interim: Vec<(u16, Vec<(String, String)>)>,
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// The fields.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// True when the connection is closed in place of an answer.
    pub disconnects: bool,
}

impl Answer {
    /// An answer with this body.
    pub(super) fn new(status: u16, reason: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            reason: reason.to_owned(),
            body: body.into(),
            ..Self::default()
        }
    }

    /// The same with a field more.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// The value of the first field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let is_it = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.fields
            .iter()
            .find(is_it)
            .map(|(_, value)| value.as_str())
    }

    /// False for what never has a body, but for HEAD.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.status != 204 && self.status != 304
    }

    /// The answer on the wire. A length is added where the fields do not frame the body; without that, closing ends it.
    pub(crate) fn into_script(self, is_head: bool) -> Script {
        if self.disconnects {
            return Script::new([Step::Pause(self.pause), Step::Close]);
        }
        let mut text = String::new();
        for (status, fields) in &self.interim {
            head(&mut text, *status, "Interim", fields);
            text.push_str("\r\n");
        }
        head(&mut text, self.status, &self.reason, &self.fields);
        let sends_body = self.has_body() && !is_head;
        let is_coded = self.field("transfer-encoding").is_some();
        if sends_body && !is_coded && self.field("content-length").is_none() {
            // Writing to a String cannot fail.
            let _ = write!(text, "Content-Length: {}\r\n", self.body.len());
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        if sends_body {
            bytes.extend_from_slice(&self.body);
        }
        let mut steps = vec![Step::write(bytes)];
        if !self.pause.is_zero() {
            steps.insert(0, Step::Pause(self.pause));
        }
        if is_coded {
            steps.push(Step::Close);
        }
        Script::new(steps)
    }
}

fn head(text: &mut String, status: u16, reason: &str, fields: &[(String, String)]) {
    let _ = write!(text, "HTTP/1.1 {status} {reason}\r\n");
    for (name, value) in fields {
        let _ = write!(text, "{name}: {value}\r\n");
    }
}
