//! Conditions on requests (RFC 9111 section 4.3), and what answers to them do to what is stored.

use std::sync::Arc;
use std::time::SystemTime;

use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::policy::cache::decide::Fields;
use crate::policy::cache::directives::ResponseDirectives;
use crate::policy::cache::freshness::Times;
use crate::policy::cache::head::{CacheHead, Extent, Parts, Stamp};
use crate::policy::cache::storable::{date_of, is_of_one_connection, record_date, stored_fields};
use crate::policy::cache::vary::Selecting;
use crate::policy::date;
use crate::words::cache::CacheStoragePolicy;
use crate::words::response::Response;

/// The conditions under which the server may answer 304 for `stored`, which came at `now`; none where it has no validator.
pub(super) fn conditions(stored: &Response, now: SystemTime) -> Fields {
    let tag = tag(stored).map(|tag| (header::IF_NONE_MATCH, tag.clone()));
    let is_dated = date::of(stored.headers(), &header::LAST_MODIFIED, now).is_some();
    let date = field(stored, &header::LAST_MODIFIED).filter(|_| is_dated);
    let date = date.map(|date| (header::IF_MODIFIED_SINCE, date.clone()));
    match (tag, date) {
        (None, None) => Fields::default(),
        (tag, date) => tag.into_iter().chain(date).collect(),
    }
}

/// The same where a part is asked for: a tag is enough.
pub(super) fn conditions_for_range(head: &CacheHead) -> Fields {
    let all = &head.conditions;
    let is_tag = |(name, _): &&(HeaderName, HeaderValue)| *name == header::IF_NONE_MATCH;
    match all.iter().find(is_tag) {
        Some(tag) if all.len() > 1 => [tag.clone()].into(),
        Some(_) | None => all.clone(),
    }
}

/// The field, where it is there once and is text.
pub(super) fn field<'a>(stored: &'a Response, name: &HeaderName) -> Option<&'a HeaderValue> {
    let value = stored.headers().get(name)?;
    value.to_str().is_ok().then_some(value)
}

fn tag(stored: &Response) -> Option<&HeaderValue> {
    field(stored, &header::ETAG).filter(|value| !value.is_empty())
}

/// `head` after a 304 to its own conditions (RFC 9111 section 4.3.4), to a request with the fields `asked`: it is the answer now.
///
/// A 304 that speaks of another entity changes nothing in it. Where it must not be kept any longer, its storage policy says so.
pub(crate) fn freshened(
    head: &CacheHead,
    asked: &HeaderMap,
    response: &Response,
    stamp: &Stamp<'_>,
) -> Arc<CacheHead> {
    let new = response.headers();
    if let Some(head) = confirmed(head, new, stamp) {
        return head;
    }
    let stored = head.but_for_date().headers();
    let is_other = matches!((opaque_tag(new), opaque_tag(stored)), (Some(a), Some(b)) if a != b);
    Arc::new(match is_other {
        true => head.clone(),
        false => merged(head, asked, new, stamp),
    })
}

/// `head` after the answer to a HEAD for the same (RFC 9111 section 4.3.5): updated, or considered stale when that speaks of another
/// representation. `None` where it says nothing about what is stored.
pub(crate) fn updated_by_head(
    head: &CacheHead,
    asked: &HeaderMap,
    response: &Response,
    stamp: &Stamp<'_>,
) -> Option<CacheHead> {
    if response.status() != StatusCode::OK || head.but_for_date().status() != StatusCode::OK {
        return None;
    }
    let (new, stored) = (response.headers(), head.but_for_date().headers());
    let agrees = |name: &HeaderName| !new.contains_key(name) || new.get(name) == stored.get(name);
    let has_length = match (response.expected_content_length(), head.extent) {
        (None, _) => true,
        (Some(length), Extent::Whole { length: stored }) => stored == Some(length),
        (Some(length), Extent::Part { complete, .. }) => complete == Some(length),
    };
    if agrees(&header::ETAG) && agrees(&header::LAST_MODIFIED) && has_length {
        return Some(updated(head, asked, new, stamp));
    }
    Some(CacheHead::new(Parts {
        is_considered_stale: true,
        ..head.parts()
    }))
}

