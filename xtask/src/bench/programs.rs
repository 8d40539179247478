//! Building the programs that take part.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::run::describe;
use crate::workspace::Workspace;

/// The package of both servers.
const SERVER: &str = "bench-server";

/// The folder of the built programs.
#[derive(Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The program of this name.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Builds the servers and the named packages, each by a cargo call of its own: the features of one
/// peer's dependencies must not be unified with another's. A peer that does not build is left out.
pub(crate) fn build<'a>(
    workspace: &Workspace,
    packages: impl IntoIterator<Item = &'a str>,
    wanted: bool,
) -> Result<Programs, String> {
    let folder = workspace.target.join("bench").join("bin");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let programs = Programs { folder };
    let mut packages: BTreeSet<&str> = packages.into_iter().collect();
    packages.insert(SERVER);
    for package in packages.into_iter().filter(|_| wanted) {
        println!("building {package}");
        if let Err(reason) = build_one(workspace, &programs, package) {
            eprintln!("   left out: {reason}");
        }
    }
    Ok(programs)
}

fn build_one(workspace: &Workspace, programs: &Programs, package: &str) -> Result<(), String> {
    let names = [package.to_owned(), format!("{package}-fast")];
    for name in &names {
        // An old one must not run in its place; there need not be one.
        let _ = std::fs::remove_file(programs.path(name));
    }
    let mut cargo = workspace.cargo();
    cargo.args("build --quiet --release --manifest-path benches/Cargo.toml --package".split(' '));
    // The product's target directory: what both build alike is built once.
    cargo
        .arg(package)
        .arg("--target-dir")
        .arg(&workspace.target);
    let status = cargo.status().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("{}: {status}", describe(&cargo)));
    }
    for name in &names {
        let built = workspace.target.join("release").join(name);
        if built.is_file() {
            std::fs::copy(built, programs.path(name)).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}
