//! A response as it is stored, but for its body.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{self, HeaderMap, HeaderName};
use http::{HeaderValue, StatusCode};
use url::Url;

use crate::policy::cache::dated::Dated;
use crate::policy::cache::decide::Fields;
use crate::policy::cache::delivered::{self, Delivered};
use crate::policy::cache::directives::ResponseDirectives;
use crate::policy::cache::freshness::{Freshness, Times, since};
use crate::policy::cache::range::Slice;
use crate::policy::cache::validate::{conditions, field};
use crate::policy::cache::validating::Validating;
use crate::policy::cache::vary::{Salts, Selecting};
use crate::policy::fields::with_beside;
use crate::words::cache::CacheStoragePolicy;
use crate::words::response::Response;
use crate::words::target::without_user;
use crate::words::user_info::UserInfo;

/// How much of the representation the stored body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it, so many bytes where that is known yet.
    Whole {
        /// In bytes.
        length: Option<u64>,
    },
    /// The bytes from `start` up to `end`, of `complete` where that is known.
    Part {
        /// The first byte's position.
        start: u64,
        /// The position after the last byte's.
        end: u64,
        /// How many bytes the whole has.
        complete: Option<u64>,
    },
}

/// How far a clock may be set back and stored responses still be taken for what they say.
const CLOCK_SLACK: Duration = Duration::from_secs(60);

/// What is known of a response besides itself.
#[derive(Clone, Copy)]
pub(crate) struct Stamp<'a> {
    /// When its request was sent.
    pub(crate) request_time: SystemTime,
    /// When it came.
    pub(crate) response_time: SystemTime,
    /// For the digests of secrets.
    pub(crate) salts: &'a dyn Salts,
}

/// The stored head: what is delivered, and what decides whether it is.
pub(crate) struct CacheHead {
    pub(super) stored: Dated,
    pub(super) times: Times,
    pub(super) selecting: Selecting,
    pub(super) extent: Extent,
    /// Whatever it says itself (RFC 9111 section 4.3.5).
    pub(super) is_considered_stale: bool,
    storage_policy: CacheStoragePolicy,
    user_info: UserInfo,
    /// What its Cache-Control says: derived from what stands above, as is all that follows.
    pub(super) directives: Arc<ResponseDirectives>,
    pub(super) freshness: Freshness,
    /// Under which the server may say that it still is.
    pub(super) conditions: Fields,
    /// The moment up to which it answers a plain request without a further look; none where it never does.
    pub(super) simply_fresh_until: Option<SystemTime>,
    /// Before that, a clock has been set back since it was stored: its age is not known.
    pub(super) credible_from: SystemTime,
    delivered: Delivered,
    validating: Validating,
}

/// What a head is made of.
pub(super) struct Parts {
    pub(super) response: Response,
    pub(super) times: Times,
    pub(super) selecting: Selecting,
    pub(super) extent: Extent,
    pub(super) is_considered_stale: bool,
    pub(super) storage_policy: CacheStoragePolicy,
    pub(super) user_info: UserInfo,
}

impl CacheHead {
    pub(super) fn new(parts: Parts) -> Self {
        let (status, fields) = (parts.response.status(), parts.response.headers());
        let directives = ResponseDirectives::of(fields);
        let freshness = Freshness::of(status, fields, &directives, parts.times);
        let came = parts.times.response;
        let mut head = Self {
            credible_from: came.checked_sub(CLOCK_SLACK).unwrap_or(came),
            conditions: conditions(&parts.response, came),
            validating: Validating::default(),
            stored: parts.response.into(),
            times: parts.times,
            selecting: parts.selecting,
            extent: parts.extent,
            is_considered_stale: parts.is_considered_stale,
            storage_policy: parts.storage_policy,
            user_info: parts.user_info,
            directives: Arc::new(directives),
            freshness,
            simply_fresh_until: None,
            delivered: Delivered::default(),
        };
        head.simply_fresh_until = head.simply_fresh_until();
        head
    }

    pub(super) fn parts(&self) -> Parts {
        Parts {
            response: self.response().clone(),
            times: self.times,
            selecting: self.selecting.clone(),
            extent: self.extent,
            is_considered_stale: self.is_considered_stale,
            storage_policy: self.storage_policy,
            user_info: self.user_info.clone(),
        }
    }

