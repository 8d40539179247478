//! What caches cost.

use std::path::PathBuf;

use super::super::plan::MIB;
use super::{Bench, Check, callgrind, counted, scenario};

/// Instructions of a GET that a fresh response in memory answers: the whole of `session.data()`.
const HIT: f64 = 3_000.0;
/// Instructions of a GET that is validated with 304, over a small GET's. The kernel's part of both, which is not counted, is the same.
const VALIDATION: f64 = 1.32;
/// Instructions of a hit among 100,000 entries on disk, over those of one among 100: 1.03 to 1.1, for the trees are deeper, and as far as the look that the
/// thread that writes takes at all entries, once, falls into one run and not into the other. To look at one entry in a hundred at each hit is over it.
const AMONG: f64 = 1.5;
/// Instructions of a program that opens a cache of 100,000 entries on disk and has its first hit: 2 to 4 million, much as among 100. Up to 44 million more may be
/// what the thread that writes goes on to do, for which nobody waits: it adds up what all entries take. To read the key and the head of each is 120 million.
const OPENING: f64 = 80e6;
/// MiB that it reads until it has its hit, which the kernel does and no instruction shows: a few pages, the log, of up to 4 MiB, and as much of 3 MiB as that sum has
/// come to. All there is are 160.
const OPENING_READS: f64 = 16.0;
/// The scenarios of a large cache and of a small one.
const LARGE: &str = "cache_among_100000";
const SMALL: &str = "cache_among_100";

/// The checks; `small_get` are the instructions of a GET that no cache has to do with.
pub(super) fn checks(bench: &Bench, small_get: Result<f64, String>) -> [Check; 5] {
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
            what: "instructions until 100,000 on disk have a hit",
            found: opening(bench),
            limit: OPENING,
        },
        Check {
            what: "MiB read until 100,000 on disk have a hit",
            found: opening_reads(bench),
            limit: OPENING_READS,
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

fn opening(bench: &Bench) -> Result<f64, String> {
    let folder = filled_large(bench)?;
    let scenario = scenario("cache_open")?;
    let count = callgrind::from_cold(bench, scenario, "ours-disk", ("BENCH_DIR", &folder))?;
    Ok(count as f64)
}

fn opening_reads(bench: &Bench) -> Result<f64, String> {
    let folder = filled_large(bench)?;
    let record = bench.measured_in(scenario("cache_open")?, "ours-disk", &folder)?;
    let bytes = record["read_bytes"].as_f64();
    Ok(bytes.ok_or("the system does not tell")? / MIB as f64)
}

/// Where [`among`] has put the large cache.
fn filled_large(bench: &Bench) -> Result<PathBuf, String> {
    let folder = bench.file(LARGE);
    match folder.join("filled").is_file() {
        true => Ok(folder),
        false => Err("there is no large cache".into()),
    }
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
