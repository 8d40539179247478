//! The embedded origin server as a process: built, started, its addresses read, stopped when dropped.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::run::Run;
use crate::workspace::Workspace;

/// A running origin server.
#[derive(Debug)]
pub(crate) struct Origin {
    process: Child,
    /// The line it prints: one JSON object with its URLs.
    line: String,
}

impl Origin {
    /// Builds the project's programs, this server among them, and starts it. What goes wrong is
    /// the suite's failure.
    pub(crate) fn start(run: &mut Run<'_>) -> Option<Self> {
        Self::start_with(run, &[])
    }

    /// The same, with folders whose files are served, each under its path.
    pub(crate) fn start_with(run: &mut Run<'_>, folders: &[(&str, PathBuf)]) -> Option<Self> {
        // Built as the tests build them, so that no dependency is built again with other features.
        // Not xtask: a running program cannot be replaced everywhere.
        let words = "build --workspace --exclude xtask --all-features --bins --examples";
        if !run.prepare(&mut run.cargo(words)) {
            return None;
        }
        let server = program(run.workspace, "", "urlsession-origin");
        match Self::spawn(Command::new(server).args(serving(folders))) {
            Ok(origin) => Some(origin),
            Err(reason) => {
                run.fail(format!("the origin server: {reason}"));
                None
            }
        }
    }

    /// Starts the server as it was built for release, with folders whose files are served.
    pub(crate) fn serve(
        workspace: &Workspace,
        folders: &[(&str, PathBuf)],
    ) -> Result<Self, String> {
        let name = format!("urlsession-origin{}", std::env::consts::EXE_SUFFIX);
        let server = workspace.target.join("release").join(name);
        Self::spawn(Command::new(server).args(serving(folders)))
    }

    fn spawn(server: &mut Command) -> Result<Self, String> {
        server.stdin(Stdio::piped()).stdout(Stdio::piped());
        let process = server.spawn().map_err(|error| error.to_string())?;
        let mut origin = Self {
            process,
            line: String::new(),
        };
        if let Some(stdout) = origin.process.stdout.as_mut() {
            BufReader::new(stdout)
                .read_line(&mut origin.line)
                .map_err(|error| error.to_string())?;
        }
        match origin.url("http") {
            Some(_) => Ok(origin),
            None => Err(format!("it printed no `http` URL: {:?}", origin.line)),
        }
    }

    /// Tells a wasm32 test build where the server is: a test in a browser has no environment of its
    /// own, so the line becomes a constant of the test (`option_env!`).
    pub(crate) fn told_to<'c>(&self, cargo: &'c mut Command) -> &'c mut Command {
        cargo.env("URLSESSION_ORIGIN", self.line.trim())
    }

    /// The URL of this name in the line it printed.
    pub(crate) fn url(&self, name: &str) -> Option<String> {
        let line: Value = serde_json::from_str(&self.line).ok()?;
        line[name].as_str().map(str::to_owned)
    }
}

/// The server's arguments for folders.
fn serving(folders: &[(&str, PathBuf)]) -> impl Iterator<Item = OsString> {
    folders.iter().flat_map(|(path, folder)| {
        let mut under = OsString::from(format!("{path}="));
        under.push(folder);
        ["--serve".into(), under]
    })
}

/// A program of the workspace, built for development; examples have a folder of their own.
pub(crate) fn program(workspace: &Workspace, folder: &str, name: &str) -> PathBuf {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    workspace.target.join("debug").join(folder).join(name)
}

impl Drop for Origin {
    fn drop(&mut self) {
        crate::run::stop(&mut self.process);
    }
}
