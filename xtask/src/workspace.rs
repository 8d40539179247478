//! What cargo knows of this workspace, and cargo itself as a command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Environment variable naming the folder of external test data.
pub(crate) const TEST_DATA: &str = "URLSESSION_TEST_DATA";

/// The workspace this xtask belongs to.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Cargo's target directory, shared by everything that is built here.
    pub(crate) target: PathBuf,
    /// The folder of external test data, if there is one.
    pub(crate) data: Option<PathBuf>,
    /// Package name -> its feature names.
    packages: BTreeMap<String, Vec<String>>,
}

impl Workspace {
    /// Asks cargo for the packages and looks for the test data.
    pub(crate) fn load() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or("xtask stands in no workspace")?
            .to_path_buf();
        let mut ask = cargo_in(&root);
        ask.args(["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: Value = serde_json::from_str(&stdout_of(&mut ask)?)
            .map_err(|error| format!("cargo metadata: {error}"))?;
        let target = metadata["target_directory"]
            .as_str()
            .ok_or("cargo metadata names no target directory")?
            .into();
        Ok(Self {
            target,
            data: test_data(&root)?,
            packages: packages(&metadata),
            root,
        })
    }

    /// The package's features but `default`, in alphabetical order.
    pub(crate) fn features(&self, package: &str) -> Vec<&str> {
        let all = self.packages.get(package).into_iter().flatten();
        all.map(String::as_str)
            .filter(|&feature| feature != "default")
            .collect()
    }

    /// A cargo command at the root of the workspace.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = cargo_in(&self.root);
        if let Some(data) = &self.data {
            cargo.env(TEST_DATA, data);
        }
        cargo
    }

    /// The version of a registry package that Cargo.lock holds.
    pub(crate) fn locked_version(&self, package: &str) -> Result<String, String> {
        let path = self.root.join("Cargo.lock");
        let lock = std::fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        version_in_lock(&lock, package)
            .ok_or_else(|| format!("Cargo.lock does not name {package}"))
            .map(str::to_owned)
    }
}

/// Cargo with the caller's environment, less what `cargo run` added to it for xtask: build scripts
/// that watch those variables (ring's) would run again whenever cargo was called another way.
fn cargo_in(root: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let ours = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| {
            name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
                || matches!(
                    name.as_str(),
                    "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "OUT_DIR"
                )
        });
    for name in ours {
        cargo.env_remove(name);
    }
    cargo.current_dir(root);
    cargo
}

/// What a command prints, or what it says when it fails.
pub(crate) fn stdout_of(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!(
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ))
    }
}

fn packages(metadata: &Value) -> BTreeMap<String, Vec<String>> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter_map(|package| {
            let features = package["features"].as_object()?.keys().cloned().collect();
            Some((package["name"].as_str()?.to_owned(), features))
        })
        .collect()
}

/// The folder the user named, which must be there; else `shared/data` beside the checkout, if there.
fn test_data(root: &Path) -> Result<Option<PathBuf>, String> {
    if let Some(named) = std::env::var_os(TEST_DATA) {
        let named = PathBuf::from(named);
        let absolute = std::fs::canonicalize(&named)
            .map_err(|error| format!("{TEST_DATA}={}: {error}", named.display()))?;
        return Ok(Some(absolute));
    }
    let beside = root
        .parent()
        .map(|parent| parent.join("shared").join("data"));
    Ok(beside.filter(|folder| folder.is_dir()))
}

fn version_in_lock<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.next()?;
    lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_the_one_beside_the_exact_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-test\"\nversion = \"0.3.80\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }

    #[test]
    fn features_are_read_from_metadata() {
        let metadata = serde_json::json!({"packages": [
            {"name": "core", "features": {"default": ["mock"], "mock": []}}
        ]});
        let names = packages(&metadata).remove("core").unwrap();
        assert_eq!(names, ["default", "mock"]);
    }
}
