//! The npm package `urlsession`.

use std::path::PathBuf;
use std::process::Command;

use super::module::Module;
use super::{Build, Execute, WebTools};
use crate::workspace::Workspace;

/// Builds the package, as the folder that it gives and, beside it, as `npm pack` makes it.
pub(crate) fn build(
    workspace: &Workspace,
    web: &WebTools,
    build: Build,
    execute: &mut Execute<'_>,
) -> Result<PathBuf, String> {
    let npm = workspace.target.join("npm");
    let (glue, package) = (npm.join("glue"), npm.join("urlsession"));
    let module = Module {
        manifest: "Cargo.toml",
        package: "urlsession-npm",
        features: None,
        name: "urlsession",
        folder: glue.clone(),
        trims: true,
    };
    module.build(workspace, web, build, execute)?;

    // The wrapper in TypeScript, and all that is not code.
    let mut wrapper = Command::new(&web.node);
    wrapper.arg(workspace.root.join("transport-web/npm/build.mjs"));
    execute(wrapper.args([&glue, &package, &web.modules]))?;

    let mut pack = Command::new(&web.npm);
    pack.args(["pack", "--silent", "--pack-destination"]);
    execute(pack.arg(&npm).current_dir(&package))?;
    Ok(package)
}
