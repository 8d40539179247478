//! One package of the workspace as a module for browsers: cargo, then wasm-bindgen, then wasm-opt.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Build, Execute, WebTools};
use crate::tools::WASM;
use crate::workspace::Workspace;

/// What modules may use beyond WebAssembly 1.0: in every browser since 2023. Named one by one, for with `--all-features` wasm-opt
/// writes what no browser has.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-mutable-globals",
];

/// A package that becomes a module.
#[derive(Debug)]
pub(crate) struct Module<'m> {
    /// The manifest of its workspace.
    pub(crate) manifest: &'m str,
    /// The package's name.
    pub(crate) package: &'m str,
    /// Its features beyond none, separated by commas; `None` for the default.
    pub(crate) features: Option<&'m str>,
    /// The name of the module's files.
    pub(crate) name: &'m str,
    /// The folder they are written to.
    pub(crate) folder: PathBuf,
}

impl Module<'_> {
    /// Builds `name.js`, `name.d.ts` and `name_bg.wasm`.
    pub(crate) fn build(
        &self,
        workspace: &Workspace,
        web: &WebTools,
        build: Build,
        execute: &mut Execute<'_>,
    ) -> Result<(), String> {
        execute(&mut self.cargo(workspace, build))?;
        let compiled = self.compiled(workspace, build);
        let stamp = self.folder.join(".built");
        let what = format!("{build:?} {}", self.features.unwrap_or("default"));
        if is_newer(&stamp, &compiled)
            && std::fs::read_to_string(&stamp).is_ok_and(|text| text == what)
        {
            return Ok(());
        }
        execute(&mut self.wasm_bindgen(web, build, &compiled))?;
        if build == Build::Optimised {
            execute(&mut self.wasm_opt(web))?;
        }
        std::fs::write(&stamp, what).map_err(|error| format!("{}: {error}", stamp.display()))
    }

    /// The module's file.
    pub(crate) fn wasm(&self) -> PathBuf {
        self.folder.join(format!("{}_bg.wasm", self.name))
    }

    fn cargo(&self, workspace: &Workspace, build: Build) -> Command {
        let mut cargo = workspace.cargo();
        cargo.args(["build", "--target", WASM, "--package", self.package]);
        cargo.args(["--profile", build.profile()]);
        cargo.args(["--manifest-path", self.manifest]);
        cargo.arg("--target-dir").arg(&workspace.target);
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(&workspace.root));
        if let Some(features) = self.features {
            cargo.args(["--no-default-features", "--features", features]);
        }
        cargo
    }

    /// What cargo made.
    fn compiled(&self, workspace: &Workspace, build: Build) -> PathBuf {
        let file = format!("{}.wasm", self.package.replace('-', "_"));
        let folder = match build {
            Build::Optimised => "wasm",
            Build::Dev => "debug",
        };
        workspace.target.join(WASM).join(folder).join(file)
    }

    fn wasm_bindgen(&self, web: &WebTools, build: Build, compiled: &Path) -> Command {
        let mut command = Command::new(&web.wasm_bindgen);
        command.args(["--target", "web", "--out-name", self.name, "--out-dir"]);
        command.arg(&self.folder).arg(compiled);
        if build == Build::Dev {
            command.arg("--debug");
        }
        command
    }

    fn wasm_opt(&self, web: &WebTools) -> Command {
        let mut command = web.program("wasm-opt");
        command.arg("-Oz").args(WASM_FEATURES);
        command.arg(self.wasm()).arg("--output").arg(self.wasm());
        command
    }
}

/// Hashes as loops, and not unrolled: the same flag as in .cargo/config.toml, whose flags these replace.
const SMALL_HASHES: &str = "--cfg=sha2_backend_soft=\"compact\"";

/// The compiler's flags.
fn flags(root: &Path) -> String {
    let mut flags = nameless(root);
    flags.push(SMALL_HASHES.into());
    flags.join("\u{1f}")
}

/// Those that keep this machine's folders out of what is shipped: panics name the files they are in.
fn nameless(root: &Path) -> Vec<String> {
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| home.map(|home| Path::new(&home).join(".cargo")));
    let sources = cargo.map(|cargo| cargo.join("registry").join("src"));
    let folders = [Some(root.to_owned()), sources].into_iter().flatten();
    folders
        .map(|folder| format!("--remap-path-prefix={}=", folder.display()))
        .collect()
}

impl Build {
    fn profile(self) -> &'static str {
        match self {
            Self::Optimised => "wasm",
            Self::Dev => "dev",
        }
    }
}

/// True when both are there and `file` was written after `other`.
fn is_newer(file: &Path, other: &Path) -> bool {
    let written = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
    matches!((written(file), written(other)), (Some(file), Some(other)) if file > other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_pack_is_told_to_optimise_the_package_as_we_do() {
        let manifest = include_str!("../../../transport-web/npm/Cargo.toml");
        let (_, rest) = manifest.split_once("wasm-opt = [").unwrap();
        let (list, _) = rest.split_once(']').unwrap();
        let told: Vec<_> = list.split('"').skip(1).step_by(2).collect();
        assert_eq!(told, [&["-Oz"], &WASM_FEATURES[..]].concat());
    }
}
