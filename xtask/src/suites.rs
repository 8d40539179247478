//! The suites, in the order they run: what is cheap and most often wrong comes first.

use std::process::Command;

use crate::origin::Origin;
use crate::run::{Run, Skip};
use crate::tools::Tools;

const WASM: &str = "wasm32-unknown-unknown";
/// Schedules of the simulation in every test run; a campaign runs a hundred times as many.
const SCHEDULES: &str = "100000";
/// Packages whose every feature is checked alone, with none, and all together.
const FEATURE_MATRIX: [&str; 2] = ["urlsession-core", "urlsession-transport-native"];

/// A named part of the checks.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&mut Run<'_>, &mut Tools<'_>) -> Result<(), Skip>,
}

/// Every suite.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "fmt",
        about: "formatting",
        run: fmt,
    },
    Suite {
        name: "clippy",
        about: "lints, every target of every package on the host",
        run: clippy,
    },
    Suite {
        name: "clippy-wasm",
        about: "lints for wasm32: core, transport-web, facade",
        run: clippy_wasm,
    },
    Suite {
        name: "features",
        about: "core and transport-native build with no, each and every feature",
        run: features,
    },
    Suite {
        name: "host",
        about: "unit and integration tests, conformance on mock and native",
        run: host,
    },
    Suite {
        name: "doctests",
        about: "the examples in the documentation",
        run: doctests,
    },
    Suite {
        name: "docs",
        about: "documentation without a warning",
        run: docs,
    },
    Suite {
        name: "simulation",
        about: "100,000 random schedules against the contract",
        run: simulation,
    },
    Suite {
        name: "node",
        about: "core's tests as wasm32 in Node",
        run: node,
    },
    Suite {
        name: "browser",
        about: "conformance over fetch in headless Chromium",
        run: browser,
    },
    Suite {
        name: "examples",
        about: "the examples and the demo, against the origin server",
        run: examples,
    },
    Suite {
        name: "deny",
        about: "licences, advisories, sources of dependencies",
        run: deny,
    },
    Suite {
        name: "gates",
        about: "instructions, memory and cold start within their limits",
        run: gates,
    },
];

fn fmt(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    run.check(run.workspace.cargo().args(["fmt", "--all", "--check"]));
    let benches = [
        "fmt",
        "--all",
        "--check",
        "--manifest-path",
        "benches/Cargo.toml",
    ];
    run.check(run.workspace.cargo().args(benches));
    Ok(())
}

fn clippy(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    let all = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ];
    run.check(run.workspace.cargo().args(all));
    Ok(())
}

fn clippy_wasm(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    tools.wasm_target()?;
    let wasm = ["clippy", "--all-features", "--target", WASM];
    let both = [
        "--all-targets",
        "-p",
        "urlsession-core",
        "-p",
        "urlsession-transport-web",
    ];
    run.check(
        run.workspace
            .cargo()
            .args(wasm)
            .args(both)
            .args(["--", "-D", "warnings"]),
    );
    run.check(
        run.workspace
            .cargo()
            .args(wasm)
            .args(["-p", "urlsession", "--", "-D", "warnings"]),
    );
    Ok(())
}

fn features(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    for package in FEATURE_MATRIX {
        let check = |run: &mut Run<'_>, features: &[&str]| {
            run.check(
                run.workspace
                    .cargo()
                    .args(["check", "-p", package])
                    .args(features),
            );
        };
        check(run, &["--no-default-features"]);
        for feature in run.workspace.features(package) {
            check(run, &["--no-default-features", "--features", feature]);
        }
        check(run, &["--all-features"]);
    }
    Ok(())
}

fn host(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let mut cargo = run.workspace.cargo();
    if tools.nextest() {
        let limits = run.workspace.root.join("xtask").join("nextest.toml");
        cargo.args(["nextest", "run", "--failure-output", "immediate-final"]);
        cargo
            .arg("--tool-config-file")
            .arg(format!("xtask:{}", limits.display()));
    } else {
        cargo.arg("test");
    }
    run.tests(cargo.args(["--workspace", "--all-features", "--no-fail-fast"]));
    Ok(())
}

