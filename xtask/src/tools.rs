//! The tools that suites need: found, or installed where a package manager can do it unasked,
//! or a reason why not that says what to do.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;

use crate::origin::Origin;
use crate::run::Skip;
use crate::workspace::Workspace;

/// Environment variable naming the folder for tools of an exact version.
const TOOLS: &str = "URLSESSION_TOOLS";
/// The target of everything that runs in a browser or in Node.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";
/// The targets of systems that no suite runs on: what is for them alone is type-checked.
pub(crate) const SYSTEMS: [&str; 2] = ["aarch64-apple-darwin", "x86_64-pc-windows-gnu"];

/// Chromium and Chrome as a PATH may have them.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// Where macOS and Windows keep Chrome, which is on no PATH there.
const CHROMES: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
];

/// The oldest Node that the tools in `xtask/npm` run in (`engines` in their package-lock.json).
const NODE: (u32, u32) = (20, 19);

/// Finds and installs tools; each is looked for once it is needed.
#[derive(Debug)]
pub(crate) struct Tools<'a> {
    workspace: &'a Workspace,
    /// apt's lists are brought up to date at most once.
    lists_updated: bool,
    /// The server that wasm32 tests share.
    pub(crate) origin: Option<Rc<Origin>>,
}

impl<'a> Tools<'a> {
    pub(crate) fn new(workspace: &'a Workspace) -> Self {
        Self {
            workspace,
            lists_updated: false,
            origin: None,
        }
    }

    /// The standard library for `target`.
    pub(crate) fn target(&self, target: &str) -> Result<(), Skip> {
        if target_is_there(target) {
            return Ok(());
        }
        install(
            &format!("the target {target}"),
            Command::new("rustup").args(["target", "add", target]),
        );
        if target_is_there(target) {
            Ok(())
        } else {
            Err(Skip(format!(
                "no standard library for {target}: `rustup target add {target}`"
            )))
        }
    }

    /// wasm-bindgen's test runner, of exactly the version of the crate in Cargo.lock.
    pub(crate) fn wasm_runner(&self) -> Result<PathBuf, Skip> {
        let version = self
            .workspace
            .locked_version("wasm-bindgen")
            .map_err(Skip)?;
        // Not locked: the lock file it was published with names crates that mirrors may lack.
        self.cargo_installed("wasm-bindgen-cli", "wasm-bindgen-test-runner", &version)
    }

    /// A program of a package, installed by cargo into the tools' folder, of this version.
    pub(crate) fn cargo_installed(
        &self,
        package: &str,
        name: &str,
        version: &str,
    ) -> Result<PathBuf, Skip> {
        let folder = format!("{}-{version}", package.trim_end_matches("-cli"));
        let root = cache()?.join(folder);
        let installed = root.join("bin").join(program(name));
        if installed.is_file() {
            return Ok(installed);
        }
        let mut cargo = self.workspace.cargo();
        cargo.args(["install", package, "--version", version, "--root"]);
        cargo.arg(&root);
        cargo.current_dir(std::env::temp_dir());
        install(
            &format!("{package} {version} (some minutes, once)"),
            &mut cargo,
        );
        match installed.is_file() {
            true => Ok(installed),
            false => Err(Skip(format!(
                "no {name}: `{}`",
                crate::run::describe(&cargo)
            ))),
        }
    }

    /// wasm-bindgen's command, which comes with its runner.
    pub(crate) fn wasm_bindgen(&self) -> Result<PathBuf, Skip> {
        self.wasm_runner()
            .map(|runner| runner.with_file_name(program("wasm-bindgen")))
    }

    /// ChromeDriver, with a Chromium or Chrome for it to drive.
    pub(crate) fn chromedriver(&mut self) -> Result<PathBuf, Skip> {
        if let Some(named) = std::env::var_os("CHROMEDRIVER") {
            return Ok(named.into());
        }
        let found = || browser().and(on_path("chromedriver"));
        found().or_else(|| self.apt(&["chromium", "chromium-driver"]).and_then(|()| found())).ok_or_else(|| {
            Skip("no Chromium with ChromeDriver: install both (Debian: `apt-get install chromium chromium-driver`), or set CHROMEDRIVER".into())
        })
    }

    /// Chromium or Chrome.
    pub(crate) fn chromium(&mut self) -> Result<PathBuf, Skip> {
        browser()
            .or_else(|| self.apt(&["chromium"]).and_then(|()| browser()))
            .ok_or_else(|| {
                Skip("no Chromium: install it (Debian: `apt-get install chromium`)".into())
            })
    }

    /// Node.
    pub(crate) fn node(&mut self) -> Result<PathBuf, Skip> {
        on_path("node")
            .or_else(|| self.apt(&["nodejs"]).and_then(|()| on_path("node")))
            .ok_or_else(|| Skip("no Node: install it (Debian: `apt-get install nodejs`)".into()))
    }

    /// npm.
    pub(crate) fn npm(&mut self) -> Result<PathBuf, Skip> {
        on_path("npm")
            .or_else(|| self.apt(&["npm"]).and_then(|()| on_path("npm")))
            .ok_or_else(|| Skip("no npm: install it (Debian: `apt-get install npm`)".into()))
    }