/// The opaque part of the entity tag: equal tags are equal in the weak comparison (RFC 9110 section 8.8.3.2).
fn opaque_tag(fields: &HeaderMap) -> Option<&[u8]> {
    let tag = fields.get(header::ETAG)?.as_bytes();
    Some(tag.strip_prefix(b"W/").unwrap_or(tag))
}

/// What the stored bytes are does not change by what is said of others.
const OF_THE_BYTES: [HeaderName; 3] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
];

/// `head` with the fields of an answer that has no content of its own (RFC 9111 section 3.2).
pub(super) fn updated(
    head: &CacheHead,
    asked: &HeaderMap,
    new: &HeaderMap,
    stamp: &Stamp<'_>,
) -> CacheHead {
    match confirmed(head, new, stamp) {
        Some(head) => Arc::unwrap_or_clone(head),
        None => merged(head, asked, new, stamp),
    }
}

/// `head` where `new` says nothing but what is known, at other times and perhaps at another date: most answers of 304 do, and they are to
/// cost little. `None` where it says more. Who asked could be answered by `head`, so it is selected as before.
fn confirmed(head: &CacheHead, new: &HeaderMap, stamp: &Stamp<'_>) -> Option<Arc<CacheHead>> {
    let date = match confirms(head, new) {
        Confirms::No => return None,
        Confirms::All => None,
        // A copy: the value that came holds all of the bytes that came with it.
        Confirms::AllButDate(Some(date)) => Some(HeaderValue::from_bytes(date.as_bytes()).ok()?),
        Confirms::AllButDate(None) => Some(date_of(stamp.response_time)?),
    };
    Some(Arc::new(head.confirmed(Times::of(stamp), date)))
}

/// `head` with what `new` says.
fn merged(head: &CacheHead, asked: &HeaderMap, new: &HeaderMap, stamp: &Stamp<'_>) -> CacheHead {
    let (fields, is_forbidden) = merged_fields(head.response().headers(), new, stamp);
    let made = CacheHead::new(Parts {
        selecting: Selecting::of(asked, &fields, stamp.salts),
        response: with_fields(head.response(), fields),
        times: Times::of(stamp),
        is_considered_stale: false,
        ..head.parts()
    });
    match is_forbidden {
        true => made.with_storage_policy(CacheStoragePolicy::NotAllowed),
        false => made,
    }
}

/// How much of what is stored an answer says again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Confirms<'a> {
    /// It says something else.
    No,
    /// This is its date, or it has none.
    AllButDate(Option<&'a HeaderValue>),
    All,
}

/// How much of `head` it is that `new` says again.
fn confirms<'a>(head: &CacheHead, new: &'a HeaderMap) -> Confirms<'a> {
    let stored = head.but_for_date().headers();
    if head.directives.no_store || head.freshness.has_age {
        return Confirms::No;
    }
    let is_single = new.len() == new.keys_len() && stored.len() == stored.keys_len();
    let is_there = |name: &HeaderName, value: &HeaderValue| match is_single {
        true => stored.get(name) == Some(value),
        false => stored.get_all(name).iter().eq(new.get_all(name)),
    };
    let mut date = None;
    for (name, value) in new {
        if *name == header::DATE {
            if date.replace(value).is_some() {
                return Confirms::No;
            }
        } else if *name == header::CONNECTION {
            if !names_no_field(value) {
                return Confirms::No;
            }
        } else if !is_there(name, value)
            && !is_of_one_connection(name)
            && !OF_THE_BYTES.contains(name)
        {
            return Confirms::No;
        }
    }
    match date {
        Some(date) if head.stored.is_of(date) => Confirms::All,
        date => Confirms::AllButDate(date),
    }
}

/// True for a value of Connection that takes no field away.
fn names_no_field(value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    value.eq_ignore_ascii_case(b"keep-alive") || value.eq_ignore_ascii_case(b"close")
}

