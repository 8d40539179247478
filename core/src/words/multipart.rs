//! Forms with files: what an upload in `multipart/form-data` (RFC 7578) is made of.

use bytes::Bytes;
use http::{HeaderValue, header};

use crate::words::body::{BodyStream, FileRef};
use crate::words::error::InvalidHeader;

/// A form, sent as `multipart/form-data` (RFC 7578): its parts go out one after the other, in their order.
///
/// Nothing of it is put together in memory: files are opened as their turn comes. It goes with its Content-Length where the length of
/// every part is known, and can be sent again when every part can. The boundary is the session's to choose.
///
/// ```
/// use urlsession_core::{FileRef, FormPart, MultipartForm};
///
/// let form = MultipartForm::new()
///     .text("title", "A walk")
///     .file("photo", FileRef::new("walk.jpg"))
///     .part(FormPart::bytes("notes", "{}").with_content_type("application/json")?);
/// # Ok::<_, urlsession_core::InvalidHeader>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MultipartForm(Vec<FormPart>);

impl MultipartForm {
    /// A form without parts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same form with a field of text, as [`FormPart::text`] has it.
    #[must_use]
    pub fn text(self, name: impl Into<String>, value: impl AsRef<str>) -> Self {
        self.part(FormPart::text(name, value))
    }

    /// The same form with a file, as [`FormPart::file`] has it.
    #[must_use]
    pub fn file(self, name: impl Into<String>, file: impl Into<FileRef>) -> Self {
        self.part(FormPart::file(name, file))
    }

    /// The same form with one part more.
    #[must_use]
    pub fn part(mut self, part: FormPart) -> Self {
        self.0.push(part);
        self
    }

    /// The parts, in their order.
    #[must_use]
    pub fn parts(&self) -> &[FormPart] {
        &self.0
    }
}

/// One part of a form: its name, what it carries, and what that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPart {
    name: String,
    filename: Option<String>,
    content_type: Option<HeaderValue>,
    content: PartContent,
}

/// What a part carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartContent {
    Bytes(Bytes),
    File(FileRef),
    Stream(BodyStream),
}

impl FormPart {
    /// A field of text, without a file name or a type. A line break of any kind goes out as CR LF, as browsers send it (HTML,
    /// multipart/form-data encoding algorithm).
    #[must_use]
    pub fn text(name: impl Into<String>, value: impl AsRef<str>) -> Self {
        Self::new(
            name,
            PartContent::Bytes(with_crlf(value.as_ref()).into_bytes().into()),
        )
    }

    /// Bytes, sent as they are.
    #[must_use]
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self::new(name, PartContent::Bytes(bytes.into()))
    }

    /// A file, read as it is sent: under the last name of its path, of type `application/octet-stream` unless
    /// [said otherwise](Self::with_content_type), for no type is guessed.
    #[must_use]
    pub fn file(name: impl Into<String>, file: impl Into<FileRef>) -> Self {
        let file = file.into();
        let filename = file.path().file_name().unwrap_or_default();
        let filename = filename.to_string_lossy().into_owned();
        Self {
            filename: Some(filename),
            content_type: Some(HeaderValue::from_static("application/octet-stream")),
            ..Self::new(name, PartContent::File(file))
        }
    }

    /// Bytes made as they are sent. A stream whose length is not known makes the whole form's unknown; one that can be read once
    /// makes a form that can be sent once.
    #[must_use]
    pub fn stream(name: impl Into<String>, stream: BodyStream) -> Self {
        Self::new(name, PartContent::Stream(stream))
    }

    fn new(name: impl Into<String>, content: PartContent) -> Self {
        Self {
            name: name.into(),
            filename: None,
            content_type: None,
            content,
        }
    }

    /// The same part under this file name, which makes it a file for the server.
    #[must_use]
    pub fn with_filename(mut self, filename: impl Into<String>) -> Self {
        self.filename = Some(filename.into());
        self
    }

    /// The same part of this media type.
    ///
    /// # Errors
    /// [`InvalidHeader`] when it cannot be the value of a field.
    pub fn with_content_type<V>(mut self, content_type: V) -> Result<Self, InvalidHeader>
    where
        V: TryInto<HeaderValue>,
    {
        let invalid = |_| InvalidHeader::Value(header::CONTENT_TYPE);
        self.content_type = Some(content_type.try_into().map_err(invalid)?);
        Ok(self)
    }

    /// The field's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file name, if it is a file for the server.
    #[must_use]
    pub fn filename(&self) -> Option<&str> {
        self.filename.as_deref()
    }

    /// The media type, if it says one.
    #[must_use]
    pub fn content_type(&self) -> Option<&HeaderValue> {
        self.content_type.as_ref()
    }

    pub(crate) fn content(&self) -> &PartContent {
        &self.content
    }
}

/// `text` with each CR, LF and CR LF as CR LF.
pub(crate) fn with_crlf(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\r', '\n']) {
        normal.push_str(&rest[..at]);
        normal.push_str("\r\n");
        rest = &rest[at..];
        let length = if rest.starts_with("\r\n") { 2 } else { 1 };
        rest = &rest[length..];
    }
    normal.push_str(rest);
    normal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn line_breaks_of_any_kind_become_crlf() {
        let table = [
            ("", ""),
            ("a", "a"),
            ("a\nb", "a\r\nb"),
            ("a\rb", "a\r\nb"),
            ("a\r\nb", "a\r\nb"),
            ("\n\r", "\r\n\r\n"),
            ("\r\r\n\n", "\r\n\r\n\r\n"),
        ];
        for (text, normal) in table {
            assert_eq!(with_crlf(text), normal, "{text:?}");
        }
    }

    #[test]
    fn a_file_goes_by_the_last_name_of_its_path() {
        let part = FormPart::file("f", FileRef::new("a/b/c.txt"));
        assert_eq!(part.filename(), Some("c.txt"));
        assert_eq!(part.content_type().unwrap(), "application/octet-stream");
        assert_eq!(part.with_filename("d").filename(), Some("d"));
    }

    #[test]
    fn a_type_that_cannot_be_sent_is_refused() {
        assert!(
            FormPart::bytes("a", "")
                .with_content_type("a/b\r\nX: y")
                .is_err()
        );
    }
}
