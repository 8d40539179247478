//! What is built for browsers: modules with their glue, the npm package of them, and what they weigh.

mod alike;
mod binary;
mod catches;
mod imports;
mod lean;
mod locals;
pub(crate) mod module;
mod order;
pub(crate) mod package;
mod parts;
pub(crate) mod size;
mod snippets;
mod traps;
mod turns;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::run::Skip;
use crate::tools::{Tools, WASM};
use crate::workspace::Workspace;

/// How a module is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// As it is shipped: small.
    Optimised,
    /// For development: quickly.
    Dev,
}

/// The programs that builds for browsers call.
#[derive(Debug)]
pub(crate) struct WebTools {
    wasm_bindgen: PathBuf,
    pub(crate) node: PathBuf,
    npm: PathBuf,
    /// The folder `node_modules` with the tools that npm brings.
    pub(crate) modules: PathBuf,
}

impl WebTools {
    /// Finds or installs them.
    pub(crate) fn find(tools: &mut Tools<'_>) -> Result<Self, Skip> {
        tools.target(WASM)?;
        // Last what takes minutes to install: without the others it would be for nothing.
        Ok(Self {
            node: tools.node()?,
            npm: tools.npm()?,
            modules: tools.npm_modules()?,
            wasm_bindgen: tools.wasm_bindgen()?,
        })
    }

    /// A program that npm brought.
    pub(crate) fn program(&self, name: &str) -> Command {
        Command::new(self.modules.join(".bin").join(name))
    }
}

/// Runs a command to its end: in the open, or into a suite's log. What was wrong.
pub(crate) type Execute<'e> = dyn FnMut(&mut Command) -> Result<(), String> + 'e;

pub(crate) fn in_the_open(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{}: {status}", crate::run::describe(command))),
        Err(error) => Err(format!("{}: {error}", crate::run::describe(command))),
    }
}

/// `cargo xtask npm [--dev]`: the npm package, as a folder and as `npm pack` makes it.
pub(crate) fn npm(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, String> {
    let build = match arguments {
        [] => Build::Optimised,
        [dev] if dev == "--dev" => Build::Dev,
        _ => return Err("npm takes no more than --dev".into()),
    };
    let web = WebTools::find(&mut Tools::new(workspace)).map_err(|skip| skip.0)?;
    let folder = package::build(workspace, &web, build, &mut in_the_open)?;
    println!("{}", folder.display());
    Ok(ExitCode::SUCCESS)
}
