//! The npm package as it is shipped: its files and types, in Node, in each browser, built by Vite.

use std::process::Command;

use crate::browsers::Browser;
use crate::origin::Origin;
use crate::run::{Run, Skip};
use crate::tools::Tools;
use crate::web::{Build, WebTools, package};

pub(super) fn npm(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let web = WebTools::find(tools)?;
    let workspace = run.workspace;
    let built = package::build(workspace, &web, Build::Optimised, &mut |command| {
        run.attempt(command)
    });
    let package = match built {
        Ok(package) => package,
        Err(reason) => {
            run.fail(reason);
            return Ok(());
        }
    };
    let glue = workspace.target.join("npm").join("glue");
    let tests = workspace.root.join("transport-web/npm/tests");

    let mut checks = Command::new(&web.node);
    checks.arg(tests.join("checks.mjs"));
    run.check(checks.args([&package, &glue, &web.modules]));

    let mut types = web.program("tsc");
    types.arg("-p").arg(workspace.root.join("transport-web/js"));
    run.check(&mut types);

    let Some(origin) = Origin::start(run) else {
        return Ok(());
    };
    let mut node = Command::new(&web.node);
    node.args(["--test", "--test-reporter=tap"]);
    node.args(["node.test.mjs", "parts.test.mjs"].map(|test| tests.join(test)));
    node.env("URLSESSION_PACKAGE", &package)
        .env("URLSESSION_GLUE", &glue);
    run.tests(origin.told_to(&mut node));

    match tools.chromium() {
        Ok(chromium) => {
            let mut browser = Command::new(&web.node);
            browser.arg(tests.join("browser.mjs"));
            browser.args([&package, &web.modules, &chromium]);
            run.tests(origin.told_to(&mut browser));
        }
        Err(Skip(reason)) => run.skip(reason),
    }
    for browser in [Browser::firefox(tools), Browser::webkit(tools)] {
        let mut engine = Command::new(&web.node);
        engine.arg(tests.join("engine.mjs")).arg(&package);
        origin.told_to(&mut engine);
        let folder = workspace.target.join("xtask");
        match browser.map(|browser| browser.runs(engine, &folder)) {
            Ok(Ok(mut command)) => run.tests(&mut command),
            Ok(Err(error)) => run.fail(format!("what the driver is asked for: {error}")),
            Err(Skip(reason)) => run.skip(reason),
        }
    }
    Ok(())
}
