//! What it takes to go on with an upload that was broken off.

use std::fmt;

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

use crate::words::body::{FileRef, RequestBody};
use crate::words::error::{InvalidHeader, Shown};
use crate::words::file_version::FileVersion;
use crate::words::request::{Request, may_be_secret};
use crate::words::target::{Target, without_user};
use crate::words::upload_draft::UploadDraft;

/// The version of the stored form.
const VERSION: u32 = 1;

/// The longest URL of an upload's resource that is taken from outside, in bytes.
const LONGEST_URL: usize = 8 * 1024;

/// What it takes to go on with an upload that was broken off: where the server keeps it, and what is sent.
///
/// It is there once the server has offered to go on ([`resumable_uploads`](crate::Configuration::resumable_uploads)); see
/// [`Session::upload_task_resuming`](crate::Session::upload_task_resuming). It can be stored and used by another process, or a later release; then it
/// holds no secrets (credentials, cookies and what sounds like them among the header fields, a user and a password in the URL: [`with_header`](Self::with_header) adds
/// them again) and of the body only the name and the state of its file: other bodies come by [`with_body`](Self::with_body) or by
/// [`need_new_body_stream_from_offset`](crate::Delegate::need_new_body_stream_from_offset). What is stored has a checksum; damaged or of an unknown version it
/// is refused.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadResumeData {
    pub(crate) draft: UploadDraft,
    pub(crate) resource: Url,
    /// The request as the app gave it, body and secrets included; stored, neither.
    pub(crate) request: Request,
    pub(crate) length: Option<u64>,
    pub(crate) file_version: Option<FileVersion>,
    pub(crate) acknowledged: u64,
}

impl UploadResumeData {
    /// Where the upload was to go in the first place.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.request.url()
    }

    /// Where the server keeps what it has.
    #[must_use]
    pub fn resource(&self) -> &Url {
        &self.resource
    }

    /// How much the server has said that it has, in bytes. It is asked again before anything is sent.
    #[must_use]
    pub fn count_of_bytes_acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// How long the body is in bytes, where that is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The same with the whole body, from its start: the very bytes that were being sent. A body of another length is refused when it is sent.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<RequestBody>) -> Self {
        self.request = self.request.with_body(body);
        self
    }

    /// The same with this field in its requests, in place of any that they had.
    ///
    /// # Errors
    /// [`InvalidHeader`] when name or value cannot be sent.
    pub fn with_header<N, V>(mut self, name: N, value: V) -> Result<Self, InvalidHeader>
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.request = self.request.header(name, value)?;
        Ok(self)
    }
}

impl fmt::Debug for UploadResumeData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadResumeData")
            .field("request", &self.request)
            .field(
                "resource",
                &format_args!("{}", Shown(self.resource.as_str())),
            )
            .field("length", &self.length)
            .field("acknowledged", &self.acknowledged)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    draft: UploadDraft,
    resource: Url,
    request: Request,
    file: Option<FileRef>,
    file_version: Option<FileVersion>,
    length: Option<u64>,
    acknowledged: u64,
    checksum: u64,
}

impl Stored {
    /// Of all that matters, as it is stored, whatever release shows it: it finds what was damaged, not what was forged.
    fn expected_checksum(&self) -> u64 {
        let mut sum = Sum::new();
        sum.add_number(u64::from(self.version));
        sum.add_number(self.draft.version());
        sum.add(self.resource.as_str().as_bytes());
        sum.add(self.request.method().as_str().as_bytes());
        sum.add(self.request.url().as_str().as_bytes());
        for (name, value) in self.request.headers() {
            sum.add(name.as_str().as_bytes());
            sum.add(value.as_bytes());
        }
        let path = self.file.as_ref().map(|file| file.path().to_string_lossy());
        sum.add(path.unwrap_or_default().as_bytes());
        let version = self.file_version.map(|version| version.numbers());
        version
            .into_iter()
            .flatten()
            .for_each(|number| sum.add_number(number));
        sum.add_number(self.length.unwrap_or(u64::MAX));
        sum.add_number(self.acknowledged);
        sum.0
    }
}

/// FNV-1a over parts, each with its length.
struct Sum(u64);

impl Sum {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, part: &[u8]) {
        self.add_number(part.len() as u64);
        self.add_bytes(part);
    }

    fn add_number(&mut self, number: u64) {
        self.add_bytes(&number.to_le_bytes());
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, &byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    }
}

impl Serialize for UploadResumeData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let file = match self.request.body() {
            RequestBody::File(file) => Some(file.clone()),
            RequestBody::Empty | RequestBody::Bytes(_) | RequestBody::Stream(_) => None,
        };
        let mut stored = Stored {
            version: VERSION,
            draft: self.draft,
            resource: self.resource.clone(),
            request: without_secrets(&self.request),
            file,
            file_version: self.file_version,
            length: self.length,
            acknowledged: self.acknowledged,
            checksum: 0,
        };
        stored.checksum = stored.expected_checksum();
        stored.serialize(serializer)
    }
}

