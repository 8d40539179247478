//! Commands that run one program of the workspace in the open.

use std::process::{Command, ExitCode};

use crate::tools::Tools;
use crate::workspace::Workspace;

/// Schedules of a campaign.
const CAMPAIGN: &str = "10000000";

/// The tour, `examples/demo` with the given arguments; then, unless it was of one URL, the demo page.
pub(crate) fn demo(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, String> {
    let arguments: Vec<&String> = arguments.iter().filter(|word| *word != "--").collect();
    let mut cargo = workspace.cargo();
    cargo.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "urlsession",
        "--example",
        "demo",
        "--",
    ]);
    println!("Building the tour: some minutes the first time, seconds after that.");
    let toured = run(cargo.args(&arguments))?;
    let file_of = |place: usize| place > 0 && arguments[place - 1] == "--svg";
    let of_url =
        (0..arguments.len()).any(|place| !arguments[place].starts_with('-') && !file_of(place));
    match toured == ExitCode::SUCCESS && !of_url {
        true => crate::page::demo(workspace, arguments.iter().any(|word| *word == "--once")),
        false => Ok(toured),
    }
}

/// A campaign's part.
type Part = fn(&Workspace, &[String]) -> Result<ExitCode, String>;

/// The campaign's parts, in the order in which they run.
const PARTS: [(&str, Part); 3] = [
    ("simulation", simulation),
    ("downloads", |workspace, _| {
        long_tests(workspace, &["downloads", "downloads_at_scale"])
    }),
    ("uploads", |workspace, _| {
        long_tests(workspace, &["resumable_uploads"])
    }),
];

/// The named parts of the campaign, or all: it ends with the first that fails.
pub(crate) fn campaign(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, String> {
    let is_part = |word: &String| PARTS.iter().any(|(name, _)| name == word);
    let (named, rest): (Vec<String>, Vec<String>) = arguments.iter().cloned().partition(is_part);
    for (name, part) in PARTS {
        if !named.is_empty() && !named.iter().any(|other| other == name) {
            continue;
        }
        let ended = part(workspace, &rest)?;
        if ended != ExitCode::SUCCESS {
            return Ok(ended);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The simulation at length; it ends with its coverage table, or with the first schedule that breaks a rule.
fn simulation(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, String> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "urlsession-simulation",
        "--",
    ]);
    if !arguments.iter().any(|argument| argument == "--schedules") {
        cargo.args(["--schedules", CAMPAIGN]);
    }
    run(cargo.args(arguments.iter().filter(|argument| *argument != "--")))
}

/// Transfers that are cut, lied to and killed, at length; it prints where each kill fell.
fn long_tests(workspace: &Workspace, tests: &[&str]) -> Result<ExitCode, String> {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--release", "--package", "urlsession"]);
    for test in tests {
        cargo.args(["--test", test]);
    }
    // One after the other: each has the machine for itself, and what it prints is together.
    cargo.args(["--", "--nocapture", "--test-threads=1"]);
    run(cargo.env("URLSESSION_CAMPAIGN", "1"))
}

/// What cargo calls to run a wasm32 test: wasm-bindgen's runner, installed if need be.
pub(crate) fn wasm_runner(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, String> {
    let runner = Tools::new(workspace).wasm_runner().map_err(|skip| skip.0)?;
    run(Command::new(runner).args(arguments))
}

fn run(command: &mut Command) -> Result<ExitCode, String> {
    let status = command
        .status()
        .map_err(|error| format!("{}: {error}", crate::run::describe(command)))?;
    // A program ended by a signal has no code of its own.
    let code = status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1);
    Ok(ExitCode::from(code))
}
