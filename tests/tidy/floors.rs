//! Core's floors: a file imports its own and those below.

use std::collections::BTreeMap;

use crate::code::code_only;

/// Folder or file of core/src -> floor.
const FLOORS: [(&str, u8); 11] = [
    // Only in test builds: the target's `test` attribute, for every floor's unit tests.
    ("testing.rs", 0),
    ("words", 0),
    ("policy", 1),
    ("seams", 2),
    ("cache", 2),
    ("progress", 2),
    ("load", 3),
    ("session", 4),
    ("task", 4),
    ("interop", 5),
    ("mock", 5),
];

fn floor_of(folder: &str) -> Option<u8> {
    FLOORS
        .iter()
        .find(|(name, _)| *name == folder)
        .map(|&(_, floor)| floor)
}

/// What core's root exports: name -> the folder it comes from.
#[derive(Debug)]
pub(crate) struct Exports(BTreeMap<String, String>);

impl Exports {
    /// Reads the `pub use` items of core's root.
    pub(crate) fn of(root: &str) -> Self {
        let code = code_only(root);
        let mut exports = BTreeMap::new();
        for item in code.split("pub use ").skip(1) {
            let item = item.split(';').next().unwrap_or_default();
            let folder = first_segment(item);
            let names = item
                .split_once('{')
                .map_or_else(|| last_segment(item), |(_, names)| names);
            for name in names.trim_end_matches('}').split(',').map(last_segment) {
                exports.insert(name.to_owned(), folder.to_owned());
            }
        }
        Self(exports)
    }

    /// The floor of a path that begins so: a folder's, or that of an exported name.
    fn floor(&self, segment: &str) -> Option<u8> {
        let of_file = || floor_of(&format!("{segment}.rs"));
        let exported = || floor_of(self.0.get(segment)?);
        floor_of(segment).or_else(of_file).or_else(exported)
    }
}

fn first_segment(path: &str) -> &str {
    let end = path
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(path.len());
    &path[..end]
}

/// The name that an import brings in: after `as` if there is one.
fn last_segment(path: &str) -> &str {
    let name = path.rsplit_once(" as ").map_or(path, |(_, name)| name);
    name.rsplit("::").next().unwrap_or(name).trim()
}

/// Imports of `file`, a path within core/src, that lead upwards or nowhere.
pub(crate) fn violations(file: &str, source: &str, exports: &Exports) -> Vec<String> {
    let folder = file.split('/').next().unwrap_or_default();
    let Some(own) = floor_of(folder) else {
        return vec!["stands on no floor".to_owned()];
    };
    let code = code_only(source);
    let mut found = Vec::new();
    if code.contains("super::super") {
        found.push("`super::super` hides where it leads: say `crate::`".to_owned());
    }
    for segment in imported(&code) {
        match exports.floor(segment) {
            Some(floor) if floor <= own => {}
            Some(floor) => found.push(format!("floor {own} imports `{segment}` of floor {floor}")),
            None => found.push(format!("`crate::{segment}` is on no floor")),
        }
    }
    found
}

/// The first segments of all paths from the crate's root.
fn imported(code: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let begins_word = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = code[at + path.len()..].trim_start();
        match rest.strip_prefix('{') {
            _ if !begins_word => {}
            Some(group) => segments.extend(of_group(group)),
            None => segments.push(first_segment(rest)),
        }
    }
    segments
}

/// The first segments within `{…}`, groups inside it left out.
fn of_group(group: &str) -> Vec<&str> {
    let (mut depth, mut from, mut segments) = (0_u32, 0, Vec::new());
    for (at, c) in group.char_indices() {
        let ends = depth == 0 && matches!(c, ',' | '}');
        if ends {
            segments.push(first_segment(group[from..at].trim()));
            from = at + 1;
        }
        match c {
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            '{' => depth += 1,
            _ => {}
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exports() -> Exports {
        Exports::of(
            "pub use seams::app::{Ask, Tell};\npub use task::handle::Task;\npub use words::url::Url as Address;",
        )
    }

    fn found(file: &str, source: &str) -> Vec<String> {
        violations(file, source, &exports())
    }

    #[test]
    fn downwards_and_level_is_allowed() {
        assert!(
            found(
                "load/send.rs",
                "use crate::load::follow::x; use crate::{words::a, seams::b};"
            )
            .is_empty()
        );
        assert!(
            found(
                "session/a.rs",
                "use crate::task::b; fn f(_: crate::Task) {}"
            )
            .is_empty()
        );
        assert!(
            found(
                "mock/a.rs",
                "use crate::Ask; use crate::Address; use super::b;"
            )
            .is_empty()
        );
    }

    #[test]
    fn upwards_is_seen() {
        for source in [
            "use crate::task::handle;",
            "use crate::{words::a, session::{b, c}, seams::d};",
            "fn f() { crate::mock::play() }",
            "use crate::Task;",
            "use\n    crate::{\n        task::x,\n    };",
            "pub(crate) use crate::task::x;",
        ] {
            assert_eq!(found("seams/a.rs", source).len(), 1, "{source}");
        }
    }

    #[test]
    fn what_leads_nowhere_is_seen() {
        assert_eq!(found("seams/a.rs", "use crate::elsewhere::x;").len(), 1);
        assert_eq!(found("seams/a.rs", "use super::super::task;").len(), 1);
        assert_eq!(found("attic/a.rs", "").len(), 1);
    }

    #[test]
    fn comments_and_other_crates_are_no_imports() {
        assert!(
            found(
                "words/a.rs",
                "// crate::task\n/// [`Task`](crate::Task)\nuse my_crate::task;"
            )
            .is_empty()
        );
    }
}
