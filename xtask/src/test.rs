//! `cargo xtask test`: the suites in their fixed order, all of them whatever fails, and a table.

use std::process::ExitCode;
use std::time::Instant;

use crate::browsers;
use crate::report::{Outcome, Row, exit_code, table, tail};
use crate::run::{Run, Skip};
use crate::suites::{SUITES, Suite};
use crate::tools::Tools;
use crate::workspace::{TEST_DATA, Workspace};

/// What was asked for on the command line.
#[derive(Debug, Default)]
struct Selection<'a> {
    names: Vec<&'a str>,
    verbose: bool,
    list: bool,
}

/// Runs the named suites, or all.
pub(crate) fn test(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, String> {
    let selection = Selection::parse(arguments)?;
    if selection.list {
        for suite in SUITES {
            println!("{:<12} {}", suite.name, suite.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut tools = Tools::new(workspace);
    let mut rows = Vec::new();
    for suite in SUITES.iter().filter(|suite| selection.takes(suite.name)) {
        println!("-------- {}: {}", suite.name, suite.about);
        let row = run_suite(workspace, &mut tools, suite, selection.verbose);
        println!("         {}", row.line());
        rows.push(row);
    }
    if workspace.data.is_none() && selection.takes("host") {
        let reason = format!("{TEST_DATA} names no folder: tests over external data did not run");
        rows.push(Row::skipped("data", reason, std::time::Duration::ZERO));
    }
    // As a rule there is none.
    let _ = std::fs::remove_dir_all(browsers::profiles());
    println!("\n{}", table(&rows));
    Ok(exit_code(&rows))
}

fn run_suite(workspace: &Workspace, tools: &mut Tools<'_>, suite: &Suite, verbose: bool) -> Row {
    let began = Instant::now();
    let mut run = match Run::open(workspace, suite.name, verbose) {
        Ok(run) => run,
        Err(error) => {
            let failed = crate::summary::Counts {
                failed: 1,
                ..Default::default()
            };
            return Row::ran(
                suite.name,
                failed,
                vec![format!("no log: {error}")],
                began.elapsed(),
            );
        }
    };
    if let Err(Skip(reason)) = (suite.run)(&mut run, tools) {
        println!("         SKIPPED: {reason}");
        return Row::skipped(suite.name, reason, began.elapsed());
    }
    let ended = run.finish();
    let mut row = Row::ran(suite.name, ended.counts, ended.reasons, began.elapsed());
    row.scores = ended.scores;
    if row.outcome == Outcome::Failed && !verbose {
        println!("{}", tail(&ended.log));
    }
    row
}

impl<'a> Selection<'a> {
    fn parse(arguments: &'a [String]) -> Result<Self, String> {
        let mut selection = Self::default();
        for argument in arguments {
            match argument.as_str() {
                "--verbose" | "-v" => selection.verbose = true,
                "--list" => selection.list = true,
                name if SUITES.iter().any(|suite| suite.name == name) => selection.names.push(name),
                unknown => {
                    let names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
                    return Err(format!(
                        "no suite `{unknown}`; there are: {}",
                        names.join(", ")
                    ));
                }
            }
        }
        Ok(selection)
    }

    fn takes(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn no_name_takes_every_suite() {
        let selection = Selection::parse(&[]).unwrap();
        assert!(SUITES.iter().all(|suite| selection.takes(suite.name)));
    }

    #[test]
    fn names_select_and_options_do_not_count_as_names() {
        let line = words("fmt --verbose docs");
        let selection = Selection::parse(&line).unwrap();
        assert!(selection.takes("fmt") && selection.takes("docs") && !selection.takes("host"));
        assert!(selection.verbose);
    }

    #[test]
    fn an_unknown_suite_is_an_error_that_lists_the_known() {
        let message = Selection::parse(&words("frm")).unwrap_err();
        assert!(
            message.contains("frm") && message.contains("fmt"),
            "{message}"
        );
    }
}