    /// The same response, confirmed at other times, and at `date` where that is another than it has. What was delivered may be delivered
    /// again.
    pub(super) fn confirmed(&self, times: Times, date: Option<HeaderValue>) -> Self {
        let came = times.response;
        let of = (self.but_for_date(), &*self.directives);
        let freshness = self.freshness.again(of, date.as_ref(), times);
        let mut head = Self {
            delivered: self.delivered.handed_over(date.is_none()),
            conditions: self.conditions.clone(),
            validating: self.validating.handed_over(),
            stored: match date {
                Some(date) => self.stored.confirmed(date),
                None => self.stored.clone(),
            },
            times,
            selecting: self.selecting.clone(),
            extent: self.extent,
            is_considered_stale: false,
            storage_policy: self.storage_policy,
            user_info: self.user_info.clone(),
            directives: self.directives.clone(),
            freshness,
            simply_fresh_until: None,
            credible_from: came.checked_sub(CLOCK_SLACK).unwrap_or(came),
        };
        head.simply_fresh_until = head.simply_fresh_until();
        head
    }

    fn simply_fresh_until(&self) -> Option<SystemTime> {
        let is_simple = self.selecting.is_none()
            && matches!(self.extent, Extent::Whole { .. })
            && !self.needs_validation();
        let left = self
            .freshness
            .lifetime
            .checked_sub(self.freshness.initial_age)?;
        is_simple.then(|| self.times.response.checked_add(left))?
    }

    /// The response as it is stored: without the fields of one connection, and without the Age of this moment.
    pub(crate) fn response(&self) -> &Response {
        self.stored.response()
    }

    /// The same but for its date, which may be an older one: for who looks at anything else.
    pub(crate) fn but_for_date(&self) -> &Response {
        self.stored.but_for_date()
    }

    /// True when both have the same fields, but for their dates.
    pub(crate) fn shares_fields(&self, other: &Self) -> bool {
        self.stored.shares_fields(&other.stored)
    }

    /// When it came, or was last validated.
    pub(crate) fn response_time(&self) -> SystemTime {
        self.times.response
    }

    /// How much of the representation the stored body is.
    pub(crate) fn extent(&self) -> Extent {
        self.extent
    }

    /// Where it may be kept.
    pub(crate) fn storage_policy(&self) -> CacheStoragePolicy {
        self.storage_policy
    }

    /// What the app keeps with it.
    pub(crate) fn user_info(&self) -> &UserInfo {
        &self.user_info
    }

    /// The same, to be kept there.
    #[must_use]
    pub(crate) fn with_storage_policy(mut self, policy: CacheStoragePolicy) -> Self {
        self.storage_policy = policy;
        self
    }

    /// The same with what the app keeps with it.
    #[must_use]
    pub(crate) fn with_user_info(mut self, user_info: UserInfo) -> Self {
        self.user_info = user_info;
        self
    }

    /// The same with a response that the app has edited; it is fresh as that response says.
    #[must_use]
    pub(crate) fn with_response(self, response: Response) -> Self {
        Self::new(Parts {
            response,
            ..self.parts()
        })
    }

    /// The same once its body has come to its end after `received` bytes. `None` where that is not what Content-Range said, and it
    /// must not be stored.
    #[must_use]
    pub(crate) fn ended(self, received: u64) -> Option<Self> {
        let extent = match self.extent {
            Extent::Whole { .. } => Extent::Whole {
                length: Some(received),
            },
            Extent::Part {
                start,
                end,
                complete,
            } if end - start != received => {
                // Servers that count one too many: what reaches the end of the whole still does.
                let reaches_end = complete == Some(end) && received > 0 && received < end - start;
                let end = start + received;
                reaches_end.then_some(Extent::Part {
                    start,
                    end,
                    complete: Some(end),
                })?
            }
            extent @ Extent::Part { .. } => extent,
        };
        Some(self.with_extent(extent))
    }

    /// What is left of it where its body broke off after `received` bytes: a part that can be completed later, if the server's
    /// validator is strong enough to put parts together (RFC 9111 section 3.4).
    #[must_use]
    pub(crate) fn cut_short(self, received: u64) -> Option<Self> {
        let (start, complete) = match self.extent {
            Extent::Whole { .. } => (0, self.but_for_date().expected_content_length()),
            Extent::Part {
                start, complete, ..
            } => (start, complete),
        };
        let is_of_use = received > 0
            && matches!(
                self.but_for_date().status(),
                StatusCode::OK | StatusCode::PARTIAL_CONTENT
            )
            && self.strong_validator().is_some();
        let end = start.checked_add(received)?;
        let is_possible = complete.is_none_or(|complete| end < complete);
        (is_of_use && is_possible).then(|| {
            self.with_extent(Extent::Part {
                start,
                end,
                complete,
            })
        })
    }

