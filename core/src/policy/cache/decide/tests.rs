//! One case for each rule, named after it.

use std::time::Duration;

use http::StatusCode;

use crate::policy::cache::decide::{Decision, Hit, is_server_error};
use crate::policy::cache::head::CacheHead;
use crate::policy::cache::testing::{Asked, at, date, get, response, stamp, stored, stored_part};
use crate::policy::cache::validate::updated_by_head;
use crate::testing::test;
use crate::words::cache::CachePolicy;

/// A decision in a word, and what it sends.
fn word(decision: &Decision) -> String {
    let (word, fields) = match decision {
        Decision::Bypass { fields } => ("bypass", fields),
        Decision::Load { fields, fallback } if fallback.is_some() => ("load or stale", fields),
        Decision::Load { fields, .. } => ("load", fields),
        Decision::Use(Hit { is_stale: true, .. }) => return "stale".to_owned(),
        Decision::Use(_) => return "use".to_owned(),
        Decision::UseAndRevalidate { fields, .. } => ("meanwhile", fields),
        Decision::Validate {
            fields, fallback, ..
        } if fallback.is_some() => ("validate or stale", fields),
        Decision::Validate { fields, .. } => ("validate", fields),
        Decision::Complete { fields, .. } => ("complete", fields),
        Decision::Refuse => return "refuse".to_owned(),
        Decision::GatewayTimeout => return "504".to_owned(),
    };
    let mut word = word.to_owned();
    for (name, value) in fields.iter() {
        word += &format!(" {name}: {};", value.to_str().unwrap());
    }
    word.trim_end_matches(';').to_owned()
}

fn decided(asked: &Asked, seconds: u64, heads: &[&CacheHead]) -> String {
    word(&asked.decide(at(seconds), heads))
}

/// What a plain GET gets where a response with these fields is stored.
fn reused(lines: &[(&str, &str)], seconds: u64) -> String {
    decided(&get(&[]), seconds, &[&stored(lines)])
}

const FRESH: [(&str, &str); 2] = [("cache-control", "max-age=10"), ("etag", "\"a\"")];

#[test]
fn nothing_stored_is_loaded() {
    assert_eq!(decided(&get(&[]), 0, &[]), "load");
}

#[test]
fn a_fresh_response_is_used_and_a_stale_one_validated() {
    assert_eq!(reused(&FRESH, 9), "use");
    assert_eq!(reused(&FRESH, 10), "validate if-none-match: \"a\"");
    let modified = date(-9);
    let lines = [("expires", &*date(10)), ("last-modified", &*modified)];
    assert_eq!(reused(&lines, 9), "use");
    let expected = format!("validate if-modified-since: {modified}");
    assert_eq!(reused(&lines, 10), expected);
}

#[test]
fn without_freshness_and_validator_it_is_not_reused() {
    assert_eq!(reused(&[], 0), "load");
    assert_eq!(reused(&[("date", &date(0))], 0), "load");
}

#[test]
fn no_cache_is_validated_each_time() {
    let lines = [("cache-control", "no-cache, max-age=10"), ("etag", "\"a\"")];
    assert_eq!(reused(&lines, 0), "validate if-none-match: \"a\"");
    assert_eq!(
        reused(&[("cache-control", "no-cache, max-age=10")], 0),
        "load"
    );
    let lines = [("pragma", "no-cache"), ("expires", &*date(10))];
    assert_eq!(reused(&lines, 0), "load");
}

#[test]
fn fields_that_no_cache_names_do_not_keep_it_from_use() {
    let lines = [("cache-control", "no-cache=\"a\", max-age=10")];
    assert_eq!(reused(&lines, 9), "use");
}

#[test]
fn age_counts_against_freshness() {
    let lines = [("cache-control", "max-age=3600"), ("age", "7200")];
    assert_eq!(reused(&lines, 0), "load");
    let lines = [("expires", &*date(20)), ("date", &*date(10)), ("age", "15")];
    assert_eq!(reused(&lines, 0), "load");
}

