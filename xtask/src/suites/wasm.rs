//! What runs as wasm32, in Node and in a browser.

use std::process::Command;

use crate::origin::Origin;
use crate::run::{Run, Skip};
use crate::tools::{Tools, WASM};

pub(super) fn node(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    tools.node()?;
    run.tests(&mut wasm_tests(run, tools, "urlsession-core")?);
    Ok(())
}

pub(super) fn browser(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let chromedriver = tools.chromedriver()?;
    let mut cargo = wasm_tests(run, tools, "urlsession-transport-web")?;
    let Some(origin) = Origin::start(run) else {
        return Ok(());
    };
    cargo
        .env("CHROMEDRIVER", chromedriver)
        .env("WASM_BINDGEN_USE_BROWSER", "1");
    // Seconds for the driver to start and for a test to end, on a machine with more to do.
    cargo
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    run.tests(origin.told_to(&mut cargo));
    Ok(())
}

/// The package's tests for wasm32, with the runner of the locked version. Not by nextest, which
/// would start a browser for each test; no doctests, which that runner does not know.
fn wasm_tests(run: &Run<'_>, tools: &mut Tools<'_>, package: &str) -> Result<Command, Skip> {
    tools.wasm_target()?;
    let runner = tools.wasm_runner()?;
    let words = format!("test --target {WASM} --tests --all-features --no-fail-fast -p {package}");
    let mut cargo = run.cargo(&words);
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    Ok(cargo)
}
