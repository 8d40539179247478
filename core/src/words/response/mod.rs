//! What came back.

#[cfg(feature = "url-parser")]
mod fields;
#[cfg(any(test, not(feature = "url-parser")))]
mod late;
mod source;

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

use crate::words::error::{InvalidHeader, Shown};
use crate::words::file_name::{base_name, extended};
use crate::words::parsing::ParsedUrl;
use crate::words::place::Place;
use crate::words::request::Redacted;
use crate::words::target::Target;
use crate::words::wire;

#[cfg(feature = "url-parser")]
use fields::Fields;
#[cfg(not(feature = "url-parser"))]
use late::Fields;
pub use source::FieldSource;

/// The head of a response: status, header fields and the URL that gave it.
///
/// 4xx and 5xx are responses like any other. A clone is one reference count.
#[derive(Clone)]
pub struct Response(Arc<Parts>);

#[cfg_attr(feature = "cache", derive(Clone))]
struct Parts {
    place: Place,
    status: StatusCode,
    version: Version,
    fields: Fields,
}

impl Response {
    /// A response from `url`.
    #[must_use]
    pub fn new(url: Url, status: StatusCode, version: Version, headers: HeaderMap) -> Self {
        Self::made(url.into(), status, version, headers.into())
    }

    /// The response to a request for `target`, whose URL it shares.
    #[must_use]
    pub fn to(
        target: Arc<Target>,
        status: StatusCode,
        version: Version,
        headers: HeaderMap,
    ) -> Self {
        Self::made(Place::Target(target), status, version, headers.into())
    }

    /// The response to a request for `target` whose fields, and whose URL, are made of what the platform tells when somebody asks for them: `url` is
    /// the text of the URL that it came from, where that is another than the target's, in the platform's words. Text that is no URL counts for none.
    #[must_use]
    pub fn told_by(
        target: Arc<Target>,
        url: Option<String>,
        status: StatusCode,
        version: Version,
        fields: Arc<dyn FieldSource>,
    ) -> Self {
        let place = match url.and_then(ParsedUrl::of_serialised) {
            Some(url) => Place::Other(Arc::new(url)),
            None => Place::Target(target),
        };
        Self::made(place, status, version, Fields::told_by(fields))
    }

    fn made(place: Place, status: StatusCode, version: Version, fields: Fields) -> Self {
        Self(Arc::new(Parts {
            place,
            status,
            version,
            fields,
        }))
    }

    /// A 200 response of content that needs no HTTP to describe it: its media type, parameters included, and its length where that is
    /// known. For [`UrlProtocol`](crate::UrlProtocol)s; Apple's `URLResponse(url:mimeType:expectedContentLength:textEncodingName:)`.
    ///
    /// # Errors
    /// [`InvalidHeader`] when `content_type` cannot be the value of a field.
    pub fn of_content(
        url: Url,
        content_type: &str,
        length: Option<u64>,
    ) -> Result<Self, InvalidHeader> {
        let mut headers = HeaderMap::new();
        let media_type = HeaderValue::from_str(content_type)
            .map_err(|_| InvalidHeader::Value(header::CONTENT_TYPE))?;
        headers.insert(header::CONTENT_TYPE, media_type);
        if let Some(length) = length {
            headers.insert(header::CONTENT_LENGTH, length.into());
        }
        Ok(Self::new(url, StatusCode::OK, Version::HTTP_11, headers))
    }

