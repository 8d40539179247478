//! What modules for browsers weigh, held to limits.

use std::process::Command;

use crate::run::{Run, Skip};
use crate::tools::Tools;
use crate::web::{Build, WebTools, package, size};

/// Bytes, after brotli, of module and glue.
struct Limit {
    what: &'static str,
    /// More fails.
    most: u64,
    /// Where it is to go.
    aim: u64,
}

/// An app that gets a document and shows it, no feature on.
const APP: Limit = Limit {
    what: "GET app",
    most: 18_500,
    aim: 20 * 1024,
};

/// What of the npm package a page loads before its first request.
const FIRST: Limit = Limit {
    what: "npm package, what is loaded first",
    most: 60 * 1024,
    aim: 60 * 1024,
};

/// The npm package with the whole API, all parts of its module, and what is for Node and service workers.
const PACKAGE: Limit = Limit {
    what: "npm package, all of it",
    most: 227_000,
    aim: 60 * 1024,
};

pub(super) fn size(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    let web = WebTools::find(tools)?;
    let workspace = run.workspace;
    match size::app(workspace, &web, &[], &mut |command| run.attempt(command)) {
        Ok(folder) => {
            let weighed = size::app_size(workspace, &web, &folder);
            hold(run, &APP, weighed);
            match tools.chromium() {
                Ok(chromium) => {
                    let mut node = Command::new(&web.node);
                    node.arg(workspace.root.join("xtask/npm/shows.mjs"));
                    run.check(node.arg(folder).arg(&web.modules).arg(chromium));
                }
                Err(Skip(reason)) => run.skip(reason),
            }
        }
        Err(reason) => run.fail(reason),
    }
    match package::build(workspace, &web, Build::Optimised, &mut |command| {
        run.attempt(command)
    }) {
        Ok(folder) => {
            hold(run, &FIRST, size::first_size(workspace, &web, &folder));
            hold(run, &PACKAGE, size::package_size(workspace, &web, &folder));
        }
        Err(reason) => run.fail(reason),
    }
    Ok(())
}

fn hold(run: &mut Run<'_>, limit: &Limit, weighed: Result<size::Size, String>) {
    let Limit { what, most, aim } = limit;
    match weighed {
        Ok(size) if size.brotli <= *most => run.pass(format!(
            "{what}: {} bytes after brotli, limit {most}, aim {aim}",
            size.brotli
        )),
        Ok(size) => run.fail(format!(
            "{what}: {} bytes after brotli are more than {most}",
            size.brotli
        )),
        Err(reason) => run.fail(reason),
    }
}