#[test]
fn stale_while_revalidate_answers_at_once_within_its_window() {
    let lines = [
        ("cache-control", "max-age=1, stale-while-revalidate=4"),
        ("etag", "\"a\""),
    ];
    assert_eq!(reused(&lines, 0), "use");
    assert_eq!(reused(&lines, 4), "meanwhile if-none-match: \"a\"");
    assert_eq!(reused(&lines, 5), "validate if-none-match: \"a\"");
    let lines = [("cache-control", "max-age=1, stale-while-revalidate=4")];
    assert_eq!(reused(&lines, 4), "meanwhile");
    for directive in ["must-revalidate", "no-cache"] {
        let cache_control = format!("max-age=1, stale-while-revalidate=4, {directive}");
        assert_eq!(reused(&[("cache-control", &cache_control)], 4), "load");
    }
}

#[test]
fn what_a_request_asks_for_comes_before_stale_while_revalidate() {
    let head = stored(&[("cache-control", "max-age=1, stale-while-revalidate=40")]);
    for wish in ["max-age=2", "min-fresh=1", "no-cache"] {
        let asked = get(&[("cache-control", wish)]);
        assert_eq!(decided(&asked, 4, &[&head]), "load", "{wish}");
    }
    let asked = get(&[("cache-control", "only-if-cached")]);
    assert_eq!(decided(&asked, 4, &[&head]), "stale");
}

#[test]
fn stale_if_error_stands_in_for_the_server_within_its_window() {
    let lines = [("cache-control", "max-age=2, stale-if-error=60")];
    assert_eq!(reused(&lines, 61), "load or stale");
    assert_eq!(reused(&lines, 62), "load");
    for directive in ["must-revalidate", "no-cache"] {
        let cache_control = format!("max-age=2, stale-if-error=60, {directive}");
        assert_eq!(reused(&[("cache-control", &cache_control)], 5), "load");
    }
    let asked = get(&[("cache-control", "stale-if-error=60")]);
    let head = stored(&FRESH);
    let expected = "validate or stale if-none-match: \"a\"";
    assert_eq!(decided(&asked, 20, &[&head]), expected);
}

#[test]
fn only_errors_of_the_moment_are_stood_in_for() {
    let errors: Vec<u16> = (100..600)
        .filter(|&status| is_server_error(StatusCode::from_u16(status).unwrap()))
        .collect();
    assert_eq!(errors, [500, 502, 503, 504]);
}

#[test]
fn stale_is_served_when_disconnected_only_where_the_session_wants_it() {
    let asked = || get(&[]).serving_stale_when_disconnected();
    let plain = stored(&[("cache-control", "max-age=2")]);
    assert_eq!(decided(&get(&[]), 5, &[&plain]), "load");
    assert_eq!(decided(&asked(), 5, &[&plain]), "load or stale");
    for directive in ["must-revalidate", "no-cache"] {
        let head = stored(&[("cache-control", &format!("max-age=2, {directive}"))]);
        assert_eq!(decided(&asked(), 5, &[&head]), "load", "{directive}");
    }
    let Decision::Load {
        fallback: Some(fallback),
        ..
    } = asked().decide(at(5), &[&plain])
    else {
        panic!("no fallback");
    };
    assert!(!fallback.covers_server_errors && fallback.hit.is_stale);
}

