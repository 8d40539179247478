//! What runs on the host.

use std::process::Command;

use crate::origin::{self, Origin};
use crate::run::{Run, Skip};
use crate::tools::Tools;

/// Schedules of the simulation in every test run: so many that each cell of its coverage is seen often enough. A campaign runs
/// fifty times as many.
const SCHEDULES: u32 = 200_000;

/// How often each cell must be seen.
const LEAST: u32 = 100;

pub(super) fn host(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let by_nextest = tools.nextest();
    let mut cargo = if by_nextest {
        let limits = run.workspace.root.join("xtask").join("nextest.toml");
        let mut nextest =
            run.cargo("nextest run --failure-output immediate-final --tool-config-file");
        nextest.arg(format!("xtask:{}", limits.display()));
        nextest
    } else {
        run.cargo("test --all-targets")
    };
    cargo.args(["--workspace", "--all-features", "--no-fail-fast"]);
    if !by_nextest {
        // Scores among it.
        cargo.args(["--", "--show-output"]);
    }
    run.tests(&mut cargo);
    Ok(())
}

pub(super) fn doctests(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    run.tests(&mut run.cargo("test --doc --workspace --all-features --no-fail-fast"));
    Ok(())
}

pub(super) fn simulation(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    let words = format!(
        "run --release -p urlsession-simulation -- --schedules {SCHEDULES} --least {LEAST}"
    );
    run.check(&mut run.cargo(&words));
    Ok(())
}

pub(super) fn examples(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    let Some(origin) = Origin::start(run) else {
        return Ok(());
    };
    let url = origin.url("http").unwrap_or_default();
    let file = std::env::temp_dir().join(format!("urlsession-example-{}", std::process::id()));
    for (example, argument) in [
        ("get", &*format!("{url}/country.txt")),
        ("delegate", &format!("{url}/redirect/2?to=/bytes/300000")),
        (
            "portable",
            &format!("{url}/counted?cache-control=max-age=100"),
        ),
        ("progress", &format!("{url}/bytes/30000000")),
        ("upload", &format!("{url}/resumable?cut=1000000")),
        ("metrics", &format!("{url}/redirect/2?to=/bytes/300000")),
        ("mock", ""),
        (
            "download",
            &format!("{url}/bytes/30000000 {}", file.display()),
        ),
        ("custom_protocol", ""),
        ("blocking", &*format!("{url}/country.txt")),
        ("tower", &*format!("{url}/country.txt")),
        ("demo", "--once"),
    ] {
        run.check(
            Command::new(origin::program(run.workspace, "examples", example))
                .args(argument.split_whitespace()),
        );
    }
    // It is not there if the example has failed.
    let _ = std::fs::remove_file(file);
    Ok(())
}
