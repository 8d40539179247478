//! Conditions on requests (RFC 9111 section 4.3), and what answers to them do to what is stored.

use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::policy::cache::date;
use crate::policy::cache::decide::Fields;
use crate::policy::cache::directives::ResponseDirectives;
use crate::policy::cache::freshness::Times;
use crate::policy::cache::head::{CacheHead, Extent, Parts, Stamp};
use crate::policy::cache::request::CacheRequest;
use crate::policy::cache::storable::{is_of_one_connection, record_date, stored_fields};
use crate::policy::cache::vary::Selecting;
use crate::words::cache::CacheStoragePolicy;
use crate::words::response::Response;

/// The conditions under which the server may answer 304 for `head`; none where it has no validator.
pub(super) fn conditions(head: &CacheHead, asks_for_range: bool) -> Fields {
    let mut fields = Fields::new();
    if let Some(tag) = head.etag() {
        fields.push((header::IF_NONE_MATCH, tag.clone()));
        if asks_for_range {
            return fields;
        }
    }
    let now = head.times.response;
    if date::of(head.response.headers(), &header::LAST_MODIFIED, now).is_some()
        && let Some(date) = head.field(&header::LAST_MODIFIED)
    {
        fields.push((header::IF_MODIFIED_SINCE, date.clone()));
    }
    fields
}

/// `head` after a 304 to its own conditions (RFC 9111 section 4.3.4): it is the answer now.
///
/// A 304 that speaks of another entity changes nothing in it. Where it must not be kept any longer, its storage policy says so.
pub(crate) fn freshened(
    head: &CacheHead,
    request: &CacheRequest<'_>,
    response: &Response,
    stamp: &Stamp,
) -> CacheHead {
    let (new, stored) = (response.headers(), head.response.headers());
    let is_other = matches!((opaque_tag(new), opaque_tag(stored)), (Some(a), Some(b)) if a != b);
    if is_other {
        return head.clone();
    }
    updated(head, request, new, stamp)
}

/// `head` after the answer to a HEAD for the same (RFC 9111 section 4.3.5): updated, or considered stale when that speaks of another
/// representation. `None` where it says nothing about what is stored.
pub(crate) fn updated_by_head(
    head: &CacheHead,
    request: &CacheRequest<'_>,
    response: &Response,
    stamp: &Stamp,
) -> Option<CacheHead> {
    if response.status() != StatusCode::OK || head.response.status() != StatusCode::OK {
        return None;
    }
    let (new, stored) = (response.headers(), head.response.headers());
    let agrees = |name: &HeaderName| !new.contains_key(name) || new.get(name) == stored.get(name);
    let has_length = match (response.expected_content_length(), head.extent) {
        (None, _) => true,
        (Some(length), Extent::Whole { length: stored }) => stored == Some(length),
        (Some(length), Extent::Part { complete, .. }) => complete == Some(length),
    };
    if agrees(&header::ETAG) && agrees(&header::LAST_MODIFIED) && has_length {
        return Some(updated(head, request, new, stamp));
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
    request: &CacheRequest<'_>,
    new: &HeaderMap,
    stamp: &Stamp,
) -> CacheHead {
    let times = Times::of(stamp);
    let confirms = confirms(head, new);
    if confirms == Confirms::All
        && !request.has_authorization
        && let Some(head) = head.again(times)
    {
        return head;
    }
    let parts = |response: Response| Parts {
        selecting: Selecting::of(request.fields, response.headers(), stamp.salt),
        response,
        times,
        is_considered_stale: false,
        ..head.parts()
    };
    if confirms != Confirms::No {
        let response = redated(&head.response, new, stamp);
        return CacheHead::saying(parts(response), head.directives.clone());
    }
    let (response, is_forbidden) = merged(&head.response, new, stamp);
    let made = CacheHead::new(parts(response));
    match is_forbidden {
        true => made.with_storage_policy(CacheStoragePolicy::NotAllowed),
        false => made,
    }
}

/// How much of what is stored an answer says again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Confirms {
    /// It says something else.
    No,
    /// It may have another date.
    AllButDate,
    All,
}