fn without_secrets(request: &Request) -> Request {
    let mut request = request.clone().with_body(RequestBody::Empty);
    if let Some(target) = request.target()
        && let Ok(target) = Target::from_url(without_user(target.url().clone()))
    {
        request = request.with_target(target.into());
    }
    let headers = request.headers_mut();
    let secret = headers
        .iter()
        .filter(|(name, value)| may_be_secret(name, value));
    let secret: Vec<_> = secret.map(|(name, _)| name.clone()).collect();
    for name in secret {
        headers.remove(name);
    }
    request
}

impl<'de> Deserialize<'de> for UploadResumeData {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(from)?;
        if stored.version != VERSION {
            let version = stored.version;
            return Err(de::Error::custom(format!("version {version} is unknown")));
        }
        if stored.checksum != stored.expected_checksum() {
            return Err(de::Error::custom("the checksum is wrong"));
        }
        let is_beyond = stored
            .length
            .is_some_and(|length| length < stored.acknowledged);
        let goes_to_server = |url: &Url| {
            matches!(url.scheme(), "http" | "https") && url.as_str().len() <= LONGEST_URL
        };
        if is_beyond || !goes_to_server(&stored.resource) || !goes_to_server(stored.request.url()) {
            return Err(de::Error::custom("no upload can go on so"));
        }
        let request = match stored.file {
            Some(file) => stored.request.with_body(file),
            None => stored.request,
        };
        Ok(Self {
            draft: stored.draft,
            resource: stored.resource,
            request,
            length: stored.length,
            file_version: stored.file_version,
            acknowledged: stored.acknowledged,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn data() -> UploadResumeData {
        let request = Request::put("http://me:pass@a.example/x").unwrap();
        let request = request.header("authorization", "s3cret").unwrap();
        let request = request.header("x-api-key", "s3cret").unwrap();
        let request = request.header("accept", "text/x").unwrap();
        UploadResumeData {
            draft: UploadDraft::Interop8,
            resource: Url::parse("http://a.example/u/1").unwrap(),
            request: request.with_body(FileRef::new("a.bin")),
            length: Some(10),
            file_version: Some(FileVersion::new(10).with_identity((1, 2))),
            acknowledged: 4,
        }
    }

    #[test]
    fn stored_it_is_short_and_without_secrets() {
        let text = serde_json::to_string(&data()).unwrap();
        assert!(text.len() < 1024, "{} bytes", text.len());
        assert!(!text.contains("s3cret") && !text.contains("pass"), "{text}");
        let read: UploadResumeData = serde_json::from_str(&text).unwrap();
        assert_eq!(read.resource(), data().resource());
        assert_eq!(read.request.body(), data().request.body());
        assert_eq!(read.request.headers()["accept"], "text/x");
        assert_eq!(read.file_version, data().file_version);
        assert_eq!(
            (read.length(), read.count_of_bytes_acknowledged()),
            (Some(10), 4)
        );
    }

    #[test]
    fn other_bodies_are_not_stored() {
        let text = serde_json::to_string(&data().with_body("pixels")).unwrap();
        assert!(!text.contains("pixels"), "{text}");
        let read: UploadResumeData = serde_json::from_str(&text).unwrap();
        assert_eq!(read.request.body(), &RequestBody::Empty);
    }

    #[test]
    fn damaged_or_of_another_version_it_is_refused() {
        let text = serde_json::to_string(&data()).unwrap();
        for (from, to) in [
            ("\"acknowledged\":4", "\"acknowledged\":5"),
            ("a.bin", "b.bin"),
            ("/u/1", "/u/2"),
            ("\"version\":1", "\"version\":2"),
            ("\"length\":10", "\"length\":3"),
        ] {
            let damaged = text.replacen(from, to, 1);
            assert_ne!(damaged, text);
            assert!(
                serde_json::from_str::<UploadResumeData>(&damaged).is_err(),
                "{to}"
            );
        }
    }

    #[test]
    fn what_cannot_be_is_refused_whatever_its_checksum() {
        let wrong: [fn(&mut UploadResumeData); 3] = [
            |data| data.acknowledged = 11,
            |data| data.resource = Url::parse("file:///etc/passwd").unwrap(),
            |data| data.request = Request::put("data:,x").unwrap(),
        ];
        for wrong in wrong {
            let mut data = data();
            wrong(&mut data);
            let text = serde_json::to_string(&data).unwrap();
            assert!(serde_json::from_str::<UploadResumeData>(&text).is_err());
        }
    }
}
