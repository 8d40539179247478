//! The few figures that a change must not spoil: instructions of a small GET, memory of a queued
//! task, and no TLS work for plain http.

use std::path::PathBuf;
use std::process::ExitCode;

use super::client::Bench;
use super::plan::{Metric, SCENARIOS, Scenario};
use super::{callgrind, programs, table};
use crate::workspace::Workspace;

/// Instructions of a small GET on a kept connection.
const INSTRUCTIONS: f64 = 27_000.0;
/// The same beyond a bare hyper connection's in the same run.
const ABOVE_HYPER: f64 = 7_000.0;
/// Bytes of memory for each of 100,000 queued tasks.
const QUEUED: f64 = 600.0;
/// Every count is the median of so many.
const REPETITIONS: usize = 3;
/// Certificates in the large bundle.
const CERTIFICATES: usize = 2000;
/// Reading the large bundle takes at least so many instructions; an http GET that shows a fiftieth
/// of what https shows has not read it.
const BUNDLE: f64 = 10e6;
const SHARE: f64 = 50.0;

/// One line of the answer.
struct Check {
    what: &'static str,
    value: f64,
    limit: f64,
}

/// Measures and compares with the limits.
pub(crate) fn gate(workspace: &Workspace, build: bool) -> Result<ExitCode, String> {
    if crate::tools::on_path("valgrind").is_none() {
        return Err("no valgrind: the gate counts instructions".into());
    }
    let programs = programs::build(workspace, ["client-ours", "client-hyper"], build)?;
    let bench = Bench::start(workspace, programs)?;
    let small = scenario("small_seq")?;
    let ours = instructions(&bench, small, "ours")?;
    let hyper = instructions(&bench, small, "hyper")?;
    let inline = instructions(&bench, small, "hyper-inline")?;
    println!(
        "small GET: ours {ours:.0}, hyper {hyper:.0}, hyper polled inline {inline:.0} instructions"
    );
    let checks = [
        Check {
            what: "instructions of a small GET",
            value: ours,
            limit: INSTRUCTIONS,
        },
        Check {
            what: "instructions beyond bare hyper",
            value: ours - hyper,
            limit: ABOVE_HYPER,
        },
        Check {
            what: "bytes per queued task",
            value: queued(&bench)?,
            limit: QUEUED,
        },
        roots(&bench)?,
    ];
    let failed = checks.iter().filter(|check| !check.holds()).count();
    for check in &checks {
        let result = if check.holds() { "ok" } else { "FAILED" };
        println!(
            "{:<42} {:>14.0} limit {:>12.0}  {result}",
            check.what, check.value, check.limit
        );
    }
    // As a test runner closes, so that whoever counts tests counts these.
    let result = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "test result: {result}. {} passed; {failed} failed; 0 ignored",
        checks.len() - failed
    );
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Check {
    /// NaN holds nothing.
    fn holds(&self) -> bool {
        self.value <= self.limit
    }
}

fn scenario(name: &str) -> Result<&'static Scenario, String> {
    SCENARIOS
        .iter()
        .find(|scenario| scenario.name == name)
        .ok_or_else(|| format!("no scenario {name}"))
}

fn instructions(bench: &Bench, scenario: &Scenario, client: &'static str) -> Result<f64, String> {
    let counts = (0..REPETITIONS).map(|_| callgrind::per_unit(bench, scenario, client));
    table::median(counts.collect::<Result<_, _>>()?).ok_or_else(|| "nothing counted".into())
}

fn queued(bench: &Bench) -> Result<f64, String> {
    let scenario = scenario("queued")?;
    let runs = (0..REPETITIONS).map(|_| {
        Ok(table::value(
            Metric::Memory,
            &bench.measured(scenario, "ours", 1.0)?,
        ))
    });
    table::median(runs.collect::<Result<_, String>>()?).ok_or_else(|| "nothing measured".into())
}

/// Whether a plain http GET reads the system's certificates: the system's bundle is first small,
/// then large. What https does shows that the difference can be seen.
fn roots(bench: &Bench) -> Result<Check, String> {
    let bundle = |name: &str, copies: usize| -> Result<PathBuf, String> {
        let one =
            std::fs::read_to_string(bench.file("ca.pem")).map_err(|error| error.to_string())?;
        let path = bench.file(name);
        std::fs::write(&path, one.repeat(copies)).map_err(|error| error.to_string())?;
        Ok(path)
    };
    let (few, many) = (bundle("few.pem", 1)?, bundle("many.pem", CERTIFICATES)?);
    let more = |scenario: &Scenario| -> Result<f64, String> {
        let count =
            |path: &PathBuf| callgrind::from_cold(bench, scenario, "ours", ("SSL_CERT_FILE", path));
        Ok(count(&many)? as f64 - count(&few)? as f64)
    };
    let https = more(scenario("https_seq")?)?;
    if https < BUNDLE {
        return Err(format!(
            "https reads {CERTIFICATES} certificates in {https:.0} instructions: not read, or not seen"
        ));
    }
    let http = more(scenario("small_seq")?)?.abs();
    Ok(Check {
        what: "instructions http spends on certificates",
        value: http,
        limit: https / SHARE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_is_no_number_does_not_pass() {
        assert!(
            Check {
                what: "",
                value: 27_000.0,
                limit: INSTRUCTIONS
            }
            .holds()
        );
        assert!(
            !Check {
                what: "",
                value: 27_001.0,
                limit: INSTRUCTIONS
            }
            .holds()
        );
        assert!(
            !Check {
                what: "",
                value: f64::NAN,
                limit: INSTRUCTIONS
            }
            .holds()
        );
    }
}
