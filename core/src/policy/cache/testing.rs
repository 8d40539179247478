//! Requests, responses and stored heads of tests, each in a line.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use url::Url;

use crate::policy::cache::decide::{CacheOptions, Decision, decide, may_use};
use crate::policy::cache::head::{CacheHead, Stamp};
use crate::policy::cache::request::CacheRequest;
use crate::policy::cache::storable::storable;
use crate::policy::cache::vary::{Salt, Salts};
use crate::words::cache::CachePolicy;
use crate::words::response::Response;

/// Sun, 22 Nov 2026 00:00:00 GMT, where every test begins.
const START: u64 = 1_795_305_600;

pub(super) const URL: &str = "http://a.example/a?b";

/// The length of the stored bodies.
pub(super) const LENGTH: u64 = 11;

/// So many seconds after the beginning.
pub(super) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(START + seconds)
}

/// An HTTP date so many seconds from the beginning.
pub(super) fn date(offset: i64) -> String {
    let seconds = START.checked_add_signed(offset).unwrap();
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
}

pub(super) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

pub(super) fn fields(lines: &[(&str, &str)]) -> HeaderMap {
    let mut fields = HeaderMap::new();
    for (name, value) in lines {
        let name: HeaderName = name.parse().unwrap();
        fields.append(name, HeaderValue::from_str(value).unwrap());
    }
    fields
}

pub(super) fn response(status: u16, lines: &[(&str, &str)]) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    Response::new(url(URL), status, Version::HTTP_11, fields(lines))
}

/// A request and what a session says to it.
pub(super) struct Asked {
    method: Method,
    url: Url,
    fields: HeaderMap,
    policy: CachePolicy,
    options: CacheOptions,
}

/// A GET with these fields.
pub(super) fn get(lines: &[(&str, &str)]) -> Asked {
    Asked {
        method: Method::GET,
        url: url(URL),
        fields: fields(lines),
        policy: CachePolicy::UseProtocolCachePolicy,
        options: CacheOptions::default(),
    }
}

impl Asked {
    pub(super) fn by(mut self, method: &str) -> Self {
        self.method = method.parse().unwrap();
        self
    }

    pub(super) fn of(mut self, text: &str) -> Self {
        self.url = url(text);
        self
    }

    pub(super) fn with_policy(mut self, policy: CachePolicy) -> Self {
        self.policy = policy;
        self
    }

    pub(super) fn serving_stale_when_disconnected(mut self) -> Self {
        self.options.serves_stale_when_disconnected = true;
        self
    }

    pub(super) fn request(&self) -> CacheRequest<'_> {
        CacheRequest::new(&self.method, &self.url, &self.fields, self.policy)
    }

    pub(super) fn decide(&self, now: SystemTime, heads: &[&CacheHead]) -> Decision {
        let decision = decide(now, &self.request(), heads, self.options);
        let is_use = matches!(decision, Decision::Use(_));
        let is_plain = self.request().is_plain;
        assert!(!is_use || heads.iter().any(|head| may_use(now, is_plain, head)));
        decision
    }

    /// The head of `response`, which came at the beginning with a body of [`LENGTH`] bytes.
    pub(super) fn stores(&self, response: &Response) -> Option<CacheHead> {
        storable(&self.request(), response, &stamp(0))?.ended(LENGTH)
    }
}

impl Salts for Salt {
    fn salt(&self) -> Salt {
        *self
    }
}

/// A response that came in no time, so many seconds after the beginning.
pub(super) fn stamp(seconds: u64) -> Stamp<'static> {
    Stamp {
        request_time: at(seconds),
        response_time: at(seconds),
        salts: &[9; 16],
    }
}

/// A 200 to a plain GET, stored at the beginning.
pub(crate) fn stored(lines: &[(&str, &str)]) -> CacheHead {
    get(&[]).stores(&response(200, lines)).unwrap()
}

/// A stored answer to a GET for `range`, whose Content-Range is `content_range`, with a body of `length` bytes.
pub(super) fn stored_part(
    range: &str,
    content_range: &str,
    length: u64,
    lines: &[(&str, &str)],
) -> Option<CacheHead> {
    let lines = [lines, &[("content-range", content_range)]].concat();
    let asked = get(&[("range", range)]);
    storable(&asked.request(), &response(206, &lines), &stamp(0))?.ended(length)
}

/// Numbers that look like chance and are the same each time (xorshift64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % end
    }
}
