//! `cargo xtask bench`: ours beside the peers, all against one local server, interleaved.

mod callgrind;
mod client;
mod cold;
mod gate;
mod plan;
mod programs;
mod results;
mod server;
mod table;
mod web;

use std::process::ExitCode;

use crate::tools::on_path;
use crate::workspace::Workspace;
use client::Bench;
use plan::{SCENARIOS, Scenario};
use results::Results;

/// Repetitions where none are named; memory repeats so well that three are enough.
const REPETITIONS: usize = 5;
const MEMORY_REPETITIONS: usize = 3;
/// What `--quick` leaves of the exchanges.
const QUICK: f64 = 0.05;

/// What was asked for on the command line.
#[derive(Debug)]
struct Options {
    /// Parts of labels, or names of scenarios; all when empty.
    only: Vec<String>,
    /// Names of clients; all when empty.
    clients: Vec<String>,
    repetitions: usize,
    /// Factor on the number of exchanges.
    scale: f64,
    runs: bool,
    instructions: bool,
    build: bool,
    gate: bool,
    web: bool,
}

/// Runs what was asked for.
pub(crate) fn bench(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, String> {
    if cfg!(not(target_os = "linux")) {
        return Err(
            "the benchmarks read /proc and pin processes to cores: they run on Linux".into(),
        );
    }
    let options = Options::parse(arguments)?;
    if options.gate {
        return gate::gate(workspace, options.build);
    }
    if options.web {
        web::web(workspace, options.repetitions, options.scale)?;
        return Ok(ExitCode::SUCCESS);
    }
    if on_path("taskset").is_none() {
        return Err("no taskset: install util-linux".into());
    }
    compare(workspace, &options)?;
    Ok(ExitCode::SUCCESS)
}

fn compare(workspace: &Workspace, options: &Options) -> Result<(), String> {
    let chosen: Vec<&Scenario> = SCENARIOS
        .iter()
        .filter(|scenario| options.takes(scenario))
        .collect();
    if chosen.is_empty() && !options.takes_cold() {
        return Err("no scenario of that name with a client of that name".into());
    }
    let programs = programs::build(workspace, options.packages(&chosen), options.build)?;
    let bench = Bench::start(workspace, programs)?;
    let mut results = Results::create(workspace)?;
    if options.runs {
        run(&bench, &mut results, &chosen, options)?;
    }
    if options.instructions && on_path("valgrind").is_some() {
        count(&bench, &mut results, &chosen, options)?;
    } else if options.instructions {
        println!("instructions: SKIPPED, no valgrind");
    }
    println!("\nresults: {}", results.path().display());
    Ok(())
}

/// The timed runs, and the cold starts.
fn run(
    bench: &Bench,
    results: &mut Results,
    chosen: &[&Scenario],
    options: &Options,
) -> Result<(), String> {
    for scenario in chosen {
        let most = if scenario.is_memory() {
            MEMORY_REPETITIONS
        } else {
            usize::MAX
        };
        let repetitions = options.repetitions.min(most);
        let clients = options.clients_of(scenario);
        let runs = bench.interleaved(scenario, &clients, repetitions, options.scale);
        results.keep_runs(scenario, &runs)?;
        print!("{}", table::runs(scenario, &runs));
    }
    if options.takes_cold() {
        print!(
            "{}",
            cold::table(bench, results, |name| options.takes_client(name))?
        );
    }
    Ok(())
}

/// The instruction counts.
fn count(
    bench: &Bench,
    results: &mut Results,
    chosen: &[&Scenario],
    options: &Options,
) -> Result<(), String> {
    for scenario in chosen {
        let counts = callgrind::compare(bench, scenario, &options.clients_of(scenario));
        results.keep_instructions(scenario, &counts)?;
        print!("{}", table::instructions(scenario, &counts));
    }
    Ok(())
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            only: Vec::new(),
            clients: Vec::new(),
            repetitions: REPETITIONS,
            scale: 1.0,
            runs: true,
            instructions: true,
            build: true,
            gate: false,
            web: false,
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--only" => options.only = list(value()?),
                "--clients" => options.clients = list(value()?),
                "--reps" => options.repetitions = number(word, value()?)?,
                "--scale" => options.scale = number(word, value()?)?,
                "--quick" => {
                    (options.repetitions, options.scale, options.instructions) = (1, QUICK, false)
                }
                "--no-instructions" => options.instructions = false,
                "--no-runs" => options.runs = false,
                "--no-build" => options.build = false,
                "--web" => options.web = true,
                "--gate" => options.gate = true,
                unknown => return Err(format!("no option `{unknown}`")),
            }
        }
        match options.clients.iter().find(|client| !plan::knows(client)) {
            Some(unknown) => Err(format!("no client `{unknown}`")),
            None => Ok(options),
        }
    }

    /// Whether the scenario is asked for, and a client that does it.
    fn takes(&self, scenario: &Scenario) -> bool {
        let named = |only: &String| *only == scenario.name || scenario.label.contains(&**only);
        (self.only.is_empty() || self.only.iter().any(named))
            && !self.clients_of(scenario).is_empty()
    }

    fn takes_cold(&self) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == "cold")
    }

    fn takes_client(&self, name: &str) -> bool {
        self.clients.is_empty() || self.clients.iter().any(|client| client == name)
    }

    fn clients_of(&self, scenario: &Scenario) -> Vec<&'static str> {
        scenario
            .clients
            .iter()
            .copied()
            .filter(|name| self.takes_client(name))
            .collect()
    }

    /// The packages of every client that takes part.
    fn packages(&self, chosen: &[&Scenario]) -> Vec<&'static str> {
        let clients = chosen.iter().flat_map(|scenario| self.clients_of(scenario));
        let mut packages: Vec<&str> = clients.map(plan::package).collect();
        if self.takes_cold() {
            let taken = cold::PACKAGES
                .iter()
                .filter(|(client, _)| self.takes_client(client));
            packages.extend(taken.map(|(_, package)| package));
        }
        packages
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn number<T: std::str::FromStr>(option: &str, text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{option} {text}: no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Result<Options, String> {
        Options::parse(
            &line
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn scenarios_are_chosen_by_name_or_by_part_of_their_label() {
        let taken = |line: &str| {
            let options = options(line).unwrap();
            SCENARIOS
                .iter()
                .filter(|scenario| options.takes(scenario))
                .count()
        };
        assert_eq!(taken(""), SCENARIOS.len());
        assert_eq!(taken("--only h2_conc"), 1);
        assert_eq!(taken("--only cold"), 0);
        assert_eq!(taken("--only queued,inflight"), 2);
        assert_eq!(taken("--only h2_conc --clients raw"), 0);
    }

    #[test]
    fn a_client_that_is_not_named_is_left_out() {
        let options = options("--clients ours,hyper").unwrap();
        let small = SCENARIOS
            .iter()
            .find(|scenario| scenario.name == "small_seq")
            .unwrap();
        assert_eq!(options.clients_of(small), ["ours", "hyper"]);
    }

    #[test]
    fn options_without_their_value_or_unknown_are_errors() {
        assert!(options("--reps").is_err());
        assert!(options("--reps many").is_err());
        assert!(options("--fast").is_err());
        assert!(options("--clients ours,theirs").is_err());
    }
}
