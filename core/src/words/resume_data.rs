//! What a transfer needs to go on where it stopped, in another session, process or release too.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

use crate::words::error::{Error, ErrorCode, Shown};
use crate::words::parsing::parse;
use crate::words::request::{Request, may_be_secret};
use crate::words::sorted::sorted_names;
use crate::words::target::without_user;

/// What names one representation exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Validator {
    /// A strong ETag, in its quotes.
    EntityTag(String),
    /// A Last-Modified, as the server wrote it.
    LastModified(String),
}

impl Validator {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::EntityTag(text) | Self::LastModified(text) => text,
        }
    }
}

/// What a download that stopped needs to go on: from
/// [`cancel_producing_resume_data`](crate::DownloadTask::cancel_producing_resume_data), from the error of one that failed
/// ([`Error::resume_data`]), or from beside its destination ([`ResumeData::for_destination`]).
///
/// A serde value, a text of a few hundred bytes, that any later release reads. It names the partial file, which stays where it is. A
/// request's secrets stay in memory: stored, only their names are there ([`withheld`](Self::withheld)), and they are to be
/// [given again](Self::with_field).
#[derive(Clone)]
pub struct ResumeData(pub(crate) Arc<Facts>);

#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) source: Source,
    pub(crate) withheld: Vec<HeaderName>,
    pub(crate) validator: Option<Validator>,
    pub(crate) received: u64,
    pub(crate) total: Option<u64>,
    /// The `Repr-Digest` (RFC 9530) that came with the start.
    pub(crate) digest: Option<String>,
    pub(crate) partial: Partial,
}

/// What it is downloaded by: a request, as far as it goes wherever an error goes.
#[derive(Clone)]
pub(crate) struct Source {
    url: Url,
    headers: HeaderMap,
    timeout: Option<Duration>,
    allows_cellular: bool,
    allows_expensive: bool,
    allows_constrained: bool,
}

impl Source {
    /// The request again, secrets included as far as they are known.
    pub(crate) fn request(&self) -> Result<Request, Error> {
        let mut request = Request::new(Method::GET, self.url.clone())?
            .with_allows_cellular_access(self.allows_cellular)
            .with_allows_expensive_network_access(self.allows_expensive)
            .with_allows_constrained_network_access(self.allows_constrained);
        if let Some(timeout) = self.timeout {
            request = request.with_timeout_interval(timeout);
        }
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }
}

impl From<&Request> for Source {
    fn from(request: &Request) -> Self {
        Self {
            url: request.url().clone(),
            headers: request.headers().clone(),
            timeout: request.timeout_interval(),
            allows_cellular: request.allows_cellular_access(),
            allows_expensive: request.allows_expensive_network_access(),
            allows_constrained: request.allows_constrained_network_access(),
        }
    }
}

/// Where the bytes are that have come.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Partial {
    /// In the temporary file of this name.
    Temporary(String),
    /// Beside the destination, which is not stored: whoever resumes says it again.
    Beside(Option<PathBuf>),
}

impl ResumeData {
    /// Where it is downloaded from, without a user's name and password.
    #[must_use]
    pub fn url(&self) -> Url {
        without_user(self.0.source.url.clone())
    }

    /// How many bytes are there.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.0.received
    }

    /// How many there will be, where that is known.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.0.total
    }

    /// Header fields of the request that were secret and were not stored. Without them the server may refuse.
    #[must_use]
    pub fn withheld(&self) -> &[HeaderName] {
        &self.0.withheld
    }

    /// The same with this field of the request, as one that was withheld.
    #[must_use]
    pub fn with_field(mut self, name: HeaderName, value: HeaderValue) -> Self {
        let facts = Arc::make_mut(&mut self.0);
        facts.withheld.retain(|withheld| *withheld != name);
        facts.source.headers.insert(name, value);
        self
    }

    /// The same for the destination that its download had: a stored one does not say it, so that nobody can have another file
    /// written to by forging it.
    #[must_use]
    pub fn with_destination(mut self, path: impl Into<PathBuf>) -> Self {
        if let Partial::Beside(destination) = &mut Arc::make_mut(&mut self.0).partial {
            *destination = Some(path.into());
        }
        self
    }

    /// The destination, where the download has one and it is known.
    #[must_use]
    pub fn destination(&self) -> Option<&Path> {
        match &self.0.partial {
            Partial::Temporary(_) => None,
            Partial::Beside(destination) => destination.as_deref(),
        }
    }

    /// Reads what [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    /// [`UnsupportedUrl`](ErrorCode::UnsupportedUrl), as Apple's, for what is damaged, forged in its form, of an unknown version, or of no
    /// http(s) URL.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let unusable = |why: &'static str| Error::new(ErrorCode::UnsupportedUrl).because(why);
        if bytes.len() > LONGEST {
            return Err(unusable("resume data longer than any is"));
        }
        let text =
            std::str::from_utf8(bytes).map_err(|_| unusable("resume data that are no text"))?;
        let facts =
            read(text).ok_or_else(|| unusable("resume data that are damaged or unknown"))?;
        Ok(Self(Arc::new(facts)))
    }

    /// The stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        write(&self.0).into_bytes()
    }
}

