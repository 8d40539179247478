//! One package of the workspace as a module for browsers: cargo, then wasm-bindgen, then wasm-opt.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::parts::{self, Owners, PLAN};
use super::{
    Build, Execute, WebTools, catches, imports, lean, locals, order, snippets, traps, turns,
};
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

/// The passes over a module whose size counts most: flat and put together again, it becomes smaller than by `-Oz` alone. Nobody reads what made it.
/// At the bottom of the memory is the end of the stack, so that an address there is never reached from above by a wrap.
/// What is called in one place and put in there is like nothing else any more, and larger once compressed, unless it is small.
/// How an address is aligned is a hint, which no engine on a machine of 64 bits heeds.
const PASSES: [&str; 10] = [
    "--low-memory-unused",
    "--one-caller-inline-max-function-size",
    "40",
    "--strip-producers",
    "--strip-target-features",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--dealign",
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
    /// True where more is done about its size than tools do that everybody has: panics are bare traps, functions that are alike side by side, imports have short
    /// names and catch in place, files are imported once, turns end by a promise, and it is cut into parts.
    pub(crate) trims: bool,
}

impl Module<'_> {
    /// Builds `name.js`, `name.d.ts` and `name_bg.wasm`, and the parts that are beside that.
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
        let features = self.features.unwrap_or("default");
        let what = format!("{build:?} {features} {}", self.is_trimmed(build));
        if is_newer(&stamp, &compiled)
            && std::fs::read_to_string(&stamp).is_ok_and(|text| text == what)
        {
            return Ok(());
        }
        let (linked, owners) = match self.is_trimmed(build) {
            true => trapped(&compiled)?,
            false => (compiled, Owners::default()),
        };
        for part in &self.modules(Build::Optimised)[1..] {
            // Of a build that had parts.
            let _ = std::fs::remove_file(part);
            let _ = std::fs::remove_file(part.with_extension("js"));
        }
        execute(&mut self.wasm_bindgen(web, build, &linked))?;
        if self.is_trimmed(build) {
            self.shorten_glue()?;
            self.split(&owners)?;
        }
        if build == Build::Optimised {
            for module in self.modules(build) {
                execute(wasm_opt(web, &module).args(PASSES))?;
                if self.is_trimmed(build) {
                    order(web, &module, execute)?;
                }
            }
            if self.is_trimmed(build) {
                self.label()?;
            }
        }
        if self.is_trimmed(build) {
            self.cut_javascript()?;
        }
        write(&stamp, what.as_bytes())
    }

    /// All of the module: that which is loaded first, and its other parts.
    fn modules(&self, build: Build) -> Vec<PathBuf> {
        let parts = PLAN.parts.iter().filter(|_| self.is_trimmed(build));
        let files = parts.map(|part| format!("{}_{}.wasm", self.name, part.name));
        let files = files.map(|name| self.folder.join(name));
        std::iter::once(self.wasm()).chain(files).collect()
    }

    /// The module's file.
    pub(crate) fn wasm(&self) -> PathBuf {
        self.folder.join(format!("{}_bg.wasm", self.name))
    }

    /// The file of its glue.
    fn glue(&self) -> PathBuf {
        self.folder.join(format!("{}.js", self.name))
    }

    fn cargo(&self, workspace: &Workspace, build: Build) -> Command {
        let mut cargo = workspace.cargo();
        // With `rustc`, flags for this package alone.
        cargo.arg(if self.is_trimmed(build) {
            "rustc"
        } else {
            "build"
        });
        cargo.args(["--target", WASM, "--package", self.package]);
        cargo.args(["--profile", build.profile()]);
        cargo.args(["--manifest-path", self.manifest]);
        cargo.arg("--target-dir").arg(&workspace.target);
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(&workspace.root));
        if let Some(features) = self.features {
            cargo.args(["--no-default-features", "--features", features]);
        }
        if self.is_trimmed(build) {
            cargo.args(["--", "-C"]);
            cargo.arg(format!("link-arg={}", traps::LINKER_FLAG));
        }
        cargo
    }

    fn is_trimmed(&self, build: Build) -> bool {
        self.trims && build == Build::Optimised
    }

    /// Cuts the module into its parts.
    fn split(&self, owners: &Owners) -> Result<(), String> {
        let files = self.modules(Build::Optimised);
        let beside = snippets::files(&self.folder)?.into_values();
        let beside = read_text(&self.glue())? + &beside.collect::<String>();
        let parts = parts::split(&read(&self.wasm())?, owners, files.len(), &beside)?;
        let mut parts = files.iter().zip(parts);
        parts.try_for_each(|(file, part)| write(file, &part))
    }

    /// Cuts the JavaScript as the module is cut: by what is left of what each part imports.
    fn cut_javascript(&self) -> Result<(), String> {
        let files = snippets::files(&self.folder)?;
        let modules = self.modules(Build::Optimised);
        let parts: Result<Vec<_>, _> = modules.iter().map(|it| read(it)).collect();
        let cut = parts::cut(&read_text(&self.glue())?, &files, &parts?)?;
        for (file, text) in &cut.files {
            write(&self.folder.join(file), text.as_bytes())?;
        }
        for (module, text) in modules[1..].iter().zip(&cut.parts) {
            write(&module.with_extension("js"), text.as_bytes())?;
        }
        write(&self.glue(), cut.glue.as_bytes())
    }

    /// Gives what the parts import of each other names that weigh little.
    fn label(&self) -> Result<(), String> {
        let files = self.modules(Build::Optimised);
        let parts: Vec<_> = files
            .iter()
            .map(|file| read(file))
            .collect::<Result<_, _>>()?;
        let labelled = parts::label(&parts)?;
        let mut labelled = files.iter().zip(labelled);
        labelled.try_for_each(|(file, part)| write(file, &part))
    }

    fn shorten_glue(&self) -> Result<(), String> {
        let (glue, module) = (self.glue(), self.wasm());
        let text = read_text(&glue)?;
        let text = turns::by_promise(&catches::in_place(&snippets::once(&text))?)?;
        let text = lean::lean(&text)?;
        let (text, bytes) = imports::shorten(&text, &read(&module)?)?;
        write(&glue, text.as_bytes())?;
        write(&module, &bytes)
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
        if self.is_trimmed(build) {
            // By their names functions are found again.
            command.arg("--no-demangle");
        }
        command
    }
}

