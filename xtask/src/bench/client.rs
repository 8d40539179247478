//! Runs of clients.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::plan::{Address, MIB, Scenario, Work, package};
use super::programs::Programs;
use super::server::{Server, client_core};
use crate::workspace::Workspace;

/// What takes longer hangs, however busy the machine is.
const LIMIT: Duration = Duration::from_secs(1800);
/// The curl crate's bundled libcurl is built on select(): no descriptor above 1023.
const CURL_DESCRIPTORS: u64 = 900;

/// The runs of each client in one scenario, in the order of the plan.
pub(crate) type Runs = Vec<(&'static str, Vec<Value>)>;

/// The servers, the programs, and a folder to work in.
#[derive(Debug)]
pub(crate) struct Bench {
    programs: Programs,
    server: Server,
    fast: Server,
    work: PathBuf,
}

/// What one run does.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) client: &'static str,
    pub(crate) scenario: &'static str,
    pub(crate) url: String,
    pub(crate) n: u64,
    pub(crate) concurrency: u64,
}

impl Bench {
    /// Starts both servers.
    pub(crate) fn start(workspace: &Workspace, programs: Programs) -> Result<Self, String> {
        let work = workspace.target.join("bench").join("work");
        std::fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
        let server = Server::start(&programs.path("bench-server"), &[&work])?;
        let fast = Server::start(&programs.path("bench-server-fast"), &[])?;
        Ok(Self {
            programs,
            server,
            fast,
            work,
        })
    }

    /// The server that a scenario goes to.
    fn server(&self, scenario: &Scenario) -> &Server {
        if scenario.address == Address::Fast {
            &self.fast
        } else {
            &self.server
        }
    }

    /// Moves the server that a scenario goes to to the clients' core.
    pub(crate) fn share_core(&self, scenario: &Scenario) -> Result<(), String> {
        self.server(scenario).pin(true)
    }

