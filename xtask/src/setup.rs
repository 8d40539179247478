//! `cargo xtask setup`: every tool that a suite needs, installed where that can be done.

use std::process::ExitCode;

use crate::browsers::Browser;
use crate::run::Skip;
use crate::tools::{SYSTEMS, Tools, WASM};
use crate::workspace::Workspace;

/// Looks for every tool, installs what it may, and says what is there and what is missing.
/// A missing tool is no failure here: the suites that need it are skipped, and say so.
pub(crate) fn setup(workspace: &Workspace) -> ExitCode {
    let mut tools = Tools::new(workspace);
    let shown = |path: std::path::PathBuf| path.display().to_string();
    let found: [(&str, Result<String, Skip>); 12] = [
        ("wasm32 target", tools.target(WASM).map(|()| "there".into())),
        (
            "macOS target",
            tools.target(SYSTEMS[0]).map(|()| "there".into()),
        ),
        (
            "Windows target",
            tools.target(SYSTEMS[1]).map(|()| "there".into()),
        ),
        ("wasm-bindgen", tools.wasm_runner().map(shown)),
        ("node", tools.node().map(shown)),
        ("npm's tools", tools.npm_modules().map(shown)),
        ("chromedriver", tools.chromedriver().map(shown)),
        (
            "firefox",
            Browser::firefox(&mut tools).map(|_| "there".into()),
        ),
        (
            "webkit",
            Browser::webkit(&mut tools).map(|_| "there".into()),
        ),
        ("valgrind", tools.valgrind().map(shown)),
        (
            "nextest",
            Ok(if tools.nextest() {
                "there"
            } else {
                "not there: `cargo test` is used"
            }
            .into()),
        ),
        ("cargo-deny", tools.deny().map(|()| "there".into())),
    ];
    for (tool, result) in found {
        match result {
            Ok(where_it_is) => println!("{tool:<14} {where_it_is}"),
            Err(Skip(reason)) => println!("{tool:<14} MISSING: {reason}"),
        }
    }
    ExitCode::SUCCESS
}