fn doctests(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    let doc = [
        "test",
        "--doc",
        "--workspace",
        "--all-features",
        "--no-fail-fast",
    ];
    run.tests(run.workspace.cargo().args(doc));
    Ok(())
}

fn docs(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let doc = |run: &mut Run<'_>, selection: &[&str]| {
        let mut cargo = run.workspace.cargo();
        cargo
            .args(["doc", "--no-deps", "--all-features"])
            .args(selection);
        run.check(cargo.env("RUSTDOCFLAGS", "-D warnings"));
    };
    doc(run, &["--workspace"]);
    match tools.wasm_target() {
        Ok(()) => doc(run, &["-p", "urlsession-transport-web", "--target", WASM]),
        Err(Skip(reason)) => run.skip(reason),
    }
    Ok(())
}

fn simulation(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    let package = [
        "run",
        "--release",
        "-p",
        "urlsession-simulation",
        "--",
        "--schedules",
        SCHEDULES,
    ];
    run.check(run.workspace.cargo().args(package));
    Ok(())
}

fn node(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    tools.node()?;
    let mut cargo = wasm_test(run, tools)?;
    run.tests(cargo.args(["-p", "urlsession-core", "--all-features", "--no-fail-fast"]));
    Ok(())
}

fn browser(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let chromedriver = tools.chromedriver()?;
    let mut cargo = wasm_test(run, tools)?;
    let origin = match Origin::start(run) {
        Ok(origin) => origin,
        Err(reason) => {
            run.fail(reason);
            return Ok(());
        }
    };
    cargo.args([
        "-p",
        "urlsession-transport-web",
        "--all-features",
        "--no-fail-fast",
    ]);
    cargo.env("CHROMEDRIVER", chromedriver);
    cargo.env("WASM_BINDGEN_USE_BROWSER", "1");
    // Seconds a driver has to start, and a test to end, on a machine with more to do.
    cargo
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    run.tests(origin.told_to(&mut cargo));
    Ok(())
}

/// `cargo test` for wasm32 with the runner of the locked version. One test binary after another:
/// nextest would start a browser for each test.
fn wasm_test(run: &Run<'_>, tools: &mut Tools<'_>) -> Result<Command, Skip> {
    tools.wasm_target()?;
    let runner = tools.wasm_runner()?;
    let mut cargo = run.workspace.cargo();
    cargo.args(["test", "--target", WASM]);
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    Ok(cargo)
}

fn examples(run: &mut Run<'_>, _: &mut Tools<'_>) -> Result<(), Skip> {
    let origin = match Origin::start(run) {
        Ok(origin) => origin,
        Err(reason) => {
            run.fail(reason);
            return Ok(());
        }
    };
    let url = origin.url("http").unwrap_or_default();
    for (example, argument) in [
        ("get", &*url),
        ("delegate", &url),
        ("mock", &url),
        ("demo", "--once"),
    ] {
        let mut cargo = run.workspace.cargo();
        cargo.args([
            "run",
            "-p",
            "urlsession",
            "--all-features",
            "--example",
            example,
            "--",
            argument,
        ]);
        run.check(&mut cargo);
    }
    Ok(())
}

fn deny(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    tools.deny()?;
    run.check(
        run.workspace
            .cargo()
            .args(["deny", "--all-features", "check"]),
    );
    Ok(())
}

fn gates(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    tools.valgrind()?;
    let clippy = [
        "clippy",
        "--all-targets",
        "--manifest-path",
        "benches/Cargo.toml",
        "--target-dir",
    ];
    let mut lints = run.workspace.cargo();
    lints.args(clippy).arg(&run.workspace.target);
    lints.args([
        "-p",
        "harness",
        "-p",
        "bench-server",
        "-p",
        "client-ours",
        "-p",
        "client-hyper",
    ]);
    run.check(lints.args(["--", "-D", "warnings"]));
    match std::env::current_exe() {
        Ok(xtask) => run.tests(Command::new(xtask).args(["bench", "--gate"])),
        Err(error) => run.fail(format!("xtask does not find itself: {error}")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_suite_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = SUITES.iter().map(|suite| suite.name).collect();
        assert_eq!(names.len(), SUITES.len());
    }
}
