//! Start to exit of the smallest program that makes one GET, and its size.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use serde_json::json;

use super::client::{Bench, output};
use super::plan::{Address, SCENARIOS, Work};
use super::results::Results;
use super::server::client_core;
use super::{callgrind, table::median};
use crate::tools::on_path;

/// Client and the package of its smallest program.
pub(crate) const PACKAGES: &[(&str, &str)] = &[
    ("ours", "cold-ours"),
    ("raw", "cold-raw"),
    ("hyper-util", "cold-hyper-util"),
    ("reqwest-notls", "cold-reqwest-notls"),
    ("reqwest", "cold-reqwest"),
    ("ureq", "cold-ureq"),
    ("curl", "cold-curl"),
];
/// Timed starts of each.
const STARTS: usize = 40;

struct Program {
    client: &'static str,
    stripped: PathBuf,
    bytes: u64,
    milliseconds: Vec<f64>,
}

/// Measures the programs of the clients taken, keeps what was found, and gives the table.
pub(crate) fn table(
    bench: &Bench,
    results: &mut Results,
    taken: impl Fn(&str) -> bool,
) -> Result<String, String> {
    let small = SCENARIOS
        .iter()
        .find(|scenario| scenario.address == Address::Http)
        .ok_or("no plain scenario")?;
    let url = bench
        .job(
            small,
            "ours",
            Work::Exchanges {
                n: 1,
                concurrency: 1,
            },
        )?
        .url;
    let chosen = PACKAGES.iter().filter(|(client, _)| taken(client));
    let mut programs = Vec::new();
    for (client, package) in chosen {
        match program(bench, client, package) {
            Ok(program) => programs.push(program),
            Err(reason) => eprintln!("   {client}, cold: {reason}"),
        }
    }
    // The first start of each warms the page cache.
    for start in 0..=STARTS {
        for program in &mut programs {
            let milliseconds = milliseconds(program, &url)?;
            if start > 0 {
                program.milliseconds.push(milliseconds);
            }
        }
    }
    let mut text = format!("\nG cold start to exit of one GET ({STARTS} interleaved starts)\n");
    let _ = writeln!(
        text,
        "  {:<22} {:>10} {:>10} {:>14} {:>14}",
        "client", "median ms", "min ms", "instructions", "stripped KiB"
    );
    for program in programs {
        let instructions = on_path("valgrind")
            .map(|_| callgrind::of_program(&program.stripped, &url))
            .transpose()?;
        let least = program
            .milliseconds
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min);
        let middle = median(program.milliseconds).ok_or("no start was timed")?;
        results.keep(&json!({
            "client": program.client, "scenario": "cold", "label": "G cold start", "secs": middle / 1e3,
            "instructions": instructions, "binary_bytes": program.bytes,
        }))?;
        let instructions = instructions.map_or("-".into(), |number| number.to_string());
        let kib = program.bytes as f64 / 1024.0;
        let _ = writeln!(
            text,
            "  {:<22} {middle:>10.2} {least:>10.2} {instructions:>14} {kib:>14.0}",
            program.client
        );
    }
    Ok(text)
}

fn program(bench: &Bench, client: &'static str, package: &str) -> Result<Program, String> {
    let stripped = bench.file(&format!("stripped-{package}"));
    let mut strip = Command::new("strip");
    output(strip.arg("-o").arg(&stripped).arg(bench.program(package)))
        .map_err(|error| format!("strip: {error}"))?;
    let bytes = std::fs::metadata(&stripped)
        .map_err(|error| error.to_string())?
        .len();
    Ok(Program {
        client,
        stripped,
        bytes,
        milliseconds: Vec::new(),
    })
}

fn milliseconds(program: &Program, url: &str) -> Result<f64, String> {
    let mut command = Command::new("taskset");
    command
        .args(["--cpu-list", &client_core().to_string()])
        .arg(&program.stripped)
        .arg(url);
    let began = Instant::now();
    output(&mut command).map_err(|error| format!("{}: {error}", program.client))?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}