    /// The folder `node_modules` with what `xtask/npm/package-lock.json` holds, installed if need be.
    pub(crate) fn npm_modules(&mut self) -> Result<PathBuf, Skip> {
        let npm = self.npm()?;
        new_enough(&self.node()?)?;
        let pinned = self.workspace.root.join("xtask").join("npm");
        let lock = pinned.join("package-lock.json");
        let folder = cache()?.join(format!("npm-{:016x}", digest(&lock)?));
        let modules = folder.join("node_modules");
        // npm writes it last.
        let is_whole = || modules.join(".package-lock.json").is_file();
        if is_whole() {
            return Ok(modules);
        }
        let copy = |name: &str| std::fs::copy(pinned.join(name), folder.join(name));
        std::fs::create_dir_all(&folder)
            .and_then(|()| copy("package.json"))
            .and_then(|_| copy("package-lock.json"))
            .map_err(|error| Skip(format!("{}: {error}", folder.display())))?;
        let mut install_all = Command::new(npm);
        install_all.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        install(
            "binaryen, esbuild, playwright-core, typescript and vite by npm",
            install_all.current_dir(&folder),
        );
        match is_whole() {
            true => Ok(modules),
            false => Err(Skip(format!(
                "no tools of npm: `npm ci` in {}",
                folder.display()
            ))),
        }
    }

    /// Valgrind, for callgrind.
    pub(crate) fn valgrind(&mut self) -> Result<PathBuf, Skip> {
        on_path("valgrind")
            .or_else(|| self.apt(&["valgrind"]).and_then(|()| on_path("valgrind")))
            .ok_or_else(|| {
                Skip("no valgrind: install it (Debian: `apt-get install valgrind`)".into())
            })
    }

    /// Whether `cargo nextest` is there; `cargo test` does the same job, slower.
    pub(crate) fn nextest(&self) -> bool {
        succeeds(self.workspace.cargo().args(["nextest", "--version"]))
    }

    /// cargo-deny.
    pub(crate) fn deny(&self) -> Result<(), Skip> {
        if succeeds(self.workspace.cargo().args(["deny", "--version"])) {
            Ok(())
        } else {
            Err(Skip("no cargo-deny: `cargo install cargo-deny`".into()))
        }
    }

    /// Installs Debian packages, where this user may.
    pub(crate) fn apt(&mut self, packages: &[&str]) -> Option<()> {
        if on_path("apt-get").is_none() || !is_root() {
            return None;
        }
        if !self.lists_updated {
            install("lists of Debian packages", apt_get().arg("update"));
            self.lists_updated = true;
        }
        let what = format!("Debian packages {}", packages.join(" "));
        let mut install_packages = apt_get();
        install_packages
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages);
        install(&what, &mut install_packages).then_some(())
    }
}

/// The first program of this name on PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .map(|folder| folder.join(program(name)))
        .find(|path| path.is_file())
}

/// Chromium or Chrome: on PATH, or where the system keeps it.
fn browser() -> Option<PathBuf> {
    BROWSERS.into_iter().find_map(on_path).or_else(|| {
        let mut kept = CHROMES.into_iter().map(PathBuf::from);
        kept.find(|path| path.is_file())
    })
}

fn program(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// The folder for tools of an exact version: outside of the checkout, so that it outlives it.
fn cache() -> Result<PathBuf, Skip> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(named) = variable(TOOLS) {
        return std::path::absolute(&named).map_err(|error| Skip(format!("{TOOLS}: {error}")));
    }
    let home = || {
        variable("HOME")
            .or_else(|| variable("USERPROFILE"))
            .map(|home| home.join(".cache"))
    };
    let caches = variable("XDG_CACHE_HOME").or_else(home);
    caches
        .map(|caches| caches.join("urlsession-tools"))
        .ok_or_else(|| Skip(format!("no home folder to keep tools in: set {TOOLS}")))
}

/// A number that changes with the file's content.
fn digest(file: &Path) -> Result<u64, Skip> {
    let content =
        std::fs::read(file).map_err(|error| Skip(format!("{}: {error}", file.display())))?;
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(&content, &mut hasher);
    Ok(std::hash::Hasher::finish(&hasher))
}

/// Whether npm's tools run in this Node.
fn new_enough(node: &Path) -> Result<(), Skip> {
    let said = crate::workspace::stdout_of(Command::new(node).arg("--version")).map_err(Skip)?;
    match node_version(&said) >= Some(NODE) {
        true => Ok(()),
        false => Err(Skip(format!(
            "Node {} is too old: install {}.{} or newer (https://nodejs.org)",
            said.trim(),
            NODE.0,
            NODE.1
        ))),
    }
}

/// Major and minor number of `v20.19.2`.
fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

fn target_is_there(target: &str) -> bool {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--print", "target-libdir", "--target", target]);
    crate::workspace::stdout_of(&mut rustc).is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

pub(crate) fn is_root() -> bool {
    crate::workspace::stdout_of(Command::new("id").arg("-u")).is_ok_and(|user| user.trim() == "0")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .arg("--quiet=2")
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Runs an installer in the open; whether it succeeded.
fn install(what: &str, command: &mut Command) -> bool {
    println!("set-up:  installing {what}");
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => true,
        Ok(status) => {
            println!("set-up:  `{}`: {status}", crate::run::describe(command));
            false
        }
        Err(error) => {
            println!("set-up:  `{}`: {error}", crate::run::describe(command));
            false
        }
    }
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_compared_by_their_numbers() {
        assert_eq!(node_version("v20.19.2\n"), Some((20, 19)));
        assert!(node_version("v100.0.0") >= Some(NODE));
        assert!(node_version("v20.9.0") < Some(NODE));
        assert!(node_version("v18.20.4") < Some(NODE));
        assert!(node_version("no version") < Some(NODE));
    }
}
