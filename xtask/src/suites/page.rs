//! The demo page, end to end, with the package as it is shipped.

use crate::origin::Origin;
use crate::page;
use crate::run::{Run, Skip};
use crate::tools::Tools;
use crate::web::{Build, WebTools, package};

pub(super) fn page(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let web = WebTools::find(tools)?;
    let chromium = tools.chromium()?;
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
    match page::types(workspace, &package) {
        Ok(project) => run.check(web.program("tsc").arg("--project").arg(project)),
        Err(error) => run.fail(format!("no project to check the page's types by: {error}")),
    }
    let Some(origin) = Origin::start_with(run, &page::folders(workspace, &package)) else {
        return Ok(());
    };
    run.tests(&mut page::script(
        workspace, &web, &chromium, &origin, "page.mjs",
    ));
    Ok(())
}
