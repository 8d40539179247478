//! What runs as wasm32, in Node and in browsers.

use std::process::Command;
use std::rc::Rc;

use crate::browsers::Browser;
use crate::origin::Origin;
use crate::run::{Run, Skip};
use crate::tools::{Tools, WASM};

/// What is run wherever there is `fetch`. Named together, so that they are built once, with the same features, for all places.
const OVER_FETCH: &str = "-p urlsession-transport-web -p urlsession-conformance";

/// The places in a browser where tests run, by the variable that has the runner choose each. Without one it is Node.
const PAGE: &str = "WASM_BINDGEN_USE_BROWSER";
const DEDICATED_WORKER: &str = "WASM_BINDGEN_USE_DEDICATED_WORKER";
const SERVICE_WORKER: &str = "WASM_BINDGEN_USE_SERVICE_WORKER";

pub(super) fn node(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    tools.node()?;
    let Some(origin) = tools.origin(run) else {
        return Ok(());
    };
    let mut suites = Vec::new();
    for packages in ["-p urlsession-core", OVER_FETCH] {
        let mut build = wasm_tests(run, tools, packages)?;
        if run.prepare(origin.told_to(build.arg("--no-run"))) {
            let mut cargo = wasm_tests(run, tools, packages)?;
            origin.told_to(cargo.args(["--", "--nocapture"]));
            suites.push(cargo);
        }
    }
    run.tests_together(&mut suites);
    Ok(())
}

pub(super) fn browser(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let chromium = Browser::chromium(tools)?;
    let places = [PAGE, DEDICATED_WORKER, SERVICE_WORKER];
    in_browser(run, tools, &chromium, &places)
}

pub(super) fn firefox(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let firefox = Browser::firefox(tools)?;
    in_browser(run, tools, &firefox, &[PAGE, DEDICATED_WORKER])
}

pub(super) fn webkit(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let webkit = Browser::webkit(tools)?;
    in_browser(run, tools, &webkit, &[PAGE, DEDICATED_WORKER])
}

/// Runs the tests in places of a browser, side by side, for they mostly wait. What tests say is shown, for they say
/// what they left out. Neither the place nor the browser is anything that cargo looks
/// at: what was built once runs in all.
fn in_browser(
    run: &mut Run<'_>,
    tools: &mut Tools<'_>,
    browser: &Browser,
    places: &[&str],
) -> Result<(), Skip> {
    let Some(origin) = tools.origin(run) else {
        return Ok(());
    };
    let mut built = wasm_tests(run, tools, OVER_FETCH)?;
    if !run.prepare(origin.told_to(built.arg("--no-run"))) {
        return Ok(());
    }
    let mut commands = Vec::new();
    for place in places {
        let mut cargo = wasm_tests(run, tools, OVER_FETCH)?;
        cargo.args(["--", "--nocapture"]).env(place, "1");
        // Seconds for the driver to start and for a test to end, on a machine with more to do.
        cargo
            .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
            .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
        origin.told_to(&mut cargo);
        match browser.runs(cargo, &run.workspace.target.join("xtask")) {
            Ok(command) => commands.push(command),
            Err(error) => run.fail(format!("what the driver is asked for: {error}")),
        }
    }
    run.tests_together(&mut commands);
    Ok(())
}

/// The packages' tests for wasm32, with the runner of the locked version. Not by nextest, which
/// would start a browser for each test; no doctests, which that runner does not know.
fn wasm_tests(run: &Run<'_>, tools: &mut Tools<'_>, packages: &str) -> Result<Command, Skip> {
    tools.target(WASM)?;
    let runner = tools.wasm_runner()?;
    let words = format!("test --target {WASM} --tests --all-features --no-fail-fast {packages}");
    let mut cargo = run.cargo(&words);
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    Ok(cargo)
}

impl Tools<'_> {
    /// The origin server of all wasm32 tests, started when it is first asked for. They are told its address when they are built: one server
    /// for all suites means one build for all.
    fn origin(&mut self, run: &mut Run<'_>) -> Option<Rc<Origin>> {
        if self.origin.is_none() {
            self.origin = Origin::start(run).map(Rc::new);
        }
        self.origin.clone()
    }
}
