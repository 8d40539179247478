//! The browsers that tests run in: each with its driver, found or installed, and what wasm-bindgen's test runner is told of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::run::Skip;
use crate::tools::{Tools, is_root, on_path};

/// Where the runner looks for drivers, by the browser each drives. It takes the first that is there.
const DRIVERS: [&str; 3] = ["CHROMEDRIVER", "GECKODRIVER", "SAFARIDRIVER"];

/// The version of Firefox's driver, which drives every Firefox in use.
const GECKODRIVER: &str = "0.37.1";

/// WebKitGTK's browser for automation, which no PATH leads to; the folder in the middle is the system's kind.
const MINI_BROWSERS: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
];

/// A browser that tests can run in.
#[derive(Debug)]
pub(crate) struct Browser {
    name: &'static str,
    /// The one of [`DRIVERS`] that this browser's driver is named by.
    variable: &'static str,
    driver: PathBuf,
    /// What the driver is asked for beyond the runner's own wishes.
    wishes: Option<Value>,
    /// Further variables.
    environment: Vec<(&'static str, &'static str)>,
    /// A program that gives the browser a display, for one that cannot go without.
    display: Option<PathBuf>,
}

/// WebKit's sandbox does not start for root; the tests load from this machine alone.
const WITHOUT_SANDBOX: (&str, &str) = ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1");

/// Code that WebKit's last compiler of WebAssembly has made anew while it ran has trapped in loops of the tests' own that nothing else runs in between: 3 of 10 runs
/// of the conformance suite in a page did, and none of 7 without that compiler.
const WITHOUT_OPTIMISER: (&str, &str) = ("JSC_useOMGJIT", "0");

/// Where browsers write for the time of a run: a driver that is ended leaves what its browser wrote.
pub(crate) fn profiles() -> PathBuf {
    std::env::temp_dir().join(format!("urlsession-browsers-{}", std::process::id()))
}

impl Browser {
    /// The command, changed so that the tests in it run in this browser.
    ///
    /// # Errors
    /// What the driver is asked for cannot be written to a file in `folder`, or there can be no folder for what browsers write.
    pub(crate) fn runs(&self, command: Command, folder: &Path) -> std::io::Result<Command> {
        let mut command = match &self.display {
            Some(display) => within(display, &command),
            None => command,
        };
        for variable in DRIVERS {
            command.env_remove(variable);
        }
        std::fs::create_dir_all(profiles())?;
        command.env("TMPDIR", profiles());
        command.env(self.variable, &self.driver);
        command.envs(self.environment.iter().copied());
        if let Some(wishes) = &self.wishes {
            let file = folder.join(format!("{}.json", self.name));
            std::fs::write(&file, wishes.to_string())?;
            command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", file);
        }
        Ok(command)
    }
}

/// The command as an argument of `xvfb-run`, which gives it a display of its own.
fn within(display: &Path, command: &Command) -> Command {
    let mut outer = Command::new(display);
    outer
        .arg("--auto-servernum")
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        outer.current_dir(folder);
    }
    outer
}

impl Browser {
    /// Chromium or Chrome, headless.
    pub(crate) fn chromium(tools: &mut Tools<'_>) -> Result<Self, Skip> {
        Ok(Self {
            name: "chromium",
            variable: "CHROMEDRIVER",
            driver: tools.chromedriver()?,
            // The origin server's certificate is vouched for by a root of its own; over HTTP/2 Chromium speaks TLS alone.
            wishes: Some(json!({
                "goog:chromeOptions": { "args": ["--ignore-certificate-errors"] }
            })),
            environment: Vec::new(),
            display: None,
        })
    }

    /// Firefox, headless.
    pub(crate) fn firefox(tools: &mut Tools<'_>) -> Result<Self, Skip> {
        let found = || on_path("firefox-esr").or_else(|| on_path("firefox"));
        let firefox = found()
            .or_else(|| tools.apt(&["firefox-esr"]).and_then(|()| found()))
            .ok_or_else(|| {
                Skip("no Firefox: install it (Debian: `apt-get install firefox-esr`)".into())
            })?;
        Ok(Self {
            name: "firefox",
            variable: "GECKODRIVER",
            driver: geckodriver(tools)?,
            wishes: Some(json!({
                "moz:firefoxOptions": { "binary": firefox, "args": ["-headless"] }
            })),
            environment: Vec::new(),
            display: None,
        })
    }

    /// WebKitGTK, on a display of its own: it has no headless mode.
    pub(crate) fn webkit(tools: &mut Tools<'_>) -> Result<Self, Skip> {
        let browser = || {
            MINI_BROWSERS
                .map(PathBuf::from)
                .into_iter()
                .find(|it| it.is_file())
        };
        let found = || {
            Some((
                browser()?,
                on_path("WebKitWebDriver")?,
                on_path("xvfb-run")?,
            ))
        };
        let packages = ["webkit2gtk-driver", "libwebkit2gtk-4.1-0", "xvfb", "xauth"];
        let (browser, driver, display) = found()
            .or_else(|| tools.apt(&packages).and_then(|()| found()))
            .ok_or_else(|| {
                let packages = packages.join(" ");
                Skip(format!("no WebKitGTK with its driver: install it (Debian: `apt-get install {packages}`)"))
            })?;
        Ok(Self {
            name: "webkit",
            // The runner knows it as Safari's: both speak WebDriver alike.
            variable: "SAFARIDRIVER",
            driver,
            wishes: Some(json!({
                "browserName": "MiniBrowser",
                "webkitgtk:browserOptions": { "binary": browser, "args": ["--automation"] }
            })),
            environment: match is_root() {
                true => vec![WITHOUT_SANDBOX, WITHOUT_OPTIMISER],
                false => vec![WITHOUT_OPTIMISER],
            },
            display: Some(display),
        })
    }
}

/// Firefox's driver, which Debian has no package of.
fn geckodriver(tools: &Tools<'_>) -> Result<PathBuf, Skip> {
    let named = std::env::var_os("GECKODRIVER").map(PathBuf::from);
    if let Some(driver) = named.or_else(|| on_path("geckodriver")) {
        return Ok(driver);
    }
    tools.cargo_installed("geckodriver", "geckodriver", GECKODRIVER)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn variable(command: &Command, name: &str) -> Option<OsString> {
        let mut variables = command.get_envs();
        let (_, value) = variables.find(|(key, _)| *key == name)?;
        value.map(OsString::from)
    }

    #[test]
    fn a_browser_on_a_display_keeps_command_and_variables() {
        let folder = std::env::temp_dir();
        let browser = Browser {
            name: "test",
            variable: "SAFARIDRIVER",
            driver: "driver".into(),
            wishes: None,
            environment: vec![("ONE", "1")],
            display: Some("xvfb-run".into()),
        };
        let mut tests = Command::new("cargo");
        tests.args(["test", "-p", "x"]).env("TWO", "2");
        let command = browser.runs(tests, &folder).unwrap();
        let arguments: Vec<_> = command.get_args().collect();
        assert_eq!(command.get_program(), "xvfb-run");
        assert_eq!(arguments, ["--auto-servernum", "cargo", "test", "-p", "x"]);
        for (name, value) in [("ONE", "1"), ("TWO", "2"), ("SAFARIDRIVER", "driver")] {
            assert_eq!(variable(&command, name), Some(value.into()));
        }
        assert_eq!(variable(&command, "CHROMEDRIVER"), None);
    }
}
