//! Holds `tests/cases.md` to the suite: every behaviour has its row, and every test that is named exists.

use std::collections::BTreeSet;

use crate::case::{FLAGS, Need};
use crate::cases;

const TABLE: &str = include_str!("../../cases.md");

/// Sources in core with tests beside the code that rows name as `unit::…`.
const UNITS: [&str; 1] = [include_str!("../../../core/src/progress/fraction.rs")];

/// Group and number of behaviours, as they were counted.
const GROUPS: [(&str, usize); 17] = [
    ("TestURLSession", 85),
    ("TestURLSessionFTP", 2),
    ("TestURLCache", 10),
    ("TestCachedURLResponse", 10),
    ("TestHTTPCookie", 22),
    ("TestHTTPCookieStorage", 10),
    ("TestURLCredentialStorage", 28),
    ("TestURLCredential", 3),
    ("TestURLProtectionSpace", 4),
    ("TestURLProtocol", 6),
    ("TestURLRequest", 13),
    ("TestNSURLRequest", 15),
    ("TestURLResponse", 18),
    ("TestHTTPURLResponse", 27),
    ("TestDataURLProtocol", 2),
    ("TestProgress", 15),
    ("TestProgressFraction", 11),
];

/// The cells of each row, below the heading of its group.
fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut group = "";
    let mut rows = Vec::new();
    for line in TABLE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            group = heading.split(' ').next().unwrap_or_default();
        }
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        if cells[0].parse::<usize>().is_ok() {
            rows.push((group, cells));
        }
    }
    rows
}

#[test]
fn every_behaviour_has_a_row() {
    let rows = rows();
    let counted =
        GROUPS.map(|(group, _)| (group, rows.iter().filter(|(of, _)| *of == group).count()));
    assert_eq!(counted, GROUPS);
    assert_eq!(rows.len(), 281);
    for (group, count) in GROUPS {
        let numbers = rows
            .iter()
            .filter(|(of, _)| *of == group)
            .map(|(_, cells)| cells[0].parse::<usize>());
        assert!(
            numbers.eq((1..=count).map(Ok)),
            "{group} is not numbered from 1 on"
        );
    }
}

#[test]
fn every_row_names_a_test_an_area_or_a_reason() {
    let known: BTreeSet<_> = cases().iter().map(|case| case.name).collect();
    for (group, cells) in rows() {
        let [number, name, verdict] = cells[..] else {
            panic!("{group}: {cells:?}")
        };
        assert!(name.starts_with("test"), "{group} {number}");
        if let Some(why) = verdict
            .strip_prefix("later: ")
            .or_else(|| verdict.strip_prefix("never: "))
        {
            assert!(!why.is_empty(), "{group} {number} says not why");
            continue;
        }
        let tests: Vec<_> = verdict.split('`').skip(1).step_by(2).collect();
        assert!(
            !tests.is_empty(),
            "{group} {number} names no test: {verdict}"
        );
        for test in tests {
            let is_there = match test.strip_prefix("unit::") {
                Some(unit) => UNITS
                    .iter()
                    .any(|source| source.contains(&format!("fn {unit}()"))),
                None => known.contains(test),
            };
            assert!(is_there, "{group} {number}: there is no test {test}");
        }
    }
}

#[test]
fn every_case_has_a_name_of_its_own() {
    let names: BTreeSet<_> = cases().iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases().len());
}

#[test]
fn every_capability_has_a_case_for_each_side() {
    for flag in FLAGS {
        let about = |wanted: fn(&Need) -> Option<&'static str>| {
            let cases = cases();
            let mut needs = cases.iter().flat_map(|case| case.needs.iter());
            needs.any(|need| wanted(need) == Some(flag.name))
        };
        let has = about(|need| match need {
            Need::Has(flag) => Some(flag.name),
            Need::Lacks(_) | Need::Site(..) | Need::Unwinding => None,
        });
        let lacks = about(|need| match need {
            Need::Lacks(flag) => Some(flag.name),
            Need::Has(_) | Need::Site(..) | Need::Unwinding => None,
        });
        assert!(
            has && lacks,
            "{}: with it {has}, without it {lacks}",
            flag.name
        );
    }
}