#[test]
fn a_request_says_what_age_it_takes() {
    let table = [
        ("max-age=100000", &[("age", "1")][..], "max-age=0", "load"),
        ("max-age=100000", &[("age", "1800")], "max-age=600", "load"),
        ("max-age=100000", &[("age", "1800")], "max-age=1800", "use"),
        ("max-age=2", &[("age", "5")], "max-stale=1000", "stale"),
        ("max-age=2", &[("age", "5")], "max-stale=3", "stale"),
        ("max-age=2", &[("age", "5")], "max-stale=2", "load"),
        ("max-age=2", &[("age", "5")], "max-stale", "stale"),
        (
            "max-age=2, must-revalidate",
            &[("age", "5")],
            "max-stale",
            "load",
        ),
        ("max-age=2, no-cache", &[("age", "5")], "max-stale", "load"),
        ("max-age=1500", &[], "min-fresh=2000", "load"),
        ("max-age=1500", &[("age", "1000")], "min-fresh=1000", "load"),
        ("max-age=1500", &[("age", "500")], "min-fresh=1000", "use"),
        ("max-age=3600", &[], "no-cache", "load"),
        ("max-age=3600", &[], "no-store", "bypass"),
        ("max-age=3600", &[], "unknown=5", "use"),
        ("max-age=3600", &[], "only-if-cached", "use"),
        ("max-age=3600", &[("age", "3600")], "only-if-cached", "504"),
        ("max-age=3600, no-cache", &[], "only-if-cached", "504"),
    ];
    for (cache_control, lines, wish, expected) in table {
        let lines = [lines, &[("cache-control", cache_control)]].concat();
        let asked = get(&[("cache-control", wish)]);
        let decision = decided(&asked, 0, &[&stored(&lines)]);
        assert_eq!(decision, expected, "{wish} of {lines:?}");
    }
    assert_eq!(
        decided(&get(&[("cache-control", "only-if-cached")]), 0, &[]),
        "504"
    );
}

#[test]
fn no_cache_of_a_request_validates_what_is_fresh() {
    for line in [("cache-control", "no-cache"), ("pragma", "no-cache")] {
        let decision = decided(&get(&[line]), 0, &[&stored(&FRESH)]);
        assert_eq!(decision, "validate if-none-match: \"a\"");
    }
    let asked = get(&[("pragma", "no-cache"), ("cache-control", "max-age=9")]);
    assert_eq!(decided(&asked, 0, &[&stored(&FRESH)]), "use");
}

#[test]
fn an_app_that_has_conditions_of_its_own_bypasses_the_cache() {
    let names = [
        "if-none-match",
        "if-modified-since",
        "if-match",
        "if-unmodified-since",
        "if-range",
    ];
    for name in names {
        let decision = decided(&get(&[(name, "x")]), 0, &[&stored(&FRESH)]);
        assert_eq!(
            decision, "bypass pragma: no-cache; cache-control: no-cache",
            "{name}"
        );
    }
    let asked = get(&[("if-match", "x"), ("cache-control", "only-if-cached")]);
    assert_eq!(decided(&asked, 0, &[]), "504");
}

#[test]
fn a_request_with_a_body_bypasses_the_cache() {
    let asked = get(&[]);
    let request = asked.request().with_content();
    let decision = super::decide(at(0), &request, &[&stored(&FRESH)], <_>::default());
    assert_eq!(word(&decision), "bypass");
}

#[test]
fn only_get_and_head_are_answered() {
    let head = stored(&FRESH);
    assert_eq!(decided(&get(&[]).by("HEAD"), 9, &[&head]), "use");
    let expected = "validate if-none-match: \"a\"";
    assert_eq!(decided(&get(&[]).by("HEAD"), 10, &[&head]), expected);
    for method in [
        "POST", "PUT", "DELETE", "OPTIONS", "QUERY", "M-SEARCH", "get",
    ] {
        assert_eq!(
            decided(&get(&[]).by(method), 0, &[&head]),
            "load",
            "{method}"
        );
    }
}

#[test]
fn a_stored_post_answers_a_get_but_no_post() {
    let lines = [("cache-control", "max-age=9"), ("content-location", "/a?b")];
    let head = get(&[]).by("POST").stores(&response(200, &lines)).unwrap();
    assert_eq!(decided(&get(&[]), 1, &[&head]), "use");
    assert_eq!(decided(&get(&[]).by("POST"), 1, &[&head]), "load");
}

