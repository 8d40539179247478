//! One suite's run: its commands, one after another, into one log file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::report::seconds;
use crate::summary::{Counts, counts, failed, scores};
use crate::workspace::Workspace;

/// How often a running command is looked at.
const POLL: Duration = Duration::from_millis(50);
/// How often a sign of life is given while a command runs.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);
/// How long a server may take to end.
const GRACE: Duration = Duration::from_secs(5);
/// Longer than any command takes on two cores with nothing built: what runs longer hangs.
const COMMAND_LIMIT: Duration = Duration::from_secs(40 * 60);

/// What a driver says of a browser that crashed.
const CRASHED: &str = "session deleted because of page crash";

/// Why a suite did not run: what is missing, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Skip(pub(crate) String);

/// What a suite writes to: `target/xtask/<suite>.log`, and the terminal when verbose.
#[derive(Debug)]
struct Log {
    file: File,
    path: PathBuf,
    verbose: bool,
}

/// The run of one suite. Every command is run, whatever failed before it.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) workspace: &'a Workspace,
    name: &'a str,
    log: Log,
    counts: Counts,
    failures: Vec<String>,
    scores: Vec<String>,
}

/// What a suite's run came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) counts: Counts,
    /// Why something failed or was left out.
    pub(crate) reasons: Vec<String>,
    /// Lines of scores that tests printed.
    pub(crate) scores: Vec<String>,
    pub(crate) log: PathBuf,
}

impl<'a> Run<'a> {
    /// Opens the suite's log.
    pub(crate) fn open(
        workspace: &'a Workspace,
        name: &'a str,
        verbose: bool,
    ) -> std::io::Result<Self> {
        let folder = workspace.target.join("xtask");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}.log"));
        File::create(&path)?;
        let file = File::options().read(true).append(true).open(&path)?;
        let log = Log {
            file,
            path,
            verbose,
        };
        Ok(Self {
            workspace,
            name,
            log,
            counts: Counts::default(),
            failures: Vec::new(),
            scores: Vec::new(),
        })
    }

    /// A cargo command, its words given as one line.
    pub(crate) fn cargo(&self, words: &str) -> Command {
        let mut cargo = self.workspace.cargo();
        cargo.args(words.split_whitespace());
        cargo
    }

    /// Runs a command that is one check: it passes by exiting with 0.
    pub(crate) fn check(&mut self, command: &mut Command) {
        if self.prepare(command) {
            self.counts.passed += 1;
        }
    }

    /// Runs a command that a suite needs to have run: only its failure counts. Whether it passed.
    pub(crate) fn prepare(&mut self, command: &mut Command) -> bool {
        let outcome = self.attempt(command);
        let passed = outcome.is_ok();
        if let Err(reason) = outcome {
            self.fail(reason);
        }
        passed
    }

    /// Runs a command that may fail: nothing is counted. What was wrong.
    pub(crate) fn attempt(&mut self, command: &mut Command) -> Result<(), String> {
        match self.execute(command) {
            Ok((status, _)) if status.success() => Ok(()),
            Ok((status, _)) => Err(format!("{}: {status}", describe(command))),
            Err(error) => Err(format!("{}: {error}", describe(command))),
        }
    }

    /// Runs a test runner: its closing lines are the counts. One that fails without a failed
    /// test to show for it (it did not build, or crashed) is one failure more.
    pub(crate) fn tests(&mut self, command: &mut Command) {
        match self.execute(command) {
            Ok((status, output)) => self.count(command, status, &output),
            Err(error) => self.fail(format!("{}: {error}", describe(command))),
        }
    }

    /// Runs test runners side by side, for tests that wait more than they work. What each says is in the log as a whole, one after another.
    pub(crate) fn tests_together(&mut self, commands: &mut [Command]) {
        let folder = self.log.path.with_extension("parts");
        let parts: Vec<_> = commands
            .iter_mut()
            .enumerate()
            .map(|(number, command)| Part::start(self, command, &folder, number))
            .collect();
        for (part, command) in parts.into_iter().zip(commands) {
            match part.and_then(Part::end) {
                Ok((status, output)) => {
                    self.log.line(&format!("$ {}\n{output}", describe(command)));
                    match !status.success() && output.contains(CRASHED) {
                        true => self.once_more(command),
                        false => self.count(command, status, &output),
                    }
                }
                Err(error) => self.fail(format!("{}: {error}", describe(command))),
            }
        }
        // Nothing depends on whether what is in the log is gone beside it.
        let _ = std::fs::remove_dir_all(folder);
    }

    /// The browser crashed: that is no test's failure, unless it does so again.
    fn once_more(&mut self, command: &mut Command) {
        println!(
            "         the browser crashed: {} once more",
            describe(command)
        );
        self.tests(command);
    }

    fn count(&mut self, command: &Command, status: ExitStatus, output: &str) {
        let found = counts(output);
        self.counts += found;
        self.scores.extend(scores(output));
        self.failures
            .extend(failed(output).into_iter().map(String::from));
        if !status.success() && found.failed == 0 {
            self.fail(format!("{}: {status}", describe(command)));
        } else if status.success() && found.failed > 0 {
            self.note(format!(
                "{} exits with 0 after failed tests",
                describe(command)
            ));
        } else if status.success() && found.passed == 0 {
            self.fail(format!("{} ran no test", describe(command)));
        }
    }

    /// Counts one check that passed, with its score.
    pub(crate) fn pass(&mut self, score: String) {
        self.log.line(&score);
        self.scores.push(score);
        self.counts.passed += 1;
    }

    /// Counts one failure.
    pub(crate) fn fail(&mut self, reason: String) {
        self.note(reason);
        self.counts.failed += 1;
    }

    /// Counts one part that was left out, and says so in the log and in the table.
    pub(crate) fn skip(&mut self, reason: String) {
        self.note(format!("skipped: {reason}"));
        self.counts.skipped += 1;
    }

    /// What it came to.
    pub(crate) fn finish(self) -> Ended {
        Ended {
            counts: self.counts,
            reasons: self.failures,
            scores: self.scores,
            log: self.log.path,
        }
    }

    fn note(&mut self, reason: String) {
        self.log.line(&reason);
        self.failures.push(reason);
    }

    /// Runs a command to its end; its exit status, and what it wrote to either stream.
    fn execute(&mut self, command: &mut Command) -> std::io::Result<(ExitStatus, String)> {
        self.log.line(&format!("$ {}", describe(command)));
        let start = self.log.file.seek(SeekFrom::End(0))?;
        // Files, not pipes: a process left behind by the command cannot keep a file from ending.
        command
            .env("CARGO_TERM_COLOR", "never")
            .stdin(Stdio::null())
            .stdout(self.log.file.try_clone()?)
            .stderr(self.log.file.try_clone()?);
        let mut child = command.spawn()?;
        let (began, mut seen, mut sign) = (Instant::now(), start, SIGN_OF_LIFE);
        let status = loop {
            seen = self.log.show_from(seen)?;
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if began.elapsed() > COMMAND_LIMIT {
                child.kill()?;
                self.log
                    .line(&format!("killed after {}", seconds(COMMAND_LIMIT)));
            }
            if began.elapsed() > sign {
                println!("         {} runs for {}", self.name, seconds(sign));
                sign += SIGN_OF_LIFE;
            }
            std::thread::sleep(POLL);
        };
        self.log.show_from(seen)?;
        Ok((status, self.log.read_from(start)?))
    }
}

