//! `cargo xtask <command>`: the project's own commands. `cargo xtask help` lists them.
#![expect(
    clippy::print_stdout,
    reason = "a command-line tool answers on standard output"
)]

mod bench;
mod browsers;
mod origin;
mod page;
mod programs;
mod report;
mod run;
mod setup;
mod suites;
mod summary;
mod test;
mod tools;
mod web;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

const HELP: &str = "\
cargo xtask <command>

  demo [URL] [--once] [--svg FILE]
                                 the tour of real transfers against the embedded origin server, then the demo page
  test [SUITE...] [--verbose]    everything that is checked before a change is taken in
  test --list                    the suites
  campaign [simulation] [downloads] [uploads] [--schedules N] [--seed S]
                                 the long simulation: 10 million schedules, then the coverage table;
                                 then downloads cut at every byte and killed at 200 points, and uploads
  bench [--quick] [--only A,B] [--clients X,Y] [--reps N] [--scale F]
        [--no-instructions] [--no-runs] [--no-build]
                                 ours beside the peers, interleaved: ratios of medians
  bench --web [--quick] [--reps N] [--scale F]
                                 ours in a page beside scripts and other libraries: CPU of its main thread, sizes
  bench --gate                   only the figures that a change must not spoil
  npm [--dev]                    the npm package: target/npm/urlsession, and packed beside it
  size                           what modules for browsers weigh, feature by feature
  setup                          install what the suites need, and say what is missing";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode, String> {
    let Some((command, rest)) = arguments.split_first() else {
        println!("{HELP}");
        return Ok(ExitCode::FAILURE);
    };
    let workspace = Workspace::load()?;
    match command.as_str() {
        "demo" => programs::demo(&workspace, rest),
        "test" => test::test(&workspace, rest),
        "bench" => bench::bench(&workspace, rest),
        "campaign" => programs::campaign(&workspace, rest),
        "npm" => web::npm(&workspace, rest),
        "size" => web::size::table(&workspace),
        "setup" => Ok(setup::setup(&workspace)),
        "wasm-runner" => programs::wasm_runner(&workspace, rest),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        unknown => Err(format!("no command `{unknown}`\n\n{HELP}")),
    }
}
