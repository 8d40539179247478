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
/// peer's dependencies must not be unified with another's.
pub(crate) fn build<'a>(
    workspace: &Workspace,
    packages: impl IntoIterator<Item = &'a str>,
    wanted: bool,
) -> Result<Programs, String> {
    let programs = Programs {
        folder: workspace.target.join("bench").join("bin"),
    };
    std::fs::create_dir_all(&programs.folder).map_err(|error| error.to_string())?;
    let mut packages: BTreeSet<&str> = packages.into_iter().collect();
    packages.insert(SERVER);
    for package in packages.into_iter().filter(|_| wanted) {
        println!("building {package}");
        let mut cargo = workspace.cargo();
        // The product's target directory: what both build alike is built once.
        cargo.args([
            "build",
            "--quiet",
            "--release",
            "--manifest-path",
            "benches/Cargo.toml",
        ]);
        cargo
            .arg("--target-dir")
            .arg(&workspace.target)
            .args(["--package", package]);
        let status = cargo.status().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("{}: {status}", describe(&cargo)));
        }
        for name in [package.to_owned(), format!("{package}-fast")] {
            let built = workspace.target.join("release").join(&name);
            if built.is_file() {
                std::fs::copy(built, programs.path(&name)).map_err(|error| error.to_string())?;
            }
        }
    }
    Ok(programs)
}
