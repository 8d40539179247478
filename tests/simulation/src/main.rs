//! Plays schedules on the mock and checks each trace against the contract.
//!
//! `--schedules N` (default 100,000), `--seed S` (default 0), `--threads T` (default 2), `--least C`: how often each cell of the
//! coverage table must be seen (default 100 for 100,000 schedules or more, fewer in proportion). `--show` prints the trace of one seed.
//! Exits 1 when a rule is broken or a cell is seen too rarely.

#![expect(clippy::print_stdout, reason = "a program's report")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use urlsession_simulation::{Failure, Reason, Report, Run, Schedule, check, play};

struct Options {
    run: Run,
    least: Option<u64>,
    shows: bool,
}

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            println!("{problem}");
            return ExitCode::from(2);
        }
    };
    if options.shows {
        return show(options.run.seed);
    }
    let started = Instant::now();
    match options.run.play() {
        Ok(report) => tell(&report, &options, started.elapsed().as_secs_f64()),
        Err(failure) => {
            println!("{failure}");
            ExitCode::FAILURE
        }
    }
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let run = Run {
            schedules: 100_000,
            seed: 0,
            threads: 2,
        };
        let mut options = Self {
            run,
            least: None,
            shows: false,
        };
        while let Some(name) = arguments.next() {
            if name == "--show" {
                options.shows = true;
                continue;
            }
            let value = arguments.next().and_then(|value| value.parse::<u64>().ok());
            let value = value.ok_or_else(|| format!("{name} needs a number"))?;
            match name.as_str() {
                "--schedules" => options.run.schedules = value,
                "--seed" => options.run.seed = value,
                "--threads" => options.run.threads = usize::try_from(value).unwrap_or(1),
                "--least" => options.least = Some(value),
                _ => return Err(format!("{name} is no option")),
            }
        }
        Ok(options)
    }
}

/// Prints one schedule, its trace, and what it breaks.
fn show(seed: u64) -> ExitCode {
    let schedule = Arc::new(Schedule::of(seed));
    println!("{schedule:#?}");
    let entries = play(&schedule).entries;
    let violations = check(&schedule, &entries);
    let is_clean = violations.is_empty();
    println!(
        "{}",
        Failure {
            seed,
            reason: Reason::Violations(violations),
            entries
        }
    );
    if is_clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn tell(report: &Report, options: &Options, seconds: f64) -> ExitCode {
    println!("{}", report.coverage);
    println!(
        "{} schedules, {} steps, {} entries in {seconds:.1} s: {:.0} schedules/s, {:.0} steps/s",
        report.schedules,
        report.steps,
        report.entries,
        report.schedules as f64 / seconds,
        report.steps as f64 / seconds,
    );
    let least = options
        .least
        .unwrap_or_else(|| (report.schedules / 1000).min(100));
    let missing = report.coverage.missing(least);
    for cell in &missing {
        println!("seen less than {least} times: {cell}");
    }
    if missing.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
