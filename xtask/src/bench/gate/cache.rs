//! What caches cost.

use std::path::PathBuf;

use super::super::plan::Metric;
use super::{Bench, Check, REPETITIONS, callgrind, counted, scenario, table};

/// Instructions of a GET that a fresh response in memory answers: the whole of `session.data()`.
const HIT: f64 = 3_000.0;
/// Instructions of a GET that is validated with 304, over a small GET's. The kernel's part of both, which is not counted, is the same.
const VALIDATION: f64 = 1.32;
/// Instructions of a hit among 100,000 entries on disk, over those of one among 100.
const AMONG: f64 = 1.25;
/// Milliseconds of CPU until a cache of 100,000 entries on disk has its first hit.
const OPENING: f64 = 200.0;
/// The scenarios of a large cache and of a small one.
const LARGE: &str = "cache_among_100000";
const SMALL: &str = "cache_among_100";
/// Entries of the large one.
const ENTRIES: f64 = 100_000.0;

/// The checks; `small_get` are the instructions of a GET that no cache has to do with.
pub(super) fn checks(bench: &Bench, small_get: Result<f64, String>) -> [Check; 4] {
    let validation = || Ok(counted(bench, "cache_reval", "ours")? / small_get?);
    [
        Check {
            what: "instructions of a fresh hit in memory",
            found: counted(bench, "cache_fresh", "ours"),
            limit: HIT,
        },
        Check {
            what: "a GET validated with 304, over a small GET",
            found: validation(),
            limit: VALIDATION,
        },
        Check {
            what: "a hit among 100,000 on disk, over one of 100",
            found: among(bench),
            limit: AMONG,
        },
        Check {
            what: "CPU ms until 100,000 on disk have a hit",
            found: opening(bench),
            limit: OPENING,
        },
    ]
}

/// Instructions of a hit in a large cache on disk, over those in a small one.
fn among(bench: &Bench) -> Result<f64, String> {
    let count = |name: &str| {
        let folder = filled(bench, name)?;
        callgrind::per_unit_in(bench, scenario(name)?, "ours-disk", &folder)
    };
    Ok(count(LARGE)? / count(SMALL)?)
}

/// Where the large cache is by now.
fn opening(bench: &Bench) -> Result<f64, String> {
    let folder = bench.file(LARGE);
    let run = |_| {
        let record = bench.measured_in(scenario("cache_open")?, "ours-disk", &folder)?;
        Ok(table::cpu(Metric::Rate, &record) * ENTRIES / 1e3)
    };
    let runs: Result<Vec<f64>, String> = (0..REPETITIONS).map(run).collect();
    table::median(runs?).ok_or_else(|| "nothing measured".into())
}

/// A folder with the entries that a scenario looks for: its first run puts them there, which would take too long under callgrind.
fn filled(bench: &Bench, name: &str) -> Result<PathBuf, String> {
    let folder = bench.file(name);
    // One of an earlier build may have another form.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    bench.measured_in(scenario(name)?, "ours-disk", &folder)?;
    Ok(folder)
}