#[test]
fn a_variant_that_does_not_match_lends_no_validator() {
    let lines = [FRESH[0], FRESH[1], ("vary", "foo")];
    let head = get(&[("foo", "1")]).stores(&response(200, &lines)).unwrap();
    assert_eq!(decided(&get(&[("foo", "1")]), 1, &[&head]), "use");
    assert_eq!(decided(&get(&[("foo", "2")]), 1, &[&head]), "load");
    assert_eq!(decided(&get(&[]), 1, &[&head]), "load");
    let star = stored(&[FRESH[0], FRESH[1], ("vary", "*")]);
    assert_eq!(
        decided(&get(&[]), 1, &[&star]),
        "validate if-none-match: \"a\""
    );
}

#[test]
fn credentials_select_their_own_response() {
    let asked = |who: &'static str| get(&[("authorization", who)]);
    let one = asked("one").stores(&response(200, &FRESH)).unwrap();
    let none = stored(&FRESH);
    assert_eq!(decided(&asked("one"), 1, &[&none, &one]), "use");
    assert_eq!(decided(&asked("two"), 1, &[&none, &one]), "load");
    assert_eq!(decided(&get(&[]), 1, &[&one]), "load");
}

#[test]
fn the_latest_of_those_that_match_is_used() {
    let made = |seconds: i64| stored(&[FRESH[0], ("date", &date(seconds))]);
    let heads = [made(-3), made(-1), made(-2)];
    let heads: Vec<_> = heads.iter().collect();
    let decision = get(&[]).decide(at(1), &heads);
    let Decision::Use(hit) = decision else {
        panic!("{decision:?}");
    };
    assert_eq!((hit.index, hit.age), (1, Duration::from_secs(2)));
}

const ALL: [CachePolicy; 6] = [
    CachePolicy::UseProtocolCachePolicy,
    CachePolicy::ReloadIgnoringLocalCacheData,
    CachePolicy::ReturnCacheDataElseLoad,
    CachePolicy::ReturnCacheDataDontLoad,
    CachePolicy::ReloadIgnoringLocalAndRemoteCacheData,
    CachePolicy::ReloadRevalidatingCacheData,
];

fn by_policy(lines: &[(&str, &str)], seconds: u64, heads: &[&CacheHead]) -> [String; 6] {
    ALL.map(|policy| decided(&get(lines).with_policy(policy), seconds, heads))
}

#[test]
fn each_policy_has_its_way_with_what_is_stored() {
    let reload = "load pragma: no-cache; cache-control: no-cache";
    let validate = "validate if-none-match: \"a\"";
    let revalidate = "validate cache-control: max-age=0; if-none-match: \"a\"";
    let head = stored(&FRESH);
    let fresh = by_policy(&[], 1, &[&head]);
    assert_eq!(fresh, ["use", reload, "use", "use", reload, revalidate]);
    let stale = by_policy(&[], 99, &[&head]);
    assert_eq!(
        stale,
        [validate, reload, "stale", "stale", reload, revalidate]
    );
    let none = by_policy(&[], 1, &[]);
    let expected = [
        "load",
        reload,
        "load",
        "refuse",
        reload,
        "load cache-control: max-age=0",
    ];
    assert_eq!(none, expected);
}

#[test]
fn a_response_that_varies_by_anything_is_validated_by_every_policy() {
    let reload = "load pragma: no-cache; cache-control: no-cache";
    let validate = "validate if-none-match: \"a\"";
    let revalidate = "validate cache-control: max-age=0; if-none-match: \"a\"";
    let star = stored(&[FRESH[0], FRESH[1], ("vary", "*")]);
    let found = by_policy(&[], 1, &[&star]);
    assert_eq!(
        found,
        [validate, reload, validate, "refuse", reload, revalidate]
    );
}

#[test]
fn no_policy_loads_what_must_not_be_loaded() {
    let dont_load = |method, lines| {
        let asked = get(lines)
            .by(method)
            .with_policy(CachePolicy::ReturnCacheDataDontLoad);
        decided(&asked, 1, &[&stored(&FRESH)])
    };
    assert_eq!(dont_load("GET", &[("cache-control", "no-store")]), "refuse");
    assert_eq!(dont_load("GET", &[("if-none-match", "\"a\"")]), "refuse");
    assert_eq!(dont_load("POST", &[]), "refuse");
    assert_eq!(dont_load("GET", &[("range", "bytes=99-")]), "refuse");
    assert_eq!(dont_load("GET", &[("cache-control", "no-cache")]), "use");
}

