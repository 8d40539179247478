//! The servers, as processes that can be moved from core to core.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The core that clients are pinned to.
pub(crate) fn client_core() -> usize {
    cores().0
}

/// The first two cores that this process may use: the clients' and the server's; the same one
/// twice where there is no second.
fn cores() -> (usize, usize) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    first_two(list.unwrap_or_default()).unwrap_or((0, 0))
}

/// The first two numbers of a list such as `0-3,8`.
fn first_two(list: &str) -> Option<(usize, usize)> {
    let mut cores = list.trim().split(',').flat_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        match (first.parse::<usize>(), last.parse::<usize>()) {
            (Ok(first), Ok(last)) => first..last + 1,
            _ => 0..0,
        }
    });
    let first = cores.next()?;
    Some((first, cores.next().unwrap_or(first)))
}

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
        let (clients, own) = cores();
        let core = if with_client { clients } else { own };
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
        crate::run::stop(&mut self.process);
    }
}

#[cfg(test)]
mod tests {
    use super::first_two;

    #[test]
    fn cores_are_read_from_ranges_and_lists() {
        assert_eq!(first_two("\t0-1"), Some((0, 1)));
        assert_eq!(first_two("3,5-7"), Some((3, 5)));
        assert_eq!(first_two("4"), Some((4, 4)));
        assert_eq!(first_two(""), None);
    }
}