impl fmt::Debug for ResumeData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumeData")
            .field(
                "url",
                &format_args!("{}", Shown(self.0.source.url.as_str())),
            )
            .field("received", &self.0.received)
            .field("total", &self.0.total)
            .finish_non_exhaustive()
    }
}

impl PartialEq for ResumeData {
    /// Equal when stored alike.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || write(&self.0) == write(&other.0)
    }
}

impl Eq for ResumeData {}

impl Serialize for ResumeData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write(&self.0))
    }
}

impl<'de> Deserialize<'de> for ResumeData {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::from_bytes(text.as_bytes()).map_err(de::Error::custom)
    }
}

/// The first line: the version is for what an older release would misread.
const HEAD: &str = "urlsession-resume 1";

/// The most bytes that the stored form has.
const LONGEST: usize = 64 * 1024;

fn write(facts: &Facts) -> String {
    let mut text = format!("{HEAD}\n");
    let mut line = |key: &str, value: &str| {
        text.extend([key, " ", value, "\n"]);
    };
    let source = &facts.source;
    let url = without_user(source.url.clone());
    let has_user = url != source.url;
    line("url", url.as_str());
    for (name, value) in &source.headers {
        match value.to_str() {
            Ok(value_text) if !may_be_secret(name, value) => {
                line("field", &format!("{name}: {value_text}"));
            }
            Ok(_) | Err(_) => line("withheld", name.as_str()),
        }
    }
    for name in &facts.withheld {
        line("withheld", name.as_str());
    }
    if has_user {
        line("withheld", "authorization");
    }
    for (word, allows) in [
        ("cellular", source.allows_cellular),
        ("expensive", source.allows_expensive),
        ("constrained", source.allows_constrained),
    ] {
        if !allows {
            line("forbids", word);
        }
    }
    if let Some(timeout) = source.timeout {
        line("timeout", &timeout.as_millis().to_string());
    }
    match &facts.validator {
        Some(Validator::EntityTag(tag)) => line("etag", tag),
        Some(Validator::LastModified(date)) => line("modified", date),
        None => {}
    }
    line("received", &facts.received.to_string());
    if let Some(total) = facts.total {
        line("total", &total.to_string());
    }
    if let Some(digest) = &facts.digest {
        line("digest", digest);
    }
    match &facts.partial {
        Partial::Temporary(name) => line("temporary", name),
        Partial::Beside(_) => line("beside", "the destination"),
    }
    let sum = checksum(&text);
    text.extend(["checksum ", &sum, "\n"]);
    text
}

/// The first half of the SHA-256 of the lines above it.
fn checksum(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    use std::fmt::Write as _;
    let mut sum = String::new();
    for byte in &Sha256::digest(text.as_bytes())[..16] {
        let _ = write!(sum, "{byte:02x}");
    }
    sum
}

