use std::time::Instant;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::{Args, Result};

/// Started after the warm-up (connection made, cache filled), finished after the last byte.
#[derive(Debug)]
pub struct Meter {
    memory: u64,
    read: Option<u64>,
    usage: Usage,
    start: Instant,
}

impl Meter {
    /// Starts measuring.
    ///
    /// # Errors
    ///
    /// When the system does not tell what the process used.
    pub fn start() -> Result<Self> {
        Ok(Self {
            memory: status_kib("VmRSS")?,
            read: bytes_read(),
            usage: getrusage(UsageWho::RUSAGE_SELF)?,
            start: Instant::now(),
        })
    }

    /// Prints the JSON line: `n` exchanges were made, of `bytes` body bytes altogether.
    ///
    /// # Errors
    ///
    /// When the system does not tell what the process used.
    #[expect(
        clippy::print_stdout,
        reason = "the contract is a line on standard output"
    )]
    pub fn finish(self, args: &Args, bytes: u64) -> Result<()> {
        let secs = self.start.elapsed().as_secs_f64();
        let usage = getrusage(UsageWho::RUSAGE_SELF)?;
        let user = seconds(usage.user_time()) - seconds(self.usage.user_time());
        let system = seconds(usage.system_time()) - seconds(self.usage.system_time());
        let voluntary =
            usage.voluntary_context_switches() - self.usage.voluntary_context_switches();
        let forced =
            usage.involuntary_context_switches() - self.usage.involuntary_context_switches();
        let read = bytes_read().zip(self.read).map(|(end, start)| end - start);
        let read = read.map_or_else(|| "null".to_owned(), |read| read.to_string());
        println!(
            "{{\"client\":\"{}\",\"scenario\":\"{}\",\"secs\":{secs:.6},\"requests\":{},\"bytes\":{bytes},\
             \"user_s\":{user:.6},\"sys_s\":{system:.6},\"max_rss_kb\":{},\"rss_before_kb\":{},\
             \"nvcsw\":{voluntary},\"nivcsw\":{forced},\"read_bytes\":{read}}}",
            args.name,
            args.scenario,
            args.n,
            status_kib("VmHWM")?,
            self.memory,
        );
        Ok(())
    }
}

/// What the process has read from files, whether they were in memory or not; sockets are not counted. `None` where the system does not tell.
fn bytes_read() -> Option<u64> {
    let counts = std::fs::read_to_string("/proc/self/io").ok()?;
    let read = counts
        .lines()
        .find_map(|line| line.strip_prefix("rchar:"))?;
    read.trim().parse().ok()
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}

/// A field of `/proc/self/status` in KiB. `ru_maxrss` is of no use: it survives exec, and would
/// show the size of whoever started the client.
fn status_kib(field: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let number = value
        .and_then(|value| value.split_whitespace().next())
        .ok_or("no such field")?;
    Ok(number.parse()?)
}
