//! The servers, as processes that can be moved from core to core.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The core that clients are pinned to; the server's is the next, where there is one.
pub(crate) const CLIENT_CORE: usize = 0;

/// A running server. It ends when its standard input closes: at the latest with this process.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    urls: Value,
}

impl Server {
    /// Starts it and reads its URLs.
    pub(crate) fn start(program: &Path, arguments: &[&Path]) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", program.display());
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = command.spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.as_mut() {
            BufReader::new(stdout)
                .read_line(&mut line)
                .map_err(failed)?;
        }
        let urls = serde_json::from_str(&line)
            .map_err(|_| format!("{}: no URLs: {line:?}", program.display()))?;
        Ok(Self { process, urls })
    }

    /// The URL of this name, without a path.
    pub(crate) fn url(&self, name: &str) -> Result<&str, String> {
        self.urls[name]
            .as_str()
            .ok_or_else(|| format!("the server has no {name} URL"))
    }

    /// Moves it to the clients' core or to its own.
    pub(crate) fn pin(&self, with_client: bool) -> Result<(), String> {
        let own =
            usize::from(std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1));
        let core = if with_client { CLIENT_CORE } else { own };
        let mut taskset = Command::new("taskset");
        taskset.args([
            "--all-tasks",
            "--cpu-list",
            "--pid",
            &core.to_string(),
            &self.process.id().to_string(),
        ]);
        crate::workspace::stdout_of(&mut taskset).map(drop)
    }

    /// CPU seconds used so far.
    pub(crate) fn cpu_seconds(&self) -> Result<f64, String> {
        // Nanoseconds on a core, of its first thread: the only one that serves.
        let path = format!("/proc/{}/schedstat", self.process.id());
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let nanoseconds = text
            .split_whitespace()
            .next()
            .and_then(|number| number.parse::<f64>().ok());
        Ok(nanoseconds.ok_or_else(|| format!("{path}: no number"))? / 1e9)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