#[test]
fn the_app_has_its_own_word_with_caches_on_the_way() {
    let head = stored(&FRESH);
    let own = by_policy(&[("cache-control", "foo"), ("pragma", "bar")], 99, &[&head]);
    let validate = "validate if-none-match: \"a\"";
    let both = "load pragma: no-cache; cache-control: foo, no-cache";
    assert_eq!(own, [validate, "load", "stale", "stale", both, validate]);
    let own = by_policy(&[("cache-control", "x, no-cache")], 99, &[&head]);
    assert_eq!(own[4], "load pragma: no-cache");
}

#[test]
fn immutable_is_not_asked_for_as_long_as_it_is_fresh() {
    let asked = || get(&[]).with_policy(CachePolicy::ReloadRevalidatingCacheData);
    let head = stored(&[
        ("cache-control", "max-age=10, immutable"),
        ("etag", "\"a\""),
    ]);
    assert_eq!(decided(&asked(), 9, &[&head]), "use");
    let expected = "validate cache-control: max-age=0; if-none-match: \"a\"";
    assert_eq!(decided(&asked(), 10, &[&head]), expected);
    let expected = "validate if-none-match: \"a\"";
    let asked = get(&[("cache-control", "no-cache")]);
    assert_eq!(decided(&asked, 9, &[&head]), expected);
}

fn slice_of(asked: &Asked, seconds: u64, head: &CacheHead) -> Option<(u64, u64, u64)> {
    let decision = asked.decide(at(seconds), &[head]);
    let Decision::Use(Hit { slice, .. }) = decision else {
        panic!("{decision:?}");
    };
    slice.map(|slice| (slice.first, slice.last, slice.skip))
}

#[test]
fn ranges_are_served_from_a_whole_response() {
    let head = stored(&FRESH);
    let table = [
        ("bytes=0-1", (0, 1, 0)),
        ("bytes=1-", (1, 10, 1)),
        ("bytes=-3", (8, 10, 8)),
    ];
    for (range, expected) in table {
        let asked = get(&[("range", range)]);
        assert_eq!(slice_of(&asked, 1, &head), Some(expected), "{range}");
    }
    for range in ["bytes=0-1, 3-4", "bytes=11-", "items=0-1"] {
        assert_eq!(
            decided(&get(&[("range", range)]), 1, &[&head]),
            "load",
            "{range}"
        );
    }
    // There are no ranges of heads.
    let asked = get(&[("range", "bytes=0-1")]).by("HEAD");
    assert_eq!(slice_of(&asked, 1, &head), None);
}

#[test]
fn ranges_are_of_the_usual_answer_only() {
    let missing = get(&[]).stores(&response(404, &FRESH)).unwrap();
    assert_eq!(slice_of(&get(&[("range", "bytes=0-1")]), 1, &missing), None);
    let coded = stored(&[FRESH[0], ("content-encoding", "gzip")]);
    assert_eq!(
        decided(&get(&[("range", "bytes=0-1")]), 1, &[&coded]),
        "load"
    );
}

#[test]
fn a_stale_range_is_validated_with_its_tag_alone() {
    let head = stored(&[FRESH[0], FRESH[1], ("last-modified", &date(-5))]);
    let decision = get(&[("range", "bytes=2-4")]).decide(at(20), &[&head]);
    assert_eq!(word(&decision), "validate if-none-match: \"a\"");
    let Decision::Validate { hit, .. } = decision else {
        panic!("{decision:?}");
    };
    assert_eq!(hit.slice.map(|slice| slice.length()), Some(3));
}

