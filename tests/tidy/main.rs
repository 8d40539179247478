//! Rules of the project that no compiler checks, held over every file of it.

mod code;
mod floors;
mod rules;
mod tree;

use floors::Exports;
use tree::{File, Tree};

/// Files that may be longer than the limit, each with its reason.
const LONG: [(&str, &str); 0] = [];

/// Files of core that look at the target, each with its reason.
const LOOK_AT_TARGET: [(&str, &str); 2] = [
    (
        "core/src/words/bounds.rs",
        "what is `Send` natively is not in a browser",
    ),
    (
        "core/src/testing.rs",
        "only in test builds: each target has its own `test` attribute",
    ),
];

/// Folders whose programs answer on the terminal.
const PROGRAMS: [&str; 4] = ["benches/", "examples/", "tests/simulation/", "xtask/"];

/// What `check` finds in the files that `is_meant` chooses; there must be such files.
fn held(is_meant: impl Fn(&File) -> bool, check: impl Fn(&File) -> Vec<String>) {
    let tree = Tree::of_project();
    let meant: Vec<_> = tree.files.iter().filter(|file| is_meant(file)).collect();
    assert!(!meant.is_empty(), "the rule is about no file");
    let named = |file: &File, finding| format!("{}: {finding}", file.path);
    let findings = meant.into_iter().map(|file| (file, check(file)));
    let broken: Vec<_> = findings
        .flat_map(|(file, found)| found.into_iter().map(move |finding| named(file, finding)))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_file_of_core_imports_its_own_floor_and_those_below() {
    let root = Tree::of_project().text_of("core/src/lib.rs");
    let exports = Exports::of(&root);
    held(
        |file| {
            file.is_rust() && file.path.starts_with("core/src/") && file.path != "core/src/lib.rs"
        },
        |file| floors::violations(&file.path["core/src/".len()..], &file.text, &exports),
    );
}

#[test]
fn core_looks_at_the_target_only_where_listed() {
    held(
        |file| {
            let listed = LOOK_AT_TARGET.iter().any(|(path, _)| *path == file.path);
            file.is_rust() && file.path.starts_with("core/src/") && !listed
        },
        |file| rules::target_conditions(&file.text),
    );
}

#[test]
fn what_is_listed_looks_at_the_target_or_is_long() {
    let tree = Tree::of_project();
    for (path, reason) in LOOK_AT_TARGET {
        let found = rules::target_conditions(&tree.text_of(path));
        assert!(!found.is_empty() && !reason.is_empty(), "{path}");
    }
    for (path, reason) in LONG {
        let found = rules::too_long(&tree.text_of(path));
        assert!(!found.is_empty() && !reason.is_empty(), "{path}");
    }
}

#[test]
fn no_file_is_too_long() {
    held(
        |file| file.is_rust() && LONG.iter().all(|(path, _)| *path != file.path),
        |file| rules::too_long(&file.text),
    );
}

#[test]
fn nothing_is_left_undone() {
    held(File::is_rust, |file| rules::undone(&file.text));
}

#[test]
fn no_path_of_a_machine_is_named() {
    held(|_| true, |file| rules::machine_paths(&file.text));
}

#[test]
fn libraries_print_nothing() {
    let is_program = |file: &File| {
        PROGRAMS.iter().any(|folder| file.path.starts_with(folder))
            || file.path.ends_with("src/main.rs")
            || file.path.contains("/src/bin/")
            || file.path.contains("/tests/")
            || file.path.starts_with("tests/") && !file.path.contains("/src/")
    };
    held(
        |file| file.is_rust() && !is_program(file),
        |file| rules::printing(&file.text),
    );
}

#[test]
fn every_package_takes_the_lints_of_the_workspace() {
    let members = tree::members(&Tree::of_project().text_of("Cargo.toml"));
    assert!(members.iter().any(|member| member == "core"), "{members:?}");
    let is_member = |path: &str| {
        path.strip_suffix("/Cargo.toml")
            .is_some_and(|folder| members.iter().any(|member| member == folder))
    };
    held(
        |file| file.path == "Cargo.toml" || is_member(&file.path),
        |file| rules::without_lints(&file.text),
    );
}
