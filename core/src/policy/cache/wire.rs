//! A head as bytes, for stores that outlive the program.
//!
//! One byte of version, then the parts in order. Numbers are LEB128, texts are preceded by their length. The URL is not among them: it
//! is what the record is found by.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use url::Url;

use crate::policy::cache::freshness::Times;
use crate::policy::cache::head::{CacheHead, Extent, Parts, stored_url};
use crate::policy::cache::vary::{Chosen, Selecting};
use crate::words::cache::CacheStoragePolicy;
use crate::words::response::{Response, VERSIONS};
use crate::words::user_info::UserInfo;

const FORMAT: u8 = 1;

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
        for (name, value) in parts.user_info.iter() {
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

    fn user_info(&mut self) -> Option<UserInfo> {
        let mut info = UserInfo::new();
        for _ in 0..self.count()? {
            info.insert(self.string()?, self.string()?);
        }
        Some(info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cache::request::CacheRequest;
    use crate::policy::cache::testing::{
        Chance, at, fields, get, response, stored, stored_part, url,
    };
    use crate::testing::test;
    use crate::words::cache::CachePolicy;
    use http::Method;

    const URL: &str = "http://a.example/a?b";

    fn read(bytes: &[u8]) -> Option<CacheHead> {
        CacheHead::from_bytes(bytes, &url(URL))
    }

    fn heads() -> Vec<CacheHead> {
        let asked = get(&[
            ("authorization", "Basic hunter2"),
            ("cookie", "id=hunter2"),
            ("foo", "1"),
        ]);
        let lines = [
            ("vary", "Cookie, Foo, Bar"),
            ("cache-control", "max-age=9"),
            ("set-cookie", "a=b"),
            ("set-cookie", "c=d"),
        ];
        let user_info = UserInfo::from_iter([("a".to_owned(), "b".to_owned())]);
        let mut sensitive = stored(&[("vary", "*")]);
        sensitive.is_considered_stale = true;
        vec![
            stored(&[]),
            asked
                .stores(&response(404, &lines))
                .unwrap()
                .with_user_info(user_info)
                .with_storage_policy(CacheStoragePolicy::AllowedInMemoryOnly),
            stored_part("bytes=4-", "bytes 4-9/10", 6, &[]).unwrap(),
            stored_part("bytes=4-9", "bytes 4-9/*", 6, &[]).unwrap(),
            sensitive,
        ]
    }

    #[test]
    fn heads_come_back_as_they_were() {
        for head in heads() {
            let bytes = head.to_bytes();
            let again = read(&bytes).unwrap();
            assert_eq!(again, head);
            assert_eq!(again.freshness, head.freshness);
            assert_eq!(again.simply_fresh_until, head.simply_fresh_until);
            assert_eq!(again.to_bytes(), bytes);
        }
    }

    #[test]
    fn no_secret_of_a_request_is_among_the_bytes() {
        for head in heads() {
            let bytes = head.to_bytes();
            assert!(!bytes.windows(7).any(|part| part == b"hunter2"));
        }
    }

    #[test]
    fn the_bytes_are_few() {
        let lines = [
            ("cache-control", "max-age=3600"),
            ("content-type", "text/html"),
            ("content-length", "11"),
            ("etag", "\"0123456789abcdef\""),
        ];
        let text: usize = stored(&lines)
            .response()
            .headers()
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        assert!(stored(&lines).to_bytes().len() < text + 80);
    }

    #[test]
    fn another_version_is_none() {
        let mut bytes = stored(&[]).to_bytes().to_vec();
        bytes[0] = FORMAT + 1;
        assert!(read(&bytes).is_none());
    }

    #[test]
    fn less_or_more_is_none() {
        for head in heads() {
            let bytes = head.to_bytes();
            for length in 0..bytes.len() {
                assert!(read(&bytes[..length]).is_none(), "{length}");
            }
            assert!(read(&[&bytes[..], &[0]].concat()).is_none());
        }
    }

    /// What a fuzzer would call: bytes from anywhere are a head or none, and a head can be used like any other.
    fn try_bytes(bytes: &[u8]) -> bool {
        let Some(head) = read(bytes) else {
            return false;
        };
        assert_eq!(read(&head.to_bytes()).as_ref(), Some(&head));
        let _ = (head.memory_size(), head.is_fresh(at(1)));
        for asked in [
            get(&[]),
            get(&[("range", "bytes=1-2")]),
            get(&[]).by("HEAD"),
        ] {
            let _ = asked.decide(at(1), &[&head]);
        }
        let _ = head.delivered(at(1), &url(URL), None);
        true
    }

    #[test]
    fn mutated_bytes_are_a_head_or_none() {
        let seeds: Vec<_> = heads().iter().map(CacheHead::to_bytes).collect();
        let mut chance = Chance(1);
        let mut heads = 0;
        for _ in 0..20_000 {
            let mut bytes = seeds[chance.below(seeds.len())].to_vec();
            for _ in 0..=chance.below(4) {
                let at = chance.below(bytes.len());
                match chance.below(4) {
                    0 => bytes[at] = chance.byte(),
                    1 => bytes[at] ^= 1 << chance.below(8),
                    2 => bytes.insert(at, chance.byte()),
                    _ => drop(bytes.remove(at)),
                }
            }
            heads += usize::from(try_bytes(&bytes));
        }
        // Else nothing but the first check would have been tried.
        assert!(heads > 1000, "{heads}");
    }

    #[test]
    fn any_bytes_are_a_head_or_none() {
        let mut chance = Chance(2);
        for length in 0..2000 {
            let mut bytes: Vec<_> = (0..length % 200).map(|_| chance.byte()).collect();
            bytes.insert(0, FORMAT);
            try_bytes(&bytes);
        }
    }

    /// A text of what means something in these fields, put together at random.
    fn text(chance: &mut Chance) -> String {
        const WORDS: [&str; 24] = [
            "max-age",
            "=",
            "3600",
            ",",
            "\"",
            "\\",
            " ",
            ";",
            "no-store",
            "no-cache",
            "*",
            "bytes ",
            "0-4",
            "/10",
            "foo",
            "q=0.5",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "GMT",
            "-",
            "W/",
            "stale-if-error",
            "public",
            "18446744073709551615",
            "\u{e9}",
        ];
        (0..chance.below(9))
            .map(|_| WORDS[chance.below(WORDS.len())])
            .collect()
    }

    #[test]
    fn any_fields_are_read() {
        const NAMES: [&str; 14] = [
            "age",
            "cache-control",
            "connection",
            "content-location",
            "content-range",
            "date",
            "etag",
            "expires",
            "foo",
            "if-none-match",
            "last-modified",
            "pragma",
            "range",
            "vary",
        ];
        let mut chance = Chance(3);
        let mut stored = 0;
        for _ in 0..20_000 {
            let mut some = || {
                let texts: Vec<_> = (0..chance.below(6))
                    .map(|_| (NAMES[chance.below(NAMES.len())], text(&mut chance)))
                    .collect();
                let lines: Vec<_> = texts.iter().map(|(name, text)| (*name, &**text)).collect();
                fields(&lines)
            };
            let (asked, answer) = (some(), some());
            let status = [200, 206, 304, 404, 599][chance.below(5)];
            let address = url(URL);
            let request = CacheRequest::new(
                &Method::GET,
                &address,
                &asked,
                CachePolicy::UseProtocolCachePolicy,
            );
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Response::new(url(URL), status, http::Version::HTTP_2, answer);
            let stamp = crate::policy::cache::testing::stamp(0);
            let head = crate::policy::cache::storable::storable(&request, &answer, &stamp);
            if let Some(head) = head.and_then(|head| head.ended(5)) {
                stored += 1;
                assert!(try_bytes(&head.to_bytes()));
            }
        }
        assert!(stored > 1000, "{stored}");
    }
}