#[test]
fn parts_answer_the_ranges_within_them() {
    let head = stored_part("bytes=-6", "bytes 4-9/10", 6, &FRESH).unwrap();
    let table = [
        ("bytes=-6", (4, 9, 0)),
        ("bytes=6-", (6, 9, 2)),
        ("bytes=6-8", (6, 8, 2)),
        ("bytes=-1", (9, 9, 5)),
    ];
    for (range, expected) in table {
        let asked = get(&[("range", range)]);
        assert_eq!(slice_of(&asked, 1, &head), Some(expected), "{range}");
    }
    assert_eq!(
        decided(&get(&[("range", "bytes=3-5")]), 1, &[&head]),
        "load"
    );
    assert_eq!(decided(&get(&[]), 1, &[&head]), "load");
    assert_eq!(decided(&get(&[]).by("HEAD"), 1, &[&head]), "load");
}

#[test]
fn a_part_that_ends_one_byte_early_is_served_as_it_is() {
    let head = stored_part("bytes=-5", "bytes 4-9/10", 5, &FRESH).unwrap();
    let table = [
        ("bytes=-5", 0),
        ("bytes=6-", 2),
        ("bytes=6-8", 2),
        ("bytes=-1", 4),
    ];
    for (range, expected) in table {
        let slice = slice_of(&get(&[("range", range)]), 1, &head);
        let (first, last, skip) = slice.unwrap();
        assert_eq!(
            (skip, last - first + 1 + skip),
            (expected, expected.max(5)),
            "{range}"
        );
    }
}

#[test]
fn a_stored_beginning_is_completed() {
    let complete = "complete range: bytes=5-; if-range: \"a\"";
    let first = stored_part("bytes=0-4", "bytes 0-4/10", 5, &FRESH).unwrap();
    for seconds in [1, 99] {
        assert_eq!(decided(&get(&[]), seconds, &[&first]), complete);
    }
    let asked = get(&[]).with_policy(CachePolicy::ReloadIgnoringLocalCacheData);
    assert!(decided(&asked, 1, &[&first]).starts_with("load"));
    let asked = get(&[("cache-control", "only-if-cached")]);
    assert_eq!(decided(&asked, 1, &[&first]), "504");
    let longer = stored_part("bytes=0-6", "bytes 0-6/10", 7, &FRESH).unwrap();
    let expected = "complete range: bytes=7-; if-range: \"a\"";
    assert_eq!(decided(&get(&[]), 1, &[&first, &longer]), expected);
}

#[test]
fn a_beginning_without_validator_is_completed_as_long_as_it_is_fresh() {
    let head = stored_part("bytes=0-4", "bytes 0-4/10", 5, &FRESH[..1]).unwrap();
    assert_eq!(decided(&get(&[]), 1, &[&head]), "complete range: bytes=5-");
    assert_eq!(decided(&get(&[]), 10, &[&head]), "load");
    let of_unknown = stored_part("bytes=0-4", "bytes 0-4/*", 5, &FRESH).unwrap();
    assert_eq!(decided(&get(&[]), 1, &[&of_unknown]), "load");
}

#[test]
fn what_a_head_found_changed_is_validated() {
    let asked = get(&[]).by("HEAD");
    let answer = response(200, &[("etag", "\"b\"")]);
    let head =
        updated_by_head(&stored(&FRESH), asked.request().fields, &answer, &stamp(1)).unwrap();
    assert_eq!(
        decided(&get(&[]), 1, &[&head]),
        "validate if-none-match: \"a\""
    );
}

#[test]
fn a_clock_set_back_has_it_validated() {
    let head = stored(&FRESH);
    let decision = get(&[]).decide(at(0) - Duration::from_secs(3600), &[&head]);
    assert_eq!(word(&decision), "validate if-none-match: \"a\"");
    let elsewhere = get(&[("cache-control", "max-stale")]);
    let decision = elsewhere.decide(at(0) - Duration::from_secs(3600), &[&head]);
    assert_eq!(word(&decision), "validate if-none-match: \"a\"");
}