/// How much of `head` it is that `new` says again: most answers of 304 change nothing but the date, and they are to cost little.
fn confirms(head: &CacheHead, new: &HeaderMap) -> Confirms {
    let stored = head.response.headers();
    if head.directives.no_store || head.freshness.has_age {
        return Confirms::No;
    }
    let is_single = new.len() == new.keys_len() && stored.len() == stored.keys_len();
    let is_there = |name: &HeaderName, value: &HeaderValue| match is_single {
        true => stored.get(name) == Some(value),
        false => stored.get_all(name).iter().eq(new.get_all(name)),
    };
    let mut confirms = Confirms::AllButDate;
    for (name, value) in new {
        let is_confirmed = is_there(name, value);
        if *name == header::DATE {
            if is_confirmed {
                confirms = Confirms::All;
            }
        } else if *name == header::CONNECTION {
            if !names_no_field(value) {
                return Confirms::No;
            }
        } else if !is_confirmed && !is_of_one_connection(name) && !OF_THE_BYTES.contains(name) {
            return Confirms::No;
        }
    }
    confirms
}

/// True for a value of Connection that takes no field away.
fn names_no_field(value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    value.eq_ignore_ascii_case(b"keep-alive") || value.eq_ignore_ascii_case(b"close")
}

/// `stored` with the date of `new`, which confirms the rest.
fn redated(stored: &Response, new: &HeaderMap, stamp: &Stamp) -> Response {
    let mut fields = stored.headers().clone();
    fields.remove(header::DATE);
    for date in new.get_all(header::DATE) {
        fields.append(header::DATE, date.clone());
    }
    record_date(&mut fields, stamp.response_time);
    with_fields(stored, fields)
}

/// `stored` with what `new` says, and true where it must not be kept any longer.
fn merged(stored: &Response, new: &HeaderMap, stamp: &Stamp) -> (Response, bool) {
    let mut new = stored_fields(new, &ResponseDirectives::of(new));
    record_date(&mut new, stamp.response_time);
    for name in &OF_THE_BYTES {
        new.remove(name);
    }
    // How old the stored response was when it came says nothing any more.
    let there = stored.headers().iter();
    let stays = there.filter(|(name, _)| **name != header::AGE && !new.contains_key(*name));
    let mut fields = HeaderMap::with_capacity(stored.headers().keys_len());
    for (name, value) in stays.chain(&new) {
        fields.append(name, value.clone());
    }
    let directives = ResponseDirectives::of(&fields);
    for name in &directives.no_cache_fields {
        fields.remove(name);
    }
    let is_forbidden = directives.no_store && !directives.must_understand;
    (with_fields(stored, fields), is_forbidden)
}

fn with_fields(stored: &Response, fields: HeaderMap) -> Response {
    let (status, version) = (stored.status(), stored.version());
    Response::new(stored.url().clone(), status, version, fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cache::testing::{at, date, get, response, stamp, stored};
    use crate::testing::test;

    fn conditions_of(lines: &[(&str, &str)], asks_for_range: bool) -> Vec<(String, String)> {
        conditions(&stored(lines), asks_for_range)
            .into_iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect()
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

    fn after_304(stored_lines: &[(&str, &str)], lines: &[(&str, &str)]) -> CacheHead {
        freshened(
            &stored(stored_lines),
            &get(&[]).request(),
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
            let is_same_date =
                new.headers().contains_key("date") && new.headers()["date"] == date(0);
            let expected = match is_same_date {
                true => Confirms::All,
                false => Confirms::AllButDate,
            };
            assert_eq!(confirms(&head, new.headers()), expected, "{lines:?}");
            let by_merging = merged(&head.response, new.headers(), &stamp(100)).0;
            let built = CacheHead::new(Parts {
                response: by_merging,
                times: Times::of(&stamp(100)),
                ..head.parts()
            });
            let made = after_304(&known, lines);
            assert_eq!(made, built, "{lines:?}");
            assert_eq!(made.freshness, built.freshness, "{lines:?}");
            assert_eq!(made.directives, built.directives, "{lines:?}");
            assert_eq!(made.simply_fresh_until, built.simply_fresh_until);
            assert_eq!(made.credible_from, built.credible_from);
        }
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
            let confirms = confirms(&stored(&lines), &HeaderMap::new());
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
            assert_eq!(head, stored(&old), "{tag}");
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
        let head = freshened(&head, &asked.request(), &answer, &stamp(1));
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
            &asked.request(),
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
            let again = freshened(&head, &get(&[]).request(), &response(304, &[]), &stamp(101));
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