    fn with_extent(mut self, extent: Extent) -> Self {
        self.extent = extent;
        self.simply_fresh_until = self.simply_fresh_until();
        self
    }

    /// Its age (RFC 9111 section 4.2.3).
    pub(crate) fn age(&self, now: SystemTime) -> Duration {
        let resident = since(now, self.times.response);
        self.freshness.initial_age.saturating_add(resident)
    }

    /// True as long as it may be used without asking.
    pub(crate) fn is_fresh(&self, now: SystemTime) -> bool {
        !self.needs_validation()
            && now >= self.credible_from
            && self.age(now) < self.freshness.lifetime
    }

    /// True where it is never used without asking.
    pub(super) fn needs_validation(&self) -> bool {
        self.freshness.no_cache || self.is_considered_stale || self.selecting.by_anything
    }

    /// The field, where it is there once and is text; not for its date.
    pub(super) fn field(&self, name: &HeaderName) -> Option<&HeaderValue> {
        field(self.but_for_date(), name)
    }

    /// The fields of a request that has `own` and sets `fields` in their places.
    pub(crate) fn asked_with(&self, own: &Arc<HeaderMap>, fields: &Fields) -> Arc<HeaderMap> {
        if fields.is_empty() {
            return own.clone();
        }
        match Arc::ptr_eq(fields, &self.conditions) {
            true => self.validating.fields(own, fields),
            false => Arc::new(with_beside(own, fields)),
        }
    }

    /// The entity tag, if it tells every change of a byte (RFC 9110 section 8.8.1).
    pub(super) fn strong_validator(&self) -> Option<&HeaderValue> {
        strong_validator(self.but_for_date().headers())
    }

    /// What is delivered `now` for a request for `url`: with Age, and as 206 where a slice of the body answers it.
    pub(crate) fn delivered(&self, now: SystemTime, url: &Url, slice: Option<&Slice>) -> Response {
        let age = self.age(now).as_secs();
        // The stored one has neither fragment nor user, and nothing else tells them apart.
        let has_stored_url = url.as_str().len() == self.but_for_date().url().as_str().len();
        match slice {
            None if has_stored_url => self.delivered.at(age, &self.stored),
            None | Some(_) => self.made(age, url.clone(), slice),
        }
    }

    fn made(&self, age: u64, url: Url, slice: Option<&Slice>) -> Response {
        let mut fields = delivered::fields(&self.stored, age);
        let stored = self.but_for_date();
        let mut status = stored.status();
        if let Some(slice) = slice {
            status = StatusCode::PARTIAL_CONTENT;
            fields.insert(header::CONTENT_RANGE, slice.content_range());
            fields.insert(header::CONTENT_LENGTH, slice.length().into());
        }
        Response::new(url, status, stored.version(), fields)
    }

    /// About how many bytes of memory that takes which was made since it was: the fields that validate it.
    pub(crate) fn made_meanwhile(&self) -> u64 {
        self.validating.memory_size() as u64
    }

    /// About how many bytes of memory it takes besides.
    pub(crate) fn memory_size(&self) -> usize {
        /// A field's place in the map, besides its text.
        const FIELD: usize = 96;
        let of_fields = |fields: &HeaderMap| -> usize {
            let sizes = fields
                .iter()
                .map(|(name, value)| FIELD + name.as_str().len() + value.len());
            sizes.sum()
        };
        let info = self.user_info.iter();
        let info: usize = info
            .map(|(name, value)| name.len() + value.len() + 64)
            .sum();
        let stored = self.but_for_date();
        // The response may stand there twice: as it was stored, and as it was delivered last.
        2 * (of_fields(stored.headers()) + stored.url().as_str().len() + 256)
            + self.selecting.fields.len() * 128
            + info
            + size_of::<Self>()
    }
}

/// The entity tag among `fields`, if it tells every change of a byte.
pub(super) fn strong_validator(fields: &HeaderMap) -> Option<&HeaderValue> {
    let tag = fields.get(header::ETAG)?;
    let text = tag.as_bytes();
    let is_strong = text.len() >= 2 && text.starts_with(b"\"") && text.ends_with(b"\"");
    is_strong.then_some(tag)
}

/// `url` as heads have it: without what is not sent.
pub(super) fn stored_url(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    without_user(url)
}

