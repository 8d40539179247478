//! Instructions in user space: the difference of two run lengths, so that the start cancels.

use std::path::Path;
use std::process::Command;

use super::client::{Bench, Job, both_outputs};
use super::plan::{MIB, Scenario, Work};
use super::server::client_core;

/// Client and its instructions per request (or MiB), in the order of the plan.
pub(crate) type Counts = Vec<(&'static str, f64)>;

/// Puts a command under callgrind. Its threads run in turns, or one that works in the background may come to nothing in one run and to an end in the next.
const CALLGRIND: &[&str] = &[
    "valgrind",
    "--tool=callgrind",
    "--fair-sched=try",
    "--callgrind-out-file=/dev/null",
];

/// Every client in a scenario that has two lengths.
pub(crate) fn compare(bench: &Bench, scenario: &Scenario, clients: &[&'static str]) -> Counts {
    let mut counts = Counts::new();
    for client in clients.iter().filter(|_| scenario.lengths.is_some()) {
        match per_unit(bench, scenario, client) {
            Ok(count) => counts.push((client, count)),
            Err(reason) => eprintln!("   {client}, {}: {reason}", scenario.label),
        }
    }
    counts
}

/// Instructions for one request, or for one MiB of a download.
pub(crate) fn per_unit(
    bench: &Bench,
    scenario: &Scenario,
    client: &'static str,
) -> Result<f64, String> {
    let (short, long) = scenario.lengths.ok_or("no lengths to compare")?;
    let count = |length| {
        let job = bench.job(scenario, client, length_of(scenario.work, length))?;
        instructions(&mut command(bench, scenario, &job)?)
    };
    Ok((count(long)? as f64 - count(short)? as f64) / (long - short) as f64)
}

/// Instructions for one request of a client whose cache is in `folder`, filled.
pub(crate) fn per_unit_in(
    bench: &Bench,
    scenario: &Scenario,
    client: &'static str,
    folder: &Path,
) -> Result<f64, String> {
    /// So many that what the cache does once, in the background, is done in either.
    const LENGTHS: (u64, u64) = (4000, 8000);
    let count = |n| {
        // Of one entry: when each was used last is written once a second, the more often the longer a busy machine takes.
        let work = Work::Exchanges { n, concurrency: 1 };
        let job = bench.job(scenario, client, work)?;
        instructions(command(bench, scenario, &job)?.env("BENCH_DIR", folder))
    };
    let (short, long) = LENGTHS;
    Ok((count(long)? as f64 - count(short)? as f64) / (long - short) as f64)
}

/// Instructions of a client that makes one exchange after its warm-up, start and end included.
pub(crate) fn from_cold(
    bench: &Bench,
    scenario: &Scenario,
    client: &'static str,
    environment: (&str, &Path),
) -> Result<u64, String> {
    let job = bench.job(
        scenario,
        client,
        Work::Exchanges {
            n: 1,
            concurrency: 1,
        },
    )?;
    instructions(command(bench, scenario, &job)?.env(environment.0, environment.1))
}

/// A job's command under callgrind, on one core with its server: each does all it can before it is the other's turn, so that how much there is to
/// read at a time, and how often there is nothing, hardly depends on how fast or busy the machine is.
fn command(bench: &Bench, scenario: &Scenario, job: &Job) -> Result<Command, String> {
    bench.share_core(scenario)?;
    let core = client_core().to_string();
    let pinned = ["taskset", "--cpu-list", &core];
    bench.command(job, &[&pinned, CALLGRIND].concat())
}

/// Instructions of a whole program.
pub(crate) fn of_program(program: &Path, argument: &str) -> Result<u64, String> {
    let mut command = Command::new(CALLGRIND[0]);
    instructions(command.args(&CALLGRIND[1..]).arg(program).arg(argument))
}

fn instructions(command: &mut Command) -> Result<u64, String> {
    let (_, report) = both_outputs(command)?;
    collected(&report).ok_or_else(|| format!("callgrind reports nothing: {report:?}"))
}

/// The number in callgrind's `==1== Collected : 1234`.
fn collected(report: &str) -> Option<u64> {
    let (_, after) = report.split_once("Collected : ")?;
    after.split_whitespace().next()?.parse().ok()
}

fn length_of(work: Work, length: u64) -> Work {
    match work {
        Work::Exchanges { concurrency, .. } => Work::Exchanges {
            n: length,
            concurrency,
        },
        Work::Download(_) => Work::Download(length * MIB),
        Work::Upload(_) => Work::Upload(length * MIB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_callgrinds_report() {
        let report = "==7== Events    : Ir\n==7== Collected : 123456789\n==7== \n";
        assert_eq!(collected(report), Some(123_456_789));
        assert_eq!(collected("==7== killed"), None);
    }
}
