//! The embedded origin server as a process: started, its addresses read, stopped when dropped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::run::Run;

/// A running origin server.
#[derive(Debug)]
pub(crate) struct Origin {
    process: Child,
    /// The line it prints: one JSON object with its URLs.
    pub(crate) line: String,
}

impl Origin {
    /// Builds the server into the suite's log and starts it.
    pub(crate) fn start(run: &mut Run<'_>) -> Result<Self, String> {
        let mut build = run.workspace.cargo();
        build.args(["build", "--package", "urlsession-origin", "--bins"]);
        if !run.check(&mut build) {
            return Err("the origin server does not build".into());
        }
        let name = format!("urlsession-origin{}", std::env::consts::EXE_SUFFIX);
        let mut server = Command::new(run.workspace.target.join("debug").join(name));
        server.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = server
            .spawn()
            .map_err(|error| format!("the origin server: {error}"))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.as_mut() {
            BufReader::new(stdout)
                .read_line(&mut line)
                .map_err(|error| format!("the origin server: {error}"))?;
        }
        let origin = Self {
            process,
            line: line.trim().to_owned(),
        };
        match origin.url("http") {
            Some(_) => Ok(origin),
            None => Err(format!(
                "the origin server printed no `http` URL: {:?}",
                origin.line
            )),
        }
    }

    /// Tells a wasm32 test build where the server is: a test in a browser has no environment of its
    /// own, so the line becomes a constant of the test (`option_env!`).
    pub(crate) fn told_to<'c>(&self, cargo: &'c mut Command) -> &'c mut Command {
        cargo.env("URLSESSION_ORIGIN", &self.line)
    }

    /// The URL of this name in the line it printed.
    pub(crate) fn url(&self, name: &str) -> Option<String> {
        let line: Value = serde_json::from_str(&self.line).ok()?;
        line[name].as_str().map(str::to_owned)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        // It serves until its standard input closes; waiting keeps no zombie behind.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