/// The module that cargo made, its panics bare traps, and whose its functions are.
fn trapped(compiled: &Path) -> Result<(PathBuf, Owners), String> {
    let linked = read(compiled)?;
    let told = |reason| format!("{}: {reason}", compiled.display());
    let to = compiled.with_extension("traps.wasm");
    write(&to, &traps::trap(&linked).map_err(told)?)?;
    Ok((to, Owners::of(&linked, &PLAN).map_err(told)?))
}

fn wasm_opt(web: &WebTools, module: &Path) -> Command {
    let mut command = web.program("wasm-opt");
    command.args(WASM_FEATURES);
    command.arg(module).arg("--output").arg(module);
    command
}

/// Gives locals numbers by which more is alike, and puts functions that are alike beside each other.
fn order(web: &WebTools, module: &Path, execute: &mut Execute<'_>) -> Result<(), String> {
    let numbered = locals::renumber(&read(module)?)?;
    write(module, &order::name_by_likeness(&numbered)?)?;
    execute(wasm_opt(web, module).arg("--reorder-functions-by-name"))?;
    // What is alike in likeness's order is nearer: there is something left to gain.
    write(module, &locals::renumber(&read(module)?)?)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn read_text(path: &Path) -> Result<String, String> {
    String::from_utf8(read(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
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
    fn wasm_pack_is_told_to_optimise_the_packages_as_we_do() {
        for manifest in [
            include_str!("../../../transport-web/npm/Cargo.toml"),
            include_str!("../../../examples/web-get/Cargo.toml"),
        ] {
            let (_, rest) = manifest.split_once("wasm-opt = [").unwrap();
            let (list, _) = rest.split_once(']').unwrap();
            let told: Vec<_> = list.split('"').skip(1).step_by(2).collect();
            assert_eq!(told, [&PASSES[..], &WASM_FEATURES[..]].concat());
        }
    }
}
