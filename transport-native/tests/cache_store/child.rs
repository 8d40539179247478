//! This program again, as a child process that does one thing with a directory.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use urlsession_core::CacheStore as _;

use crate::support::{Place, within};
use crate::{model, support};

const ROLE: &str = "URLSESSION_STORE_CHILD";
const DIRECTORY: &str = "URLSESSION_STORE_DIRECTORY";

/// Makes of `command`, which is to run `arguments`, one that has a child do `role` in `directory`.
pub(crate) fn command(role: &str, directory: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    as_child(&mut command, role, directory);
    command
}

/// Tells a program what to do.
pub(crate) fn as_child(command: &mut Command, role: &str, directory: &Path) {
    command
        .args(["--exact", "child::acts", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped());
}

/// Starts a child and waits until it is at work.
#[cfg(unix)]
pub(crate) fn at_work(role: &str, directory: &Path) -> Child {
    use std::io::BufRead as _;
    let mut child = command(role, directory).spawn().unwrap();
    let output = std::io::BufReader::new(child.stdout.as_mut().unwrap());
    let at_work = output.lines().any(|line| line.unwrap().contains("at work"));
    assert!(at_work, "{role} ended before it began");
    child
}

/// The role, where there is one: in the run of the tests themselves there is not.
#[tokio::test]
async fn acts() {
    let (Ok(role), Some(directory)) = (env::var(ROLE), env::var_os(DIRECTORY)) else {
        return;
    };
    let place = Place::at(PathBuf::from(directory));
    match role.as_str() {
        "write" => writes(&place).await,
        #[cfg(target_os = "linux")]
        "fill" => crate::full_disk::fills(&place).await,
        #[cfg(target_os = "linux")]
        "faults" => crate::faults::meets_each(&place).await,
        "script" => scripts(&place, 200).await,
        role => match role.strip_prefix("hammer ") {
            Some(seed) => crate::processes::hammers(&place, seed.parse().unwrap()).await,
            None => panic!("nobody is {role}"),
        },
    }
}

fn say(words: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{words}").unwrap();
    output.flush().unwrap();
}

/// Writes until it is killed.
async fn writes(place: &Place) {
    let store = place.store();
    let seed = u64::from(std::process::id());
    within(store.flush()).await;
    say("at work");
    for round in 0.. {
        model::run(&store, 50, seed * 1000 + round).await;
    }
}

/// Runs the script once, and ends in good order.
async fn scripts(place: &Place, steps: u64) {
    let store = place.store();
    model::run(&store, steps, 1).await;
    support::close(store).await;
}
