//! A head as bytes, for stores that outlive the program.
//!
//! One byte of version, then the parts in order. Numbers are LEB128, texts are preceded by their length. The URL is not among them: it
//! is what the record is found by.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use url::Url;

use crate::policy::cache::freshness::Times;
use crate::policy::cache::head::{CacheHead, Extent, Parts, stored_url};
use crate::policy::cache::vary::{Chosen, Selecting};
use crate::words::cache::CacheStoragePolicy;
use crate::words::response::Response;

const FORMAT: u8 = 1;

const VERSIONS: [Version; 5] = [
    Version::HTTP_09,
    Version::HTTP_10,
    Version::HTTP_11,
    Version::HTTP_2,
    Version::HTTP_3,
];

const STORAGE_POLICIES: [CacheStoragePolicy; 3] = [
    CacheStoragePolicy::Allowed,
    CacheStoragePolicy::AllowedInMemoryOnly,
    CacheStoragePolicy::NotAllowed,
];

impl CacheHead {
    /// The head as bytes.
    pub(crate) fn to_bytes(&self) -> Bytes {
        let parts = self.parts();
        let mut writer = Writer(Vec::with_capacity(512));
        writer.byte(FORMAT);
        writer.response(&parts.response);
        writer.time(parts.times.request);
        writer.time(parts.times.response);
        writer.selecting(&parts.selecting);
        writer.extent(parts.extent);
        writer.byte(u8::from(parts.is_considered_stale));
        writer.byte(parts.storage_policy.raw());
        writer.number(parts.user_info.len() as u64);
        for (name, value) in &parts.user_info {
            writer.text(name.as_bytes());
            writer.text(value.as_bytes());
        }
        writer.0.into()
    }

    /// The head that these bytes are, found by `url`; `None` when they are of another version, or none.
    pub(crate) fn from_bytes(bytes: &[u8], url: &Url) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.byte()? != FORMAT {
            return None;
        }
        let parts = Parts {
            response: reader.response(url)?,
            times: Times {
                request: reader.time()?,
                response: reader.time()?,
            },
            selecting: reader.selecting()?,
            extent: reader.extent()?,
            is_considered_stale: reader.flag()?,
            storage_policy: *STORAGE_POLICIES.get(usize::from(reader.byte()?))?,
            user_info: reader.user_info()?,
        };
        reader.0.is_empty().then(|| Self::new(parts))
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.byte(number.to_le_bytes()[0]);
    }

    fn text(&mut self, text: &[u8]) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text);
    }

    fn optional(&mut self, number: Option<u64>) {
        self.byte(u8::from(number.is_some()));
        if let Some(number) = number {
            self.number(number);
        }
    }

    /// Nanoseconds since 1970; what is earlier is 1970.
    fn time(&mut self, time: SystemTime) {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.number(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
    }

    fn response(&mut self, response: &Response) {
        self.number(response.status().as_u16().into());
        let version = VERSIONS
            .iter()
            .position(|known| *known == response.version());
        self.number(version.unwrap_or(2) as u64);
        self.number(response.headers().len() as u64);
        for (name, value) in response.headers() {
            self.text(name.as_str().as_bytes());
            self.text(value.as_bytes());
            self.byte(u8::from(value.is_sensitive()));
        }
    }

    fn selecting(&mut self, selecting: &Selecting) {
        self.byte(u8::from(selecting.by_anything));
        self.0.extend_from_slice(&selecting.salt);
        self.byte(u8::from(selecting.authorization.is_some()));
        self.0.extend(selecting.authorization.iter().flatten());
        self.number(selecting.fields.len() as u64);
        for (name, chosen) in &selecting.fields {
            self.text(name.as_str().as_bytes());
            match chosen {
                Chosen::Absent => self.byte(0),
                Chosen::Text(text) => {
                    self.byte(1);
                    self.text(text);
                }
                Chosen::Secret(digest) => {
                    self.byte(2);
                    self.0.extend_from_slice(digest);
                }
            }
        }
    }

    fn extent(&mut self, extent: Extent) {
        match extent {
            Extent::Whole { length } => {
                self.byte(0);
                self.optional(length);
            }
            Extent::Part {
                start,
                end,
                complete,
            } => {
                self.byte(1);
                self.number(start);
                self.number(end);
                self.optional(complete);
            }
        }
    }
}

/// Reads what a [`Writer`] wrote, and finds out where it did not.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn taken(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.taken(N)?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.taken(length)
    }

    fn string(&mut self) -> Option<String> {
        String::from_utf8(self.text()?.to_vec()).ok()
    }

    /// How many items follow: never more than there are bytes.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    fn optional(&mut self) -> Option<Option<u64>> {
        if self.flag()? {
            Some(Some(self.number()?))
        } else {
            Some(None)
        }
    }

    fn time(&mut self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_nanos(self.number()?))
    }

    fn name(&mut self) -> Option<HeaderName> {
        HeaderName::from_bytes(self.text()?).ok()
    }

    fn response(&mut self, url: &Url) -> Option<Response> {
        let status = StatusCode::from_u16(u16::try_from(self.number()?).ok()?).ok()?;
        let version = *VERSIONS.get(usize::try_from(self.number()?).ok()?)?;
        let count = self.count()?;
        let mut fields = HeaderMap::try_with_capacity(count).ok()?;
        for _ in 0..count {
            let name = self.name()?;
            let mut value = HeaderValue::from_bytes(self.text()?).ok()?;
            value.set_sensitive(self.flag()?);
            fields.try_append(name, value).ok()?;
        }
        Some(Response::new(stored_url(url), status, version, fields))
    }

    fn selecting(&mut self) -> Option<Selecting> {
        let by_anything = self.flag()?;
        let salt = self.array()?;
        let authorization = match self.flag()? {
            true => Some(self.array()?),
            false => None,
        };
        let count = self.count()?;
        let mut fields = Vec::with_capacity(count);
        for _ in 0..count {
            let name = self.name()?;
            let chosen = match self.byte()? {
                0 => Chosen::Absent,
                1 => Chosen::Text(self.text()?.into()),
                2 => Chosen::Secret(self.array()?),
                _ => return None,
            };
            fields.push((name, chosen));
        }
        Some(Selecting {
            by_anything,
            salt,
            authorization,
            fields,
        })
    }

    fn extent(&mut self) -> Option<Extent> {
        if !self.flag()? {
            return Some(Extent::Whole {
                length: self.optional()?,
            });
        }
        let (start, end, complete) = (self.number()?, self.number()?, self.optional()?);
        let is_possible = start < end && complete.is_none_or(|complete| end <= complete);
        is_possible.then_some(Extent::Part {
            start,
            end,
            complete,
        })
    }

    fn user_info(&mut self) -> Option<BTreeMap<String, String>> {
        (0..self.count()?)
            .map(|_| Some((self.string()?, self.string()?)))
            .collect()
    }
}