/// One of several commands that run side by side, and the file it writes to.
#[derive(Debug)]
struct Part {
    child: Child,
    file: PathBuf,
    began: Instant,
}

impl Part {
    fn start(
        run: &Run<'_>,
        command: &mut Command,
        folder: &Path,
        number: usize,
    ) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{number}.log"));
        let file = File::create(&path)?;
        command
            .env("CARGO_TERM_COLOR", "never")
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        println!("         {} starts {}", run.name, describe(command));
        Ok(Self {
            child: command.spawn()?,
            file: path,
            began: Instant::now(),
        })
    }

    /// Waits for it; its exit status, and what it wrote.
    fn end(mut self) -> std::io::Result<(ExitStatus, String)> {
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if self.began.elapsed() > COMMAND_LIMIT {
                self.child.kill()?;
            }
            std::thread::sleep(POLL);
        };
        let output = std::fs::read(&self.file)?;
        Ok((status, String::from_utf8_lossy(&output).into_owned()))
    }
}

impl Log {
    fn line(&mut self, text: &str) {
        if self.verbose {
            println!("{text}");
        }
        // A log that cannot be written to must not fail the suite it is about.
        let _ = writeln!(self.file, "{text}");
    }

    fn read_from(&mut self, position: u64) -> std::io::Result<String> {
        self.file.seek(SeekFrom::Start(position))?;
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// When verbose, prints what was written since `position`; the position up to which it did.
    fn show_from(&mut self, position: u64) -> std::io::Result<u64> {
        if !self.verbose {
            return Ok(position);
        }
        let new = self.read_from(position)?;
        print!("{new}");
        std::io::stdout().flush()?;
        self.file.stream_position()
    }
}

/// Ends a server that serves until its standard input closes, and sees to it that it has.
pub(crate) fn stop(server: &mut Child) {
    drop(server.stdin.take());
    let began = Instant::now();
    while began.elapsed() < GRACE {
        if !matches!(server.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(POLL);
    }
    // One that has ended meanwhile cannot be killed, but still be waited for.
    let _ = server.kill();
    let _ = server.wait();
}

/// The command as it would be typed, without the path of its program.
pub(crate) fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says that a test passed if the file is there; else makes the file, says something else, and fails.
    const RUNNER: &str = "test -e \"$0\" && echo 'test result: ok. 1 passed; 0 failed;' && exit
        touch \"$0\"; echo \"$1\"; exit 1";

    /// What a suite counts whose runner says this at first.
    fn counted(name: &str, first: &str) -> Counts {
        let mut workspace = Workspace::load().unwrap();
        let folder = format!("urlsession-run-{}-{name}", std::process::id());
        workspace.target = std::env::temp_dir().join(folder);
        let mut run = Run::open(&workspace, name, false).unwrap();
        let mut runner = Command::new("sh");
        runner.args(["-c", RUNNER]);
        runner.arg(workspace.target.join("been")).arg(first);
        run.tests_together(&mut [runner]);
        let counts = run.finish().counts;
        std::fs::remove_dir_all(&workspace.target).unwrap();
        counts
    }

    #[test]
    fn what_a_browsers_crash_has_ended_is_run_once_more() {
        let crash = "invalid session id: session deleted because of page crash or hang.";
        let [once_more, once] = [crash, "a test failed"].map(|it| counted(&it[..1], it));
        assert_eq!((once_more.passed, once_more.failed), (1, 0));
        assert_eq!((once.passed, once.failed), (0, 1));
    }
}
