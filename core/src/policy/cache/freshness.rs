//! How long a response is fresh (RFC 9111 section 4.2), and how old it is (section 4.2.3).

use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::{self, HeaderMap, HeaderValue};

use crate::policy::cache::directives::{ResponseDirectives, delta_seconds};
use crate::policy::date;
use crate::words::response::Response;

/// The longest time for which a response is taken to be fresh without having said so.
const LONGEST_HEURISTIC: Duration = Duration::from_secs(7 * 24 * 3600);

/// When a response was asked for, and when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) request: SystemTime,
    pub(super) response: SystemTime,
}

/// What a response says of its own freshness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Freshness {
    /// When the server made it.
    pub(super) date: SystemTime,
    /// It says so itself.
    pub(super) is_dated: bool,
    /// It says how old it was.
    pub(super) has_age: bool,
    pub(super) lifetime: Duration,
    /// The lifetime is another where the date is.
    depends_on_date: bool,
    /// How old it was when it came: RFC 9111's corrected_initial_age.
    pub(super) initial_age: Duration,
    /// Never used without validation.
    pub(super) no_cache: bool,
    /// Never used stale.
    pub(super) must_revalidate: bool,
    pub(super) is_immutable: bool,
    pub(super) stale_while_revalidate: Duration,
    pub(super) stale_if_error: Duration,
}

impl Freshness {
    pub(super) fn of(
        status: StatusCode,
        fields: &HeaderMap,
        directives: &ResponseDirectives,
        times: Times,
    ) -> Self {
        let said = date::of(fields, &header::DATE, times.response);
        let date = said.unwrap_or(times.response);
        Self {
            date,
            is_dated: said.is_some(),
            has_age: fields.contains_key(header::AGE),
            lifetime: lifetime(status, fields, directives, date),
            depends_on_date: directives.max_age.is_none()
                && [header::EXPIRES, header::LAST_MODIFIED]
                    .iter()
                    .any(|name| fields.contains_key(name)),
            initial_age: initial_age(age_field(fields), date, times),
            no_cache: directives.no_cache,
            must_revalidate: directives.must_revalidate,
            is_immutable: directives.is_immutable,
            stale_while_revalidate: directives.stale_while_revalidate.unwrap_or_default(),
            stale_if_error: directives.stale_if_error.unwrap_or_default(),
        }
    }

    /// The same of a response without Age that was confirmed at other `times`, and at `date` where that is another than its own.
    pub(super) fn again(
        &self,
        (response, directives): (&Response, &ResponseDirectives),
        date: Option<&HeaderValue>,
        times: Times,
    ) -> Self {
        let said = match date {
            Some(date) => date::parse(date.as_bytes(), times.response),
            None => self.is_dated.then_some(self.date),
        };
        let date = said.unwrap_or(times.response);
        let is_the_same = date == self.date || !self.depends_on_date;
        Self {
            date,
            is_dated: said.is_some(),
            lifetime: match is_the_same {
                true => self.lifetime,
                false => lifetime(response.status(), response.headers(), directives, date),
            },
            initial_age: initial_age(Duration::ZERO, date, times),
            ..*self
        }
    }
}

/// How long it is fresh, made at `date`.
fn lifetime(
    status: StatusCode,
    fields: &HeaderMap,
    directives: &ResponseDirectives,
    date: SystemTime,
) -> Duration {
    explicit_lifetime(fields, directives, date)
        .or_else(|| heuristic_lifetime(status, fields, directives, date))
        .unwrap_or_default()
}

/// What the server says: `max-age`, else Expires.
fn explicit_lifetime(
    fields: &HeaderMap,
    directives: &ResponseDirectives,
    date: SystemTime,
) -> Option<Duration> {
    if directives.max_age.is_some() {
        return directives.max_age;
    }
    if !fields.contains_key(header::EXPIRES) {
        return None;
    }
    // What cannot be read has expired (section 5.3).
    let expires = date::of(fields, &header::EXPIRES, date);
    Some(expires.map_or(Duration::ZERO, |expires| since(expires, date)))
}

/// True where the server itself says how long.
pub(super) fn is_explicit(fields: &HeaderMap, directives: &ResponseDirectives) -> bool {
    directives.max_age.is_some() || fields.contains_key(header::EXPIRES)
}

/// A tenth of the time for which it had not changed (section 4.2.2).
fn heuristic_lifetime(
    status: StatusCode,
    fields: &HeaderMap,
    directives: &ResponseDirectives,
    date: SystemTime,
) -> Option<Duration> {
    if !is_heuristically_cacheable(status) && !directives.is_public {
        return None;
    }
    let modified = date::of(fields, &header::LAST_MODIFIED, date)?;
    Some((since(date, modified) / 10).min(LONGEST_HEURISTIC))
}

/// The statuses that need not say that they can be cached (RFC 9110 section 15.1).
pub(super) fn is_heuristically_cacheable(status: StatusCode) -> bool {
    matches!(
        status.as_u16(),
        200 | 203 | 204 | 206 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501
    )
}

fn initial_age(said: Duration, date: SystemTime, times: Times) -> Duration {
    let apparent_age = since(times.response, date);
    let delay = since(times.response, times.request);
    apparent_age.max(said.saturating_add(delay))
}