    /// The URL that gave this response: the last hop's, after redirects.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.0.place.url()
    }

    /// The same as text: where the platform parses, no [`Url`] is made of it.
    #[must_use]
    pub fn url_text(&self) -> &str {
        self.0.place.as_str()
    }

    /// The same, as it was come by.
    pub(crate) fn place(&self) -> &Place {
        &self.0.place
    }

    /// The status code, 100 to 999.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The version of HTTP it came by.
    #[must_use]
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// The header fields.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.0.fields.map()
    }

    /// Calls `each` with the name, in lower case, and the value of every header field. Where the platform parses URLs no map is made for it: a program that looks at fields in no
    /// other way has none of a map's code.
    pub fn tell_headers(&self, each: &mut dyn FnMut(&str, &[u8])) {
        self.0.fields.tell(each);
    }

    /// The platform's own object that has the header fields, where they came from one and nobody has asked for [`headers`](Self::headers) yet: see
    /// [`FieldSource::native`].
    #[must_use]
    pub fn native_headers(&self) -> Option<&dyn Any> {
        self.0.fields.native()
    }

    /// The header fields, to be changed: in place, unless somebody else has this response too.
    #[cfg(feature = "cache")]
    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        Arc::make_mut(&mut self.0).fields.map_mut()
    }

    /// The values of a field joined by `, ` (RFC 9110 section 5.3); `None` when it is absent or no text.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        let mut values = self.headers().get_all(name).iter().map(HeaderValue::to_str);
        let first = values.next()?.ok()?.to_owned();
        values.try_fold(first, |all, next| Some(format!("{all}, {}", next.ok()?)))
    }

    /// The media type of Content-Type without its parameters, lower-cased.
    #[must_use]
    pub fn mime_type(&self) -> Option<String> {
        let value = self.text(&header::CONTENT_TYPE)?;
        let essence = value.split(';').next()?.trim();
        (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
    }

    /// The `charset` parameter of Content-Type, lower-cased.
    #[must_use]
    pub fn text_encoding_name(&self) -> Option<String> {
        let value = self.text(&header::CONTENT_TYPE)?;
        let (_, parameters) = value.split_once(';')?;
        Parameters(parameters)
            .find(|(name, _)| name.eq_ignore_ascii_case("charset"))
            .map(|(_, value)| value.to_ascii_lowercase())
    }

    /// Content-Length: the length of the body as it is sent, which is not the length of what a coded body decodes to.
    #[must_use]
    pub fn expected_content_length(&self) -> Option<u64> {
        self.0.fields.content_length()
    }

    /// True when Content-Encoding says that the body was coded.
    #[cfg(any(test, not(feature = "decode")))]
    pub(crate) fn is_coded(&self) -> bool {
        self.0.fields.is_coded()
    }

    /// A name for a file of this content: Content-Disposition's (RFC 6266; `filename*`, RFC 8187, before `filename`), else the last part
    /// of the path, else the host.
    ///
    /// A base name that is safe to be joined to a folder: without separators, control characters, leading dots and names of devices, 255 bytes
    /// at most. There may be a file of that name.
    #[must_use]
    pub fn suggested_filename(&self) -> String {
        let disposition = self.text(&header::CONTENT_DISPOSITION).unwrap_or_default();
        let (_, parameters) = disposition.split_once(';').unwrap_or_default();
        let parameter = |wanted: &str| {
            let mut found = Parameters(parameters);
            found.find_map(|(name, value)| name.eq_ignore_ascii_case(wanted).then_some(value))
        };
        let extended = || parameter("filename*").and_then(|value| extended(&value));
        let last = || self.url().path_segments()?.next_back().map(str::to_owned);
        let host = || self.url().host_str().map(str::to_owned);
        let named = extended().as_deref().and_then(base_name);
        named
            .or_else(|| base_name(&parameter("filename")?))
            .or_else(|| base_name(&last()?))
            .or_else(|| base_name(&host()?))
            .unwrap_or_else(|| "Unknown".to_owned())
    }

    /// The reason phrase registered for a status code, `None` for an unregistered one.
    #[must_use]
    pub fn localized_string(status: StatusCode) -> Option<&'static str> {
        status.canonical_reason()
    }

    fn text(&self, name: &HeaderName) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }
}

/// `; name=value; name="quoted \" value"` of a header field, values unquoted.
struct Parameters<'a>(&'a str);