impl AsRef<Self> for CacheHead {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Clone for CacheHead {
    fn clone(&self) -> Self {
        Self {
            stored: self.stored.clone(),
            times: self.times,
            selecting: self.selecting.clone(),
            extent: self.extent,
            is_considered_stale: self.is_considered_stale,
            storage_policy: self.storage_policy,
            user_info: self.user_info.clone(),
            directives: self.directives.clone(),
            freshness: self.freshness,
            simply_fresh_until: self.simply_fresh_until,
            credible_from: self.credible_from,
            delivered: Delivered::default(),
            conditions: self.conditions.clone(),
            validating: Validating::default(),
        }
    }
}

impl PartialEq for CacheHead {
    fn eq(&self, other: &Self) -> bool {
        self.response() == other.response()
            && self.times == other.times
            && self.selecting == other.selecting
            && self.extent == other.extent
            && self.is_considered_stale == other.is_considered_stale
            && self.storage_policy == other.storage_policy
            && self.user_info == other.user_info
    }
}

impl fmt::Debug for CacheHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheHead")
            .field("response", self.response())
            .field("extent", &self.extent)
            .field("freshness", &self.freshness)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cache::range::{Span, slice};
    use crate::policy::cache::testing::{
        LENGTH, at, date, get, response, stored, stored_part, url,
    };
    use crate::testing::test;

    fn delivered(head: &CacheHead, seconds: u64) -> Response {
        head.delivered(at(seconds), &url("http://a.example/a?b"), None)
    }

    #[test]
    fn what_is_delivered_has_its_age() {
        let table = [
            (0, 0, &[][..], 0),
            (3, 0, &[], 3),
            (3, 0, &[("age", "30")], 33),
            (3, -10, &[], 13),
            (3, -10, &[("age", "x")], 13),
        ];
        for (now, made, lines, expected) in table {
            let date = date(made);
            let lines = [lines, &[("cache-control", "max-age=100"), ("date", &date)]].concat();
            let head = stored(&lines);
            let response = delivered(&head, now);
            assert_eq!(
                response.headers()["age"],
                *expected.to_string(),
                "{lines:?}"
            );
            assert_eq!(response.headers().get_all("age").iter().count(), 1);
            assert_eq!(response.headers()["date"], *date);
            assert_eq!(head.age(at(now)).as_secs(), expected);
        }
    }

    #[test]
    fn what_is_delivered_in_the_same_second_is_the_same() {
        let head = stored(&[("cache-control", "max-age=100")]);
        assert_eq!(delivered(&head, 1).headers()["age"], "1");
        let first = delivered(&head, 2);
        assert!(std::ptr::eq(first.headers(), delivered(&head, 2).headers()));
        assert!(!std::ptr::eq(
            first.headers(),
            delivered(&head, 3).headers()
        ));
    }

    #[test]
    fn what_is_delivered_is_from_the_url_that_was_asked_for() {
        let asked = get(&[]).of("http://me:secret@a.example/a#one");
        let head = asked
            .stores(&response(200, &[("cache-control", "max-age=9")]))
            .unwrap();
        assert_eq!(head.response().url().as_str(), "http://a.example/a");
        for text in [
            "http://a.example/a",
            "http://a.example/a#two",
            "http://you@a.example/a",
        ] {
            let response = head.delivered(at(1), &url(text), None);
            assert_eq!(response.url().as_str(), text);
        }
        let response = head.delivered(at(1), &url("http://a.example/a"), None);
        assert_eq!(response.url().as_str(), "http://a.example/a");
    }

    #[test]
    fn a_slice_is_delivered_as_206() {
        let head = stored(&[
            ("cache-control", "max-age=9"),
            ("content-length", "11"),
            ("a", "1"),
        ]);
        let slice = slice(Span::FromTo(2, 4), head.extent()).unwrap();
        let response = head.delivered(at(1), &url("http://a.example/"), Some(&slice));
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
        let expected = [
            ("content-range", "bytes 2-4/11"),
            ("content-length", "3"),
            ("a", "1"),
        ];
        for (name, value) in expected {
            assert_eq!(response.headers()[name], value);
        }
        assert_eq!((slice.skip, slice.length()), (2, 3));
    }

    #[test]
    fn set_cookie_is_stored_and_delivered() {
        let head = stored(&[
            ("cache-control", "max-age=9"),
            ("set-cookie", "a=b"),
            ("set-cookie", "c=d"),
        ]);
        let response = delivered(&head, 1);
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=b", "c=d"]);
    }

