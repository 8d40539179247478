//! The `parity` page lists every item of NSURLSession: as many rows in each section as Apple has items, each with an answer.

const PAGE: &str = include_str!("../src/parity.rs");

/// Section, its title, and the items of NSURLSession in it.
const SECTIONS: [(&str, &str, usize); 17] = [
    ("1.1", "URLSession", 24),
    ("1.2", "URLSessionConfiguration", 24),
    ("1.3", "URLSessionTask", 17),
    ("1.4", "Kinds of tasks", 12),
    ("1.5", "Delegates", 25),
    ("1.6", "The order of callbacks", 8),
    ("1.7", "URLRequest", 11),
    ("1.8", "URLResponse, HTTPURLResponse", 4),
    ("1.9", "URLCache", 14),
    ("1.10", "Cookies", 10),
    ("1.11", "Authentication", 7),
    ("1.12", "URLProtocol", 6),
    ("1.13", "Progress", 7),
    ("1.14", "Metrics", 7),
    ("1.15", "URLError", 56),
    ("1.16", "Async forms and resume data", 7),
    ("1.17", "Background sessions", 9),
];

/// A section's heading and its rows: Apple's item, our answer.
type Section<'a> = (&'a str, Vec<(&'a str, &'a str)>);

fn sections(page: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in page.lines().filter_map(|line| line.strip_prefix("//! ")) {
        if let Some(heading) = line.strip_prefix("# ") {
            sections.push((heading, Vec::new()));
        } else if let (Some((_, rows)), Some(row)) = (sections.last_mut(), row(line)) {
            rows.push(row);
        }
    }
    sections
}

/// The cells of a table's row; heads and rules are none.
fn row(line: &str) -> Option<(&str, &str)> {
    let (item, answer) = line
        .strip_prefix("| ")?
        .strip_suffix(" |")?
        .split_once(" | ")?;
    (item != "NSURLSession").then_some((item, answer))
}

/// A link to an item of ours, a promise, or a reason.
fn is_answer(text: &str) -> bool {
    let reason = |text: &str| text.trim().len() > 3;
    text.contains("](crate::")
        || text.contains("later")
        || text
            .split_once("never: ")
            .is_some_and(|(_, why)| reason(why))
}

#[test]
fn every_section_has_a_row_for_each_item() {
    let found = sections(PAGE);
    let counted: Vec<_> = found
        .iter()
        .map(|(heading, rows)| (heading.to_string(), rows.len()))
        .collect();
    let expected: Vec<_> = SECTIONS
        .iter()
        .map(|&(number, title, count)| (format!("{number} {title}"), count))
        .collect();
    assert_eq!(counted, expected);
}

#[test]
fn every_row_has_an_answer() {
    for (heading, rows) in sections(PAGE) {
        for (item, answer) in rows {
            assert!(is_answer(answer), "{heading}: {item}: {answer}");
        }
    }
}

#[test]
fn no_item_is_listed_twice_in_a_section() {
    for (heading, rows) in sections(PAGE) {
        let mut items: Vec<_> = rows.iter().map(|(item, _)| item).collect();
        items.sort_unstable();
        let repeated: Vec<_> = items.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(repeated.is_empty(), "{heading}: {repeated:?}");
    }
}

#[test]
fn a_row_without_an_answer_is_seen() {
    let page = "//! # 1.1 One\n//! | NSURLSession | urlsession |\n//! |---|---|\n//! | `a` | soon |\n//! | `b` | never: |\n";
    let [(heading, rows)] = &sections(page)[..] else {
        panic!("one section");
    };
    assert_eq!((*heading, rows.len()), ("1.1 One", 2));
    assert!(rows.iter().all(|(_, answer)| !is_answer(answer)));
}