impl Iterator for Parameters<'_> {
    type Item = (String, String);

    fn next(&mut self) -> Option<Self::Item> {
        self.0 = self.0.trim_start_matches([';', ' ', '\t']);
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.find(['=', ';']).unwrap_or(self.0.len());
        let name = self.0[..end].trim().to_owned();
        let Some(rest) = self.0[end..].strip_prefix('=') else {
            self.0 = &self.0[end..];
            return Some((name, String::new()));
        };
        let rest = rest.trim_start();
        let value;
        (value, self.0) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let end = rest.find(';').unwrap_or(rest.len());
                (rest[..end].trim().to_owned(), &rest[end..])
            }
        };
        Some((name, value))
    }
}

fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    (value, "")
}

impl PartialEq for Response {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.url() == other.url()
                && self.status() == other.status()
                && self.version() == other.version()
                && self.headers() == other.headers())
    }
}

impl Eq for Response {}

impl Hash for Response {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.url().hash(state);
        self.status().hash(state);
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("url", &format_args!("{}", Shown(self.place().as_str())))
            .field("status", &self.status())
            .field("version", &self.version())
            .field("headers", &Redacted(self.headers()))
            .finish()
    }
}

impl From<&Response> for http::Response<()> {
    fn from(response: &Response) -> Self {
        let mut made = Self::new(());
        *made.status_mut() = response.status();
        *made.version_mut() = response.version();
        *made.headers_mut() = response.headers().clone();
        made
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    url: Url,
    status: u16,
    version: String,
    #[serde(with = "wire::headers")]
    headers: HeaderMap,
}

/// All of them. A cache stores a version by its place here.
pub(crate) const VERSIONS: [Version; 5] = [
    Version::HTTP_09,
    Version::HTTP_10,
    Version::HTTP_11,
    Version::HTTP_2,
    Version::HTTP_3,
];

impl Serialize for Response {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored {
            url: self.url().clone(),
            status: self.status().as_u16(),
            version: format!("{:?}", self.version()),
            headers: self.headers().clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Response {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(from)?;
        let status = StatusCode::from_u16(stored.status).map_err(de::Error::custom)?;
        let version = VERSIONS
            .into_iter()
            .find(|known| format!("{known:?}") == stored.version);
        let version = version.ok_or_else(|| de::Error::custom("unknown version of HTTP"))?;
        Ok(Self::new(stored.url, status, version, stored.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::source::testing::Told;
    use super::*;
    use crate::testing::test;

    fn told(url: Option<&str>, fields: &[(&'static str, &'static str)]) -> Response {
        let target = Target::parse("http://a.example/").unwrap();
        let url = url.map(str::to_owned);
        let fields = Told::new(fields);
        Response::told_by(target.into(), url, StatusCode::OK, Version::HTTP_11, fields)
    }

    #[test]
    fn the_platforms_own_fields_are_there_until_they_are_a_map() {
        let told = told(None, &[("x-a", "1")]);
        let native = told.native_headers();
        let native = native.and_then(|it| it.downcast_ref::<Vec<(&str, &str)>>());
        assert_eq!(native, Some(&vec![("x-a", "1")]));
        assert_eq!(told.headers()["x-a"], "1");
        assert!(told.native_headers().is_none());
    }

    #[test]
    fn a_response_that_is_told_is_equal_to_one_that_was_there_whole() {
        let lines = [("content-length", "12"), ("content-encoding", "br")];
        let told = told(Some("http://b.example/c"), &lines);
        assert_eq!(
            (told.expected_content_length(), told.is_coded()),
            (Some(12), true)
        );
        let headers = told.headers().clone();
        let whole = Response::new(told.url().clone(), told.status(), told.version(), headers);
        assert_eq!(whole, told);
        assert_eq!(
            (whole.expected_content_length(), whole.is_coded()),
            (Some(12), true)
        );
        assert_eq!(whole.url().as_str(), "http://b.example/c");
        assert_eq!(format!("{whole:?}"), format!("{told:?}"));
    }

    #[test]
    fn where_it_came_from_is_the_target_where_nobody_says_another_url() {
        for url in [None, Some("no URL"), Some("")] {
            assert_eq!(told(url, &[]).url().as_str(), "http://a.example/");
        }
    }
}