    /// A program by its name.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.path(name)
    }

    /// A file in the folder that is worked in.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.work.join(name)
    }

    /// The job of a client in a scenario; `work` in place of the scenario's own.
    pub(crate) fn job(
        &self,
        scenario: &Scenario,
        client: &'static str,
        work: Work,
    ) -> Result<Job, String> {
        let base = match scenario.address {
            Address::Http => self.server.url("http"),
            Address::H2c => self.server.url("h2c"),
            Address::Https => self.server.url("https"),
            Address::Fast => self.fast.url("http"),
        }?;
        let path = scenario.path;
        let (url, n, concurrency) = match work {
            Work::Exchanges { n, concurrency } => (format!("{base}{path}"), n, concurrency),
            Work::Download(bytes) => (format!("{base}{path}{bytes}"), 1, 1),
            Work::Upload(_) => (format!("{base}{path}"), 1, 1),
        };
        let n = if client == "curl" && scenario.name == "inflight" {
            n.min(CURL_DESCRIPTORS)
        } else {
            n
        };
        Ok(Job {
            client,
            scenario: scenario.name,
            url,
            n,
            concurrency: concurrency.min(n),
        })
    }

    /// The command of a job, to be run under `under` if that is not empty.
    pub(crate) fn command(&self, job: &Job, under: &[&str]) -> Result<Command, String> {
        let program = self.program(package(job.client));
        let mut command = match under.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        let cache = self.file("cache");
        // It is not there before the first run.
        let _ = std::fs::remove_dir_all(&cache);
        std::fs::create_dir_all(&cache).map_err(|error| error.to_string())?;
        command.args([
            job.client,
            job.scenario,
            &job.url,
            &job.n.to_string(),
            &job.concurrency.to_string(),
        ]);
        command
            .env("BENCH_CA", self.file("ca.pem"))
            .env("BENCH_DIR", cache);
        let file = if job.scenario == "upload" {
            "source"
        } else {
            "sink"
        };
        command.env("BENCH_FILE", self.file(file));
        Ok(command)
    }

    /// Every client in turn, in rotated order, so that none always follows the same other.
    pub(crate) fn interleaved(
        &self,
        scenario: &Scenario,
        clients: &[&'static str],
        repetitions: usize,
        scale: f64,
    ) -> Runs {
        let mut runs: Runs = clients.iter().map(|client| (*client, Vec::new())).collect();
        for repetition in 0..repetitions {
            for turn in 0..clients.len() {
                let (client, records) = &mut runs[(repetition + turn) % clients.len()];
                match self.measured(scenario, client, scale) {
                    Ok(record) => records.push(record),
                    Err(reason) => eprintln!("   {client}, {}: {reason}", scenario.label),
                }
            }
        }
        runs
    }

    /// One run, with what the server spent on it.
    pub(crate) fn measured(
        &self,
        scenario: &Scenario,
        client: &'static str,
        scale: f64,
    ) -> Result<Value, String> {
        self.measured_as(scenario, client, scale, None)
    }

    /// One run of a client whose cache is in `folder`, and stays there.
    pub(crate) fn measured_in(
        &self,
        scenario: &Scenario,
        client: &'static str,
        folder: &Path,
    ) -> Result<Value, String> {
        self.measured_as(scenario, client, 1.0, Some(folder))
    }

    fn measured_as(
        &self,
        scenario: &Scenario,
        client: &'static str,
        scale: f64,
        folder: Option<&Path>,
    ) -> Result<Value, String> {
        let job = self.job(scenario, client, scaled(scenario.work, scale))?;
        if let Work::Upload(bytes) = scaled(scenario.work, scale) {
            self.make_source(bytes)?;
        }
        let server = self.server(scenario);
        server.pin(scenario.one_core)?;
        let before = server.cpu_seconds()?;
        let core = client_core().to_string();
        let mut command = self.command(&job, &["taskset", "--cpu-list", &core])?;
        if let Some(folder) = folder {
            command.env("BENCH_DIR", folder);
        }
        let output = output(&mut command)?;
        let last = output.lines().last().unwrap_or_default();
        let mut record: Value =
            serde_json::from_str(last).map_err(|_| format!("printed {last:?}"))?;
        record["server_cpu_s"] = (server.cpu_seconds()? - before).into();
        record["concurrency"] = job.concurrency.into();
        let sink = self.file("sink");
        if scenario.name == "download_disk" {
            let size = std::fs::metadata(&sink)
                .map_err(|error| error.to_string())?
                .len();
            if record["bytes"].as_u64() != Some(size) {
                return Err("the file has a wrong size".into());
            }
            std::fs::remove_file(&sink).map_err(|error| error.to_string())?;
        }
        Ok(record)
    }

    /// The file to upload: once made, kept.
    fn make_source(&self, bytes: u64) -> Result<(), String> {
        let path = self.file("source");
        if std::fs::metadata(&path).is_ok_and(|there| there.len() == bytes) {
            return Ok(());
        }
        let make = || {
            let mut block = vec![0; MIB as usize];
            File::open("/dev/urandom")?.read_exact(&mut block)?;
            let mut file = File::create(&path)?;
            let mut left = bytes;
            while left > 0 {
                let length = left.min(MIB);
                file.write_all(&block[..length as usize])?;
                left -= length;
            }
            Ok(())
        };
        make().map_err(|error: std::io::Error| format!("{}: {error}", path.display()))
    }
}

fn scaled(work: Work, scale: f64) -> Work {
    let scaled = |number: u64| ((number as f64 * scale) as u64).max(1);
    match work {
        Work::Exchanges { n, concurrency } => Work::Exchanges {
            n: scaled(n),
            concurrency,
        },
        Work::Download(bytes) => Work::Download(scaled(bytes)),
        Work::Upload(bytes) => Work::Upload(scaled(bytes)),
    }
}

/// What a command prints; an error when it fails, hangs, or says that it does not do that.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    both_outputs(command).map(|(stdout, _)| stdout)
}

/// What a command prints on standard output and on standard error.
pub(crate) fn both_outputs(command: &mut Command) -> Result<(String, String), String> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| error.to_string())?;
    let process = child.id();
    let (ended, end) = mpsc::channel();
    // The streams are read to their end meanwhile: nobody waits for anybody.
    std::thread::spawn(move || ended.send(child.wait_with_output()));
    let Ok(output) = end.recv_timeout(LIMIT) else {
        // The thread ends with its process.
        let _ = Command::new("kill").arg(process.to_string()).status();
        return Err(format!("hangs: killed after {} s", LIMIT.as_secs()));
    };
    let output = output.map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok((text(&output.stdout), text(&output.stderr)))
    } else {
        // Without the lines that valgrind adds to what the client says.
        let said = text(&output.stderr);
        let said: Vec<&str> = said
            .lines()
            .filter(|line| !line.starts_with("=="))
            .collect();
        Err(format!("{}: {}", output.status, said.join(" ")))
    }
}