    #[test]
    fn it_is_fresh_for_its_lifetime() {
        let table = [
            ("max-age=10", 10),
            ("max-age=10, no-cache", 0),
            ("max-age=0", 0),
        ];
        for (cache_control, expected) in table {
            let head = stored(&[("cache-control", cache_control)]);
            let fresh = (0..20).filter(|&now| head.is_fresh(at(now))).count();
            assert_eq!(fresh, expected, "{cache_control}");
            let simple = head
                .simply_fresh_until
                .map(|until| since(until, at(0)).as_secs());
            assert_eq!(
                simple.unwrap_or_default(),
                expected as u64,
                "{cache_control}"
            );
        }
    }

    #[test]
    fn a_clock_that_was_set_back_makes_it_stale() {
        let head = stored(&[("cache-control", "max-age=1000000")]);
        assert!(head.is_fresh(at(0) - Duration::from_secs(60)));
        assert!(!head.is_fresh(at(0) - Duration::from_secs(61)));
    }

    #[test]
    fn a_body_of_another_length_than_content_range_says_is_not_stored() {
        let table = [
            ("bytes 4-9/10", 6, Some((4, 10, Some(10)))),
            ("bytes 4-9/*", 6, Some((4, 10, None))),
            ("bytes 4-9/20", 5, None),
            ("bytes 4-9/20", 7, None),
            ("bytes 4-9/*", 5, None),
            // Up to the end, one byte too many counted.
            ("bytes 4-9/10", 5, Some((4, 9, Some(9)))),
            ("bytes 4-9/10", 7, None),
            ("bytes 4-9/10", 0, None),
        ];
        for (content_range, length, expected) in table {
            let lines = [("cache-control", "max-age=9")];
            let head = stored_part("bytes=4-", content_range, length, &lines);
            let found = head.map(|head| match head.extent() {
                Extent::Part {
                    start,
                    end,
                    complete,
                } => (start, end, complete),
                Extent::Whole { .. } => panic!("a whole"),
            });
            assert_eq!(found, expected, "{content_range} of {length}");
        }
    }

    #[test]
    fn a_body_that_broke_off_is_a_part_if_the_rest_can_be_told() {
        let cut = |status, tag: &str, length: &str, received| {
            let lines = [
                ("etag", tag),
                ("content-length", length),
                ("cache-control", "max-age=9"),
            ];
            get(&[])
                .stores(&response(status, &lines))
                .unwrap()
                .cut_short(received)
        };
        let head = cut(200, "\"a\"", "100", 40).unwrap();
        let expected = Extent::Part {
            start: 0,
            end: 40,
            complete: Some(100),
        };
        assert_eq!(head.extent(), expected);
        assert_eq!(head.simply_fresh_until, None);
        assert!(cut(200, "\"a\"", "100", 0).is_none());
        assert!(cut(200, "\"a\"", "100", 100).is_none());
        assert!(cut(200, "W/\"a\"", "100", 40).is_none());
        assert!(cut(200, "a", "100", 40).is_none());
        assert!(cut(404, "\"a\"", "100", 40).is_none());
    }

    #[test]
    fn what_the_app_edits_is_what_counts() {
        let head = stored(&[("cache-control", "max-age=10")]);
        let edited = response(200, &[("cache-control", "max-age=20"), ("a", "1")]);
        let head = head
            .with_response(edited)
            .with_storage_policy(CacheStoragePolicy::AllowedInMemoryOnly);
        assert!(head.is_fresh(at(19)) && !head.is_fresh(at(20)));
        let whole = Extent::Whole {
            length: Some(LENGTH),
        };
        assert_eq!(head.extent(), whole);
        assert_eq!(
            head.storage_policy(),
            CacheStoragePolicy::AllowedInMemoryOnly
        );
    }

    #[test]
    fn its_size_grows_with_what_it_holds() {
        let small = stored(&[("cache-control", "max-age=10")]);
        let long = "x".repeat(10_000);
        let large = stored(&[("cache-control", "max-age=10"), ("a", &long)]);
        assert!(large.memory_size() >= small.memory_size() + 10_000);
    }

    #[test]
    fn it_prints_no_secret() {
        let asked = get(&[("authorization", "hunter2"), ("cookie", "hunter2")]);
        let lines = [
            ("vary", "cookie"),
            ("cache-control", "max-age=9"),
            ("set-cookie", "hunter2"),
        ];
        let head = asked.stores(&response(200, &lines)).unwrap();
        assert!(!format!("{head:?}").contains("hunter2"));
    }
}
