//! What runs as wasm32, in Node and in a browser.

use std::process::Command;

use crate::origin::Origin;
use crate::run::{Run, Skip};
use crate::tools::{Tools, WASM};

pub(super) fn node(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    tools.node()?;
    run.tests(&mut wasm_tests(run, tools, "urlsession-core")?);
    let mut web = wasm_tests(run, tools, "urlsession-transport-web")?;
    if let Some(origin) = Origin::start(run) {
        run.tests(origin.told_to(&mut web));
    }
    Ok(())
}

/// The places in a browser where a package's tests run, by the variable that chooses each.
const PAGE: &str = "WASM_BINDGEN_USE_BROWSER";
const WORKERS: [&str; 2] = [
    "WASM_BINDGEN_USE_DEDICATED_WORKER",
    "WASM_BINDGEN_USE_SERVICE_WORKER",
];

pub(super) fn browser(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let chromedriver = tools.chromedriver()?;
    tools.wasm_runner()?;
    let Some(origin) = Origin::start(run) else {
        return Ok(());
    };
    let pages = [
        "urlsession-transport-web",
        "urlsession-conformance",
        "urlsession-demo-web",
    ]
    .map(|package| (package, PAGE));
    let workers = WORKERS.map(|place| ("urlsession-transport-web", place));
    for (package, place) in pages.into_iter().chain(workers) {
        let mut cargo = wasm_tests(run, tools, package)?;
        cargo.env("CHROMEDRIVER", &chromedriver).env(place, "1");
        // Seconds for the driver to start and for a test to end, on a machine with more to do.
        cargo
            .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
            .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
        run.tests(origin.told_to(&mut cargo));
    }
    Ok(())
}

/// The package's tests for wasm32, with the runner of the locked version. Not by nextest, which
/// would start a browser for each test; no doctests, which that runner does not know.
fn wasm_tests(run: &Run<'_>, tools: &mut Tools<'_>, package: &str) -> Result<Command, Skip> {
    tools.target(WASM)?;
    let runner = tools.wasm_runner()?;
    let words = format!("test --target {WASM} --tests --all-features --no-fail-fast -p {package}");
    let mut cargo = run.cargo(&words);
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    Ok(cargo)
}
