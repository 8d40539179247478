//! What modules for browsers weigh: with brotli at its best, as servers send files that do not change, the module and its minified glue.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::Value;

use super::module::Module;
use super::parts::PLAN;
use super::{Build, Execute, WebTools, package};
use crate::tools::Tools;
use crate::workspace::Workspace;

/// Features of the facade that matter in a browser.
const FEATURES: [&str; 16] = [
    "url-parser",
    "tasks",
    "native-objects",
    "body-streams",
    "host-limits",
    "delegate",
    "protocols",
    "retry",
    "connectivity",
    "metrics",
    "progress",
    "upload",
    "download",
    "cache",
    "json",
    "tracing",
];

/// Bytes of some files together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) raw: u64,
    pub(crate) gzip: u64,
    pub(crate) brotli: u64,
}

/// Builds the smallest app, the example `web-get`, with these features of the facade.
pub(crate) fn app(
    workspace: &Workspace,
    web: &WebTools,
    features: &[&str],
    execute: &mut Execute<'_>,
) -> Result<PathBuf, String> {
    let features: Vec<String> = features
        .iter()
        .map(|it| format!("urlsession/{it}"))
        .collect();
    let module = Module {
        manifest: "Cargo.toml",
        package: "urlsession-web-get",
        features: Some(&features.join(",")),
        name: "app",
        folder: workspace.target.join("web-get"),
        // As cargo and the tools that everybody has make it.
        trims: false,
    };
    module.build(workspace, web, Build::Optimised, execute)?;
    let glue = module.folder.join("app.js");
    execute(&mut minify(web, &glue, &minified(&module.folder)))?;
    let page = workspace.root.join("examples/web-get/index.html");
    std::fs::copy(&page, module.folder.join("index.html"))
        .map_err(|error| format!("{}: {error}", page.display()))?;
    Ok(module.folder)
}

/// Makes one small file of a module's glue and what that imports.
pub(crate) fn minify(web: &WebTools, glue: &Path, to: &Path) -> Command {
    let mut minify = web.program("esbuild");
    minify.arg(glue).args(["--bundle", "--format=esm"]);
    minify.args(["--minify", "--log-level=error"]);
    minify.arg(format!("--outfile={}", to.display()));
    minify
}

/// The app's two files.
pub(crate) fn app_size(
    workspace: &Workspace,
    web: &WebTools,
    folder: &Path,
) -> Result<Size, String> {
    let files = [folder.join("app_bg.wasm"), minified(folder)];
    measure(workspace, web, &files)
}

/// What of the package a page loads before its first request.
pub(crate) fn first_size(
    workspace: &Workspace,
    web: &WebTools,
    folder: &Path,
) -> Result<Size, String> {
    let files = ["index.js", "urlsession_bg.wasm"].map(|name| folder.join(name));
    measure(workspace, web, &files)
}

/// What it loads with a part.
fn part_size(
    workspace: &Workspace,
    web: &WebTools,
    folder: &Path,
    part: &str,
) -> Result<Size, String> {
    let files = ["js", "wasm"].map(|end| folder.join(format!("urlsession_{part}.{end}")));
    measure(workspace, web, &files)
}

/// All code of the package, whatever loads it.
pub(crate) fn package_size(
    workspace: &Workspace,
    web: &WebTools,
    folder: &Path,
) -> Result<Size, String> {
    let told = |error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(told)?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|it| it.path())).collect();
    let mut files = paths.map_err(told)?;
    files.retain(|path| {
        path.extension()
            .is_some_and(|it| it == "js" || it == "wasm")
    });
    measure(workspace, web, &files)
}

/// `cargo xtask size`: a table of what each feature costs.
pub(crate) fn table(workspace: &Workspace) -> Result<ExitCode, String> {
    let web = WebTools::find(&mut Tools::new(workspace)).map_err(|skip| skip.0)?;
    let execute = &mut super::in_the_open;
    let with = |features: &[&str], execute: &mut Execute<'_>| {
        let folder = app(workspace, &web, features, execute)?;
        app_size(workspace, &web, &folder)
    };
    println!("| what | bytes | brotli | more than the bare app |\n|---|---|---|---|");
    let bare = with(&[], execute)?;
    let row = |what: &str, size: Size| {
        let more = size.brotli.saturating_sub(bare.brotli);
        println!("| {what} | {} | {} | {more} |", size.raw, size.brotli);
    };
    row("GET app, no feature", bare);
    for feature in FEATURES {
        row(&format!("GET app, `{feature}`"), with(&[feature], execute)?);
    }
    let folder = package::build(workspace, &web, Build::Optimised, execute)?;
    row(
        "npm package, what is loaded first",
        first_size(workspace, &web, &folder)?,
    );
    for part in PLAN.parts {
        let Size { raw, brotli, .. } = part_size(workspace, &web, &folder, part.name)?;
        println!("| npm package, `{}` | {raw} | {brotli} | |", part.name);
    }
    row(
        "npm package, all of it",
        package_size(workspace, &web, &folder)?,
    );
    Ok(ExitCode::SUCCESS)
}

fn minified(folder: &Path) -> PathBuf {
    folder.join("app.min.js")
}

pub(crate) fn measure(
    workspace: &Workspace,
    web: &WebTools,
    files: &[PathBuf],
) -> Result<Size, String> {
    let mut node = Command::new(&web.node);
    node.arg(workspace.root.join("xtask/npm/weigh.mjs"));
    let text = crate::workspace::stdout_of(node.args(files))?;
    let weighed: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let number = |name: &str| {
        weighed[name]
            .as_u64()
            .ok_or_else(|| format!("no `{name}` in {text}"))
    };
    Ok(Size {
        raw: number("raw")?,
        gzip: number("gzip")?,
        brotli: number("brotli")?,
    })
}