/// The first member of Age; what is no number of seconds is none (section 5.1).
fn age_field(fields: &HeaderMap) -> Duration {
    let members = fields
        .get_all(header::AGE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    let first = members
        .map(<[u8]>::trim_ascii)
        .find(|member| !member.is_empty());
    first.and_then(delta_seconds).unwrap_or_default()
}

/// The time from `earlier` to `later`, zero when there is none.
pub(super) fn since(later: SystemTime, earlier: SystemTime) -> Duration {
    later.duration_since(earlier).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cache::testing::{at, date as http_date, fields};
    use crate::testing::test;

    fn freshness_of(status: u16, lines: &[(&str, &str)]) -> Freshness {
        let fields = fields(lines);
        let directives = ResponseDirectives::of(&fields);
        let times = Times {
            request: at(0),
            response: at(0),
        };
        let status = StatusCode::from_u16(status).unwrap();
        Freshness::of(status, &fields, &directives, times)
    }

    fn lifetime(lines: &[(&str, &str)]) -> u64 {
        freshness_of(200, lines).lifetime.as_secs()
    }

    #[test]
    fn max_age_comes_before_expires() {
        let day = http_date(86_400);
        assert_eq!(
            lifetime(&[("cache-control", "max-age=5"), ("expires", &day)]),
            5
        );
        assert_eq!(
            lifetime(&[("cache-control", "max-age=5"), ("expires", "0")]),
            5
        );
        assert_eq!(
            lifetime(&[("cache-control", "s-maxage=5"), ("expires", &day)]),
            86_400
        );
        assert_eq!(lifetime(&[("cdn-cache-control", "max-age=5")]), 0);
        assert_eq!(lifetime(&[("surrogate-control", "max-age=5")]), 0);
    }

    #[test]
    fn expires_is_counted_from_date() {
        let table = [
            (http_date(100), http_date(0), 100),
            (http_date(20), http_date(10), 10),
            (http_date(0), http_date(0), 0),
            (http_date(-100), http_date(0), 0),
            (http_date(100), "no date".to_owned(), 100),
        ];
        for (expires, date, expected) in table {
            assert_eq!(
                lifetime(&[("expires", &expires), ("date", &date)]),
                expected
            );
        }
    }

    #[test]
    fn what_expires_says_badly_has_expired() {
        let (day, modified) = (http_date(86_400), http_date(-86_400));
        let last_modified = ("last-modified", &*modified);
        assert_eq!(lifetime(&[("expires", &day), last_modified]), 86_400);
        assert_eq!(
            lifetime(&[("expires", &day), ("expires", &day), last_modified]),
            0
        );
        assert_eq!(lifetime(&[("expires", "0"), last_modified]), 0);
        assert_eq!(lifetime(&[("expires", ""), last_modified]), 0);
    }

    #[test]
    fn a_tenth_of_its_age_where_nothing_is_said() {
        let table = [
            (-10, 1),
            (-1000, 100),
            (-864_000, 86_400),
            (-100_000_000, LONGEST_HEURISTIC.as_secs()),
            (1000, 0),
        ];
        for (modified, expected) in table {
            assert_eq!(
                lifetime(&[("last-modified", &http_date(modified))]),
                expected
            );
        }
        assert_eq!(lifetime(&[]), 0);
        assert_eq!(lifetime(&[("last-modified", "yesterday")]), 0);
        let modified = http_date(-1000);
        assert_eq!(
            lifetime(&[("last-modified", &modified), ("cache-control", "max-age=x")]),
            0
        );
    }

    #[test]
    fn only_some_statuses_are_fresh_without_saying_so() {
        let modified = http_date(-1000);
        let of = |status, cache_control: &str| {
            let lines = [
                ("last-modified", &*modified),
                ("cache-control", cache_control),
            ];
            freshness_of(status, &lines).lifetime.as_secs()
        };
        let fresh: Vec<u16> = (200..600).filter(|&status| of(status, "") > 0).collect();
        let expected = [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501];
        assert_eq!(fresh, expected);
        assert!((200..600).all(|status| of(status, "public") == 100));
        assert_eq!(of(599, "private"), 0);
    }

    #[test]
    fn the_first_age_counts_if_it_is_a_number() {
        let table: [(&[&str], u64); 12] = [
            (&["7200"], 7200),
            (&["0"], 0),
            (&["7200, 0"], 7200),
            (&["0, 7200"], 0),
            (&["7200", "0"], 7200),
            (&["0", "7200"], 0),
            (&["3600", "3600"], 3600),
            (&["abc"], 0),
            (&["-7200"], 0),
            (&["7200.0"], 0),
            (&["7200;foo=111"], 0),
            (&["2147483649"], 2_147_483_647),
        ];
        for (values, expected) in table {
            let lines: Vec<_> = values.iter().map(|value| ("age", *value)).collect();
            let age = freshness_of(200, &lines).initial_age;
            assert_eq!(age.as_secs(), expected, "{values:?}");
        }
    }

    #[test]
    fn age_counts_the_delay_and_the_servers_clock() {
        let of = |age: &str, date: i64, delay: u64| {
            let fields = fields(&[("age", age), ("date", &http_date(100 + date))]);
            let times = Times {
                request: at(100 - delay),
                response: at(100),
            };
            let directives = ResponseDirectives::of(&fields);
            let freshness = Freshness::of(StatusCode::OK, &fields, &directives, times);
            freshness.initial_age.as_secs()
        };
        assert_eq!(of("30", 0, 0), 30);
        assert_eq!(of("30", 0, 4), 34);
        assert_eq!(of("30", -100, 4), 100);
        assert_eq!(of("30", 100, 4), 34);
    }
}