fn read(text: &str) -> Option<Facts> {
    let (lines, sum) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    let body = &text[..=lines.len()];
    if sum.strip_prefix("checksum ")? != checksum(body) {
        return None;
    }
    let mut lines = lines.split('\n');
    if lines.next()? != HEAD {
        return None;
    }
    let (mut url, mut headers, mut withheld) = (None, HeaderMap::new(), Vec::new());
    let mut timeout = None;
    let (mut validator, mut received, mut total) = (None, None, None);
    let (mut digest, mut partial, mut forbids) = (None, None, Vec::new());
    for line in lines {
        let (key, value) = line.split_once(' ')?;
        match key {
            "url" => url = Some(parse(value).ok()?),
            "field" => {
                let (name, value) = value.split_once(':')?;
                let value = value.strip_prefix(' ')?;
                let name: HeaderName = name.parse().ok()?;
                headers.append(name, HeaderValue::from_str(value).ok()?);
            }
            "withheld" => withheld.push(value.parse().ok()?),
            "forbids" => forbids.push(value),
            "timeout" => timeout = Some(Duration::from_millis(value.parse().ok()?)),
            "etag" => validator = Some(Validator::EntityTag(value.to_owned())),
            "modified" => validator = Some(Validator::LastModified(value.to_owned())),
            "received" => received = Some(value.parse::<u64>().ok()?),
            "total" => total = Some(value.parse::<u64>().ok()?),
            "digest" => digest = Some(value.to_owned()),
            "temporary" => partial = Some(Partial::Temporary(value.to_owned())),
            "beside" => partial = Some(Partial::Beside(None)),
            // A later release of the same version may say more.
            _ => {}
        }
    }
    let (received, url) = (received?, url?);
    let is_web = matches!(url.scheme(), "http" | "https");
    let fits = received <= i64::MAX as u64 && total.is_none_or(|total| received <= total);
    if !is_web || !fits {
        return None;
    }
    HeaderValue::from_str(validator.as_ref().map_or("", Validator::text)).ok()?;
    let withheld = sorted_names(withheld);
    let allows = |word| !forbids.contains(&word);
    let source = Source {
        url,
        headers,
        timeout,
        allows_cellular: allows("cellular"),
        allows_expensive: allows("expensive"),
        allows_constrained: allows("constrained"),
    };
    source.request().ok()?;
    Some(Facts {
        source,
        withheld,
        validator,
        received,
        total,
        digest,
        partial: partial?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn sample() -> ResumeData {
        let mut request = Request::get("https://me:pw@example.com/a.iso?x=1").unwrap();
        let fields = request.headers_mut();
        fields.insert("accept", HeaderValue::from_static("*/*"));
        fields.insert("authorization", HeaderValue::from_static("Bearer s3cret"));
        fields.insert("x-api-key", HeaderValue::from_static("s3cret"));
        ResumeData(Arc::new(Facts {
            source: (&request).into(),
            withheld: Vec::new(),
            validator: Some(Validator::EntityTag("\"v1\"".into())),
            received: 5,
            total: Some(10),
            digest: None,
            partial: Partial::Temporary("urlsession-1".into()),
        }))
    }

    #[test]
    fn it_comes_back_without_its_secrets() {
        let stored = sample().to_bytes();
        let text = String::from_utf8(stored.clone()).unwrap();
        assert!(!text.contains("s3cret") && !text.contains("pw@"), "{text}");
        assert!(text.len() < 512);
        let back = ResumeData::from_bytes(&stored).unwrap();
        assert_eq!((back.received(), back.total()), (5, Some(10)));
        assert_eq!(back.url().as_str(), "https://example.com/a.iso?x=1");
        let names: Vec<_> = back.withheld().iter().map(HeaderName::as_str).collect();
        assert_eq!(names, ["authorization", "x-api-key"]);
        assert_eq!(back.0.source.headers["accept"], "*/*");
    }

    #[test]
    fn a_field_that_was_withheld_is_given_again() {
        let back = ResumeData::from_bytes(&sample().to_bytes()).unwrap();
        let value = HeaderValue::from_static("Bearer new");
        let given = back.with_field(http::header::AUTHORIZATION, value);
        assert_eq!(given.withheld().len(), 1);
        assert_eq!(given.0.source.headers["authorization"], "Bearer new");
    }

    #[test]
    fn every_damaged_byte_is_seen() {
        let stored = sample().to_bytes();
        for at in 0..stored.len() {
            let mut damaged = stored.clone();
            damaged[at] ^= 1;
            assert!(ResumeData::from_bytes(&damaged).is_err(), "byte {at}");
            assert!(
                ResumeData::from_bytes(&stored[..at]).is_err(),
                "cut at {at}"
            );
        }
    }

    #[test]
    fn what_is_none_is_an_unsupported_url() {
        for none in [&b""[..], b"{}", &[0xff; 64], HEAD.as_bytes()] {
            let refused = ResumeData::from_bytes(none).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::UnsupportedUrl);
        }
    }

    #[test]
    fn impossible_lengths_and_foreign_schemes_are_refused() {
        for (from, to) in [
            ("received 5", "received 11"),
            ("received 5", "received 18446744073709551615"),
            ("https://example.com", "file:///etc"),
            ("temporary ", "temporarily "),
            ("\"v1\"", "\"v\u{7}\""),
        ] {
            let text = String::from_utf8(sample().to_bytes()).unwrap();
            let (body, _) = text.rsplit_once("checksum").unwrap();
            let body = body.replace(from, to);
            let forged = format!("{body}checksum {}\n", checksum(&body));
            assert!(ResumeData::from_bytes(forged.as_bytes()).is_err(), "{to}");
        }
    }
}