/// `stored` with what `new` says, and true where that must not be kept any longer.
fn merged_fields(stored: &HeaderMap, new: &HeaderMap, stamp: &Stamp<'_>) -> (HeaderMap, bool) {
    let mut new = stored_fields(new, &ResponseDirectives::of(new));
    record_date(&mut new, stamp.response_time);
    for name in &OF_THE_BYTES {
        new.remove(name);
    }
    // How old the stored response was when it came says nothing any more.
    let stays = stored
        .iter()
        .filter(|(name, _)| **name != header::AGE && !new.contains_key(*name));
    let mut fields = HeaderMap::with_capacity(stored.keys_len());
    for (name, value) in stays.chain(&new) {
        fields.append(name, value.clone());
    }
    let directives = ResponseDirectives::of(&fields);
    for name in &directives.no_cache_fields {
        fields.remove(name);
    }
    let is_forbidden = directives.no_store && !directives.must_understand;
    (fields, is_forbidden)
}

fn with_fields(stored: &Response, fields: HeaderMap) -> Response {
    let (status, version) = (stored.status(), stored.version());
    Response::new(stored.url().clone(), status, version, fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cache::testing::{at, date, fields, get, response, stamp, stored, url};
    use crate::testing::test;

    fn conditions_of(lines: &[(&str, &str)], asks_for_range: bool) -> Vec<(String, String)> {
        let head = stored(lines);
        let fields = match asks_for_range {
            true => conditions_for_range(&head),
            false => head.conditions.clone(),
        };
        let text = |(name, value): &(HeaderName, HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        fields.iter().map(text).collect()
    }

    #[test]
    fn validators_are_sent_as_they_came() {
        let modified = date(-1000);
        let table = [
            ("etag", "\"abc\"", "if-none-match"),
            ("etag", "W/\"abc\"", "if-none-match"),
            ("etag", "abc", "if-none-match"),
            ("last-modified", &modified, "if-modified-since"),
        ];
        for (name, value, condition) in table {
            let expected = [(condition.to_owned(), value.to_owned())];
            assert_eq!(conditions_of(&[(name, value)], false), expected);
        }
        let both = [("etag", "\"abc\""), ("last-modified", &*modified)];
        assert_eq!(conditions_of(&both, false).len(), 2);
        assert_eq!(conditions_of(&both, true).len(), 1);
        assert!(conditions_of(&[("last-modified", "yesterday"), ("etag", "")], false).is_empty());
    }

    fn after_304(stored_lines: &[(&str, &str)], lines: &[(&str, &str)]) -> Arc<CacheHead> {
        freshened(
            &stored(stored_lines),
            get(&[]).request().fields,
            &response(304, lines),
            &stamp(100),
        )
    }

    #[test]
    fn a_304_that_says_what_is_known_gives_what_any_other_would() {
        let known = [
            ("etag", "\"a\""),
            ("cache-control", "max-age=5"),
            ("x", "1"),
            ("x", "2"),
            ("date", &*date(0)),
        ];
        let table: [&[(&str, &str)]; 6] = [
            &[("etag", "\"a\""), ("cache-control", "max-age=5")],
            &[
                ("etag", "\"a\""),
                ("x", "1"),
                ("x", "2"),
                ("date", &date(0)),
            ],
            &[("x", "1"), ("x", "2"), ("date", &date(90))],
            &[("connection", "Keep-Alive"), ("keep-alive", "timeout=5")],
            &[("content-length", "7"), ("transfer-encoding", "chunked")],
            &[],
        ];
        for lines in table {
            let (head, new) = (stored(&known), response(304, lines));
            let expected = match new.headers().get("date") {
                Some(value) if *value == date(0) => Confirms::All,
                other => Confirms::AllButDate(other),
            };
            assert_eq!(confirms(&head, new.headers()), expected, "{lines:?}");
            let built = merged(&head, get(&[]).request().fields, new.headers(), &stamp(100));
            let made = after_304(&known, lines);
            assert_eq!(*made, built, "{lines:?}");
            assert_eq!(made.freshness, built.freshness, "{lines:?}");
            assert_eq!(made.directives, built.directives, "{lines:?}");
            assert_eq!(made.simply_fresh_until, built.simply_fresh_until);
            assert_eq!(made.credible_from, built.credible_from);
            assert_eq!(made.age(at(107)), built.age(at(107)), "{lines:?}");
            let url = url("http://a.example/a?b");
            let delivered = |head: &CacheHead| head.delivered(at(107), &url, None);
            assert_eq!(delivered(&made), delivered(&built), "{lines:?}");
        }
    }

    #[test]
    fn confirmed_again_and_again_it_is_what_it_was_with_the_latest_date() {
        for freshness in [
            ("cache-control", "max-age=5"),
            ("expires", &date(30)),
            ("last-modified", &date(-1000)),
            ("vary", "accept"),
        ] {
            let known = [("etag", "\"a\""), freshness, ("date", &*date(0))];
            let (mut made, mut built) = (Arc::new(stored(&known)), stored(&known));
            for second in [10, 11, 11, 60] {
                let lines = [("etag", "\"a\""), ("date", &*date(second))];
                let (new, at_second) = (response(304, &lines), second.unsigned_abs());
                let stamp = stamp(at_second);
                made = freshened(&made, get(&[]).request().fields, &new, &stamp);
                built = merged(&built, get(&[]).request().fields, new.headers(), &stamp);
                assert_eq!(*made, built, "{freshness:?}");
                assert_eq!(made.freshness, built.freshness, "{freshness:?}");
                for seconds in [0, 2] {
                    let now = at(at_second + seconds);
                    let delivered =
                        |head: &CacheHead| head.delivered(now, &url("http://a.example/a?b"), None);
                    assert_eq!(delivered(&made), delivered(&built), "{freshness:?}");
                }
            }
        }
    }

    #[test]
    fn a_304_with_two_dates_is_merged() {
        let (one, two) = (date(1), date(2));
        let new = fields(&[("date", &one), ("date", &two)]);
        assert_eq!(confirms(&stored(&[]), &new), Confirms::No);
        let known = [("date", &*one), ("date", &*two)];
        let new = fields(&[("date", &one)]);
        let confirms = confirms(&stored(&known), &new);
        assert!(matches!(confirms, Confirms::AllButDate(Some(_))));
    }

    #[test]
    fn a_304_that_says_anything_else_is_merged() {
        let known = [("etag", "\"a\""), ("x", "1"), ("x", "2")];
        let table: [&[(&str, &str)]; 6] = [
            &[("x", "1")],
            &[("x", "2"), ("x", "1")],
            &[("y", "1")],
            &[("age", "0")],
            &[("cache-control", "no-store")],
            &[("connection", "x"), ("x", "1"), ("x", "2")],
        ];
        for lines in table {
            let (head, new) = (stored(&known), response(304, lines));
            assert_eq!(confirms(&head, new.headers()), Confirms::No, "{lines:?}");
        }
        for lines in [
            [("age", "7")],
            [("cache-control", "no-store, must-understand, max-age=5")],
        ] {
            let nothing = HeaderMap::new();
            let confirms = confirms(&stored(&lines), &nothing);
            assert_eq!(confirms, Confirms::No, "{lines:?}");
        }
    }

    #[test]
    fn a_304_updates_what_it_names_and_leaves_the_rest() {
        let head = after_304(
            &[
                ("etag", "\"a\""),
                ("x", "1"),
                ("y", "1"),
                ("y", "2"),
                ("x-content-z", "1"),
            ],
            &[
                ("etag", "\"a\""),
                ("y", "3"),
                ("x-content-z", "2"),
                ("set-cookie", "a=b"),
            ],
        );
        let fields = head.response().headers();
        assert_eq!(head.response().status(), StatusCode::OK);
        assert_eq!(fields["x"], "1");
        assert_eq!(fields.get_all("y").iter().collect::<Vec<_>>(), ["3"]);
        assert_eq!(
            (&fields["x-content-z"], &fields["set-cookie"]),
            (&"2".parse().unwrap(), &"a=b".parse().unwrap())
        );
    }

    #[test]
    fn a_304_does_not_change_what_the_stored_bytes_are() {
        let head = after_304(
            &[("content-length", "11"), ("content-type", "a/b")],
            &[
                ("content-length", "10"),
                ("content-encoding", "gzip"),
                ("content-type", "c/d"),
                ("connection", "x"),
                ("x", "1"),
            ],
        );
        let fields = head.response().headers();
        assert_eq!(fields["content-length"], "11");
        assert_eq!(fields["content-type"], "c/d");
        assert!(!fields.contains_key("content-encoding") && !fields.contains_key("x"));
    }

    #[test]
    fn a_304_makes_it_fresh_again() {
        let old = [
            ("cache-control", "max-age=10"),
            ("age", "5"),
            ("date", &*date(-3)),
        ];
        for (lines, until) in [
            (&[][..], 110),
            (&[("cache-control", "max-age=20")], 120),
            (&[("age", "4")], 106),
        ] {
            let head = after_304(&old, lines);
            assert!(head.is_fresh(at(until - 1)), "{lines:?}");
            assert!(!head.is_fresh(at(until)), "{lines:?}");
            assert_eq!(head.response_time(), at(100));
        }
    }

    #[test]
    fn a_304_of_another_entity_freshens_nothing() {
        let old = [("etag", "\"a\""), ("cache-control", "max-age=10")];
        for tag in ["\"b\"", "W/\"b\"", "a"] {
            let head = after_304(&old, &[("etag", tag), ("x", "1")]);
            assert_eq!(*head, stored(&old), "{tag}");
        }
        for tag in ["\"a\"", "W/\"a\""] {
            assert!(after_304(&old, &[("etag", tag)]).is_fresh(at(100)), "{tag}");
        }
        assert!(after_304(&old, &[]).is_fresh(at(100)));
    }

    #[test]
    fn a_304_may_forbid_to_keep_it() {
        let head = after_304(&[("etag", "\"a\"")], &[("cache-control", "no-store")]);
        assert_eq!(head.storage_policy(), CacheStoragePolicy::NotAllowed);
    }

    #[test]
    fn a_304_may_say_what_it_varies_by() {
        let asked = get(&[("foo", "1")]);
        let head = asked.stores(&response(200, &[("etag", "\"a\"")])).unwrap();
        let answer = response(304, &[("vary", "foo")]);
        let head = freshened(&head, asked.request().fields, &answer, &stamp(1));
        assert!(!head.selecting.is_same_variant(&HeaderMap::new(), false));
    }

    fn after_head(
        stored_lines: &[(&str, &str)],
        status: u16,
        lines: &[(&str, &str)],
    ) -> Option<CacheHead> {
        let asked = get(&[]).by("HEAD");
        let answer = response(status, lines);
        updated_by_head(
            &stored(stored_lines),
            asked.request().fields,
            &answer,
            &stamp(100),
        )
    }

    #[test]
    fn a_head_that_agrees_updates_what_is_stored() {
        let old = [
            ("etag", "\"a\""),
            ("cache-control", "max-age=10"),
            ("x", "1"),
        ];
        for lines in [
            &[("cache-control", "max-age=20"), ("x", "2")][..],
            &[
                ("cache-control", "max-age=20"),
                ("x", "2"),
                ("etag", "\"a\""),
            ],
            &[
                ("cache-control", "max-age=20"),
                ("x", "2"),
                ("content-length", "11"),
            ],
        ] {
            let head = after_head(&old, 200, lines).unwrap();
            assert!(
                head.is_fresh(at(119)) && !head.is_fresh(at(120)),
                "{lines:?}"
            );
            assert_eq!(head.response().headers()["x"], "2");
        }
    }

    #[test]
    fn a_head_that_disagrees_makes_what_is_stored_stale() {
        let old = [("etag", "\"a\""), ("cache-control", "max-age=1000")];
        for line in [
            ("etag", "\"b\""),
            ("last-modified", &date(0)),
            ("content-length", "12"),
        ] {
            let head = after_head(&old, 200, &[line]).unwrap();
            assert!(!head.is_fresh(at(100)), "{line:?}");
            let again = freshened(
                &head,
                get(&[]).request().fields,
                &response(304, &[]),
                &stamp(101),
            );
            assert!(again.is_fresh(at(101)), "{line:?}");
        }
        for status in [204, 404, 410, 500] {
            assert!(
                after_head(&old, status, &[("etag", "\"b\"")]).is_none(),
                "{status}"
            );
        }
    }
}
