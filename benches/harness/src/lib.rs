//! The contract every benchmark client obeys, and the meters behind it.
//!
//! `client <name> <scenario> <url> <n> <concurrency>` makes the exchanges the scenario asks for and
//! prints one JSON line. The README of the benchmarks names the scenarios.

mod meter;
#[cfg(feature = "tokio")]
pub mod scenario;

use std::path::PathBuf;
use std::process::ExitCode;

pub use meter::Meter;

/// Anything that ends a client.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// A result of the harness.
pub type Result<T> = std::result::Result<T, Error>;

/// Exit status of a client that does not do the scenario it was asked for.
const UNSUPPORTED: u8 = 3;

/// What a client is asked to do.
#[derive(Clone, Debug)]
pub struct Args {
    /// The client's name: a binary may serve several.
    pub name: String,
    /// What to do.
    pub scenario: String,
    /// What to ask for.
    pub url: String,
    /// How many exchanges.
    pub n: u64,
    /// How many workers make them.
    pub concurrency: usize,
}

impl Args {
    /// Reads the five arguments.
    ///
    /// # Errors
    ///
    /// When there are not five, or the last two are no numbers.
    pub fn parse() -> Result<Self> {
        let mut words = std::env::args().skip(1);
        let mut next = || {
            words
                .next()
                .ok_or("usage: <name> <scenario> <url> <n> <concurrency>")
        };
        Ok(Self {
            name: next()?,
            scenario: next()?,
            url: next()?,
            n: next()?.parse()?,
            concurrency: next()?.parse()?,
        })
    }

    /// `BENCH_FILE`: the file to upload, or the file to download to.
    ///
    /// # Errors
    ///
    /// When the variable is not set.
    pub fn file(&self) -> Result<PathBuf> {
        path("BENCH_FILE")
    }

    /// `BENCH_CA`: PEM file of the certificate authority of the https server.
    ///
    /// # Errors
    ///
    /// When the variable is not set.
    pub fn ca_path(&self) -> Result<PathBuf> {
        path("BENCH_CA")
    }

    /// `BENCH_DIR`: an empty folder for a disk cache.
    ///
    /// # Errors
    ///
    /// When the variable is not set.
    pub fn dir(&self) -> Result<PathBuf> {
        path("BENCH_DIR")
    }
}

fn path(variable: &str) -> Result<PathBuf> {
    let value = std::env::var_os(variable).ok_or_else(|| format!("{variable} is not set"))?;
    Ok(value.into())
}

/// The error of a client that does not do the scenario; [`main`] turns it into exit status 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported;

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("this client does not do that scenario")
    }
}

impl std::error::Error for Unsupported {}

/// A client's `main`: reads the arguments, raises the limit of open files, runs, says what failed.
pub fn main(run: impl FnOnce(&Args) -> Result<()>) -> ExitCode {
    match raise_file_limit().and_then(|()| run(&Args::parse()?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            if error.is::<Unsupported>() {
                ExitCode::from(UNSUPPORTED)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// Lets the process open as many files as it may.
///
/// # Errors
///
/// When the system refuses.
pub fn raise_file_limit() -> Result<()> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// The `host:port` and the path of `http://host:port/path`: bare connections need no more.
///
/// # Errors
///
/// When there is no `://`.
pub fn split_url(url: &str) -> Result<(&str, &str)> {
    let (_, rest) = url.split_once("://").ok_or("no URL")?;
    let slash = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(slash);
    Ok((host, if path.is_empty() { "/" } else { path }))
}
