//! The demo page: what it is served from, and who looks at it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::json;

use crate::origin::Origin;
use crate::run::Skip;
use crate::tools::Tools;
use crate::web::{self, Build, WebTools, package};
use crate::workspace::Workspace;

/// Builds the package and serves the page until standard input ends; `once`: until it was seen to come alive, where there is a browser.
/// A machine on which it cannot be built is told why, which is no failure.
pub(crate) fn demo(workspace: &Workspace, once: bool) -> Result<ExitCode, String> {
    let mut tools = Tools::new(workspace);
    println!("\nThe same in a browser: the demo page.");
    let web = match WebTools::find(&mut tools) {
        Ok(web) => web,
        Err(Skip(reason)) => {
            println!("It needs a tool that is not there: {reason}");
            return Ok(ExitCode::SUCCESS);
        }
    };
    println!("Building the npm package: one to three minutes the first time, seconds after that.");
    let package = package::build(workspace, &web, Build::Optimised, &mut web::in_the_open)?;
    web::in_the_open(workspace.cargo().args([
        "build",
        "--release",
        "--package",
        "urlsession-origin",
    ]))?;
    let origin = Origin::serve(workspace, &folders(workspace, &package))?;
    let url = url(&origin);
    if !once {
        println!("\n    {url}\n\nOpen it in a browser. Ctrl-C ends it.");
        // Whatever is typed is not for us; the end of it, or an error, is the end.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        return Ok(ExitCode::SUCCESS);
    }
    match tools.chromium() {
        Ok(chromium) => {
            let mut look = script(workspace, &web, &chromium, &origin, "alive.mjs");
            web::in_the_open(&mut look)?;
        }
        Err(Skip(reason)) => println!("It is built, but nobody looks at it: {reason}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// What is served under which path.
pub(crate) fn folders(workspace: &Workspace, package: &Path) -> [(&'static str, PathBuf); 2] {
    [
        ("/", workspace.root.join("demo-web")),
        ("/urlsession", package.to_owned()),
    ]
}

/// A script of the page's tests, told where everything is.
pub(crate) fn script(
    workspace: &Workspace,
    web: &WebTools,
    chromium: &Path,
    origin: &Origin,
    name: &str,
) -> Command {
    let mut node = Command::new(&web.node);
    node.env("PAGE_URL", url(origin))
        .env("PAGE_CHROMIUM", chromium)
        .env("PAGE_NODE_MODULES", &web.modules)
        .env("PAGE_PICTURES", pictures(workspace))
        .arg("--test-reporter=tap")
        .arg(workspace.root.join("demo-web").join("tests").join(name));
    node
}

/// Where the tests leave screenshots.
fn pictures(workspace: &Workspace) -> PathBuf {
    workspace.target.join("page")
}

/// Writes the project by which TypeScript checks the page's modules against the package's types; its path.
pub(crate) fn types(workspace: &Workspace, package: &Path) -> std::io::Result<PathBuf> {
    let folder = pictures(workspace);
    std::fs::create_dir_all(&folder)?;
    let page = workspace.root.join("demo-web");
    let project = json!({
        "extends": page.join("jsconfig.json"),
        "compilerOptions": { "paths": { "urlsession": [package.join("types").join("index.d.ts")] } },
        "include": [page.join("*.js")],
    });
    let path = folder.join("tsconfig.json");
    std::fs::write(&path, project.to_string())?;
    Ok(path)
}

fn url(origin: &Origin) -> String {
    format!("{}/", origin.url("http").unwrap_or_default())
}
